import type { BufferRef, Executor, ProgramId } from '../../../compiler/runtime/index.js';
import { hostTensor } from '../../../compiler/tensor/index.js';
import type { HostTensor } from '../../../compiler/tensor/index.js';
import type { EncoderDecoderConfig, Params } from '../../architecture/index.js';
import { weightConstants } from '../program.js';
import { checkIds, checkLength } from '../request-check.js';
import { RowSelector, RowTensors, checkPrompt, search } from '../search/index.js';
import type { Answer, RowModel, RowSession, SearchOptions } from '../search/index.js';
import { answeringGraph, encodingGraph } from './graph.js';

export interface SequenceToSequenceOptions {
  readonly config: EncoderDecoderConfig;
  /** f32 weights by Hugging Face name; they are baked into the programs. */
  readonly params: Params<HostTensor>;
  readonly executor: Executor;
}

/** Sources and masks of a batch, padded to the longest. */
function padded(sources: readonly (readonly number[])[], pad: number): { ids: HostTensor; mask: HostTensor } {
  const S = Math.max(...sources.map(({ length }) => length));
  const shape = [sources.length, S];
  const ids = new Int32Array(sources.length * S).fill(pad);
  const mask = new Int32Array(sources.length * S);
  sources.forEach((source, b) => {
    ids.set(source, b * S);
    mask.fill(1, b * S, b * S + source.length);
  });
  return { ids: hostTensor('i32', shape, ids), mask: hostTensor('i32', shape, mask) };
}

/**
 * Writes an answer to each source: the encoder reads it once, the decoder then writes on a cache of its own keys and
 * values beside those of the source.
 */
export class SequenceToSequence implements RowModel {
  readonly config: EncoderDecoderConfig;
  readonly #executor: Executor;
  readonly #encode: ProgramId;
  readonly #answer: ProgramId;
  readonly #selector: RowSelector;

  private constructor(
    { config, executor }: SequenceToSequenceOptions,
    encode: ProgramId,
    answer: ProgramId,
    selector: RowSelector,
  ) {
    this.config = config;
    this.#executor = executor;
    this.#encode = encode;
    this.#answer = answer;
    this.#selector = selector;
  }

  /** @throws InvalidInput `model.parameter` for weights that are missing, of another shape or not f32. */
  static async open(options: SequenceToSequenceOptions): Promise<SequenceToSequence> {
    const { config, params, executor } = options;
    const constants = weightConstants(config, params);
    const encode = await executor.load(encodingGraph(config), { constants });
    const answer = await executor.load(answeringGraph(config), { constants });
    const { numDecoderLayers, numHeads, headSize } = config;
    const selector = await RowSelector.load(executor, 2 * numDecoderLayers, numHeads, headSize);
    return new SequenceToSequence(options, encode, answer, selector);
  }

  get vocabSize(): number {
    return this.config.vocabSize;
  }

  get eos(): number | null {
    return this.config.eos;
  }

  check(source: readonly number[], maxTokens: number): void {
    checkPrompt(source);
    checkIds('search', source, this.config.vocabSize);
    // T5 knows distances, not places: its sources and answers may be of any length.
    if (this.config.family === 't5') return;
    checkLength('search: source', source.length, this.config.contextLength);
    checkLength('search: maxTokens', maxTokens, this.config.contextLength);
  }

  history(): readonly number[] {
    return [this.config.decoderStart];
  }

  /** Answers to each source, best first; see `SearchOptions`. */
  generate(sources: readonly (readonly number[])[], options: SearchOptions): Promise<Answer[][]> {
    return search(this, sources, options);
  }

  async begin(sources: readonly (readonly number[])[], perSource: number, maxTokens: number): Promise<RowSession> {
    const { config } = this;
    const { ids, mask } = padded(sources, config.pad ?? 0);
    const [B, S] = ids.shape as [number, number];
    const layers = Array.from({ length: config.numDecoderLayers }, (_, n) => n);
    const refs = (key: string, value: string, tensors: RowTensors): Record<string, BufferRef> => {
      const at = tensors.refs();
      return Object.fromEntries(
        layers.flatMap((n) => [
          [`${key}.${n}`, at[2 * n] as BufferRef],
          [`${value}.${n}`, at[2 * n + 1] as BufferRef],
        ]),
      );
    };
    const memory = await RowTensors.allocate(this.#selector, B, S);
    const into = refs('key', 'value', memory);
    await this.#executor.run({ program: this.#encode, feeds: { ids, mask }, into });
    const cache = await RowTensors.allocate(this.#selector, B * perSource, maxTokens);
    let length = 0;
    let masks = Array.from({ length: B }, (_, b) => (mask.data as Int32Array).subarray(b * S, (b + 1) * S));
    return {
      step: async (tokens) => {
        const rows = tokens.length;
        const feeds = {
          ids: hostTensor('i32', [masks.length, perSource], [...tokens]),
          position: hostTensor('i32', [1, 1], [length]),
          lengths: hostTensor('i32', [rows], new Int32Array(rows).fill(++length)),
          mask: hostTensor(
            'i32',
            [masks.length, S],
            masks.flatMap((row) => [...row]),
          ),
        };
        const { logits, logSumExp } = await this.#executor.run({
          program: this.#answer,
          feeds,
          bind: { ...refs('memoryKey', 'memoryValue', memory), ...refs('key', 'value', cache) },
          into: refs('newKey', 'newValue', cache),
          fetch: ['logits', 'logSumExp'],
        });
        return { logits: logits?.data as Float32Array, normalizers: logSumExp?.data as Float32Array };
      },
      select: async (parents, kept) => {
        await cache.select(parents);
        await memory.select(kept);
        masks = kept.map((b) => masks[b] as Int32Array);
      },
      end: async () => {
        await memory.free();
        await cache.free();
      },
    };
  }

  async close(): Promise<void> {
    await this.#executor.unload(this.#encode);
    await this.#executor.unload(this.#answer);
    await this.#selector.close();
  }
}
