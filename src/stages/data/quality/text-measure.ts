import { wordsOf } from './words.js';

/** Characters as Python counts them: code points. */
export function lengthOf(text: string): number {
  let pairs = 0;
  for (let i = 0; i < text.length - 1; i++) {
    if ((text.charCodeAt(i) & 0xfc00) === 0xd800 && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00) {
      pairs++;
      i++;
    }
  }
  return text.length - pairs;
}

/** Lines as Python's `splitlines` cuts them: no empty line behind the last break. */
export function linesOf(text: string): string[] {
  // oxlint-disable-next-line no-control-regex
  const lines = text.split(/\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]/);
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

/** What rules ask about a text, worked out when it is first asked for. */
export class TextMeasure {
  readonly text: string;
  #length: number | undefined;
  #words: readonly string[] | undefined;

  constructor(text: string) {
    this.text = text;
  }

  /** Code points. */
  get length(): number {
    return (this.#length ??= lengthOf(this.text));
  }

  /** Words and signs; see `wordsOf`. */
  get words(): readonly string[] {
    return (this.#words ??= wordsOf(this.text));
  }
}

/** A rule that a text broke. */
export interface Finding {
  /** Name of the rule, as datatrove names its reasons. */
  readonly rule: string;
  /** What was measured and the limit it broke: `0.42 > 0.3`. */
  readonly detail: string;
}

const shown = (value: number): string => (Number.isInteger(value) ? String(value) : value.toPrecision(3));

export const above = (rule: string, value: number, limit: number): Finding | undefined =>
  value > limit ? { rule, detail: `${shown(value)} > ${limit}` } : undefined;

export const below = (rule: string, value: number, limit: number): Finding | undefined =>
  value < limit ? { rule, detail: `${shown(value)} < ${limit}` } : undefined;

/** Elements that stood there before, and their characters. */
export function duplicates(elements: readonly string[]): { readonly count: number; readonly characters: number } {
  const seen = new Set<string>();
  let count = 0;
  let characters = 0;
  for (const element of elements) {
    if (seen.has(element)) {
      count++;
      characters += lengthOf(element);
    } else seen.add(element);
  }
  return { count, characters };
}
