import { InvalidInput } from '../../base/core/index.js';
import { compilePattern, escapePattern } from './regex.js';

/** Refuses a part of tokenizer.json: where, what was expected, what stands there. */
export function refuse(path: string, expected: string, got: unknown): never {
  const shown = got === undefined ? 'nothing' : describe(got);
  throw new InvalidInput('tokenizer.json', `tokenizer.json: ${path}: expected ${expected}, got ${shown}`, { path });
}

function describe(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'object') return 'an object';
  const text = JSON.stringify(value) ?? typeof value;
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

/** Reads fields of foreign JSON with checks; every complaint names the path. */
export class Fields {
  readonly path: string;
  readonly #value: Readonly<Record<string, unknown>>;

  constructor(value: unknown, path: string) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) refuse(path, 'an object', value);
    this.path = path;
    this.#value = value as Record<string, unknown>;
  }

  /** The value as it stands; `undefined` where it is absent or null. */
  raw(name: string): unknown {
    // A vocabulary may hold "__proto__": only own fields count.
    return Object.hasOwn(this.#value, name) ? (this.#value[name] ?? undefined) : undefined;
  }

  at(name: string): string {
    return `${this.path}.${name}`;
  }

  string(name: string, fallback?: string): string {
    const value = this.raw(name) ?? fallback;
    if (typeof value !== 'string') refuse(this.at(name), 'a string', value);
    return value;
  }

  optionalString(name: string): string | undefined {
    return this.raw(name) === undefined ? undefined : this.string(name);
  }

  boolean(name: string, fallback?: boolean): boolean {
    const value = this.raw(name) ?? fallback;
    if (typeof value !== 'boolean') refuse(this.at(name), 'true or false', value);
    return value;
  }

  /** A whole number in [0, most]. */
  count(name: string, most: number, fallback?: number): number {
    const value = this.raw(name) ?? fallback;
    if (!Number.isInteger(value) || (value as number) < 0 || (value as number) > most) {
      refuse(this.at(name), `a whole number from 0 to ${most}`, value);
    }
    return value as number;
  }

  list(name: string, most: number): readonly unknown[] {
    const value = this.raw(name) ?? [];
    if (!Array.isArray(value)) refuse(this.at(name), 'a list', value);
    if (value.length > most) refuse(this.at(name), `at most ${most} items`, value);
    return value;
  }

  oneOf<T extends string>(name: string, choices: readonly T[], fallback?: T): T {
    const value = this.string(name, fallback);
    if (!choices.includes(value as T)) refuse(this.at(name), choices.join(' or '), value);
    return value as T;
  }

  fields(name: string): Fields {
    return new Fields(this.raw(name), this.at(name));
  }

  entries(): [string, unknown][] {
    return Object.entries(this.#value);
  }
}

const deepestSequence = 6;
const mostSteps = 64;

/** Flattens `Sequence` components: the items of a normalizer, pre-tokenizer, post-processor or decoder in order. */
export function flatten(value: unknown, path: string, itemsName: string): Fields[] {
  const out: Fields[] = [];
  let seen = 0;
  const visit = (part: unknown, at: string, depth: number): void => {
    const fields = new Fields(part, at);
    // Counted on the way, not at the end: a few lines of sequences within sequences make billions of steps.
    if (++seen > 2 * mostSteps) refuse(path, `at most ${mostSteps} steps`, 'more');
    if (fields.string('type') !== 'Sequence') {
      out.push(fields);
      return;
    }
    if (depth >= deepestSequence) refuse(at, `at most ${deepestSequence} nested sequences`, 'more');
    for (const [i, item] of fields.list(itemsName, mostSteps).entries())
      visit(item, `${at}.${itemsName}[${i}]`, depth + 1);
  };
  if (value !== undefined && value !== null) visit(value, path, 0);
  if (out.length > mostSteps) refuse(path, `at most ${mostSteps} steps`, out);
  return out;
}

/** A `Replace` or `Split` pattern: `{"String": s}` or `{"Regex": r}`. */
export function patternOf(fields: Fields, name: string): { literal: string } | { regex: string } {
  const value = fields.raw(name);
  if (typeof value === 'string') return { literal: value };
  const inner = new Fields(value, fields.at(name));
  if (inner.raw('String') !== undefined) return { literal: inner.string('String') };
  return { regex: inner.string('Regex') };
}

// A replacement is made for each match, so its length is what a text may grow by.
const longestContent = 256;

/** Text that a part puts into a text, again and again. */
export function contentOf(fields: Fields, name: string, fallback?: string): string {
  const content = fields.string(name, fallback);
  if (content.length > longestContent) refuse(fields.at(name), `at most ${longestContent} characters`, content);
  return content;
}

const mostGrowth = 64;
const freeGrowth = 1 << 16;

/** Refuses a text that steps have made much longer than it was: a chain of replacements doubles it with each step. */
export function checkGrowth(path: string, before: number, after: number): void {
  if (after <= mostGrowth * before + freeGrowth) return;
  throw new InvalidInput(
    'tokenizer.growth',
    `${path}: expected steps that make a text at most ${mostGrowth} times longer, got ${after} characters of ${before}`,
    { before, after },
  );
}

/** The pattern of a `Replace` or `Split` as an expression with the flag `g`. */
export function regexOf(fields: Fields, name: string): RegExp {
  const pattern = patternOf(fields, name);
  return 'literal' in pattern ? new RegExp(escapePattern(pattern.literal), 'gu') : compilePattern(pattern.regex);
}

/** How one kind of part of tokenizer.json is read; `fields` names what it takes into account, for the docs. */
export interface PartReader<T> {
  readonly fields: string;
  readonly read: (fields: Fields) => T;
}

/** The row of a table that a part's `type` names. */
export function pickReader<T>(table: Readonly<Record<string, PartReader<T>>>, fields: Fields): (fields: Fields) => T {
  const type = fields.string('type');
  if (!Object.hasOwn(table, type)) refuse(fields.at('type'), `${Object.keys(table).join(', ')} or Sequence`, type);
  return table[type].read;
}
