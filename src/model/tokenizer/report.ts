import { toEscaped, escapedToBytes } from './bytes.js';
import type { Tokenizer } from './tokenizer.js';

/** How one tokenizer takes the texts of a group. */
export interface TokenizerFigures {
  readonly name: string;
  readonly tokens: number;
  /** UTF-8 bytes a token stands for, on average. */
  readonly bytesPerToken: number;
  /** Fertility: tokens per word. */
  readonly tokensPerWord: number;
  /** Share of tokens that are the unknown token. */
  readonly unknownRate: number;
}

/** Texts of one language and domain, by each tokenizer. */
export interface TokenizerReportRow {
  readonly language: string;
  readonly domain: string;
  readonly texts: number;
  readonly bytes: number;
  readonly words: number;
  readonly tokenizers: readonly TokenizerFigures[];
}

interface Group {
  readonly language: string;
  readonly domain: string;
  texts: number;
  bytes: number;
  words: number;
  readonly tokens: number[];
  readonly unknown: number[];
}

/**
 * Compares tokenizers on texts: bytes per token, fertility and unknown rate by language and domain. Words are those of Unicode's
 * segmentation (UAX 29, with dictionaries for scripts without spaces), so fertility can be compared between languages; tokens
 * are counted without the special ones that a tokenizer puts around a text.
 */
export class TokenizerReport {
  readonly #tokenizers: readonly (readonly [string, Tokenizer])[];
  readonly #groups = new Map<string, Group>();
  readonly #segmenter = new Intl.Segmenter('und', { granularity: 'word' });

  constructor(tokenizers: Readonly<Record<string, Tokenizer>>) {
    this.#tokenizers = Object.entries(tokenizers);
  }

  /** Counts one text. */
  add(
    text: string,
    { language = '', domain = '' }: { readonly language?: string; readonly domain?: string } = {},
  ): void {
    const key = JSON.stringify([language, domain]);
    let group = this.#groups.get(key);
    if (!group) {
      group = { ...emptyGroup(this.#tokenizers.length), language, domain };
      this.#groups.set(key, group);
    }
    group.texts++;
    group.bytes += escapedToBytes(toEscaped(text)).length;
    for (const { isWordLike } of this.#segmenter.segment(text)) if (isWordLike) group.words++;
    for (const [i, [, tokenizer]] of this.#tokenizers.entries()) {
      const ids = tokenizer.encode(text, { addSpecialTokens: false, parseSpecial: false });
      group.tokens[i] += ids.length;
      const { unkId } = tokenizer;
      if (unkId !== undefined) for (const id of ids) if (id === unkId) group.unknown[i]++;
    }
  }

  /** A row for each language and domain, by name. */
  rows(): TokenizerReportRow[] {
    const order = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
    return [...this.#groups.values()]
      .sort((a, b) => order(a.language, b.language) || order(a.domain, b.domain))
      .map((group) => this.#row(group));
  }

  /** All texts together. */
  total(): TokenizerReportRow {
    const all = { ...emptyGroup(this.#tokenizers.length), language: 'all', domain: 'all' };
    for (const group of this.#groups.values()) {
      all.texts += group.texts;
      all.bytes += group.bytes;
      all.words += group.words;
      for (const i of all.tokens.keys()) {
        all.tokens[i] += group.tokens[i];
        all.unknown[i] += group.unknown[i];
      }
    }
    return this.#row(all);
  }

  #row({ tokens, unknown, ...group }: Group): TokenizerReportRow {
    const share = (amount: number, of: number) => (of === 0 ? 0 : amount / of);
    return {
      ...group,
      tokenizers: this.#tokenizers.map(([name], i) => ({
        name,
        tokens: tokens[i],
        bytesPerToken: share(group.bytes, tokens[i]),
        tokensPerWord: share(tokens[i], group.words),
        unknownRate: share(unknown[i], tokens[i]),
      })),
    };
  }
}

function emptyGroup(tokenizers: number) {
  const zeros = () => Array.from({ length: tokenizers }, () => 0);
  return { texts: 0, bytes: 0, words: 0, tokens: zeros(), unknown: zeros() };
}
