import { InvalidInput } from '../../base/core/index.js';
import { classOf } from './unicode.js';

const longestPattern = 10_000;
const deepestGroup = 32;
// Of one alternative: each of these multiplies the ways in which a failing text is tried.
const mostUnbounded = 4;
const mostVariable = 12;
const mostNested = 64;
const mostFailing = 1;
const deepestSet = 8;

/** Letters, marks, digits and connectors. */
export const wordClass = '\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}';
// Oniguruma counts Latin-1's small digits and fractions too.
const onigurumaWord = `[${wordClass}²³¹¼-¾]`;

const posixSets: Readonly<Record<string, string>> = {
  alnum: '\\p{Alphabetic}\\p{Nd}',
  alpha: '\\p{Alphabetic}',
  digit: '\\p{Nd}',
  lower: '\\p{Lowercase}',
  punct: '\\p{P}\\p{S}',
  space: '\\p{White_Space}',
  upper: '\\p{Uppercase}',
  word: onigurumaWord,
  xdigit: '0-9A-Fa-f',
};

/** What a part of a pattern compiles to. */
interface Part {
  readonly source: string;
  /** It can match one text in several ways: it branches, or repeats a varying number of times. */
  readonly choice: boolean;
  /** How often its innermost part repeats at most. */
  readonly repeats: number;
  /** It may match nothing. What stands for a place (`^`, a lookahead) may not: it can fail. */
  readonly nullable: boolean;
  /** Unbounded repeats in it that are shortened step by step if what follows does not match, */
  readonly loose: number;
  /** and those after which something must match: a text is tried once more for each way to shorten them. */
  readonly failing: number;
}

const single = (source: string): Part => ({ source, choice: false, repeats: 1, nullable: false, loose: 0, failing: 0 });

/**
 * Compiles a split pattern of tokenizer.json (Oniguruma's Ruby syntax) to a JavaScript expression with flags `gv`.
 * `\s` means Unicode White_Space; `(?i:…)`, possessive quantifiers and atomic groups are rewritten. Properties are those of
 * Unicode 16, as in the reference library.
 * Refused, since a text could make them run for years: an unbounded repeat of a group that itself repeats or branches,
 * alternatives with more than a few repeats, and those with two unbounded repeats that something must follow.
 */
export function compilePattern(pattern: string): RegExp {
  if (pattern.length > longestPattern) refuse(pattern, `at most ${longestPattern} characters`);
  const part = new PatternReader(pattern).read();
  try {
    const expression = new RegExp(part.source, 'gv');
    // The engine compiles an expression when it first meets a text, for narrow and for wide characters.
    for (const text of ['', 'ā']) expression.test(text);
    expression.lastIndex = 0;
    return expression;
  } catch (error) {
    throw new InvalidInput(
      'tokenizer.pattern',
      `tokenizer.json: expected a split pattern that compiles, got ${shorten(pattern)}: ${(error as Error).message}`,
      { pattern: shorten(pattern) },
      error,
    );
  }
}

/** Escapes text so that it matches itself. */
export function escapePattern(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}

const shorten = (text: string) => JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);

function refuse(pattern: string, expected: string): never {
  throw new InvalidInput(
    'tokenizer.pattern',
    `tokenizer.json: split pattern ${shorten(pattern)}: expected ${expected}; rewrite the pattern`,
    { pattern: shorten(pattern) },
  );
}

class PatternReader {
  readonly #pattern: string;
  #at = 0;
  #depth = 0;
  #unbounded = 0;
  #variable = 0;
  #atomics = 0;

  constructor(pattern: string) {
    this.#pattern = pattern;
  }

