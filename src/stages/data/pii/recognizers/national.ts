import type { Recognizer } from '../types.js';

/** A national id as a row: what differs between countries. */
export interface NationalId {
  readonly type: string;
  readonly name: string;
  readonly country: string;
  /** Source of the pattern; edges (no letter, digit or hyphen beside it) are added. */
  readonly form: string;
  readonly check: string;
  readonly validate?: (found: string) => boolean;
  readonly context: readonly string[];
  /** Score with no context word: high only where form and checksum are hardly met by chance. */
  readonly alone?: number;
  /** Fewer than five digits. */
  readonly fewDigits?: boolean;
  /** Lower-case letters match too. */
  readonly anyCase?: boolean;
}

/** Words that make any national id likelier, in a few languages. */
const common = [
  'national id',
  'identity number',
  'id number',
  'tax id',
  'tax number',
  'identification number',
  'national identification',
];

/** A rule for a row. */
export function nationalId(row: NationalId): Recognizer {
  return {
    type: row.type,
    name: row.name,
    family: 'national',
    country: row.country,
    trigger: row.fewDigits ? 'digit' : 'number',
    pattern: new RegExp(
      `(?<![\\p{L}\\p{N}_]|\\d[-.,/])(?:${row.form})(?![\\p{L}\\p{N}_]|[-.,/]\\d)`,
      row.anyCase ? 'giu' : 'gu',
    ),
    score: row.alone ?? 0.2,
    context: [...row.context, ...common],
    contextScore: 0.93,
    validate: row.validate,
    check: row.check,
    most: 40,
  };
}
