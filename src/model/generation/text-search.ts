import type { FinishReason, SamplingParams } from '../../base/contract/index.js';
import { InvalidInput } from '../../base/core/index.js';
import type { Answer, SearchDefaults, SearchOptions } from '../inference/index.js';
import type { TextTokenizer } from './engine.js';
import type { Prompt } from './request.js';

/**
 * What to write for each prompt; what is left out the model's folder decides, then `SearchOptions`. So it is with each
 * of the sampling parameters, whose temperature is 0 unless asked for.
 */
export interface TextSearchRequest extends Omit<SearchOptions, 'maxTokens' | 'sampling'> {
  readonly maxTokens?: number;
  readonly sampling?: SamplingParams;
  /** Texts before which an answer is cut. */
  readonly stop?: readonly string[];
}

/** One answer, special tokens left out of its text. */
export interface WrittenText {
  readonly text: string;
  readonly tokenIds: readonly number[];
  readonly finishReason: FinishReason;
  /** See `Answer.score`. */
  readonly score: number;
}

export interface TextSearchParts {
  readonly name: string;
  readonly tokenizer: TextTokenizer;
  readonly kind: 'decoder' | 'encoder-decoder';
  readonly contextLength: number;
  readonly parameterCount: number;
  readonly model: {
    generate(prompts: readonly (readonly number[])[], options: SearchOptions): Promise<Answer[][]>;
  };
  readonly defaults: SearchDefaults;
  readonly close: () => Promise<void>;
}

/**
 * Text in, whole answers out: beams, several answers to a prompt, and models that write another text instead of going
 * on with theirs. Nothing is streamed: a beam is known when it has ended.
 */
export class TextSearch {
  readonly name: string;
  readonly kind: 'decoder' | 'encoder-decoder';
  readonly parameterCount: number;
  readonly #parts: TextSearchParts;

  constructor(parts: TextSearchParts) {
    this.name = parts.name;
    this.kind = parts.kind;
    this.parameterCount = parts.parameterCount;
    this.#parts = parts;
  }

  /** The ids that the model reads for a prompt, with the special tokens that its tokenizer adds to a text. */
  tokenize(prompt: Prompt): readonly number[] {
    return typeof prompt === 'string'
      ? Array.from(this.#parts.tokenizer.encode(prompt, { addSpecialTokens: true }))
      : prompt;
  }

  /**
   * Answers to each prompt, best first.
   *
   * @throws InvalidInput before anything runs, for prompts or options that the model cannot take.
   */
  async generate(prompts: readonly Prompt[], request: TextSearchRequest = {}): Promise<WrittenText[][]> {
    const { contextLength, defaults, kind, model } = this.#parts;
    const { stop = [], ...asked } = request;
    const given = Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined));
    const ids = prompts.map((prompt) => this.tokenize(prompt));
    const longest = kind === 'decoder' ? Math.max(0, ...ids.map(({ length }) => length)) : 0;
    const maxTokens = request.maxTokens ?? defaults.maxTokens ?? contextLength - longest;
    if (maxTokens < 1) {
      throw new InvalidInput(
        'context_length_exceeded',
        `generate: expected a prompt of fewer than ${contextLength} tokens (the model's context), got ${longest}`,
        { contextLength },
      );
    }
    const sampling = { temperature: 0, ...defaults.sampling, ...request.sampling };
    // Who asks for a temperature wants samples, whatever number of beams the folder names.
    const own = sampling.temperature > 0 ? { ...defaults, numBeams: 1 } : defaults;
    const found = await model.generate(ids, {
      ...own,
      ...given,
      sampling,
      maxTokens,
      // The folder's least length is meant for its own greatest.
      minTokens: request.minTokens ?? Math.min(defaults.minTokens ?? 0, maxTokens),
    });
    return found.map((answers) => answers.map((answer) => this.#write(answer, stop)));
  }

  #write({ ids, finishReason, score }: Answer, stop: readonly string[]): WrittenText {
    const text = this.#parts.tokenizer.decode(ids, { skipSpecialTokens: true });
    const ends = stop.map((end) => text.indexOf(end)).filter((at) => at >= 0);
    const cut = ends.length > 0 ? Math.min(...ends) : undefined;
    return {
      text: text.slice(0, cut),
      tokenIds: ids,
      finishReason: cut === undefined ? finishReason : 'stop',
      score,
    };
  }

  close(): Promise<void> {
    return this.#parts.close();
  }
}
