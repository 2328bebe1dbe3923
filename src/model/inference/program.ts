import { InvalidInput, invariant } from '../../base/core/index.js';
import { crossEntropy, trace } from '../../compiler/ir/index.js';
import type { Graph, Tensor, ValueType } from '../../compiler/ir/index.js';
import type { BufferRef, Executor, ProgramId, RunCall, TensorSpec } from '../../compiler/runtime/index.js';
import { hostTensor } from '../../compiler/tensor/index.js';
import type { HostTensor } from '../../compiler/tensor/index.js';
import { forward, parameterSpecs } from '../architecture/index.js';
import type { DecoderConfig, ModelConfig, Params } from '../architecture/index.js';

// B sequences, T new tokens each, C cache capacity, G key/value heads of K numbers, R rows of logits, V vocabulary.

/**
 * The weights that a program takes as constants.
 *
 * @throws InvalidInput `model.parameter` for weights that are missing, of another shape or not f32.
 */
export function weightConstants(config: ModelConfig, params: Params<HostTensor>): Record<string, HostTensor> {
  const constants: Record<string, HostTensor> = {};
  for (const [name, { shape }] of Object.entries(parameterSpecs(config))) {
    const value = params[name];
    if (value?.dtype !== 'f32' || value.shape.join() !== shape.join()) {
      const got = value ? `${value.dtype} [${value.shape}]` : 'none';
      throw new InvalidInput('model.parameter', `engine: expected ${name} f32 [${shape}], got ${got}`, { name });
    }
    constants[name] = value;
  }
  return constants;
}

export function parameterTypes(config: ModelConfig): Record<string, ValueType> {
  const entries = Object.entries(parameterSpecs(config));
  return Object.fromEntries(entries.map(([name, { shape }]) => [name, { dtype: 'f32', shape }]));
}

const outputsOf = (logits: Tensor, targets: Tensor) => {
  const { loss, logSumExp } = crossEntropy(logits, targets);
  return { logits, loss, logSumExp };
};

/**
 * The decoder on a cache as one graph with symbolic B, T, C and R, where B or T is 1 in every call: decoding (T = 1) and
 * a chunk of one prompt (B = 1) run the same program, so that the weights are packed once.
 */
export function decodingGraph(config: DecoderConfig): Graph {
  const cache: ValueType = { dtype: 'f32', shape: ['B', config.numKvHeads, 'C', config.headSize] };
  const inputs: Record<string, ValueType> = {
    ids: { dtype: 'i32', shape: ['B', 'T'] },
    positions: { dtype: 'i32', shape: ['B', 'T'] },
    lengths: { dtype: 'i32', shape: ['B'] },
    rows: { dtype: 'i32', shape: ['R'] },
    targets: { dtype: 'i32', shape: ['R'] },
  };
  for (let n = 0; n < config.numLayers; n++) {
    inputs[`key.${n}`] = cache;
    inputs[`value.${n}`] = cache;
  }
  return trace('decode', { ...inputs, ...parameterTypes(config) }, (t) => {
    const input = (name: string) => t[name] as Tensor;
    const layers = Array.from({ length: config.numLayers }, (_, n) => ({
      key: input(`key.${n}`),
      value: input(`value.${n}`),
    }));
    const { logits, cache: updated } = forward(config, t, {
      ids: input('ids'),
      positions: input('positions'),
      rows: input('rows'),
      cache: { layers, lengths: input('lengths'), narrow: true },
    });
    const outputs: Record<string, Tensor> = outputsOf(logits, input('targets'));
    updated.forEach((layer, n) => {
      outputs[`newKey.${n}`] = layer.key;
      outputs[`newValue.${n}`] = layer.value;
    });
    return outputs;
  });
}

/** Whole sequences side by side without a cache: scores short ones in batches. */
export function scoringGraph(config: DecoderConfig): Graph {
  const inputs: Record<string, ValueType> = {
    ids: { dtype: 'i32', shape: ['B', 'T'] },
    positions: { dtype: 'i32', shape: ['B', 'T'] },
    rows: { dtype: 'i32', shape: ['R'] },
    targets: { dtype: 'i32', shape: ['R'] },
  };
  return trace('score', { ...inputs, ...parameterTypes(config) }, (t) => {
    const [ids, positions, rows, targets] = [t.ids, t.positions, t.rows, t.targets] as [Tensor, Tensor, Tensor, Tensor];
    return outputsOf(forward(config, t, { ids, positions, rows }).logits, targets);
  });
}

