import type { BatchSource, TokenBatch } from '../../base/contract/index.js';
import { InvalidInput, Random } from '../../base/core/index.js';
import type { TokenDocuments } from './token-documents.js';

/** Target of a position where no loss is taken. */
export const ignoredTarget = -100;

export interface PackOptions {
  /** Tokens of a row. */
  readonly sequenceLength: number;
  /** Rows of a batch. */
  readonly batchSize: number;
  readonly seed?: number;
  /** Shuffle the rows anew in every epoch (default); else each epoch has them in one order. */
  readonly shuffle?: boolean;
}

/** Batches of packed documents, and how well they are packed. */
export interface PackedSource extends BatchSource {
  readonly rows: number;
  /** Positions that hold a token, as a share of all. */
  readonly efficiency: number;
  /** Positions with a target in one epoch. */
  readonly targets: number;
}

/** Rows as lists of pieces: piece p is tokens [starts[p], starts[p] + lengths[p]) of documents[p]. */
interface Rows {
  readonly documents: Int32Array;
  readonly starts: Int32Array;
  readonly lengths: Int32Array;
  /** Pieces of row r are order[first[r], first[r + 1]). */
  readonly order: Int32Array;
  readonly first: Int32Array;
}

/** Cuts documents into pieces of at most `most` tokens; every token is in one piece. */
function cut(documents: TokenDocuments, most: number): Pick<Rows, 'documents' | 'starts' | 'lengths'> {
  let count = 0;
  for (let i = 0; i < documents.count; i++) count += Math.ceil(documents.lengthOf(i) / most);
  const pieces = { documents: new Int32Array(count), starts: new Int32Array(count), lengths: new Int32Array(count) };
  let piece = 0;
  for (let i = 0; i < documents.count; i++) {
    const length = documents.lengthOf(i);
    for (let start = 0; start < length; start += most) {
      pieces.documents[piece] = i;
      pieces.starts[piece] = start;
      pieces.lengths[piece++] = Math.min(most, length - start);
    }
  }
  return pieces;
}

/** Free places by size, with "smallest size of at least n that is there" in a few steps. */
class Fit {
  readonly #heads: Int32Array;
  readonly #words: Uint32Array;
  readonly #next: Int32Array;

  constructor(largest: number, rows: number) {
    this.#heads = new Int32Array(largest + 1).fill(-1);
    this.#words = new Uint32Array((largest >> 5) + 1);
    this.#next = new Int32Array(rows);
  }

  put(row: number, free: number): void {
    this.#next[row] = this.#heads[free];
    this.#heads[free] = row;
    this.#words[free >> 5] |= 1 << (free & 31);
  }

