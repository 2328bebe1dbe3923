/** Symbols of one piece: ids and the code units each came from. The arrays grow and are used again for the next piece. */
export class Symbols {
  ids: Int32Array = new Int32Array(256);
  /** First code unit of each symbol in the text, and the one after its last. */
  starts: Int32Array = new Int32Array(256);
  ends: Int32Array = new Int32Array(256);
  length = 0;

  push(id: number, start: number, end: number): void {
    if (this.length === this.ids.length) this.grow();
    this.ids[this.length] = id;
    this.starts[this.length] = start;
    this.ends[this.length++] = end;
  }

  protected grow(): void {
    this.ids = twice(this.ids);
    this.starts = twice(this.starts);
    this.ends = twice(this.ends);
  }
}

/** A copy of double length. */
export function twice(old: Int32Array): Int32Array<ArrayBuffer> {
  const next = new Int32Array(old.length * 2);
  next.set(old);
  return next;
}

/** How one of several segmentations is drawn: BPE-dropout, or subword regularization with Unigram. */
export interface Sampling {
  /** Uniform numbers in [0, 1). */
  readonly random: () => number;
  /** BPE: chance in [0, 1] that a possible merge is passed over. Default the file's `dropout`. */
  readonly dropout?: number;
  /** Unigram: exponent of a segmentation's probability; 0 draws evenly, large values draw the best. Default 0.1. */
  readonly alpha?: number;
  /** Unigram: draw among this many best segmentations of each pre-tokenized piece (1 to 1000); without it, among all. */
  readonly nbest?: number;
}

/** One of a text's segmentations. */
export interface Segmentation {
  readonly ids: readonly number[];
  /** Logarithm of its probability: the sum of its pieces' scores. */
  readonly score: number;
}

/** What every subword model does with a pre-tokenized piece: text[start, end) in the escaped form of bytes.ts. */
export interface SubwordModel {
  readonly vocab: ReadonlyMap<string, number>;
  /** Id of the token for what the vocabulary cannot spell, where it has one. */
  readonly unkId?: number;
  /** Appends the ids of text[start, end) to `out`. */
  encode(text: string, start: number, end: number, out: number[]): void;
  /** Symbols of text[start, end), with the code units each came from; valid until the next call. */
  symbols(text: string, start: number, end: number): Symbols;
  /** Like `symbols`, but drawn at random. Absent where the model knows one segmentation only. */
  sample?(text: string, start: number, end: number, sampling: Sampling): Symbols;
  /** The best segmentations of text[start, end), best first. Absent where the model scores none. */
  nBest?(text: string, start: number, end: number, most: number): Segmentation[];
  /** The model turns text to bytes itself; it is not given their printable form. */
  readonly takesBytes?: boolean;
  /** A character before which text may be cut without any change in ids, unless the same character stands before it. */
  readonly cutMark?: string;
}

/** What a model's reader knows of the rest of the file. */
export interface ModelContext {
  /** A ByteLevel pre-tokenizer stands before the model: bytes in printable form are its alphabet. */
  readonly byteLevel: boolean;
  /** Spellings of the special tokens. */
  readonly specials: ReadonlySet<string>;
}