  read(): Part {
    const part = this.#alternatives(false);
    if (this.#at < this.#pattern.length) this.#refuse('balanced parentheses');
    return part;
  }

  #refuse(expected: string): never {
    return refuse(this.#pattern, expected);
  }

  #alternatives(anyCase: boolean): Part {
    if (++this.#depth > deepestGroup) this.#refuse(`at most ${deepestGroup} nested groups`);
    const all = { source: '', choice: false, repeats: 1, nullable: false, loose: 0, failing: 0 };
    let ignoreCase = anyCase;
    let one = { nullable: true, loose: 0, failing: 0 };
    const close = () => {
      if (one.failing > mostFailing) this.#refuse('no two unbounded repeats that something must follow');
      all.nullable ||= one.nullable;
      all.loose = Math.max(all.loose, one.loose);
      all.failing = Math.max(all.failing, one.failing);
      one = { nullable: true, loose: 0, failing: 0 };
    };
    while (this.#at < this.#pattern.length && this.#pattern[this.#at] !== ')') {
      if (this.#pattern[this.#at] === '|') {
        this.#at++;
        all.source += '|';
        all.choice = true;
        close();
        if (this.#depth === 1) this.#unbounded = this.#variable = 0;
        continue;
      }
      if (this.#pattern.startsWith('(?i)', this.#at)) {
        this.#at += 4;
        ignoreCase = true;
        continue;
      }
      const item = this.#quantified(ignoreCase);
      all.source += item.source;
      all.choice ||= item.choice;
      all.repeats = Math.max(all.repeats, item.repeats);
      one.failing += item.failing;
      if (!item.nullable) {
        one.failing += one.loose;
        one.loose = 0;
        one.nullable = false;
      }
      one.loose += item.loose;
    }
    close();
    this.#depth--;
    return all;
  }

  #quantified(anyCase: boolean): Part {
    const atom = this.#atom(anyCase);
    const match = /^(?:[*+?]|\{(\d{0,6})(,?)(\d{0,6})\})/.exec(this.#pattern.slice(this.#at, this.#at + 24));
    if (!match || match[0] === '{}' || match[0] === '{,}') return atom;
    this.#at += match[0].length;
    const quantifier = match[0].startsWith('{,') ? `{0${match[0].slice(1)}` : match[0];
    const counted = quantifier.startsWith('{');
    const most = counted ? Number(match[3] || (match[2] ? Infinity : match[1])) : quantifier === '?' ? 1 : Infinity;
    const variable = !counted || (match[2] === ',' && match[1] !== match[3]);
    const repeats = atom.repeats * most;
    if (most > 1 && atom.choice && repeats > mostNested) {
      this.#refuse('no unbounded repeat of a group that repeats or branches');
    }
    if (most === Infinity && ++this.#unbounded > mostUnbounded) {
      this.#refuse(`at most ${mostUnbounded} unbounded repeats in one alternative`);
    }
    if (variable && ++this.#variable > mostVariable) {
      this.#refuse(`at most ${mostVariable} repeats in one alternative`);
    }
    const part: Part = {
      source: atom.source + quantifier,
      choice: atom.choice || variable,
      repeats,
      nullable: atom.nullable || !(counted ? Number(match[1]) > 0 : quantifier === '+'),
      loose: atom.loose + (most > mostNested && variable ? 1 : 0),
      failing: atom.failing,
    };
    const suffix = this.#pattern[this.#at];
    if (suffix === '?') {
      this.#at++;
      return { ...part, source: `${part.source}?` };
    }
    if (suffix === '+') {
      if (counted) this.#refuse('no + after a counted repeat');
      this.#at++;
      return { ...part, source: this.#atomic(part.source), loose: 0 };
    }
    if (suffix === '*') this.#refuse('one quantifier an item');
    return part;
  }

  // JavaScript has no atomic groups; a lookahead never backtracks into itself, which comes to the same.
  #atomic(source: string): string {
    const name = `a${this.#atomics++}`;
    return `(?:(?=(?<${name}>${source}))\\k<${name}>)`;
  }

  #atom(anyCase: boolean): Part {
    const char = this.#symbol();
    if (char === '(') return this.#group(anyCase);
    if (char === '[') return single(this.#set(anyCase));
    if (char === '\\') return single(this.#escape(anyCase, false));
    if (char === '.') return single('[^\\n]');
    if (char === '^') return single('(?<=^|\\n)');
    if (char === '$') return single('(?=\\n|$)');
    if ('*+?'.includes(char)) this.#refuse('something before a quantifier');
    return single(literal(char, anyCase));
  }

  #symbol(): string {
    const char = String.fromCodePoint(this.#pattern.codePointAt(this.#at) as number);
    this.#at += char.length;
    return char;
  }

  #group(anyCase: boolean): Part {
    const rest = this.#pattern.slice(this.#at, this.#at + 4);
    const opening = ['?i:', '?-i:', '?<=', '?<!', '?:', '?=', '?!', '?>'].find((o) => rest.startsWith(o)) ?? '';
    if (rest.startsWith('?') && opening === '') this.#refuse('only (?: (?i: (?-i: (?= (?! (?<= (?<! and (?> groups');
    this.#at += opening.length;
    const inner = this.#alternatives(opening === '?i:' || (anyCase && opening !== '?-i:'));
    if (this.#pattern[this.#at] !== ')') this.#refuse('balanced parentheses');
    this.#at++;
    if (opening === '?>') return { ...inner, source: this.#atomic(inner.source), loose: 0 };
    const looks = ['?=', '?!', '?<=', '?<!'].includes(opening);
    if (looks) return { ...inner, source: `(${opening}${inner.source})`, nullable: false, loose: 0 };
    return { ...inner, source: `(?:${inner.source})` };
  }

  #escape(anyCase: boolean, inSet: boolean): string {
    if (this.#at >= this.#pattern.length) this.#refuse('something after the last backslash');
    const char = this.#symbol();
    if (char === 's') return '\\p{White_Space}';
    if (char === 'S') return '\\P{White_Space}';
    if (char === 'd') return property('Nd', false);
    if (char === 'D') return property('Nd', true);
    const word = `[${onigurumaWord}--[${classOf('after16')}]]`;
    if (char === 'w') return word;
    if (char === 'W') return `[^${word}]`;
    if (char === 'b' && !inSet) return `(?:(?<=${word})(?!${word})|(?<!${word})(?=${word}))`;
    if (char === 'A' && !inSet) return '(?<![\\s\\S])';
    if (char === 'z' && !inSet) return '(?![\\s\\S])';
    if ('rntfv0'.includes(char)) return `\\${char}`;
    if (char === 'p' || char === 'P') return this.#property(char);
    const hex = /^(?:x\{([0-9a-fA-F]{1,6})\}|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4}))/.exec(
      this.#pattern.slice(this.#at - 1, this.#at + 9),
    );
    if ((char === 'x' || char === 'u') && hex) {
      this.#at += hex[0].length - 1;
      const point = Number.parseInt(hex[1] ?? hex[2] ?? hex[3], 16);
      if (point > 0x10ffff) this.#refuse('code points up to 10FFFF');
      return `\\u{${point.toString(16)}}`;
    }
    if (/[A-Za-z0-9]/.test(char)) this.#refuse(`an escape that abovo knows, got \\${char}:`);
    return inSet ? setLiteral(char) : literal(char, anyCase);
  }

  #property(kind: string): string {
    const match = /^\{(\^?)([A-Za-z_]{1,40})\}/.exec(this.#pattern.slice(this.#at, this.#at + 48));
    if (!match) return this.#refuse('a property name in braces');
    this.#at += match[0].length;
    const negated = (kind === 'P') !== (match[1] === '^');
    for (const name of [match[2], `Script=${match[2]}`, `General_Category=${match[2]}`]) {
      try {
        return property(name, negated);
      } catch {
        // Not a name of this kind: the next kind is tried.
      }
    }
    return this.#refuse(`a Unicode property, got ${match[2]}`);
  }

  /** A set, after its opening bracket; sets within it and `&&` are those of JavaScript's flag `v`. */
  #set(anyCase: boolean, depth = 0): string {
    if (depth > deepestSet) this.#refuse(`at most ${deepestSet} nested sets`);
    let negated = '';
    if (this.#pattern[this.#at] === '^') {
      this.#at++;
      negated = '^';
    }
    let operands: string[] = [];
    let source = '';
    for (let first = true; ; first = false) {
      if (this.#at >= this.#pattern.length) this.#refuse('a closing ]');
      const char = this.#symbol();
      if (char === ']' && !first) break;
      if (this.#pattern.startsWith('&&', this.#at - 1) && char === '&') {
        if (source === '') this.#refuse('something before &&');
        this.#at++;
        operands.push(`[${source}]`);
        source = '';
        continue;
      }
      source += char === '[' ? this.#inner(anyCase, depth) : this.#member(char, anyCase);
    }
    if (operands.length === 0) return `[${negated}${source}]`;
    if (source === '') this.#refuse('something after &&');
    operands = [...operands, `[${source}]`];
    return negated ? `[^[${operands.join('&&')}]]` : `[${operands.join('&&')}]`;
  }

  /** `[:alpha:]`, or a set within a set. */
  #inner(anyCase: boolean, depth: number): string {
    const posix = /^:(\^?)([a-z]{1,10}):\]/.exec(this.#pattern.slice(this.#at, this.#at + 16));
    if (!posix) return this.#set(anyCase, depth + 1);
    const inside = Object.hasOwn(posixSets, posix[2])
      ? posixSets[posix[2]]
      : this.#refuse('a POSIX set, such as [:alpha:]');
    this.#at += posix[0].length;
    const source = `[[${inside}]--[${classOf('after16')}]]`;
    return posix[1] ? `[^${source}]` : source;
  }

  /** A character or a range of a set. */
  #member(char: string, anyCase: boolean): string {
    const from = char === '\\' ? this.#escape(false, true) : setLiteral(char);
    const next = this.#pattern[this.#at + 1];
    if (this.#pattern[this.#at] !== '-' || next === undefined || next === ']') {
      return anyCase && char !== '\\' ? caseVariants(char).map(setLiteral).join('') : from;
    }
    this.#at++;
    const upper = this.#symbol();
    if (upper === '[') this.#refuse('a range that ends with a character');
    const to = upper === '\\' ? this.#escape(false, true) : setLiteral(upper);
    const range = `${from}-${to}`;
    if (anyCase && char === 'a' && upper === 'z') return `${range}A-Zſ\u212a`;
    if (anyCase && char === 'A' && upper === 'Z') return `${range}a-zſ\u212a`;
    return range;
  }
}

