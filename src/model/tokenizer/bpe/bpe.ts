import { byteAlphabet, byteToken, pushUtf8 } from '../bytes.js';
import { CachedModel } from '../cached-model.js';
import type { Sampling, Symbols } from '../model.js';
import { MergeTable, MergingSymbols } from './merge-table.js';

/** What a byte-pair model is made of; ids and merges are checked by the reader of tokenizer.json. */
export interface BpeModelSpec {
  readonly vocab: ReadonlyMap<string, number>;
  /** Flat triples (left id, right id, merged id) in order of rank. */
  readonly merges: Int32Array;
  /** Symbols are bytes in printable form (a ByteLevel pre-tokenizer stands before the model), else characters. */
  readonly byteLevel: boolean;
  readonly unkToken?: string;
  readonly continuingSubwordPrefix?: string;
  readonly endOfWordSuffix?: string;
  readonly fuseUnk: boolean;
  readonly byteFallback: boolean;
  /** A piece that is a token as a whole is taken as such, whatever the merges say. */
  readonly ignoreMerges: boolean;
  /** Chance that a merge is passed over where segmentations are sampled. */
  readonly dropout: number;
}

/** Byte-pair encoding of one piece at a time (Sennrich et al. 2016), merges by rank, leftmost first. */
export class BpeModel extends CachedModel {
  readonly vocab: ReadonlyMap<string, number>;
  readonly unkId: number | undefined;
  readonly takesBytes: boolean;
  readonly cutMark: string | undefined;
  readonly #spec: BpeModelSpec;
  readonly #table: MergeTable;
  readonly #symbols = new MergingSymbols();
  readonly #byteIds = new Int32Array(256).fill(-1);
  /** Ids of single characters below U+3000 without affix, -1 where there is none. */
  readonly #charIds = new Int32Array(0x3000).fill(-1);
  readonly #unkId: number;
  readonly #affixes: boolean;
  readonly #scratch: number[] = [];
  /** Something of the last piece left no symbol. */
  #drops = false;

  constructor(spec: BpeModelSpec) {
    super();
    this.#spec = spec;
    this.vocab = spec.vocab;
    this.unkId = spec.unkToken === undefined ? undefined : spec.vocab.get(spec.unkToken);
    this.takesBytes = spec.byteLevel;
    this.cutMark = cutMark(spec);
    this.#table = new MergeTable(spec.merges);
    this.#unkId = this.unkId ?? -1;
    this.#affixes = Boolean(spec.continuingSubwordPrefix || spec.endOfWordSuffix);
    if (spec.byteLevel) {
      for (let byte = 0; byte < 256; byte++) this.#byteIds[byte] = spec.vocab.get(byteAlphabet[byte]) ?? -1;
    } else {
      for (let point = 0; point < 0x3000; point++) {
        this.#charIds[point] = spec.vocab.get(String.fromCharCode(point)) ?? -1;
      }
      const bytes = Array.from({ length: 256 }, (_, byte) => spec.vocab.get(byteToken(byte)) ?? -1);
      if (spec.byteFallback) this.#byteIds.set(bytes);
    }
  }

