import type { Json } from '../../../base/core/index.js';
import type { Family, FlopsPerToken } from '../model.js';
import { SpecBuilder, countSpecs, weightFlops } from '../specs.js';
import type { EncoderDecoderConfig } from './config.js';

/** The two halves of a model. */
export type Side = 'encoder' | 'decoder';

/** Names of an attention's norm and of its four maps; each stands before `.weight` and, in bart, `.bias`. */
export interface AttentionNames {
  readonly norm: string;
  readonly q: string;
  readonly k: string;
  readonly v: string;
  readonly o: string;
}

export interface LayerNames {
  readonly self: AttentionNames;
  /** The attention over the encoder's states, in the decoder. */
  readonly cross?: AttentionNames;
  readonly feedForward: {
    readonly norm: string;
    /** One map before the activation, or two whose results are multiplied, the first one activated. */
    readonly inner: readonly string[];
    readonly outer: string;
  };
}

/** Names of the tensors of one half. */
export interface StackNames {
  readonly layers: readonly LayerNames[];
  /** Table of learned positions, its first `positionOffset` rows unused. */
  readonly positions?: string;
  readonly positionOffset: number;
  /** Table of biases by distance that all layers share. */
  readonly relativeBias?: string;
  readonly embeddingNorm?: string;
  readonly finalNorm?: string;
}

/** Standard deviations of fresh linear maps. */
export interface MapDeviations {
  readonly q: number;
  readonly kv: number;
  readonly o: number;
  readonly inner: number;
  readonly outer: number;
  readonly relativeBias: number;
}

/** A family of encoder-decoders: what every family is, and what its forward pass is made of. */
export interface EncoderDecoderFamily extends Family<EncoderDecoderConfig> {
  /** Name of the token embedding table [vocabSize, hiddenSize], which both halves share. */
  readonly embeddingName: string;
  /** The norms subtract the mean, and norms and maps have biases. */
  readonly biases: boolean;
  names(config: EncoderDecoderConfig, side: Side): StackNames;
}

/** The tokens that generation begins with and fills rows with, as generation_config.json names them. */
export const startAndPad = ({ decoderStart, pad }: EncoderDecoderConfig): Record<string, Json> => ({
  decoder_start_token_id: decoderStart,
  pad_token_id: pad,
});

/** Adds the tensors of one half. */
export function stackSpecs(
  b: SpecBuilder,
  config: EncoderDecoderConfig,
  { positions, positionOffset, relativeBias, embeddingNorm, finalNorm, layers }: StackNames,
  std: MapDeviations,
  biases: boolean,
): void {
  const { hiddenSize: C, intermediateSize: F, numHeads: H, headSize: K } = config;
  const map = (name: string, out: number, inputs: number, normal: number) => {
    b.matrix(`${name}.weight`, [out, inputs], normal);
    if (biases) b.vector(`${name}.bias`, out, 0);
  };
  const norm = (name: string) => {
    b.vector(`${name}.weight`, C, 1);
    if (biases) b.vector(`${name}.bias`, C, 0);
  };
  const attention = (names: AttentionNames) => {
    map(names.q, H * K, C, std.q);
    map(names.k, H * K, C, std.kv);
    map(names.v, H * K, C, std.kv);
    map(names.o, C, H * K, std.o);
    norm(names.norm);
  };
  if (positions) b.table(positions, [config.contextLength + positionOffset, C]);
  if (relativeBias && 'relativeBuckets' in config) {
    b.table(relativeBias, [config.relativeBuckets, H], std.relativeBias);
  }
  if (embeddingNorm) norm(embeddingNorm);
  for (const { self, cross, feedForward } of layers) {
    attention(self);
    if (cross) attention(cross);
    for (const name of feedForward.inner) map(name, F, C, std.inner);
    map(feedForward.outer, C, F, std.outer);
    norm(feedForward.norm);
  }
  if (finalNorm) norm(finalNorm);
}

export interface PairLengths {
  readonly sourceLength: number;
  readonly targetLength: number;
}

/** Operations of one source with its target. */
export interface SequenceToSequenceFlops extends FlopsPerToken {
  /** The encoder's share, and what the decoder computes from its states once per source. */
  readonly source: FlopsPerToken;
  readonly target: FlopsPerToken;
}

/**
 * Floating-point operations for a source of `sourceLength` tokens and a target of `targetLength`, counted as in
 * `flopsPerToken`: encoder and the decoder's keys and values of the source once per source token, the rest of the
 * decoder and the head once per target token, attention over all keys.
 */
export function familyFlops(
  family: EncoderDecoderFamily,
  config: EncoderDecoderConfig,
  { sourceLength: S, targetLength: T }: PairLengths,
): SequenceToSequenceFlops {
  const { hiddenSize: C, vocabSize: V, numHeads: H, headSize: K, numLayers, numDecoderLayers } = config;
  const encoder = new SpecBuilder(1);
  const any = { q: 1, kv: 1, o: 1, inner: 1, outer: 1, relativeBias: 1 };
  stackSpecs(encoder, config, family.names(config, 'encoder'), any, family.biases);
  const memory = numDecoderLayers * 2 * C * H * K;
  const perSource = countSpecs(encoder.specs).nonEmbedding + memory;
  const head = config.tieEmbeddings ? V * C : 0;
  const perTarget = countSpecs(family.parameterSpecs(config)).nonEmbedding + head - perSource;
  const source = times(S, weightFlops(perSource, 4 * numLayers * H * K * S));
  const target = times(T, weightFlops(perTarget, 4 * numDecoderLayers * H * K * (T + S)));
  return { forward: source.forward + target.forward, training: source.training + target.training, source, target };
}

const times = (count: number, { forward, training }: FlopsPerToken): FlopsPerToken => ({
  forward: count * forward,
  training: count * training,
});

/** Operations per token, source and target being equally long. */
export function evenFlops(family: EncoderDecoderFamily, config: EncoderDecoderConfig, length: number): FlopsPerToken {
  return times(1 / (2 * length), familyFlops(family, config, { sourceLength: length, targetLength: length }));
}
