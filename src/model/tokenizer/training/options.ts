import type { OnProgress } from '../../../base/contract/index.js';
import { InvalidInput } from '../../../base/core/index.js';

/** What every trainer takes. */
export interface TrainOptions {
  /** Tokens in all: special ones, alphabet and what is learned. */
  readonly vocabSize: number;
  /** Ids 0, 1, … in this order; their spelling in the text is left out of the counts. */
  readonly specialTokens?: readonly string[];
  /**
   * Most code units of distinct pieces kept while the text is counted (default 2^25). When there are more, the
   * rarest are forgotten (lossy counting), so that a text of any length is counted in this memory.
   */
  readonly mostDistinct?: number;
  readonly onProgress?: OnProgress;
  readonly signal?: AbortSignal;
}

export const defaultMostDistinct = 1 << 25;
const mostVocab = 2_000_000;

/** Refuses a value of an option. */
export function wrongOption(name: string, expected: string, got: unknown): never {
  throw new InvalidInput('tokenizer.train', `train: ${name}: expected ${expected}, got ${String(got)}`, { name });
}

/** Checks what all trainers share. */
export function checkOptions(options: TrainOptions, specials: readonly string[]): void {
  const { vocabSize, mostDistinct = defaultMostDistinct } = options;
  if (!Number.isInteger(vocabSize) || vocabSize < 1 || vocabSize > mostVocab) {
    wrongOption('vocabSize', `a whole number from 1 to ${mostVocab}`, vocabSize);
  }
  if (!Number.isInteger(mostDistinct) || mostDistinct < 1024 || mostDistinct > 1 << 29) {
    wrongOption('mostDistinct', `a whole number from 1024 to ${1 << 29}`, mostDistinct);
  }
  if (new Set(specials).size !== specials.length) wrongOption('specialTokens', 'different tokens', specials.join(' '));
  if (specials.includes('')) wrongOption('specialTokens', 'tokens that are not empty', '""');
}

export function checkFrequency(minFrequency: number): void {
  if (!Number.isInteger(minFrequency) || minFrequency < 0) {
    wrongOption('minFrequency', 'a whole number, 0 or more', minFrequency);
  }
}

/** Refuses a vocabulary that is too small for what it must hold. */
export function checkSmallest(vocabSize: number, smallest: number): void {
  if (vocabSize >= smallest) return;
  throw new InvalidInput(
    'tokenizer.vocabSize',
    `train: expected a vocabulary of at least ${smallest} (special tokens and alphabet), got ${vocabSize}; raise the vocabulary size`,
    { smallest },
  );
}

/** Refuses a vocabulary that is larger than the text allows. */
export function checkLargest(vocabSize: number, largest: number): void {
  if (vocabSize <= largest) return;
  throw new InvalidInput(
    'tokenizer.vocabSize',
    `train: expected a vocabulary of at most ${largest} for this text, got ${vocabSize}; ask for a smaller one or give more text`,
    { largest, vocabSize },
  );
}

/** `added_tokens` of special tokens with the first ids. */
export function specialEntries(specials: readonly string[]): object[] {
  return specials.map((content, id) => ({
    id,
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true,
  }));
}

/** Lets the event loop run now and then; true when it did. */
export function pauser(signal?: AbortSignal): () => Promise<boolean> {
  let last = Date.now();
  return async () => {
    if (Date.now() - last < 100) return false;
    await new Promise((resolve) => setTimeout(resolve));
    signal?.throwIfAborted();
    last = Date.now();
    return true;
  };
}