  /** Merged symbols of text[start, end), with the code units each came from; valid until the next call. */
  symbols(text: string, start: number, end: number): Symbols {
    const symbols = this.#symbols;
    symbols.length = 0;
    if (this.#spec.ignoreMerges && this.#whole(text, start, end)) return symbols;
    this.#drops = false;
    if (this.#spec.byteLevel) this.#pushBytes(text, start, end);
    else this.#pushChars(text, start, end);
    const places = this.#drops ? this.#closeUp(text, start, end) : undefined;
    symbols.merge(this.#table);
    if (places) {
      for (let i = 0; i < symbols.length; i++) {
        symbols.starts[i] = places[2 * symbols.starts[i]];
        symbols.ends[i] = places[2 * symbols.ends[i] - 1];
      }
    }
    return symbols;
  }

  /**
   * What leaves no token leaves no gap either in the reference library: what follows in the piece moves up, byte by byte of its
   * UTF-8 (of the printable form, for bytes). Gives the symbols places in those bytes, and returns the code units of each byte.
   */
  #closeUp(text: string, start: number, end: number): number[] {
    const { starts, ends } = this.#symbols;
    const places: number[] = [];
    const scratch = this.#scratch;
    let symbol = 0;
    let to = 0;
    for (let at = start; at < end; ) {
      scratch.length = 0;
      const next = pushUtf8(text, at, scratch);
      let same = 0;
      while (symbol + same < this.#symbols.length && starts[symbol + same] === at) same++;
      for (const byte of scratch) {
        const width = !this.#spec.byteLevel || (byte > 0x20 && byte < 0x7f) ? 1 : 2;
        for (let i = 0; i < width; i++) places.push(at, next);
        if (this.#spec.byteLevel && this.#byteIds[byte] < 0) continue;
        // A character is one symbol, or one for each of its bytes, or none.
        if (same === 0) continue;
        const single = !this.#spec.byteLevel && same === 1;
        starts[symbol] = to;
        to += single ? scratch.length : width;
        ends[symbol++] = to;
        if (single) same = 0;
      }
      at = next;
    }
    return places;
  }

  /** BPE-dropout (Provilkov et al. 2020): each time a merge could be made, it is passed over with a chance. */
  sample(text: string, start: number, end: number, { random, dropout = this.#spec.dropout }: Sampling): Symbols {
    if (dropout === 0) return this.symbols(text, start, end);
    const symbols = this.#symbols;
    symbols.length = 0;
    if (this.#spec.byteLevel) this.#pushBytes(text, start, end);
    else this.#pushChars(text, start, end);
    symbols.mergeSome(this.#table, random, dropout);
    return symbols;
  }

  #whole(text: string, start: number, end: number): boolean {
    let token = text.slice(start, end);
    if (this.#spec.byteLevel) {
      const bytes = this.#bytesOf(text, start, end);
      token = '';
      for (const byte of bytes) token += byteAlphabet[byte];
    }
    const id = this.#spec.vocab.get(token);
    if (id === undefined) return false;
    this.#symbols.push(id, start, end);
    return true;
  }

  #bytesOf(text: string, start: number, end: number): number[] {
    this.#scratch.length = 0;
    for (let at = start; at < end; ) at = pushUtf8(text, at, this.#scratch);
    return this.#scratch;
  }

  #pushBytes(text: string, start: number, end: number): void {
    const symbols = this.#symbols;
    const scratch = this.#scratch;
    for (let at = start; at < end; ) {
      const unit = text.charCodeAt(at);
      if (unit < 0x80) {
        // A byte outside the vocabulary leaves no token, as in the reference library.
        if (this.#byteIds[unit] >= 0) symbols.push(this.#byteIds[unit], at, at + 1);
        else this.#drops = true;
        at++;
        continue;
      }
      scratch.length = 0;
      const next = pushUtf8(text, at, scratch);
      for (const byte of scratch) {
        if (this.#byteIds[byte] >= 0) symbols.push(this.#byteIds[byte], at, next);
        else this.#drops = true;
      }
      at = next;
    }
  }

  #pushChars(text: string, start: number, end: number): void {
    const { vocab, continuingSubwordPrefix, endOfWordSuffix, fuseUnk } = this.#spec;
    const symbols = this.#symbols;
    let afterUnk = false;
    for (let at = start; at < end; ) {
      const unit = text.charCodeAt(at);
      const pair = (unit & 0xfc00) === 0xd800 && at + 1 < end && (text.charCodeAt(at + 1) & 0xfc00) === 0xdc00 ? 2 : 1;
      const next = at + pair;
      let id = -1;
      if (!this.#affixes && unit < 0x3000) id = this.#charIds[unit];
      else {
        let token = text.slice(at, next);
        if (continuingSubwordPrefix && at > start) token = continuingSubwordPrefix + token;
        if (endOfWordSuffix && next === end) token += endOfWordSuffix;
        id = vocab.get(token) ?? -1;
      }
      if (id >= 0) {
        symbols.push(id, at, next);
        afterUnk = false;
      } else if (this.#pushFallback(text, at, next)) afterUnk = false;
      else if (this.#unkId >= 0) {
        if (afterUnk && fuseUnk) symbols.ends[symbols.length - 1] = next;
        else symbols.push(this.#unkId, at, next);
        afterUnk = true;
      } else this.#drops = true;
      at = next;
    }
  }

  /** The symbol's bytes as `<0xNN>` tokens, where the vocabulary has them all. */
  #pushFallback(text: string, at: number, next: number): boolean {
    if (!this.#spec.byteFallback) return false;
    const bytes = this.#bytesOf(text, at, next);
    for (const byte of bytes) if (this.#byteIds[byte] < 0) return false;
    for (const byte of bytes) this.#symbols.push(this.#byteIds[byte], at, next);
    return true;
  }
}

/** The space mark of a SentencePiece vocabulary where no token has it after another character. */
function cutMark(spec: BpeModelSpec): string | undefined {
  const mark = '▁';
  if (spec.byteLevel || spec.ignoreMerges || !spec.vocab.has(mark)) return undefined;
  if (spec.continuingSubwordPrefix || spec.endOfWordSuffix) return undefined;
  const merged = new Set<number>();
  for (let i = 2; i < spec.merges.length; i += 3) merged.add(spec.merges[i]);
  for (const [token, id] of spec.vocab) if (merged.has(id) && /[^▁]▁/.test(token)) return undefined;
  return mark;
}
