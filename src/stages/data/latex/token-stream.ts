import { type Token, isChar } from './tokens.js';

export interface ReaderLimits {
  /** Macros that may be expanded in all. */
  readonly expansions: number;
  /** Tokens that may be read in all, those of expansions included. */
  readonly tokens: number;
  /** Files inside each other. */
  readonly depth: number;
}

export const readerLimits: ReaderLimits = { expansions: 500_000, tokens: 20_000_000, depth: 16 };

/** Why a text cannot be read, in words for the rejects file. */
export class TexError extends Error {}

/** Tokens that can be put back, files inside each other, and arguments as TeX takes them. */
export class TokenStream {
  readonly #limits: ReaderLimits;
  /** What is still to be read: the last list first. */
  #stack: Array<{ readonly tokens: readonly Token[]; at: number; readonly file: boolean }> = [];
  #files = 0;
  #read = 0;

  constructor(limits: ReaderLimits) {
    this.#limits = limits;
  }

  #push(tokens: readonly Token[], file = false): void {
    if (file) this.#files++;
    if (this.#files > this.#limits.depth) throw new TexError(`files nested more than ${this.#limits.depth} deep`);
    if (tokens.length > 0) this.#stack.push({ tokens, at: 0, file });
    // A macro that ends in itself leaves lists behind that are read to the end.
    if (this.#stack.length > 100_000) throw new TexError('macros nested too deep');
  }

  /** Reads a file's tokens next. */
  protected readFile(tokens: readonly Token[]): void {
    this.#push(tokens, true);
  }

  /** Puts tokens back, to be read next. */
  unread(tokens: readonly Token[]): void {
    this.#push(tokens);
  }

  /** The next token as it stands. */
  raw(): Token | undefined {
    for (;;) {
      const top = this.#stack[this.#stack.length - 1];
      if (!top) return undefined;
      const token = top.tokens[top.at++];
      if (top.at >= top.tokens.length) {
        this.#stack.pop();
        if (top.file) this.#files--;
      }
      if (token) {
        if (++this.#read > this.#limits.tokens) throw new TexError(`more than ${this.#limits.tokens} tokens`);
        return token;
      }
    }
  }

  /** The next token that is no blank. */
  protected skipSpace(): Token | undefined {
    let token = this.raw();
    while (token && (token.kind === 'space' || token.kind === 'paragraph')) token = this.raw();
    return token;
  }

  /** An argument: a group without its braces, or one token. */
  argument(): Token[] {
    const token = this.skipSpace();
    if (!token || token.kind === 'close') {
      if (token) this.unread([token]);
      return [];
    }
    return token.kind === 'open' ? this.group() : [token];
  }

  /** The rest of a group, without its closing brace. */
  protected group(): Token[] {
    const tokens: Token[] = [];
    for (let depth = 1; ; ) {
      const token = this.raw();
      if (!token) return tokens;
      if (token.kind === 'open') depth++;
      else if (token.kind === 'close' && --depth === 0) return tokens;
      tokens.push(token);
    }
  }

  /** An argument in brackets, or undefined where none follows. */
  optional(): Token[] | undefined {
    const before: Token[] = [];
    let token = this.raw();
    while (token?.kind === 'space') {
      before.push(token);
      token = this.raw();
    }
    if (!isChar(token, '[')) {
      this.unread(token ? [...before, token] : before);
      return undefined;
    }
    const tokens: Token[] = [];
    for (let depth = 0; ; ) {
      const next = this.raw();
      if (!next) return tokens;
      if (next.kind === 'open') depth++;
      else if (next.kind === 'close') depth--;
      else if (depth <= 0 && isChar(next, ']')) return tokens;
      tokens.push(next);
    }
  }

  star(): boolean {
    const token = this.raw();
    if (isChar(token, '*')) return true;
    if (token) this.unread([token]);
    return false;
  }

  /** Characters of an argument: names of environments and files. */
  name(): string {
    return this.argument()
      .map((token) => (token.kind === 'char' ? token.text : token.kind === 'space' ? ' ' : ''))
      .join('')
      .trim();
  }
}
