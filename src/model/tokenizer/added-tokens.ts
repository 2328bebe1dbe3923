import { type Span, sliceSpan } from './align.js';
import { Fields, refuse } from './reader.js';
import { escapePattern } from './regex.js';

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
const longestContent = 10_000;
const mostVocab = 8_000_000;

/** The `added_tokens` of tokenizer.json. */
export function readAddedTokens(root: Fields): AddedToken[] {
  return root.list('added_tokens', mostAdded).map((item, i) => {
    const fields = new Fields(item, `added_tokens[${i}]`);
    const content = fields.string('content');
    if (content.length === 0 || content.length > longestContent) {
      refuse(fields.at('content'), `1 to ${longestContent} characters`, content);
    }
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
  readonly #byContent = new Map<string, AddedToken>();
  readonly #pattern?: RegExp;

  /** Tokens by the text they are looked for (their content, normalized where the text is). */
  constructor(tokens: readonly (readonly [string, AddedToken])[]) {
    for (const [text, token] of tokens) if (text.length > 0) this.#byContent.set(text, token);
    if (this.#byContent.size === 0) return;
    const contents = [...this.#byContent.keys()].sort((a, b) => b.length - a.length);
    this.#pattern = new RegExp(contents.map(escapePattern).join('|'), 'gu');
  }

  /** Whether the text holds a token; cheaper than `split`. */
  touches(text: string): boolean {
    if (!this.#pattern) return false;
    this.#pattern.lastIndex = 0;
    return this.#pattern.test(text);
  }

  /** `plainAt`: places where a token's spelling is plain text. */
  split(span: Span, plainAt?: ReadonlySet<number>): Part[] {
    if (!this.#pattern) return span.text.length > 0 ? [{ span }] : [];
    const { text } = span;
    const parts: Part[] = [];
    let at = 0;
    const pattern = this.#pattern;
    pattern.lastIndex = 0;
    for (let match = pattern.exec(text); match; match = pattern.exec(text)) {
      if (plainAt?.has(match.index)) {
        pattern.lastIndex = match.index + 1;
        continue;
      }
      const token = this.#byContent.get(match[0]) as AddedToken;
      let start = match.index;
      let end = start + match[0].length;
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

/** Whether a letter, digit, mark or underscore begins at `at`, or ends there where `at` is the second half of a pair. */
function isWord(text: string, at: number): boolean {
  if (at < 0 || at >= text.length) return false;
  const isLow = (text.charCodeAt(at) & 0xfc00) === 0xdc00;
  const point = text.codePointAt(isLow && at > 0 ? at - 1 : at) as number;
  return /[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]/u.test(String.fromCodePoint(point));
}
