import { InvalidInput } from '../../../base/core/index.js';
import {
  add,
  and,
  cast,
  divideDims,
  equal,
  expandDims,
  gather,
  iota,
  layerNorm,
  lessEqual,
  mul,
  multiplyDims,
  reshape,
  rmsNorm,
  stopGradient,
  transpose,
  where,
} from '../../../compiler/ir/index.js';
import type { Dim, Tensor } from '../../../compiler/ir/index.js';
import {
  activate,
  attentionBlock,
  attentionOnCache,
  bidirectionalAttention,
  dropout,
  embedding,
  fullAttention,
  linear,
  maskedAttention,
} from '../../nn/index.js';
import type { Dropout, LayerCache } from '../../nn/index.js';
import { relativeBias } from '../../nn/positions/index.js';
import type { LinearHook } from '../model.js';
import type { Params } from '../specs.js';
import { logitsBiasName } from './bart.js';
import type { EncoderDecoderConfig } from './config.js';
import { encoderDecoders } from './families.js';
import type { AttentionNames, LayerNames, Side, StackNames } from './family.js';

// B sources, S source tokens each, N targets per source (1 in training), T target tokens each, H heads of K numbers,
// C hidden size, V vocabulary. Activations lie as [B·S, C] and [B·N·T, C].

/** Score of a key that must not count; see `maskedAttention`. */
const unseen = -1e30;

interface Hooks {
  /** Dropout after the embedding and each part of each layer, and after T5's last norm. */
  readonly dropout?: Dropout;
  readonly linear?: LinearHook;
}

export interface SourceInput extends Hooks {
  /** Token ids i32 [B, S]. */
  readonly ids: Tensor;
  /** i32 or bool [B, S]: 1 for a token, 0 for padding, to which nothing attends. */
  readonly mask?: Tensor;
  /** Document of each token i32 [B, S]: attention stays inside a document. */
  readonly segments?: Tensor;
  /** Places of the tokens in their documents i32 [1 or B, S], for learned positions; default 0 … S - 1. */
  readonly positions?: Tensor;
}

export interface EncodedSource {
  /** States after the last layer and norm [B·S, C]. */
  readonly hidden: Tensor;
  /** The embedding and the result of each layer [B·S, C], the last one being `hidden`: numLayers + 1 of them. */
  readonly layers: readonly Tensor[];
}

/** Keys and values of the source in each decoder layer, [B, H, S, K]: computed once, read by every target token. */
export type SourceMemory = readonly LayerCache[];

export interface TargetCache {
  /** The target's own keys and values so far, [B·N, H, capacity, K] for each layer. */
  readonly layers: readonly LayerCache[];
  /** Tokens in each row's cache after this call, i32 [B·N]. */
  readonly lengths: Tensor;
  /** A promise that B·N or T is 1 whenever the program runs. */
  readonly narrow?: boolean;
}

/** How the target's tokens meet each other, in every layer. */
export interface TargetAttention {
  readonly scale: number;
  /** T5's biases [1, H, T, S] of queries at the places i32 [1, T] and keys at the places i32 [S]. */
  readonly bias?: (queries: Tensor, keys: Tensor) => Tensor;
}

export interface TargetInput extends Hooks {
  /** Token ids i32 [B·N, T], a row's N targets of one source side by side; the first token is the decoder's start. */
  readonly ids: Tensor;
  readonly memory: SourceMemory;
  /** The source's padding, as in `SourceInput`. */
  readonly sourceMask?: Tensor;
  /** Documents of target and source tokens, i32 [B, T] and [B, S]: both attentions stay inside one. Not with a cache. */
  readonly segments?: { readonly target: Tensor; readonly source: Tensor };
  /** Places of the tokens i32 [1 or B·N, T]; default 0 … T - 1, needed with a cache. */
  readonly positions?: Tensor;
  readonly cache?: TargetCache;
  /** Attention of the target to itself in place of the decoder's own, in layer `n` (exports keep their caches otherwise). */
  readonly attend?: (n: number, layer: TargetAttention) => Attend;
  /** Rows of [B·N·T] to compute logits for, i32 [R]; absent means all. */
  readonly rows?: Tensor;
}

export interface TargetOutput {
  /** After the final norm [B·N·T, C], or [R, C]. */
  readonly hidden: Tensor;
  /** [B·N·T, V] or [R, V]. */
  readonly logits: Tensor;
  /** The updated cache, where one was given. */
  readonly cache: readonly LayerCache[];
}

/** What one half computes with. */
interface Scope {
  readonly config: EncoderDecoderConfig;
  readonly names: StackNames;
  get(name: string): Tensor;
  project(name: string, x: Tensor): Tensor;
  norm(name: string, x: Tensor): Tensor;
  drop(x: Tensor): Tensor;
}