/** Where a call's cache lies: rows `first` … of the engine's slots, or the scratch that scoring uses. */
export type CachePlace = { readonly slot: number } | { readonly scratch: true; readonly capacity: number };

export interface DecodeCall {
  readonly batch: number;
  /** New tokens per row. */
  readonly length: number;
  /** [batch · length], row by row. */
  readonly ids: Int32Array;
  /** Tokens in each row's cache before this call. */
  readonly before: readonly number[];
  readonly cache: CachePlace;
  /** Rows of [batch · length] to compute logits for, and the tokens whose loss is wanted there (-100 for none). */
  readonly rows: Int32Array;
  readonly targets?: Int32Array;
  readonly want: readonly ('logits' | 'loss' | 'logSumExp')[];
}

export interface DecodeResult {
  /** [R, V] */
  readonly logits: Float32Array;
  /** [R] */
  readonly loss: Float32Array;
  readonly logSumExp: Float32Array;
}

interface CacheBinding {
  readonly bind: Readonly<Record<string, BufferRef>>;
  readonly into: Readonly<Record<string, BufferRef>>;
}

/** Bindings kept: enough for each slot and each number of running sequences; scoring has one for each capacity. */
const mostBindings = 256;

const none = new Float32Array(0);
let engines = 0;

function commonFeeds({ batch, length, ids, rows, targets }: Omit<DecodeCall, 'before' | 'cache'>) {
  return {
    ids: hostTensor('i32', [batch, length], ids),
    rows: hostTensor('i32', [rows.length], rows),
    targets: hostTensor('i32', [rows.length], targets ?? new Int32Array(rows.length).fill(-100)),
  };
}

function resultOf(outputs: Readonly<Record<string, HostTensor>>): DecodeResult {
  const output = (name: string) => (outputs[name]?.data as Float32Array | undefined) ?? none;
  return { logits: output('logits'), loss: output('loss'), logSumExp: output('logSumExp') };
}

/** The loaded graph with its cache buffers in an executor. */
export class DecodeProgram {
  readonly config: DecoderConfig;
  readonly #executor: Executor;
  /** Kept while the wide program may still be loaded. */
  readonly #params: Params<HostTensor> | undefined;
  readonly #programs: { narrow?: ProgramId; wide?: ProgramId } = {};
  readonly #prefix: string;
  readonly #capacity: number;
  readonly #slotSize: number;
  readonly #scratchTokens: number;
  readonly #bindings = new Map<string, CacheBinding>();
  #logits: HostTensor | undefined;
  #scratch = false;
  #scratchReady = false;

  private constructor(
    config: DecoderConfig,
    params: Params<HostTensor> | undefined,
    executor: Executor,
    prefix: string,
    capacity: number,
    scratchTokens: number,
  ) {
    this.config = config;
    this.#executor = executor;
    this.#params = params;
    this.#prefix = prefix;
    this.#capacity = capacity;
    this.#slotSize = config.numKvHeads * capacity * config.headSize;
    this.#scratchTokens = scratchTokens;
  }

  /**
   * Bakes the weights in as constants and allocates `slots` caches of `capacity` tokens. Without `wide`, calls have one
   * row or one token per row, and the weights are not kept.
   *
   * @throws InvalidInput `model.parameter` for weights that are missing, of another shape or not f32.
   */
  static async load(
    config: DecoderConfig,
    params: Params<HostTensor>,
    executor: Executor,
    size: { readonly slots: number; readonly capacity: number; readonly scratchTokens: number; readonly wide: boolean },
  ): Promise<DecodeProgram> {
    const constants = weightConstants(config, params);
    const prefix = `engine${++engines}`;
    const shape = [size.slots, config.numKvHeads, size.capacity, config.headSize];
    const decode = new DecodeProgram(
      config,
      size.wide ? constants : undefined,
      executor,
      prefix,
      size.capacity,
      size.scratchTokens,
    );
    decode.#programs.narrow = await executor.load(decodingGraph(config), { constants });
    await executor.allocate(decode.#buffers('slots', { dtype: 'f32', shape }));
    return decode;
  }

  #buffers(kind: 'slots' | 'scratch', spec: TensorSpec): Record<string, TensorSpec> {
    return Object.fromEntries(this.#names(kind).map((name) => [name, spec]));
  }

  #names(kind: 'slots' | 'scratch'): string[] {
    return Array.from({ length: this.config.numLayers }, (_, n) => [
      `${this.#prefix}.${kind}.key.${n}`,
      `${this.#prefix}.${kind}.value.${n}`,
    ]).flat();
  }

