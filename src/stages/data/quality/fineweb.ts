import { z } from 'zod';
import { type Finding, type TextMeasure, above, below, duplicates, lengthOf } from './text-measure.js';

/** Limits of Penedo et al., "The FineWeb datasets" (2024), section 3.5. */
export const finewebOptions = z.strictObject({
  minLinesWithPunctuation: z.number().min(0).max(1).default(0.12),
  maxShortLines: z.number().min(0).max(1).default(0.67),
  shortLine: z.int().min(0).default(30),
  maxDuplicateCharacters: z.number().min(0).max(1).default(0.01),
  maxNewlinesPerWord: z.number().min(0).default(0.3),
});
export type FinewebOptions = z.infer<typeof finewebOptions>;

/** Ends of lines: Unicode's ends of sentences less those that came after datatrove's list was made, and three Khmer signs. */
const stop = /(?![᭎᭏᭿․⳹⳺⳻︒︕︖])[\p{Sentence_Terminal}៖៙៚]$/u;

/** Rules of FineWeb, in datatrove's order. */
export function* fineweb(measure: TextMeasure, options: FinewebOptions): Generator<Finding | undefined> {
  const lines = measure.text.split('\n').filter((line) => line.trim() !== '');
  if (lines.length === 0) {
    yield { rule: 'empty', detail: 'no text' };
    return;
  }
  const stopped = lines.filter((line) => stop.test(line)).length;
  yield below('line_punct_ratio', stopped / lines.length, options.minLinesWithPunctuation);
  const short = lines.filter((line) => line.length <= options.shortLine || lengthOf(line) <= options.shortLine).length;
  yield above('short_line_ratio', short / lines.length, options.maxShortLines);
  const breaks = measure.text.split('\n').length - 1;
  yield above(
    'char_dup_ratio',
    duplicates(lines).characters / (measure.length - breaks),
    options.maxDuplicateCharacters,
  );
  if (measure.words.length > 0) yield above('list_ratio', breaks / measure.words.length, options.maxNewlinesPerWord);
}
