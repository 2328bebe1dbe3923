import { c4, c4Options, mc4, mc4Options } from './c4.js';
import { fineweb, finewebOptions } from './fineweb.js';
import { gopherQuality, gopherQualityOptions } from './gopher-quality.js';
import { gopherRepetition, gopherRepetitionOptions } from './gopher-repetition.js';
import { countSentences } from './words.js';
import { type Finding, TextMeasure, linesOf } from './text-measure.js';

/** Sets of rules, by the name of their step. */
export const ruleSets = ['gopherRepetition', 'gopherQuality', 'c4Quality', 'finewebQuality', 'mc4Quality'] as const;
export type RuleSet = (typeof ruleSets)[number];

export interface Assessment {
  readonly scores: {
    readonly words: number;
    readonly sentences: number;
    readonly lines: number;
    readonly characters: number;
    readonly meanWordLength: number;
    /** Share of words with a letter. */
    readonly letterWords: number;
    /** Share of characters that C4's rules leave. */
    readonly c4Kept: number;
  };
  /** Every rule that was broken, as `set:rule`, in the order of the sets. */
  readonly rules: readonly string[];
  readonly details: Readonly<Record<string, string>>;
  readonly keep: boolean;
}

const round = (value: number): number => Math.round(value * 1e4) / 1e4;

/** Measures a text and names every rule of the sets that it breaks, with their published limits. */
export function assess(
  text: string,
  sets: readonly RuleSet[] = ['gopherRepetition', 'gopherQuality', 'c4Quality', 'finewebQuality'],
): Assessment {
  const measure = new TextMeasure(text);
  const cleaned = c4(text, c4Options.parse({}));
  const rules: string[] = [];
  const details: Record<string, string> = {};
  const collect = (set: RuleSet, findings: Iterable<Finding | undefined>): void => {
    for (const finding of findings) {
      if (!finding) continue;
      rules.push(`${set}:${finding.rule}`);
      details[`${set}:${finding.rule}`] = finding.detail;
    }
  };
  for (const set of sets) {
    switch (set) {
      case 'gopherRepetition':
        collect(set, gopherRepetition(measure, gopherRepetitionOptions.parse({})));
        break;
      case 'gopherQuality':
        collect(set, gopherQuality(measure, gopherQualityOptions.parse({})));
        break;
      case 'c4Quality':
        collect(set, [cleaned.finding]);
        break;
      case 'mc4Quality':
        collect(set, [mc4(text, mc4Options.parse({}))]);
        break;
      case 'finewebQuality':
        collect(set, fineweb(measure, finewebOptions.parse({})));
        break;
      default:
        throw set satisfies never;
    }
  }
  const { words } = measure;
  const letters = words.filter((word) => /\p{L}/u.test(word));
  return {
    scores: {
      words: words.length,
      sentences: countSentences(words),
      lines: linesOf(text).length,
      characters: measure.length,
      meanWordLength: round(letters.reduce((sum, word) => sum + word.length, 0) / Math.max(1, letters.length)),
      letterWords: round(letters.length / Math.max(1, words.length)),
      c4Kept: cleaned.finding ? 0 : round(cleaned.text.length / Math.max(1, text.length)),
    },
    rules,
    details,
    keep: rules.length === 0,
  };
}