export type Attend = (q: Tensor, k: Tensor, v: Tensor) => Tensor;

function scopeOf(
  config: EncoderDecoderConfig,
  params: Params<Tensor>,
  side: Side,
  { dropout: drop, linear: hook }: Hooks,
): Scope {
  const { biases, names } = encoderDecoders[config.family];
  const get = (name: string): Tensor => {
    const tensor = params[name];
    if (!tensor) throw new InvalidInput('model.parameter', `${side}: expected a parameter ${name}, got none`, { name });
    return tensor;
  };
  // Streams of the decoder's dropout follow those of the encoder: embedding, two parts a layer, last norm.
  let stream = side === 'encoder' ? 0 : 2 * config.numLayers + 2;
  return {
    config,
    names: names(config, side),
    get,
    project(name, x) {
      const weight = `${name}.weight`;
      const apply = () => linear(x, get(weight), 'outIn', biases ? get(`${name}.bias`) : undefined);
      return hook ? hook(weight, x, apply) : apply();
    },
    norm(name, x) {
      const epsilon = config.normEpsilon;
      const weight = get(`${name}.weight`);
      return biases ? layerNorm(x, weight, get(`${name}.bias`), { epsilon }).y : rmsNorm(x, weight, { epsilon }).y;
    },
    drop: (x) => (drop ? dropout(x, drop, stream++) : x),
  };
}

const scaleOf = ({ family, headSize }: EncoderDecoderConfig) => (family === 't5' ? 1 : 1 / Math.sqrt(headSize));

/** x [rows, H·K] → [B, H, T, K]. */
function splitHeads({ numHeads: H, headSize: K }: EncoderDecoderConfig, x: Tensor, B: Dim, T: Dim): Tensor {
  return transpose(reshape(x, [B, T, H, K]), [0, 2, 1, 3]);
}

/** [B, H, T, K] → [B·T, H·K]. */
function joinHeads(x: Tensor): Tensor {
  const [B, H, T, K] = x.shape as readonly [Dim, Dim, Dim, Dim];
  return reshape(transpose(x, [0, 2, 1, 3]), [multiplyDims(B, T), multiplyDims(H, K)]);
}

/** Token embeddings with their positions and norm, [rows·T, C]. */
function embed({ config, names, get, norm, drop }: Scope, ids: Tensor, positions: Tensor): Tensor {
  const [B, T] = ids.shape as readonly [Dim, Dim];
  const { hiddenSize: C } = config;
  let x = embedding(get(encoderDecoders[config.family].embeddingName), ids);
  if (config.family === 'bart' && config.scaleEmbedding) x = mul(x, Math.sqrt(C));
  if (names.positions) x = add(x, embedding(get(names.positions), add(positions, names.positionOffset)));
  x = reshape(x, [multiplyDims(B, T), C]);
  return drop(names.embeddingNorm ? norm(names.embeddingNorm, x) : x);
}

/** x with a part of a layer around it: norm, part, sum; or part, sum, norm. */
function residual({ config, norm, drop }: Scope, name: string, x: Tensor, part: (y: Tensor) => Tensor): Tensor {
  const before = config.family === 't5' || config.preNorm;
  if (before) return add(x, drop(part(norm(name, x))));
  return norm(name, add(x, drop(part(x))));
}

function attention(scope: Scope, names: AttentionNames, x: Tensor, attend: Attend): Tensor {
  const { project } = scope;
  return residual(scope, names.norm, x, (y) =>
    project(names.o, attend(project(names.q, y), project(names.k, y), project(names.v, y))),
  );
}

function feedForward(scope: Scope, { norm, inner, outer }: LayerNames['feedForward'], x: Tensor): Tensor {
  const { config, project } = scope;
  return residual(scope, norm, x, (y) => {
    const [gate, linearHalf] = inner.map((name) => project(name, y)) as [Tensor, Tensor?];
    const activated = activate(config.activation, gate);
    return project(outer, linearHalf ? mul(activated, linearHalf) : activated);
  });
}

/** Bool [B, 1, 1, S], or [B, 1, T, S] where documents keep apart; undefined where every key counts. */
function visible(mask?: Tensor, segments?: { readonly target: Tensor; readonly source: Tensor }): Tensor | undefined {
  const tokens = mask && expandDims(expandDims(mask.dtype === 'bool' ? mask : cast(mask, 'bool'), 1), 1);
  if (!segments) return tokens;
  const target = expandDims(expandDims(segments.target, 1), 3);
  const together = equal(target, expandDims(expandDims(segments.source, 1), 2));
  return tokens ? and(together, tokens) : together;
}

