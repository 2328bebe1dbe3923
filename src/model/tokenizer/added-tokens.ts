/// <reference lib="es2024.string" />
import { type Span, sliceSpan } from './align.js';
import { Fields, refuse } from './reader.js';
import { Trie } from './trie.js';
import { classOf } from './unicode.js';

/** A token found as a whole in the text, before the model sees it. */
export interface AddedToken {
  readonly id: number;
  readonly content: string;
  /** Left out by `skipSpecialTokens`, and not found in a text where `parseSpecial` is false. */
  readonly special: boolean;
  /** Found only where no letter, digit or underscore touches it. */
  readonly singleWord: boolean;
  /** Takes the spaces before it, and after it. */
  readonly lstrip: boolean;
  readonly rstrip: boolean;
  /** Looked for in the normalized text instead of the given one. */
  readonly normalized: boolean;
}

const mostAdded = 100_000;
// The search looks this far ahead at each place where a token may begin, so it bounds the time that a text can take.
const longestContent = 1000;
const mostVocab = 8_000_000;

/** The `added_tokens` of tokenizer.json. */
export function readAddedTokens(root: Fields): AddedToken[] {
  return root.list('added_tokens', mostAdded).map((item, i) => {
    const fields = new Fields(item, `added_tokens[${i}]`);
    const content = fields.string('content');
    if (content.length === 0 || content.length > longestContent) {
      refuse(fields.at('content'), `1 to ${longestContent} characters`, content);
    }
    if (!content.isWellFormed()) refuse(fields.at('content'), 'whole characters', content);
    const special = fields.boolean('special', false);
    return {
      id: fields.count('id', mostVocab),
      content,
      special,
      singleWord: fields.boolean('single_word', false),
      lstrip: fields.boolean('lstrip', false),
      rstrip: fields.boolean('rstrip', false),
      normalized: fields.boolean('normalized', !special),
    };
  });
}

/** A part of a text: an added token, or a span for the model. */
export type Part = { readonly span: Span; readonly token?: AddedToken };

/** Finds added tokens in a text, leftmost first and longest among those that begin together. */
export class AddedTokenFinder {
  readonly #tokens: AddedToken[] = [];
  readonly #trie = new Trie();
  /** Where a token may begin. */
  readonly #first?: RegExp;

  /** Tokens by the text they are looked for (their content, normalized where the text is). */
  constructor(tokens: readonly (readonly [string, AddedToken])[]) {
    const units = new Set<number>();
    for (const [text, token] of tokens) {
      if (text.length === 0) continue;
      units.add(text.charCodeAt(0));
      this.#trie.add(text, this.#tokens.length);
      this.#tokens.push(token);
    }
    if (units.size === 0) return;
    const escaped = [...units].map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`);
    this.#first = new RegExp(units.size === 1 ? escaped[0] : `[${escaped.join('')}]`, 'g');
  }

  /** Whether the text may hold a token; cheaper than `split`. */
  touches(text: string): boolean {
    return this.#next(text, 0) !== undefined;
  }

  /** The first token from `at` on, and where it stands. */
  #next(text: string, at: number): { token: AddedToken; start: number; end: number } | undefined {
    const first = this.#first;
    if (!first) return undefined;
    first.lastIndex = at;
    while (first.test(text)) {
      const start = first.lastIndex - 1;
      let node = 0;
      let found = -1;
      let end = start;
      for (let next = start; next < text.length && node >= 0; ) {
        node = this.#trie.step(node, text.charCodeAt(next++));
        if (node >= 0 && this.#trie.idAt(node) >= 0) {
          found = this.#trie.idAt(node);
          end = next;
        }
      }
      if (found >= 0) return { token: this.#tokens[found], start, end };
      first.lastIndex = start + 1;
    }
    return undefined;
  }

  /** `plainAt`: places where a token's spelling is plain text. */
  split(span: Span, plainAt?: ReadonlySet<number>): Part[] {
    const { text } = span;
    const parts: Part[] = [];
    let at = 0;
    for (let match = this.#next(text, 0); match; ) {
      let { start, end } = match;
      const { token } = match;
      if (plainAt?.has(start)) {
        match = this.#next(text, start + 1);
        continue;
      }
      match = this.#next(text, end);
      if (token.singleWord && (isWord(text, start - 1) || isWord(text, end))) continue;
      if (token.lstrip) while (start > at && /\p{White_Space}/u.test(text[start - 1])) start--;
      if (token.rstrip) while (end < text.length && /\p{White_Space}/u.test(text[end])) end++;
      // A neighbour's rstrip may have taken the beginning.
      start = Math.max(start, at);
      if (start > at) parts.push({ span: sliceSpan(span, at, start) });
      parts.push({ span: sliceSpan(span, start, end), token });
      at = end;
    }
    if (at < text.length) parts.push({ span: sliceSpan(span, at, text.length) });
    return parts;
  }
}

const wordCharacter = /[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]/u;
const younger = new RegExp(`[${classOf('after16')}]`, 'u');

/** Whether a letter, digit, mark or underscore begins at `at`, or ends there where `at` is the second half of a pair. */
function isWord(text: string, at: number): boolean {
  if (at < 0 || at >= text.length) return false;
  const isLow = (text.charCodeAt(at) & 0xfc00) === 0xdc00;
  const point = text.codePointAt(isLow && at > 0 ? at - 1 : at) as number;
  const char = String.fromCodePoint(point);
  return wordCharacter.test(char) && !younger.test(char);
}
