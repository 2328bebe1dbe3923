import { InvalidInput, invariant } from '../../../base/core/index.js';
import type { Graph } from '../../../compiler/ir/index.js';
import type { Executor, ProgramId } from '../../../compiler/runtime/index.js';
import { hostTensor } from '../../../compiler/tensor/index.js';
import type { HostTensor } from '../../../compiler/tensor/index.js';
import { parameterSpecs } from '../../architecture/index.js';
import type { ModelConfig, Params } from '../../architecture/index.js';
import { headGraph, hiddenGraph, takesTypes } from './graph.js';

/** What a text's vector is taken from: the mean over its tokens, its first token, or its last. */
export type Pooling = 'mean' | 'cls' | 'last';
export const poolings: readonly Pooling[] = ['mean', 'cls', 'last'];

/** One text in ids, with its segments where it is a pair. */
export interface TokenSequence {
  readonly ids: ArrayLike<number>;
  readonly typeIds?: ArrayLike<number>;
}

export interface EmbedOptions {
  /** 0 is the embedding, numLayers the last block, negative numbers count from the end. Default -1, the last. */
  readonly layer?: number;
  /** Default: `last` for decoders, whose last token alone has seen the whole text, `mean` for others. */
  readonly pooling?: Pooling;
  /** Scale to length 1. Default true. */
  readonly normalize?: boolean;
  readonly signal?: AbortSignal;
}

/** Most tokens of one call, padding included. */
const batchTokens = 4096;
const none = new Float32Array(0);

interface Batch {
  /** Which sequences, by their place in the caller's list. */
  readonly members: readonly number[];
  readonly length: number;
}

/**
 * Hidden states, vectors of texts and logits of heads, from whole sequences at once. Programs are loaded when first
 * needed, one per layer; each packs the weights once.
 */
export class Embedder {
  readonly config: ModelConfig;
  readonly #executor: Executor;
  readonly #constants: Readonly<Record<string, HostTensor>>;
  readonly #programs = new Map<string, Promise<ProgramId>>();

  /**
   * @throws InvalidInput `model.parameter` for weights that are missing, of another shape or not f32.
   */
  constructor(options: {
    readonly config: ModelConfig;
    readonly params: Params<HostTensor>;
    readonly executor: Executor;
  }) {
    const { config, params, executor } = options;
    const constants: Record<string, HostTensor> = {};
    for (const [name, { shape }] of Object.entries(parameterSpecs(config))) {
      const value = params[name];
      if (value?.dtype !== 'f32' || value.shape.join() !== shape.join()) {
        const got = value ? `${value.dtype} [${value.shape}]` : 'none';
        throw new InvalidInput('model.parameter', `embedder: expected ${name} f32 [${shape}], got ${got}`, { name });
      }
      constants[name] = value;
    }
    this.config = config;
    this.#executor = executor;
    this.#constants = constants;
  }