/** The same as segments i32 [B, S]: padding is one of its own. */
function apart(mask?: Tensor, segments?: Tensor): Tensor | undefined {
  const tokens = mask && (mask.dtype === 'bool' ? mask : cast(mask, 'bool'));
  if (!tokens) return segments;
  return segments ? where(tokens, segments, -1) : cast(tokens, 'i32');
}

/** T5's biases of a whole sequence [1, H, T, T]; the decoder's let no query look ahead. */
function wholeBias({ config, names, get }: Scope, side: Side, T: Dim): Tensor | undefined {
  if (config.family !== 't5' || !names.relativeBias) return undefined;
  const places = iota([1, T], 1);
  const { relativeBuckets: numBuckets, relativeMaxDistance: maxDistance } = config;
  const options = { numBuckets, maxDistance, bidirectional: side === 'encoder' };
  const bias = relativeBias(get(names.relativeBias), places, T, options);
  if (side === 'encoder') return bias;
  // Masked once here instead of in every layer.
  return where(lessEqual(iota([1, 1, 1, T], 3), reshape(places, [1, 1, T, 1])), bias, unseen);
}

function checkIds(side: Side, ids: Tensor): void {
  if (ids.shape.length !== 2) {
    throw new InvalidInput('model.input', `${side}: expected ids [rows, tokens], got [${ids.shape.join(', ')}]`);
  }
}

/**
 * The encoder as a pure function of its parameters, traced; it has a gradient.
 *
 * @throws InvalidInput `model.parameter` naming a missing tensor.
 */
export function encodeSource(config: EncoderDecoderConfig, params: Params<Tensor>, input: SourceInput): EncodedSource {
  const { ids, mask: tokens, segments } = input;
  checkIds('encoder', ids);
  const [B, S] = ids.shape as readonly [Dim, Dim];
  const scope = scopeOf(config, params, 'encoder', input);
  const { names, norm, drop } = scope;
  const mask = visible(tokens, segments && { target: segments, source: segments });
  const bias = wholeBias(scope, 'encoder', S);
  // Long sources go in blocks, where no bias [S, S] is needed: padding, whose states nobody reads, meets padding alone.
  const heads = { numHeads: config.numHeads, numKvHeads: config.numHeads, headSize: config.headSize };
  const inBlocks = !bias && attentionBlock(S) !== undefined;
  const whole: Attend = (q, k, v) => {
    const [queries, keys, values] = [q, k, v].map((x) => splitHeads(config, x, B, S)) as [Tensor, Tensor, Tensor];
    return joinHeads(maskedAttention(queries, keys, values, { scale: scaleOf(config), mask, bias }));
  };
  const attend = inBlocks ? bidirectionalAttention(heads, { B, T: S }, { segments: apart(tokens, segments) }) : whole;
  const layers = [embed(scope, ids, input.positions ?? iota([1, S], 1))];
  for (const layer of names.layers) {
    layers.push(feedForward(scope, layer.feedForward, attention(scope, layer.self, layers.at(-1) as Tensor, attend)));
  }
  const x = layers.pop() as Tensor;
  const normed = names.finalNorm ? norm(names.finalNorm, x) : x;
  const hidden = config.family === 't5' ? drop(normed) : normed;
  return { hidden, layers: [...layers, hidden] };
}

/** Keys and values of encoder states [B·S, C] for the attention of each decoder layer. */
export function sourceMemory(
  config: EncoderDecoderConfig,
  params: Params<Tensor>,
  hidden: Tensor,
  { B, S }: { readonly B: Dim; readonly S: Dim },
  hook?: LinearHook,
): SourceMemory {
  const { names, project } = scopeOf(config, params, 'decoder', { linear: hook });
  return names.layers.map(({ cross }) => ({
    key: splitHeads(config, project((cross as AttentionNames).k, hidden), B, S),
    value: splitHeads(config, project((cross as AttentionNames).v, hidden), B, S),
  }));
}

