import { InvalidInput } from '../../../base/core/index.js';
import { type KneserNey, trainKneserNey } from '../../../model/classic/index.js';
import { byteLength } from '../document.js';

/** Something that says how many bits a text takes. */
export interface TextModel {
  /** Bits per byte of the text under the model; NaN where there is too little to tell. */
  bitsPerByte(text: string): Promise<number> | number;
  close?(): Promise<void> | void;
}

const begin = 256;
const encoder = new TextEncoder();
const tokensOf = (text: string): Uint16Array => {
  const bytes = encoder.encode(text);
  const ids = new Uint16Array(bytes.length + 1);
  ids[0] = begin;
  ids.set(bytes, 1);
  return ids;
};

/** Kneser-Ney over bytes: learns in seconds from a few MB of text of the kind that is wanted. */
export class ByteModel implements TextModel {
  readonly #model: KneserNey;
  readonly #longest: number;

  constructor(model: KneserNey, longest = 100_000) {
    this.#model = model;
    this.#longest = longest;
  }

  bitsPerByte(text: string): number {
    // The beginning of a very long text stands for all of it.
    const ids = tokensOf(text.length > this.#longest ? text.slice(0, this.#longest) : text);
    if (ids.length < 2) return Number.NaN;
    let nats = 0;
    for (const logprob of this.#model.logprobs(ids)) nats -= logprob;
    return nats / Math.LN2 / (ids.length - 1);
  }
}

export interface LearnedModel {
  readonly model: ByteModel;
  /** Bits per byte of documents that were kept out of the training: every tenth one, ascending. */
  readonly heldOut: readonly number[];
}

/**
 * Learns what wanted text looks like. Every tenth document is kept out, to see what such text takes.
 *
 * @throws InvalidInput where there are fewer than 10 documents.
 */
export function learnBytes(
  texts: Iterable<string>,
  { order = 5, mostBytes = 10_000_000 }: { readonly order?: number; readonly mostBytes?: number } = {},
): LearnedModel {
  const training: Uint16Array[] = [];
  const held: string[] = [];
  let bytes = 0;
  let count = 0;
  for (const text of texts) {
    if (bytes >= mostBytes) break;
    if (text.trim() === '') continue;
    if (count++ % 10 === 9) held.push(text);
    else {
      training.push(tokensOf(text));
      bytes += byteLength(text);
    }
  }
  if (held.length === 0) {
    throw new InvalidInput(
      'data.perplexity',
      `perplexity: expected at least 10 documents of wanted text, got ${count}; give more, or maxBitsPerByte and a model`,
      { documents: count },
    );
  }
  const model = new ByteModel(trainKneserNey(training, { vocabSize: 257, order }));
  const heldOut = held.map((text) => model.bitsPerByte(text)).sort((a, b) => a - b);
  return { model, heldOut };
}

/** Value below which a share of ascending values lie. */
export function quantile(ascending: readonly number[], share: number): number {
  const at = share * (ascending.length - 1);
  const low = Math.floor(at);
  const high = Math.min(ascending.length - 1, low + 1);
  return ascending[low]! + (at - low) * (ascending[high]! - ascending[low]!);
}

/** A model folder's language model: the part of `openLanguageModel`'s result that is used here. */
export interface FolderModel {
  readonly contextLength: number;
  tokenize(text: string, options?: { addSpecialTokens?: boolean }): readonly number[];
  score(prompts: readonly (readonly number[])[]): Promise<readonly { readonly nll: number; readonly tokens: number }[]>;
  close(): Promise<void>;
}

/** Bits per byte under a language model of a folder, in windows of its context; at most `mostWindows` of them. */
export class FolderPerplexity implements TextModel {
  readonly #model: FolderModel;
  readonly #mostWindows: number;

  constructor(model: FolderModel, mostWindows = 8) {
    this.#model = model;
    this.#mostWindows = mostWindows;
  }

  async bitsPerByte(text: string): Promise<number> {
    // A token has a byte at least: more of the text would not be looked at.
    const most = this.#model.contextLength * this.#mostWindows * 16;
    const part = text.length > most ? text.slice(0, most) : text;
    const ids = this.#model.tokenize(part, { addSpecialTokens: true });
    const windows: (readonly number[])[] = [];
    for (let at = 0; at + 1 < ids.length && windows.length < this.#mostWindows; at += this.#model.contextLength - 1) {
      windows.push(ids.slice(at, at + this.#model.contextLength));
    }
    if (windows.length === 0) return Number.NaN;
    let [nats, tokens] = [0, 0];
    for (const score of await this.#model.score(windows)) {
      nats += score.nll;
      tokens += score.tokens;
    }
    // Of a text that was looked at in part, the tokens seen stand for their share of its bytes.
    return nats / Math.LN2 / (byteLength(part) * (tokens / Math.max(1, ids.length - 1)));
  }

  close(): Promise<void> {
    return this.#model.close();
  }
}
