import { InvalidInput } from '../../base/core/index.js';
import { type AddedToken, AddedTokenFinder } from './added-tokens.js';
import { type Span, rewriteSpan, wholeSpan } from './align.js';
import { bytesToText, escapedToBytes, printableToBytes, toEscaped } from './bytes.js';
import type { SubwordModel } from './model.js';
import { trimOffsets } from './post-processors.js';
import { asScanner } from './pre-tokenizers.js';
import { type TokenizerSpec, copyJson, parseTokenizerJson, readSpec } from './schema.js';
import { StreamDecoder } from './stream.js';

/** A text as tokens. Offsets are half-open ranges of Unicode code points of the input; special tokens put around it have [0, 0]. */
export interface Encoding {
  readonly ids: number[];
  readonly tokens: string[];
  readonly offsets: [number, number][];
}

export interface EncodeOptions {
  /** Put the file's own tokens (BOS, EOS) around the text, as its post-processor says. Default true. */
  readonly addSpecialTokens?: boolean;
  /** Find special tokens spelled out in the text. False takes such a spelling as plain text: use it for text of strangers. Default true. */
  readonly parseSpecial?: boolean;
  /** Places (code units of a string) where the spelling of a special token is plain text all the same. */
  readonly plainAt?: ReadonlySet<number>;
}

export interface DecodeOptions {
  /** Leave special tokens out. Default true. */
  readonly skipSpecialTokens?: boolean;
}

const firstBuffer = 4096;

/** A tokenizer as its tokenizer.json describes it. */
export class Tokenizer {
  readonly #json: object;
  readonly #spec: TokenizerSpec;
  readonly #model: SubwordModel;
  readonly #ids: ReadonlyMap<string, number>;
  readonly #specialIds: ReadonlySet<number>;
  readonly #raw: { all: AddedTokenFinder; plain: AddedTokenFinder };
  readonly #normalized: { all: AddedTokenFinder; plain: AddedTokenFinder };
  /** Pre-tokenization, where it rewrites and then cuts with one scanner. */
  readonly #quick: ReturnType<typeof asScanner>;
  readonly #cutAt: string | undefined;
  /** Bytes of each id where the decoder is byte-level: decoding is then a concatenation. */
  #bytes?: (Uint8Array | undefined)[];