/** The target's attention to itself in layer `n`. */
function selfAttention(
  scope: Scope,
  input: TargetInput,
  rows: Dim,
  T: Dim,
  updated: LayerCache[],
): (n: number) => Attend {
  const { config, names, get } = scope;
  const { cache, segments, positions } = input;
  const heads = { numHeads: config.numHeads, numKvHeads: config.numHeads, headSize: config.headSize };
  const scale = scaleOf(config);
  let relative: ((queries: Tensor, keys: Tensor | Dim) => Tensor) | undefined;
  if (config.family === 't5' && names.relativeBias) {
    const buckets = { numBuckets: config.relativeBuckets, maxDistance: config.relativeMaxDistance };
    const table = get(names.relativeBias);
    relative = (queries, keys) => relativeBias(table, queries, keys, { ...buckets, bidirectional: false });
  }
  if (input.attend) {
    const own = { scale, ...(relative ? { bias: relative } : {}) };
    return (n) => input.attend!(n, own);
  }
  if (cache) {
    if (segments || !positions || cache.layers.length !== config.numDecoderLayers) {
      const wanted = `a cache of ${config.numDecoderLayers} layers with positions and without segments`;
      throw new InvalidInput('model.input', `decoder: expected ${wanted}`);
    }
    const bias = relative?.(positions, (cache.layers[0] as LayerCache).key.shape[2] as Dim);
    const { lengths, narrow = false } = cache;
    return (n) => {
      const layer = { ...(cache.layers[n] as LayerCache), lengths, narrow, scale, ...(bias ? { bias } : {}) };
      return attentionOnCache(heads, { B: rows, T }, layer, (next) => updated.push(next));
    };
  }
  const bias = wholeBias(scope, 'decoder', T);
  if (!bias) return () => fullAttention(heads, { B: rows, T }, { segments: segments?.target });
  const mask = segments && visible(undefined, { target: segments.target, source: segments.target });
  return () => (q, k, v) => {
    const [queries, keys, values] = [q, k, v].map((x) => splitHeads(config, x, rows, T)) as [Tensor, Tensor, Tensor];
    return joinHeads(maskedAttention(queries, keys, values, { scale, mask, bias }));
  };
}

/** The target's attention to the source: the targets of one source are more queries of the same row. */
function crossAttention(
  scope: Scope,
  names: AttentionNames,
  memory: LayerCache,
  mask: Tensor | undefined,
  x: Tensor,
): Tensor {
  const { config, project } = scope;
  const B = memory.key.shape[0] as Dim;
  const perSource = divideDims(x.shape[0] as Dim, B) as Dim;
  return residual(scope, names.norm, x, (y) => {
    const queries = splitHeads(config, project(names.q, y), B, perSource);
    const out = maskedAttention(queries, memory.key, memory.value, { scale: scaleOf(config), mask });
    return project(names.o, joinHeads(out));
  });
}

/**
 * The decoder and its head as a pure function of their parameters, traced. Without a cache it has a gradient and serves
 * training; with one it decodes.
 *
 * @throws InvalidInput `model.parameter` naming a missing tensor, `model.input` for inputs that do not fit together.
 */
export function decodeTarget(config: EncoderDecoderConfig, params: Params<Tensor>, input: TargetInput): TargetOutput {
  const { ids, memory, segments } = input;
  checkIds('decoder', ids);
  const [rows, T] = ids.shape as readonly [Dim, Dim];
  const sources = memory[0]?.key.shape[0];
  if (memory.length !== config.numDecoderLayers || divideDims(rows, sources as Dim) === undefined) {
    const wanted = `the source's keys and values of ${config.numDecoderLayers} layers, and ids of as many rows or a multiple`;
    throw new InvalidInput('model.input', `decoder: expected ${wanted}, got ${memory.length} and [${ids.shape}]`);
  }
  const scope = scopeOf(config, params, 'decoder', input);
  const { names, norm, drop } = scope;
  const updated: LayerCache[] = [];
  const attend = selfAttention(scope, input, rows, T, updated);
  const mask = visible(input.sourceMask, segments);
  let x = embed(scope, ids, input.positions ?? iota([1, T], 1));
  names.layers.forEach(({ self, cross, feedForward: last }, n) => {
    x = attention(scope, self, x, attend(n));
    x = crossAttention(scope, cross as AttentionNames, memory[n] as LayerCache, mask, x);
    x = feedForward(scope, last, x);
  });
  // The norm and the head work row by row: choose the rows first.
  if (input.rows) x = gather(x, input.rows);
  if (names.finalNorm) x = norm(names.finalNorm, x);
  if (config.family === 't5') x = drop(x);
  return { hidden: x, logits: targetLogits(config, params, x, input.linear), cache: updated };
}

/** Logits [N, V] of decoder states [N, C]. */
export function targetLogits(
  config: EncoderDecoderConfig,
  params: Params<Tensor>,
  hidden: Tensor,
  hook?: LinearHook,
): Tensor {
  const { get } = scopeOf(config, params, 'decoder', {});
  const name = config.tieEmbeddings ? encoderDecoders[config.family].embeddingName : 'lm_head.weight';
  const scaled = config.family === 't5' && config.scaleHead ? mul(hidden, config.hiddenSize ** -0.5) : hidden;
  const apply = () => linear(scaled, get(name), 'outIn');
  const logits = hook ? hook('lm_head.weight', scaled, apply) : apply();
  return config.family === 'bart' ? add(logits, stopGradient(get(logitsBiasName))) : logits;
}
