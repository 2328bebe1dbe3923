/** A found piece of personal data or a secret. Offsets are UTF-16 units, [start, end); see `toCodePoints`. */
export interface Span {
  readonly start: number;
  readonly end: number;
  /** Presidio's name of the type where it has one: `EMAIL_ADDRESS`, `US_SSN`. */
  readonly type: string;
  /** From 0 to 1: how sure the rule is. A rank, not a probability. */
  readonly score: number;
  /** Name of the rule that found it. */
  readonly rule: string;
}

/** Groups of rules, for docs and figures. */
export type Family =
  | 'contact'
  | 'network'
  | 'finance'
  | 'crypto'
  | 'time'
  | 'health'
  | 'device'
  | 'account'
  | 'secret'
  | 'name'
  | 'national'
  | 'own';

/** What a rule needs to see in a stretch of text before its pattern is tried: keeps the cost small. */
export type Trigger =
  /** A digit within reach. */
  | 'digit'
  /** Five digits close together: at most two other signs between any two. */
  | 'number'
  /** A run of 16 or more signs of tokens: letters, digits, `_ - + / = .` */
  | 'long'
  /** These signs. */
  | '@'
  | '://'
  /** A full stop between letters or digits. */
  | 'dot'
  /** Anywhere (the default): the pattern is run over the whole text. */
  | 'text';

/**
 * One rule: a pattern, a validator, words that must or may stand near it, and scores. Patterns are linear: bounded repeats,
 * alternatives that start differently, `g` flag. Where the pattern has a group `v`, it ends the match and is what is found.
 */
export interface Recognizer {
  readonly type: string;
  readonly name: string;
  readonly family: Family;
  /** ISO 3166 code of the issuing country, where there is one. */
  readonly country?: string;
  readonly trigger?: Trigger;
  readonly pattern: RegExp;
  /** Score of a valid match with no context word near it. */
  readonly score: number;
  /** Words near a match (60 characters before, 24 after), lower case, whole words; a match beside one scores `contextScore`. */
  readonly context?: readonly string[];
  /** Default 0.9. */
  readonly contextScore?: number;
  /** False drops the match. Given what was found, and the text around it. */
  readonly validate?: (found: string, text: string, start: number) => boolean;
  /** Widest match in characters; matches beyond are dropped. Default 128. */
  readonly most?: number;
  /** Checksum or range that `validate` holds, for the docs. */
  readonly check?: string;
}

/** A type of personal data, its HIPAA Safe Harbor class (45 CFR 164.514(b)(2)(i), A to R) where it is in one, and what it is. */
export interface EntityType {
  readonly type: string;
  readonly summary: string;
  readonly hipaa?: string;
}