  /** One vector [hiddenSize] per sequence. */
  async embed(sequences: readonly TokenSequence[], options: EmbedOptions = {}): Promise<Float32Array[]> {
    const { layer = -1, pooling = this.config.kind === 'decoder' ? 'last' : 'mean', normalize = true } = options;
    const output = { mean: 'mean', cls: 'first', last: 'last' }[pooling];
    if (!output) {
      throw new InvalidInput('embedding.pooling', `embed: expected pooling ${poolings.join(', ')}, got ${pooling}`);
    }
    const program = await this.#hidden(layer);
    const vectors: Float32Array[] = sequences.map(() => none);
    await this.#each(sequences, options.signal, async ({ members, length }) => {
      const data = await this.#run(program, sequences, members, length, output);
      const width = data.length / members.length;
      members.forEach((place, b) => {
        vectors[place] = scaled(data.slice(b * width, (b + 1) * width), normalize);
      });
    });
    return vectors;
  }

  /** Hidden states of each sequence, [tokens, hiddenSize] row by row. */
  async hidden(
    sequences: readonly TokenSequence[],
    options: Pick<EmbedOptions, 'layer' | 'signal'> = {},
  ): Promise<Float32Array[]> {
    const program = await this.#hidden(options.layer ?? -1);
    const states: Float32Array[] = sequences.map(() => none);
    await this.#each(sequences, options.signal, async ({ members, length }) => {
      const data = await this.#run(program, sequences, members, length, 'hidden');
      const width = data.length / (members.length * length);
      members.forEach((place, b) => {
        const from = b * length * width;
        states[place] = data.slice(from, from + (sequences[place] as TokenSequence).ids.length * width);
      });
    });
    return states;
  }

  /** Logits of a classification head: [labels] per sequence, or [tokens, labels] where it classifies tokens. */
  async classify(sequences: readonly TokenSequence[], signal?: AbortSignal): Promise<Float32Array[]> {
    const { config } = this;
    if (config.kind !== 'encoder' || !config.head.endsWith('classification')) {
      throw new InvalidInput('model.head', 'classify: expected a model with a classification head, got another');
    }
    const program = await this.#head();
    const labels = config.labels.length;
    const logits: Float32Array[] = sequences.map(() => none);
    await this.#each(sequences, signal, async ({ members, length }) => {
      const data = await this.#run(program, sequences, members, length, 'logits');
      const rows = config.head === 'token-classification' ? length : 1;
      members.forEach((place, b) => {
        const from = b * rows * labels;
        const own = rows === 1 ? 1 : (sequences[place] as TokenSequence).ids.length;
        logits[place] = data.slice(from, from + own * labels);
      });
    });
    return logits;
  }

  /** Logits [vocabSize] of the masked-LM head at each of the places of a sequence. */
  async maskedLogits(sequence: TokenSequence, places: readonly number[]): Promise<Float32Array[]> {
    const { config } = this;
    if (config.kind !== 'encoder' || config.head !== 'mlm') {
      throw new InvalidInput('model.head', 'fill masks: expected a model with a masked-LM head, got another');
    }
    const outside = places.find((place) => !Number.isInteger(place) || place < 0 || place >= sequence.ids.length);
    if (outside !== undefined) {
      throw new InvalidInput('embedding.place', `fill masks: expected places in the text, got ${outside}`);
    }
    if (places.length === 0) return [];
    this.#check([sequence]);
    const program = await this.#head();
    const rows = hostTensor('i32', [places.length], [...places]);
    const data = await this.#run(program, [sequence], [0], sequence.ids.length, 'logits', { rows });
    return places.map((_, i) => data.slice(i * config.vocabSize, (i + 1) * config.vocabSize));
  }

  /** Unloads the programs; the executor stays open. */
  async close(): Promise<void> {
    for (const program of this.#programs.values()) await this.#executor.unload(await program);
    this.#programs.clear();
  }

  #hidden(layer: number): Promise<ProgramId> {
    const { numLayers } = this.config;
    const place = layer < 0 ? numLayers + 1 + layer : layer;
    if (!Number.isInteger(place) || place < 0 || place > numLayers) {
      throw new InvalidInput(
        'embedding.layer',
        `embed: expected a layer from 0 to ${numLayers} (or -1 to ${-numLayers - 1}), got ${layer}`,
      );
    }
    return this.#load(`layer${place}`, () => hiddenGraph(this.config, place));
  }

  #head(): Promise<ProgramId> {
    return this.#load('head', () => {
      const graph = headGraph(this.config);
      invariant(graph, 'a head that the caller has checked');
      return graph;
    });
  }

  #load(key: string, graph: () => Graph): Promise<ProgramId> {
    let program = this.#programs.get(key);
    if (!program) {
      program = this.#executor.load(graph(), { constants: this.#constants });
      this.#programs.set(key, program);
      program.catch(() => this.#programs.delete(key));
    }
    return program;
  }

  #check(sequences: readonly TokenSequence[]): void {
    const { contextLength, vocabSize } = this.config;
    for (const { ids, typeIds } of sequences) {
      if (ids.length < 1 || ids.length > contextLength) {
        throw new InvalidInput(
          'embedding.length',
          `embed: expected texts of 1 to ${contextLength} tokens, got ${ids.length}`,
          { length: ids.length },
        );
      }
      if (typeIds && typeIds.length !== ids.length) {
        throw new InvalidInput('embedding.types', `embed: expected ${ids.length} type ids, got ${typeIds.length}`);
      }
      for (let i = 0; i < ids.length; i++) {
        const id = ids[i] as number;
        if (!(Number.isInteger(id) && id >= 0 && id < vocabSize)) {
          throw new InvalidInput('embedding.id', `embed: expected token ids below ${vocabSize}, got ${id}`, { id });
        }
      }
    }
  }

  /** Sequences of like length side by side, so that little is padded. */
  async #each(
    sequences: readonly TokenSequence[],
    signal: AbortSignal | undefined,
    run: (batch: Batch) => Promise<void>,
  ): Promise<void> {
    this.#check(sequences);
    const order = sequences.map((_, i) => i).sort((a, b) => sequences[b]!.ids.length - sequences[a]!.ids.length);
    for (let at = 0; at < order.length; ) {
      signal?.throwIfAborted();
      const length = sequences[order[at] as number]!.ids.length;
      const count = Math.max(1, Math.floor(batchTokens / length));
      await run({ members: order.slice(at, at + count), length });
      at += count;
    }
  }

  async #run(
    program: ProgramId,
    sequences: readonly TokenSequence[],
    members: readonly number[],
    length: number,
    output: string,
    more: Readonly<Record<string, HostTensor>> = {},
  ): Promise<Float32Array> {
    const shape = [members.length, length];
    const size = members.length * length;
    const ids = new Int32Array(size).fill(this.config.pad ?? 0);
    const [mask, types] = [new Int32Array(size), new Int32Array(size)];
    const [firstRows, lastRows] = [new Int32Array(members.length), new Int32Array(members.length)];
    members.forEach((place, b) => {
      const sequence = sequences[place] as TokenSequence;
      const from = b * length;
      for (let t = 0; t < sequence.ids.length; t++) {
        ids[from + t] = sequence.ids[t] as number;
        mask[from + t] = 1;
        types[from + t] = sequence.typeIds?.[t] ?? 0;
      }
      firstRows[b] = from;
      lastRows[b] = from + sequence.ids.length - 1;
    });
    const tensor = (data: Int32Array) => hostTensor('i32', shape, data);
    const rows = (data: Int32Array) => hostTensor('i32', [members.length], data);
    const feeds: Record<string, HostTensor> = {
      ids: tensor(ids),
      positions: tensor(Int32Array.from({ length: size }, (_, i) => i % length)),
      mask: tensor(mask),
      ...(takesTypes(this.config) ? { typeIds: tensor(types) } : {}),
      ...(output === 'logits' ? {} : { firstRows: rows(firstRows), lastRows: rows(lastRows) }),
      ...more,
    };
    const result = await this.#executor.run({ program, feeds, fetch: [output] });
    return result[output]?.data as Float32Array;
  }
}

/** The vector itself, or at length 1; a vector of zeros stays what it is. */
function scaled(vector: Float32Array, normalize: boolean): Float32Array {
  if (!normalize) return vector;
  let sum = 0;
  for (const value of vector) sum += value * value;
  const factor = sum > 0 ? 1 / Math.sqrt(sum) : 0;
  return vector.map((value) => value * factor);
}
