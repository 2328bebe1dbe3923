import type { BufferRef, Executor, ProgramId } from '../../../compiler/runtime/index.js';
import { hostTensor } from '../../../compiler/tensor/index.js';
import type { HostTensor } from '../../../compiler/tensor/index.js';
import type { DecoderConfig, Params } from '../../architecture/index.js';
import { decodingGraph, weightConstants } from '../program.js';
import { checkIds, checkLength } from '../request-check.js';
import type { Answer, SearchOptions } from './options.js';
import { RowSelector, RowTensors } from './rows.js';
import type { RowModel, RowSession, StepResult } from './rows.js';
import { checkPrompt, search } from './search.js';

export interface DecoderSearchOptions {
  readonly config: DecoderConfig;
  /** f32 weights by Hugging Face name; they are baked into the program. */
  readonly params: Params<HostTensor>;
  readonly executor: Executor;
}

/**
 * Search with a decoder: beams, or several samples of a prompt. `Engine` serves many requests at once; this class serves
 * one batch at a time and may reorder its rows.
 */
export class DecoderSearch implements RowModel {
  readonly config: DecoderConfig;
  readonly #executor: Executor;
  readonly #program: ProgramId;
  readonly #selector: RowSelector;

  private constructor({ config, executor }: DecoderSearchOptions, program: ProgramId, selector: RowSelector) {
    this.config = config;
    this.#executor = executor;
    this.#program = program;
    this.#selector = selector;
  }

  /** @throws InvalidInput `model.parameter` for weights that are missing, of another shape or not f32. */
  static async open(options: DecoderSearchOptions): Promise<DecoderSearch> {
    const { config, params, executor } = options;
    const program = await executor.load(decodingGraph(config), { constants: weightConstants(config, params) });
    const selector = await RowSelector.load(executor, 2 * config.numLayers, config.numKvHeads, config.headSize);
    return new DecoderSearch(options, program, selector);
  }

  get vocabSize(): number {
    return this.config.vocabSize;
  }

  get eos(): number | null {
    return this.config.eos;
  }

  check(prompt: readonly number[], maxTokens: number): void {
    checkPrompt(prompt);
    checkIds('search', prompt, this.config.vocabSize);
    checkLength('search', prompt.length + maxTokens, this.config.contextLength);
  }

  history(prompt: readonly number[]): readonly number[] {
    return prompt;
  }

  /** Answers to each prompt, best first; see `SearchOptions`. */
  generate(prompts: readonly (readonly number[])[], options: SearchOptions): Promise<Answer[][]> {
    return search(this, prompts, options);
  }

  async begin(prompts: readonly (readonly number[])[], perPrompt: number, maxTokens: number): Promise<RowSession> {
    const most = Math.max(...prompts.map(({ length }) => length)) + maxTokens;
    const cache = await RowTensors.allocate(this.#selector, prompts.length * perPrompt, most);
    const run = async (at: readonly BufferRef[], ids: readonly number[], before: readonly number[]) => {
      const rows = before.length;
      const T = ids.length / rows;
      const places = before.flatMap((start) => Array.from({ length: T }, (_, t) => start + t));
      const refs = (key: string, value: string) =>
        Object.fromEntries(at.map((ref, i) => [`${i % 2 === 0 ? key : value}.${i >> 1}`, ref]));
      // While a prompt is read nobody looks at logits: one row is the least that every device can compute.
      const results = T === 1 ? before.map((_, row) => row) : [T - 1];
      const { logits, logSumExp } = await this.#executor.run({
        program: this.#program,
        feeds: {
          ids: hostTensor('i32', [rows, T], [...ids]),
          positions: hostTensor('i32', [rows, T], places),
          lengths: hostTensor(
            'i32',
            [rows],
            before.map((start) => start + T),
          ),
          rows: hostTensor('i32', [results.length], results),
          targets: hostTensor(
            'i32',
            [results.length],
            results.map(() => -100),
          ),
        },
        bind: refs('key', 'value'),
        into: refs('newKey', 'newValue'),
        fetch: ['logits', 'logSumExp'],
      });
      const result: StepResult = {
        logits: logits?.data as Float32Array,
        normalizers: logSumExp?.data as Float32Array,
      };
      return result;
    };
    // All but the last token of each prompt, once; then the prompt's rows are copies of that one.
    for (const [p, prompt] of prompts.entries()) {
      if (prompt.length > 1) await run(cache.refsOf(p, 1), prompt.slice(0, -1), [0]);
    }
    if (perPrompt > 1) {
      await cache.select(prompts.flatMap((_, p) => Array.from({ length: perPrompt }, () => p)));
    }
    let lengths = prompts.flatMap(({ length }) => Array.from({ length: perPrompt }, () => length - 1));
    return {
      step: async (tokens) => {
        const before = lengths;
        lengths = before.map((length) => length + 1);
        return run(cache.refs(), tokens, before);
      },
      select: async (parents) => {
        await cache.select(parents);
        lengths = parents.map((row) => lengths[row] as number);
      },
      end: () => cache.free(),
    };
  }

  async close(): Promise<void> {
    await this.#executor.unload(this.#program);
    await this.#selector.close();
  }
}
