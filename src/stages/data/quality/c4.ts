import { z } from 'zod';
import { type Finding, lengthOf, linesOf } from './text-measure.js';
import { countSentences, wordsOf } from './words.js';

/** Rules of Raffel et al., "Exploring the limits of transfer learning" (2020), section 2.2, and of their published code. */
export const c4Options = z.strictObject({
  /** Keep only lines that end in . ? ! " or '. FineWeb leaves this rule out. */
  terminalPunctuation: z.boolean().default(true),
  /** Fewest sentences in what is left; 0 for no such rule. */
  minSentences: z.int().min(0).default(5),
  minWordsPerLine: z.int().min(0).default(3),
  maxWordLength: z.int().min(1).default(1000),
  citations: z.enum(['remove', 'keep']).default('remove'),
  loremIpsum: z.boolean().default(true),
  javascript: z.boolean().default(true),
  curlyBracket: z.boolean().default(true),
  policy: z.boolean().default(true),
});
export type C4Options = z.infer<typeof c4Options>;

const policies = ['terms of use', 'privacy policy', 'cookie policy', 'uses cookies', 'use of cookies', 'use cookies'];
const citation = /\[\d*\]|\[edit\]|\[citation needed\]/g;

export interface C4Result {
  /** What is left, unless a rule takes the document out. */
  readonly text: string;
  readonly finding?: Finding;
  /** Lines left out, by the rule that did. */
  readonly lines: Readonly<Record<string, number>>;
}

/** Takes lines out by the rules of C4, and the document where a line or what is left of it breaks one. */
export function c4(text: string, options: C4Options): C4Result {
  const kept: string[] = [];
  const lines: Record<string, number> = {};
  const leaveOut = (rule: string): void => {
    lines[rule] = (lines[rule] ?? 0) + 1;
  };
  let sentences = 0;
  for (const whole of linesOf(text)) {
    let line = whole.trim();
    const words = line === '' ? [] : line.split(/\s+/u);
    if (words.some((word) => word.length > options.maxWordLength && lengthOf(word) > options.maxWordLength)) {
      leaveOut('too_long_word');
      continue;
    }
    if (options.citations === 'remove' && line.includes('[')) line = line.replace(citation, '');
    if (options.terminalPunctuation && (!/[.?!"']$/.test(line) || line.endsWith('...'))) {
      leaveOut('no_terminal_punc');
      continue;
    }
    if (words.length < options.minWordsPerLine) {
      leaveOut('too_few_words');
      continue;
    }
    const lower = line.toLowerCase();
    if (options.loremIpsum && lower.includes('lorem ipsum')) {
      return { text, lines, finding: { rule: 'lorem_ipsum', detail: 'a line with "lorem ipsum"' } };
    }
    if (options.javascript && lower.includes('javascript')) {
      leaveOut('javascript');
      continue;
    }
    if (options.curlyBracket && line.includes('{')) {
      return { text, lines, finding: { rule: 'curly_bracket', detail: 'a line with {' } };
    }
    if (options.policy && policies.some((policy) => lower.includes(policy))) {
      leaveOut('policy');
      continue;
    }
    if (options.minSentences > 0) sentences += Math.max(1, countSentences(wordsOf(line)));
    kept.push(line);
  }
  if (options.minSentences > 0 && sentences < options.minSentences) {
    return { text, lines, finding: { rule: 'too_few_sentences', detail: `${sentences} < ${options.minSentences}` } };
  }
  return { text: kept.join('\n').trim(), lines };
}

/** Limits of Xue et al., "mT5" (2021): three lines of 200 characters or more. */
export const mc4Options = z.strictObject({
  minLines: z.int().min(1).default(3),
  minLineLength: z.int().min(1).default(200),
});
export type Mc4Options = z.infer<typeof mc4Options>;

export function mc4(text: string, { minLines, minLineLength }: Mc4Options): Finding | undefined {
  let long = 0;
  for (const line of text.split('\n')) if (line.length >= minLineLength && lengthOf(line) >= minLineLength) long++;
  if (long >= minLines) return undefined;
  return { rule: `< ${minLines} paragraphs`, detail: `${long} lines of ${minLineLength} characters` };
}