/** `\\p{name}` as of Unicode 16, whatever the engine knows. Throws where there is no such property. */
function property(name: string, negated: boolean): string {
  const source = `\\p{${name}}`;
  // What holds for a character that is not assigned holds for those assigned later.
  const open = new RegExp(source, 'v').test('\u{50000}');
  const later = classOf('after16');
  const moved = name === 'Ll' || name.endsWith('=Ll') ? '\u0295' : '';
  const left = name === 'Lo' || name.endsWith('=Lo') ? '\u0295' : '';
  const exact = open ? `[${source}${later}]` : `[[${source}${moved}]--[${later}${left}]]`;
  return negated ? `[^${exact}]` : exact;
}

/** Spellings of a character that differ in case alone, long s and the Kelvin sign included. */
function caseVariants(char: string): string[] {
  const variants = new Set([char, char.toLowerCase(), char.toUpperCase()].filter((v) => [...v].length === 1));
  if (variants.has('s')) variants.add('ſ');
  if (variants.has('k')) variants.add('\u212a');
  return [...variants];
}

function literal(char: string, anyCase: boolean): string {
  const variants = anyCase ? caseVariants(char) : [char];
  if (variants.length > 1) return `[${variants.map(setLiteral).join('')}]`;
  return /[\\^$.*+?()[\]{}|/]/.test(char) ? `\\${char}` : char;
}

// In a set of flag `v` all of ASCII's punctuation may mean something.
const setLiteral = (char: string) => (/[!-/:-@[-`{-~]/.test(char) ? `\\x${char.charCodeAt(0).toString(16)}` : char);