  /** Smallest size >= `needed` with a row, -1 where there is none. */
  smallest(needed: number): number {
    let word = needed >> 5;
    let bits = this.#words[word] & (0xffffffff << (needed & 31));
    while (bits === 0) {
      if (++word >= this.#words.length) return -1;
      bits = this.#words[word];
    }
    return (word << 5) + (31 - Math.clz32(bits & -bits));
  }

  take(free: number): number {
    const row = this.#heads[free];
    this.#heads[free] = this.#next[row];
    if (this.#heads[free] < 0) this.#words[free >> 5] &= ~(1 << (free & 31));
    return row;
  }
}

/** Best-fit decreasing: longest pieces first, each into the fullest row that has room. Equal lengths come in seeded order. */
function bestFit(pieces: Pick<Rows, 'documents' | 'starts' | 'lengths'>, capacity: number, seed: number): Rows {
  const { lengths } = pieces;
  const count = lengths.length;
  const shuffled = new Random(seed).fork('pack').shuffle(Int32Array.from({ length: count }, (_, i) => i));
  // Counting sort by length, longest first; stable, so the seeded order stays among equals.
  const begins = new Int32Array(capacity + 2);
  for (let i = 0; i < count; i++) begins[capacity - lengths[i] + 1]++;
  for (let i = 1; i < begins.length; i++) begins[i] += begins[i - 1];
  const sorted = new Int32Array(count);
  for (const piece of shuffled) sorted[begins[capacity - lengths[piece]]++] = piece;
  const fit = new Fit(capacity, count);
  const rowOf = new Int32Array(count);
  let rows = 0;
  for (const piece of sorted) {
    const length = lengths[piece];
    const free = fit.smallest(length);
    const row = free < 0 ? rows++ : fit.take(free);
    rowOf[piece] = row;
    const left = (free < 0 ? capacity : free) - length;
    if (left > 0) fit.put(row, left);
  }
  const first = new Int32Array(rows + 1);
  for (let i = 0; i < count; i++) first[rowOf[i] + 1]++;
  for (let row = 0; row < rows; row++) first[row + 1] += first[row];
  const at = first.slice();
  const order = new Int32Array(count);
  for (const piece of shuffled) order[at[rowOf[piece]]++] = piece;
  return { ...pieces, order, first };
}

/**
 * Packs documents into rows of `sequenceLength` tokens. A document longer than a row is cut into windows; the last token
 * of a window has the first of the next as its target, so in one epoch every token is an input once and every token but
 * a document's first is a target once. Segments number the documents of a row from 1. Batch n is a pure function of the
 * documents, the options and n. The last batch of an epoch is filled up with empty rows (segment 0, targets -100).
 * Errors: `InvalidInput` without tokens or with sizes that make no sense.
 */
export function packDocuments(documents: TokenDocuments, options: PackOptions): PackedSource {
  const { sequenceLength, batchSize, seed = 0, shuffle = true } = options;
  for (const [name, value] of Object.entries({ sequenceLength, batchSize })) {
    if (!Number.isInteger(value) || value < 1) {
      throw new InvalidInput('data.pack', `pack: ${name}: expected a whole number from 1 on, got ${value}`);
    }
  }
  if (documents.tokens === 0) throw new InvalidInput('data.empty', 'pack: expected documents with tokens, got none');
  const rows = bestFit(cut(documents, sequenceLength), sequenceLength, seed);
  const count = rows.first.length - 1;
  const batchesPerEpoch = Math.ceil(count / batchSize);
  let epochOf = -1;
  let permutation = Int32Array.from({ length: count }, (_, i) => i);
  const rowAt = (epoch: number, at: number): number => {
    if (epoch !== epochOf) {
      permutation = Int32Array.from({ length: count }, (_, i) => i);
      if (shuffle) new Random(seed).fork(`epoch ${epoch}`).shuffle(permutation);
      epochOf = epoch;
    }
    return permutation[at];
  };
  const scratch = new Int32Array(sequenceLength + 1);
  return {
    batchSize,
    sequenceLength,
    batchesPerEpoch,
    rows: count,
    efficiency: documents.tokens / (count * sequenceLength),
    targets: documents.tokens - nonEmpty(documents),
    batch(index) {
      if (!Number.isSafeInteger(index) || index < 0) {
        throw new InvalidInput('data.batch', `batch: expected a number from 0 on, got ${index}`);
      }
      const epoch = Math.floor(index / batchesPerEpoch);
      const batch = emptyBatch(batchSize, sequenceLength);
      const from = (index - epoch * batchesPerEpoch) * batchSize;
      for (let i = 0; i < Math.min(batchSize, count - from); i++) {
        fillRow(documents, rows, rowAt(epoch, from + i), batch, i * sequenceLength, scratch);
      }
      return batch;
    },
  };
}

function nonEmpty(documents: TokenDocuments): number {
  let count = 0;
  for (let i = 0; i < documents.count; i++) if (documents.lengthOf(i) > 0) count++;
  return count;
}

function emptyBatch(batchSize: number, sequenceLength: number): TokenBatch {
  const size = batchSize * sequenceLength;
  return {
    batchSize,
    sequenceLength,
    ids: new Int32Array(size),
    targets: new Int32Array(size).fill(ignoredTarget),
    segments: new Int32Array(size),
  };
}

function fillRow(
  documents: TokenDocuments,
  { documents: documentOf, starts, lengths, order, first }: Rows,
  row: number,
  batch: TokenBatch,
  offset: number,
  scratch: Int32Array,
): void {
  let at = offset;
  for (let i = first[row]; i < first[row + 1]; i++) {
    const piece = order[i];
    const document = documentOf[piece];
    const start = starts[piece];
    const length = lengths[piece];
    // One token more than the piece, where the document goes on: the target of the last one.
    const goesOn = start + length < documents.lengthOf(document);
    documents.copy(document, start, start + length + (goesOn ? 1 : 0), scratch, 0);
    for (let j = 0; j < length; j++) {
      batch.ids[at] = scratch[j];
      batch.segments[at] = i - first[row] + 1;
      if (j + 1 < length || goesOn) batch.targets[at] = scratch[j + 1];
      at++;
    }
  }
}
