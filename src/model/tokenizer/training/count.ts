import { InvalidInput } from '../../../base/core/index.js';
import { AddedTokenFinder } from '../added-tokens.js';
import { toEscaped } from '../bytes.js';
import { readNormalizers } from '../normalizers.js';
import { asStages, piecesOf, readPreTokenizers } from '../pre-tokenizers.js';
import { type TrainOptions, defaultMostDistinct, pauser } from './options.js';
import { WordCounter } from './word-counter.js';

/** The parts of a tokenizer.json that make pieces of a text. */
export interface CountedFormat {
  readonly normalizer: object | null;
  readonly pre_tokenizer: object | null;
}

/**
 * Counts the pieces that a file's normalizer and pre-tokenizer make of the texts; special tokens spelled out are left out.
 * A ByteLevel step at the end is left to the caller: pieces are text. Errors: `InvalidInput` where there is no piece.
 */
export async function countWords(
  texts: Iterable<string> | AsyncIterable<string>,
  format: CountedFormat,
  specials: readonly string[],
  { onProgress, signal, mostDistinct = defaultMostDistinct }: Omit<TrainOptions, 'vocabSize'> = {},
): Promise<WordCounter> {
  const normalization = readNormalizers(format.normalizer);
  const { steps } = readPreTokenizers(format.pre_tokenizer);
  const stages = asStages(steps);
  const quick = stages?.rest.length === 0 ? stages : undefined;
  const finder = finderOf(specials);
  const counter = new WordCounter(mostDistinct);
  const pause = pauser(signal);
  let done = 0;
  const count = (given: string, first: boolean) => {
    const span = { text: normalization.steps.length === 0 ? given : normalization.apply(given), first };
    if (quick) {
      const { text } = quick.prepare(span);
      for (let at = 0; at < text.length; ) {
        const end = quick.scanner(text, at, text.length);
        if (end >= 0) counter.add(text, at, end);
        at = end < 0 ? ~end : end;
      }
    } else for (const { text } of piecesOf(steps, span)) counter.add(text, 0, text.length);
  };
  for await (const given of texts) {
    const whole = toEscaped(given);
    if (!finder.touches(whole)) count(whole, true);
    else {
      for (const { span, token } of finder.split({ text: whole, first: true })) {
        if (!token) count(span.text, span.first);
      }
    }
    done += given.length;
    if (await pause()) onProgress?.({ stage: 'tokenizer', done, total: done, unit: 'characters' });
  }
  if (counter.size === 0) {
    throw new InvalidInput('tokenizer.empty', 'train: expected text, got none; give files that hold some');
  }
  return counter;
}

function finderOf(specials: readonly string[]): AddedTokenFinder {
  const token = { id: 0, special: true, singleWord: false, lstrip: false, rstrip: false, normalized: false };
  return new AddedTokenFinder(specials.map((content) => [content, { ...token, content }]));
}
