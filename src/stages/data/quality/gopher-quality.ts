import { z } from 'zod';
import { type Finding, type TextMeasure, above, below, linesOf } from './text-measure.js';

/** Signs that do not make a word: ASCII and CJK punctuation, control characters and ends of sentences of all scripts. */
const signs = new RegExp(
  // oxlint-disable-next-line no-control-regex
  `^(?:[!/—”:％１〈&(、━\\\\【#%「」，】；+^\\]~“《„';’{|∶´[=\\-\`*．（–？！：$～«〉,><》)?。…@_."}►»\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f]|\\p{Sentence_Terminal})+$`,
  'u',
);
const letter = /\p{L}/u;

/** Limits of Rae et al., "Scaling language models: methods, analysis & insights from training Gopher" (2021), A.1.1. */
export const gopherQualityOptions = z.strictObject({
  minWords: z.number().min(0).default(50),
  maxWords: z.number().min(0).default(100_000),
  minMeanWordLength: z.number().min(0).default(3),
  maxMeanWordLength: z.number().min(0).default(10),
  maxSymbolsPerWord: z.number().min(0).default(0.1),
  maxBulletLines: z.number().min(0).max(1).default(0.9),
  maxEllipsisLines: z.number().min(0).max(1).default(0.3),
  minWordsWithLetter: z.number().min(0).max(1).default(0.8),
  minStopWords: z.number().min(0).default(2),
  stopWords: z.array(z.string()).default(['the', 'be', 'to', 'of', 'and', 'that', 'have', 'with']),
});
export type GopherQualityOptions = z.infer<typeof gopherQualityOptions>;

const occurrences = (text: string, part: string): number => {
  let count = 0;
  for (let at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + part.length)) count++;
  return count;
};
const share = (count: number, of: number): number => (of === 0 ? 0 : count / of);

/** Rules of Gopher about the quality of a text, in datatrove's order. */
export function* gopherQuality(measure: TextMeasure, options: GopherQualityOptions): Generator<Finding | undefined> {
  const { text, words } = measure;
  let [real, characters, lettered] = [0, 0, 0];
  for (const word of words) {
    if (letter.test(word)) lettered++;
    if (signs.test(word)) continue;
    real++;
    for (const _ of word) characters++;
  }
  yield below('gopher_short_doc', real, options.minWords);
  yield above('gopher_long_doc', real, options.maxWords);
  if (real > 0) {
    yield below('gopher_below_avg_threshold', characters / real, options.minMeanWordLength);
    yield above('gopher_above_avg_threshold', characters / real, options.maxMeanWordLength);
  }
  if (words.length > 0) {
    yield above('gopher_too_many_hashes', occurrences(text, '#') / words.length, options.maxSymbolsPerWord);
    const ellipses = occurrences(text, '...') + occurrences(text, '…');
    yield above('gopher_too_many_ellipsis', ellipses / words.length, options.maxSymbolsPerWord);
  }
  const lines = linesOf(text);
  const bullets = lines.filter((line) => /^\s*[•-]/u.test(line)).length;
  yield above('gopher_too_many_bullets', share(bullets, lines.length), options.maxBulletLines);
  const ellipses = lines
    .map((line) => line.trimEnd())
    .filter((line) => line.endsWith('...') || line.endsWith('…')).length;
  yield above('gopher_too_many_end_ellipsis', share(ellipses, lines.length), options.maxEllipsisLines);
  if (words.length > 0) {
    yield below('gopher_below_alpha_threshold', lettered / words.length, options.minWordsWithLetter);
  }
  const present = new Set(words);
  const stops = new Set(options.stopWords.filter((word) => present.has(word))).size;
  yield below('gopher_enough_stop_words', stops, options.minStopWords);
}
