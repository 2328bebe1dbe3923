import { add, mul } from '../../../compiler/ir/index.js';
import type { Tensor } from '../../../compiler/ir/index.js';
import { embedding } from '../../nn/index.js';
import type { Attend } from '../../nn/index.js';
import { countSpecs, weightFlops } from '../specs.js';
import type { Family, FlopsPerToken } from '../model.js';
import type { ParameterSpecs } from '../specs.js';
import type { DecoderConfig } from './config.js';

// B sequences, T tokens each, C hidden size. Activations lie as [B·T, C].

/** What a block computes with: weights, linear maps through the caller's hook, attention and dropout of this pass. */
export interface BlockScope {
  readonly ids: Tensor;
  /** What positions add to the embeddings [B, T, C], where they do. */
  readonly added: Tensor | undefined;
  /** A parameter by name; throws `InvalidInput` where there is none. */
  get(name: string): Tensor;
  /** The linear map `apply` under the name of its weight, with the caller's hook around it. */
  linear(name: string, x: Tensor, apply: () => Tensor): Tensor;
  /** Attention of layer `n`. */
  attend(n: number): Attend;
  /** Dropout at place `stream` of the model. */
  drop(x: Tensor, stream: number): Tensor;
}

/** A family of decoders: what every family is, and its forward pass in three pieces. */
export interface DecoderFamily extends Family<DecoderConfig> {
  /** Name of the token embedding table [vocabSize, hiddenSize]. */
  readonly embeddingName: string;
  /** Name of the learned table of positions [contextLength, hiddenSize], where a model has one. */
  readonly positionsName: string;
  /** Prefix of the tensors of layer `n`. */
  layerPrefix(n: number): string;
  /** Hidden states [B, T, C] before the first block. */
  embed(config: DecoderConfig, scope: BlockScope): Tensor;
  /** Block `n`: x [B·T, C] → [B·T, C]. Dropout streams 2n + 1 and 2n + 2 are its own. */
  block(config: DecoderConfig, scope: BlockScope, n: number, x: Tensor): Tensor;
  /** The norm after the last block, row by row. */
  finalNorm(config: DecoderConfig, scope: BlockScope, x: Tensor): Tensor;
}

/** Looks up the tokens' rows, times `factor` where it is given, and adds what positions do. */
export function embedTokens(table: Tensor, { ids, added }: BlockScope, factor?: number): Tensor {
  const rows = embedding(table, ids);
  const scaled = factor === undefined ? rows : mul(rows, factor);
  return added ? add(scaled, added) : scaled;
}

/** Operations of a decoder; see `flopsPerToken` of the room. */
export function decoderFlops(config: DecoderConfig, specs: ParameterSpecs, sequenceLength: number): FlopsPerToken {
  const head = config.tieEmbeddings ? config.vocabSize * config.hiddenSize : 0;
  const attention = 4 * config.numLayers * config.numHeads * config.headSize * sequenceLength;
  return weightFlops(countSpecs(specs).nonEmbedding + head, attention);
}