  /** Runs a program, with the memory of the last logits for the next: whoever wanted those is done with them. */
  async #call(call: RunCall): Promise<DecodeResult> {
    const reuse = call.fetch?.includes('logits') && this.#logits ? { reuse: { logits: this.#logits } } : {};
    if (reuse.reuse) this.#logits = undefined;
    const outputs = await this.#executor.run({ ...call, ...reuse });
    this.#logits = outputs.logits ?? this.#logits;
    return resultOf(outputs);
  }

  /** Scores several rows of several tokens. Its program is loaded when first needed: it packs the weights once more. */
  async runWide(call: Omit<DecodeCall, 'before' | 'cache'>): Promise<DecodeResult> {
    if (this.#programs.wide === undefined) {
      invariant(this.#params, 'several rows of several tokens in an engine without a wide program');
      this.#programs.wide = await this.#executor.load(scoringGraph(this.config), { constants: this.#params });
    }
    const { batch, length } = call;
    const positions = Int32Array.from({ length: batch * length }, (_, i) => i % length);
    const feeds = { ...commonFeeds(call), positions: hostTensor('i32', [batch, length], positions) };
    return this.#call({ program: this.#programs.wide, feeds, fetch: call.want });
  }

  /** Runs one chunk of one row, or one token of several rows, on the cache. The logits of the call before are gone. */
  async run(call: DecodeCall): Promise<DecodeResult> {
    const { batch, length, before, cache } = call;
    const scratch = 'scratch' in cache;
    if (scratch && !this.#scratchReady) {
      const { numKvHeads, headSize } = this.config;
      const shape = [this.#scratchTokens, numKvHeads, headSize];
      await this.#executor.allocate(this.#buffers('scratch', { dtype: 'f32', shape }));
      this.#scratch = true;
      this.#scratchReady = true;
    }
    const positions = new Int32Array(batch * length);
    const lengths = new Int32Array(batch);
    for (let b = 0; b < batch; b++) {
      const start = before[b] as number;
      lengths[b] = start + length;
      for (let t = 0; t < length; t++) positions[b * length + t] = start + t;
    }
    const { bind, into } = this.#binding(batch, cache);
    return this.#call({
      program: this.#programs.narrow as ProgramId,
      feeds: {
        ...commonFeeds(call),
        positions: hostTensor('i32', [batch, length], positions),
        lengths: hostTensor('i32', [batch], lengths),
      },
      bind,
      into,
      fetch: call.want,
    });
  }

  /** The cache as inputs and outputs of a call: made once for each batch and slot, and frozen, so that it is sent once. */
  #binding(batch: number, cache: CachePlace): CacheBinding {
    const scratch = 'scratch' in cache;
    const capacity = scratch ? cache.capacity : this.#capacity;
    const offset = scratch ? 0 : cache.slot * this.#slotSize;
    const key = `${scratch}:${batch}:${offset}:${capacity}`;
    let binding = this.#bindings.get(key);
    if (!binding) {
      const shape = Object.freeze([batch, this.config.numKvHeads, capacity, this.config.headSize]);
      const [bind, into]: Record<string, BufferRef>[] = [{}, {}];
      for (const [i, buffer] of this.#names(scratch ? 'scratch' : 'slots').entries()) {
        const [name, n] = [i % 2 === 0 ? 'key' : 'value', i >> 1];
        const ref = Object.freeze({ buffer, offset, shape });
        bind[`${name}.${n}`] = ref;
        into[`new${i % 2 === 0 ? 'Key' : 'Value'}.${n}`] = ref;
      }
      binding = { bind: Object.freeze(bind), into: Object.freeze(into) };
      if (this.#bindings.size >= mostBindings) this.#bindings.clear();
      this.#bindings.set(key, binding);
    }
    return binding;
  }

  /** Zeroes the scratch before its next use: a kernel may multiply what is masked by zero, which NaN survives. */
  clearScratch(): void {
    this.#scratchReady = false;
  }

  /** Moves a sequence's cache to another slot. */
  async move(from: number, to: number): Promise<void> {
    const size = this.#slotSize;
    await Promise.all(
      this.#names('slots').map((buffer) =>
        this.#executor.copy({ buffer, offset: from * size }, { buffer, offset: to * size }, size),
      ),
    );
  }

  async close(): Promise<void> {
    for (const program of Object.values(this.#programs)) await this.#executor.unload(program);
    await this.#executor.free([...this.#names('slots'), ...(this.#scratch ? this.#names('scratch') : [])]);
  }
}