  private constructor(json: object) {
    this.#json = json;
    const spec = readSpec(json);
    this.#spec = spec;
    this.#model = spec.model;
    const ids = new Map(spec.model.vocab);
    for (const token of spec.added) ids.set(token.content, token.id);
    this.#ids = ids;
    this.#specialIds = new Set(spec.added.filter((token) => token.special).map((token) => token.id));
    const finders = (normalized: boolean) => {
      // Without a normalizer both kinds are looked for in the same text.
      const texts = spec.added
        .filter((token) => (token.normalized && spec.normalizers.length > 0) === normalized)
        .map((token): [string, AddedToken] => [normalized ? this.#normalizeText(token.content) : token.content, token]);
      const plain = texts.filter(([, token]) => !token.special);
      return { all: new AddedTokenFinder(texts), plain: new AddedTokenFinder(plain) };
    };
    this.#raw = finders(false);
    this.#normalized = finders(true);
    const { steps } = spec.preTokenization;
    this.#quick = asScanner(steps);
    if (steps.length === 0) this.#cutAt = spec.model.cutMark;
  }

  /** Reads a parsed tokenizer.json, or its text. Errors: `InvalidInput` naming the place. */
  static fromJson(json: unknown): Tokenizer {
    const value = typeof json === 'string' ? parseTokenizerJson(json) : copyJson(json);
    if (typeof value !== 'object' || value === null) {
      throw new InvalidInput('tokenizer.json', `tokenizer.json: expected an object, got ${JSON.stringify(value)}`);
    }
    return new Tokenizer(value);
  }

  /** The content of tokenizer.json: what was read, unchanged. */
  toJson(): Record<string, unknown> {
    return structuredClone(this.#json) as Record<string, unknown>;
  }

  /** Rows that an embedding of these tokens needs: the largest id plus one. */
  get vocabSize(): number {
    return this.#spec.tokens.length;
  }

  /** Ids of the special tokens. */
  get specialIds(): ReadonlySet<number> {
    return this.#specialIds;
  }

  get addedTokens(): readonly AddedToken[] {
    return this.#spec.added;
  }

  tokenToId(token: string): number | undefined {
    return this.#ids.get(token);
  }

  idToToken(id: number): string | undefined {
    return this.#spec.tokens[id];
  }

  /** The same tokenizer with special tokens added at the end of the vocabulary; those it knows stay as they are. */
  withSpecialTokens(contents: readonly string[]): Tokenizer {
    const json = this.toJson();
    const added = [...((json.added_tokens as object[] | undefined) ?? [])];
    const known = new Set(this.#spec.added.map((token) => token.content));
    let next = this.vocabSize;
    for (const content of contents) {
      if (known.has(content)) continue;
      known.add(content);
      const id = this.#spec.model.vocab.get(content) ?? next++;
      added.push({ id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: true });
    }
    return new Tokenizer({ ...json, added_tokens: added });
  }

  /** Token ids of a text. Bytes that are not UTF-8 are kept where the vocabulary has bytes. */
  encode(input: string | Uint8Array, options: EncodeOptions = {}): number[] {
    const { addSpecialTokens = true, parseSpecial = true, plainAt } = options;
    const text = toEscaped(input);
    const out: number[] = addSpecialTokens ? [...this.#spec.post.prefixIds] : [];
    const kind = parseSpecial ? 'all' : 'plain';
    if (!this.#raw[kind].touches(text)) this.#encodeRaw({ text, first: true }, kind, out);
    else {
      for (const part of this.#raw[kind].split({ text, first: true }, plainAt)) {
        if (part.token) out.push(part.token.id);
        else this.#encodeRaw(part.span, kind, out);
      }
    }
    if (addSpecialTokens) for (const id of this.#spec.post.suffixIds) out.push(id);
    return out;
  }

  /** Ids of many texts. One thread: it is faster so than handing texts to others and ids back. */
  encodeBatch(inputs: Iterable<string | Uint8Array>, options: EncodeOptions = {}): number[][] {
    return Array.from(inputs, (input) => this.encode(input, options));
  }

  #encodeRaw(raw: Span, kind: 'all' | 'plain', out: number[]): void {
    const span = this.#normalize(raw);
    if (!this.#normalized[kind].touches(span.text)) {
      this.#encodeSpan(span, out);
      return;
    }
    for (const part of this.#normalized[kind].split(span)) {
      if (part.token) out.push(part.token.id);
      else this.#encodeSpan(part.span, out);
    }
  }

  #encodeSpan(span: Span, out: number[]): void {
    if (this.#quick) {
      const { prepare, scanner } = this.#quick;
      const { text } = prepare(span);
      const model = this.#model;
      for (let at = 0; at < text.length; ) {
        const end = scanner(text, at, text.length);
        model.encode(text, at, end, out);
        at = end;
      }
    } else if (this.#cutAt !== undefined) this.#encodeCut(span.text, this.#cutAt, out);
    else for (const piece of this.#pieces(span)) this.#model.encode(piece.text, 0, piece.text.length, out);
  }

  // No merge joins a character other than the mark to a mark after it, so words may be encoded one by one.
  #encodeCut(text: string, mark: string, out: number[]): void {
    let start = 0;
    for (let next = text.indexOf(mark, 1); next >= 0; next = text.indexOf(mark, next + 1)) {
      if (text[next - 1] === mark) continue;
      this.#model.encode(text, start, next, out);
      start = next;
    }
    if (start < text.length) this.#model.encode(text, start, text.length, out);
  }

  #pieces(span: Span): Span[] {
    let spans = [span];
    for (const step of this.#spec.preTokenization.steps) spans = spans.flatMap((part) => step.split(part));
    return spans;
  }

  #normalize(span: Span): Span {
    let out = span;
    for (const normalizer of this.#spec.normalizers) out = rewriteSpan(out, normalizer);
    return out;
  }

  #normalizeText(text: string): string {
    return this.#normalize({ text, first: true }).text;
  }

  /** Token ids with their tokens and places. Slower than `encode`. */
  encodeWithOffsets(input: string | Uint8Array, options: EncodeOptions = {}): Encoding {
    const { addSpecialTokens = true, parseSpecial = true, plainAt } = options;
    const { post, tokens: names } = this.#spec;
    const kind = parseSpecial ? 'all' : 'plain';
    const ids: number[] = [];
    const offsets: [number, number][] = [];
    const put = (id: number, span: Span, start: number, end: number) => {
      const { starts, ends } = span.align as NonNullable<Span['align']>;
      const range: [number, number] = end > start ? [starts[start], ends[end - 1]] : [0, 0];
      ids.push(id);
      offsets.push(post.trim ? trimOffsets(names[id] ?? '', range, ids.length === 1, post.trim.addPrefixSpace) : range);
    };
    for (const raw of this.#raw[kind].split(wholeSpan(toEscaped(input), true), plainAt)) {
      if (raw.token) {
        put(raw.token.id, raw.span, 0, raw.span.text.length);
        continue;
      }
      for (const part of this.#normalized[kind].split(this.#normalize(raw.span))) {
        if (part.token) put(part.token.id, part.span, 0, part.span.text.length);
        else {
          for (const piece of this.#pieces(part.span)) {
            const symbols = this.#model.symbols(piece.text, 0, piece.text.length);
            for (let i = 0; i < symbols.length; i++) put(symbols.ids[i], piece, symbols.starts[i], symbols.ends[i]);
          }
        }
      }
    }
    if (addSpecialTokens) {
      ids.unshift(...post.prefixIds);
      offsets.unshift(...post.prefixIds.map((): [number, number] => [0, 0]));
      ids.push(...post.suffixIds);
      offsets.push(...post.suffixIds.map((): [number, number] => [0, 0]));
    }
    return { ids, tokens: ids.map((id) => names[id] ?? ''), offsets };
  }

  /** Text of ids; bytes that are not UTF-8 become U+FFFD. */
  decode(ids: Iterable<number>, options: DecodeOptions = {}): string {
    if (this.#spec.decoder.byteLevel) return bytesToText(this.decodeBytes(ids, options));
    return this.#spec.decoder.text(this.#tokensOf(ids, options));
  }

  /** Bytes of ids: `decodeBytes(encode(bytes))` is `bytes` for a byte-level vocabulary. */
  decodeBytes(ids: Iterable<number>, options: DecodeOptions = {}): Uint8Array {
    if (!this.#spec.decoder.byteLevel) return escapedToBytes(this.#spec.decoder.exact(this.#tokensOf(ids, options)));
    const { skipSpecialTokens = true } = options;
    let out = new Uint8Array(firstBuffer);
    let length = 0;
    for (const id of ids) {
      if (skipSpecialTokens && this.#specialIds.has(id)) continue;
      const bytes = this.bytesOf(id);
      if (length + bytes.length > out.length) {
        const next = new Uint8Array((length + bytes.length) * 2);
        next.set(out);
        out = next;
      }
      out.set(bytes, length);
      length += bytes.length;
    }
    return out.slice(0, length);
  }

  /** Bytes that one id adds to a byte-level text (for other decoders, the bytes of its token's spelling). */
  bytesOf(id: number): Uint8Array {
    this.#bytes ??= [];
    let bytes = this.#bytes[id];
    if (!bytes) {
      const token = this.#token(id);
      const added = this.#spec.added.some((item) => item.id === id);
      bytes = (added ? undefined : printableToBytes(token)) ?? escapedToBytes(token);
      this.#bytes[id] = bytes;
    }
    return bytes;
  }

  #token(id: number): string {
    const token = this.#spec.tokens[id];
    if (token === undefined) {
      throw new InvalidInput('tokenizer.id', `decode: expected ids from 0 to ${this.vocabSize - 1}, got ${id}`, { id });
    }
    return token;
  }

  #tokensOf(ids: Iterable<number>, { skipSpecialTokens = true }: DecodeOptions): string[] {
    const tokens: string[] = [];
    for (const id of ids) if (!skipSpecialTokens || !this.#specialIds.has(id)) tokens.push(this.#token(id));
    return tokens;
  }

  /** Decodes ids one by one; text comes out only when its last byte is known, and all texts joined are `decode` of all ids. */
  decoder(options: DecodeOptions = {}): StreamDecoder {
    return new StreamDecoder(this, this.#spec.decoder.byteLevel, options);
  }
}
