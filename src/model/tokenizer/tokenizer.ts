import { InvalidInput, type Random } from '../../base/core/index.js';
import type { AddedToken } from './added-tokens.js';
import { bytesToText, escapedToBytes, printableToBytes, toEscaped } from './bytes.js';
import { Encoder, type Mode } from './encoder.js';
import type { Sampling, Segmentation } from './model.js';
import type { Layout } from './post-processors.js';
import { type TokenizerSpec, copyJson, parseTokenizerJson, readSpec } from './schema.js';
import { StreamDecoder } from './stream.js';

/** A text as tokens. Offsets are half-open ranges of Unicode code points of the input; special tokens put around it have [0, 0]. */
export interface Encoding {
  readonly ids: number[];
  readonly tokens: string[];
  readonly offsets: [number, number][];
  /** Type of each token, as the file's post-processor gives it: for BERT 0 in the first text, 1 in the second. */
  readonly typeIds: number[];
}

export interface EncodeOptions {
  /** A second text, for models that read pairs. Its offsets are places in itself. */
  readonly pair?: string | Uint8Array;
  /** Put the file's own tokens (BOS, EOS) around the text, as its post-processor says. Default true. */
  readonly addSpecialTokens?: boolean;
  /** Find special tokens spelled out in the text. False takes such a spelling as plain text: use it for text of strangers. Default true. */
  readonly parseSpecial?: boolean;
  /**
   * Draw one of a text's segmentations instead of the best one, for training: BPE-dropout, or subword regularization with a
   * Unigram model. The same seed gives the same ids. Without it encoding is deterministic, also where the file has a `dropout`.
   */
  readonly sampling?: SamplingOptions;
  /** Places (code units of a string) where the spelling of a special token is plain text all the same. */
  readonly plainAt?: ReadonlySet<number>;
}

export interface SamplingOptions extends Omit<Sampling, 'random'> {
  /** Seed, or a stream of random numbers that goes on from text to text. */
  readonly seed: number | string | Random;
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
  readonly #encoder: Encoder;
  readonly #ids: ReadonlyMap<string, number>;
  readonly #specialIds: ReadonlySet<number>;
  /** Bytes of each id where the decoder is byte-level: decoding is then a concatenation. */
  #bytes?: (Uint8Array | undefined)[];

  private constructor(json: object) {
    this.#json = json;
    const spec = readSpec(json);
    this.#spec = spec;
    this.#encoder = new Encoder(spec);
    const ids = new Map(spec.model.vocab);
    for (const token of spec.added) ids.set(token.content, token.id);
    this.#ids = ids;
    this.#specialIds = new Set(spec.added.filter((token) => token.special).map((token) => token.id));
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

  /** Id of the token for what the vocabulary cannot spell, where the model has one. */
  get unkId(): number | undefined {
    return this.#spec.model.unkId;
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

  /** Token ids of a text, or of a pair. Bytes that are not UTF-8 are kept where the vocabulary has bytes. */
  encode(input: string | Uint8Array, options: EncodeOptions = {}): number[] {
    const out: number[] = [];
    const mode = this.#encoder.mode(options);
    for (const item of this.#layout(options)) {
      if (item.text < 0) out.push(item.id);
      else this.#encodeText(input, item.text, options, mode, out);
    }
    return out;
  }

  /** Token ids with the type of each. */
  encodeWithTypes(input: string | Uint8Array, options: EncodeOptions = {}): { ids: number[]; typeIds: number[] } {
    const ids: number[] = [];
    const typeIds: number[] = [];
    const mode = this.#encoder.mode(options);
    for (const item of this.#layout(options)) {
      if (item.text < 0) ids.push(item.id);
      else this.#encodeText(input, item.text, options, mode, ids);
      while (typeIds.length < ids.length) typeIds.push(item.typeId);
    }
    return { ids, typeIds };
  }

  #layout({ pair, addSpecialTokens = true }: EncodeOptions): Layout {
    return this.#spec.post.layout(pair === undefined ? 1 : 2, addSpecialTokens);
  }

  #encodeText(input: string | Uint8Array, which: number, options: EncodeOptions, mode: Mode, out: number[]): void {
    const text = toEscaped(which === 0 ? input : (options.pair ?? ''));
    this.#encoder.encode(text, which === 0 ? options.plainAt : undefined, mode, out);
  }

  /** Ids of many texts. One thread: it is faster so than handing texts to others and ids back. */
  encodeBatch(inputs: Iterable<string | Uint8Array>, options: EncodeOptions = {}): number[][] {
    return Array.from(inputs, (input) => this.encode(input, options));
  }

  /**
   * The `most` (1 to 1000) best segmentations of a text with a Unigram model, best first, without the file's own tokens around it.
   * A special token spelled out counts as certain. Errors: `InvalidInput` for other models.
   */
  nBest(input: string | Uint8Array, most: number): Segmentation[] {
    return this.#encoder.nBest(toEscaped(input), most);
  }

  /** Token ids with their tokens, places and types. Slower than `encode`. */
  encodeWithOffsets(input: string | Uint8Array, options: EncodeOptions = {}): Encoding {
    const ids: number[] = [];
    const offsets: [number, number][] = [];
    const typeIds: number[] = [];
    const mode = this.#encoder.mode(options);
    for (const item of this.#layout(options)) {
      if (item.text < 0) {
        ids.push(item.id);
        offsets.push([0, 0]);
      } else {
        const plainAt = item.text === 0 ? options.plainAt : undefined;
        const text = toEscaped(item.text === 0 ? input : (options.pair ?? ''));
        this.#encoder.place(text, plainAt, mode, ids, offsets);
      }
      while (typeIds.length < ids.length) typeIds.push(item.typeId);
    }
    return { ids, tokens: ids.map((id) => this.#spec.tokens[id] ?? ''), offsets, typeIds };
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
