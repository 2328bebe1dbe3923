import { InvalidInput } from '../../../base/core/index.js';
import { byteToken, pushUtf8 } from '../bytes.js';
import { CachedModel } from '../cached-model.js';
import { type Sampling, type Segmentation, Symbols } from '../model.js';
import { type Path, bestPaths, drawnOf, drawnPath } from './lattice.js';
import { CELL, Trie } from './trie.js';

/** What a unigram model is made of. */
export interface UnigramModelSpec {
  /** Pieces in order of id with the logarithms of their probabilities. */
  readonly pieces: readonly (readonly [piece: string, score: number])[];
  readonly unkId?: number;
  /** Spell what no piece covers as `<0xNN>` pieces. */
  readonly byteFallback: boolean;
  /** Pieces that no text is ever cut into: special tokens, unused pieces. */
  readonly hidden?: ReadonlySet<number>;
}

/** How much less likely an unknown character is than the least likely piece. */
const unknownPenalty = 10;
const none = -1;
/** As in SentencePiece. */
const defaultAlpha = 0.1;

/** Cuts text into the most likely sequence of pieces (Kudo 2018) with a forward pass of Viterbi's algorithm. */
export class UnigramModel extends CachedModel {
  readonly vocab: ReadonlyMap<string, number>;
  readonly scores: Float64Array;
  readonly trie: Trie;
  /** Score of a character that is no piece. */
  readonly unkScore: number;
  readonly unkId: number;
  readonly #byteIds?: Int32Array;
  readonly #symbols = new Symbols();
  /** Best score of the text up to a place, where its last piece begins, and that piece. */
  #best = new Float64Array(128);
  #from = new Int32Array(128);
  #ids = new Int32Array(128);
  readonly #scratch: number[] = [];

  /** Errors: `InvalidInput` where `unkId` is no piece. */
  constructor({ pieces, unkId, byteFallback, hidden }: UnigramModelSpec) {
    super();
    const vocab = new Map<string, number>();
    pieces.forEach(([piece], id) => vocab.set(piece, id));
    this.vocab = vocab;
    this.scores = Float64Array.from(pieces, ([, score]) => score);
    this.unkScore = this.scores.reduce((least, score) => Math.min(least, score), Infinity) - unknownPenalty;
    if (unkId !== undefined && !(unkId in pieces)) {
      throw new InvalidInput('tokenizer.unk', `unigram model: unkId: expected an id of a piece, got ${unkId}`);
    }
    this.unkId = unkId ?? none;
    this.trie = new Trie(hidden ? [...vocab].filter(([, id]) => !hidden.has(id)) : vocab);
    if (byteFallback) {
      this.#byteIds = Int32Array.from({ length: 256 }, (_, byte) => vocab.get(byteToken(byte)) ?? none);
    }
  }

  /**
   * Pieces of text[start, end), with the code units each came from; valid until the next call.
   * Errors: `InvalidInput` where a character is unknown and the model has no unknown piece.
   */
  symbols(text: string, start: number, end: number): Symbols {
    const length = end - start;
    if (length >= this.#from.length) this.#grow(length + 1);
    this.#forward(text, start, length);
    // Backwards along the best path; the places where pieces begin take the room of what is no longer needed.
    const path = this.#ids;
    const from = this.#from;
    let first = length + 1;
    for (let at = length; at > 0; ) {
      const begin = from[at];
      const id = path[at];
      first--;
      path[first] = id;
      from[first] = at;
      at = begin;
    }
    return this.#emit(text, start, first, length);
  }

  /** Subword regularization (Kudo 2018): a segmentation drawn from the best `nbest` or from all, by its probability to the power of `alpha`. */
  sample(text: string, start: number, end: number, { random, alpha = defaultAlpha, nbest }: Sampling): Symbols {
    if (nbest === undefined) return this.#symbolsOf(text, start, drawnPath(this, text, start, end, alpha, random));
    return this.#symbolsOf(text, start, drawnOf(bestPaths(this, text, start, end, nbest), alpha, random));
  }

  /** The `most` best segmentations with the logarithms of their probabilities, best first. */
  nBest(text: string, start: number, end: number, most: number): Segmentation[] {
    return bestPaths(this, text, start, end, most).map((path) => {
      const { ids, length } = this.#symbolsOf(text, start, path);
      return { ids: Array.from(ids.subarray(0, length)), score: path.score };
    });
  }

  #symbolsOf(text: string, start: number, { ids, ends }: Path): Symbols {
    if (ids.length >= this.#from.length) this.#grow(ids.length + 1);
    this.#ids.set(ids, 1);
    this.#from.set(ends, 1);
    return this.#emit(text, start, 1, ids.length);
  }

  #forward(text: string, start: number, length: number): void {
    const { cells, codes } = this.trie;
    const { scores, unkScore } = this;
    const best = this.#best;
    const from = this.#from;
    const ids = this.#ids;
    from.fill(none, 0, length + 1);
    best[0] = 0;
    for (let at = 0; at < length; ) {
      const till = best[at];
      const unit = text.charCodeAt(start + at);
      let after = at + 1;
      if ((unit & 0xfc00) === 0xd800 && after < length && (text.charCodeAt(start + after) & 0xfc00) === 0xdc00) after++;
      let single = false;
      let node = 0;
      for (let to = at; to < length; ) {
        const code = codes[text.charCodeAt(start + to)];
        if (code === 0) break;
        const next = cells[CELL * node] + code;
        if (cells[CELL * next + 1] !== node) break;
        node = next;
        to++;
        const id = cells[CELL * node + 2];
        if (id < 0) continue;
        const score = scores[id] + till;
        // Of equal paths the first found stays: the one whose last piece is longest.
        if (from[to] < 0 || score > best[to]) {
          best[to] = score;
          from[to] = at;
          ids[to] = id;
        }
        if (to === after) single = true;
      }
      if (!single) {
        const score = unkScore + till;
        if (from[after] < 0 || score > best[after]) {
          best[after] = score;
          from[after] = at;
          ids[after] = this.unkId;
        }
      }
      at = after;
    }
  }

  /** Turns the path in #ids and #from (ends of pieces), from `first` on, into symbols; neighbours that are unknown become one. */
  #emit(text: string, start: number, first: number, length: number): Symbols {
    const symbols = this.#symbols;
    const { unkId } = this;
    symbols.length = 0;
    let begin = start;
    for (let at = first; at <= length; at++) {
      const id = this.#ids[at];
      if (id !== unkId) {
        const end = start + this.#from[at];
        symbols.push(id, begin, end);
        begin = end;
        continue;
      }
      while (at < length && this.#ids[at + 1] === unkId) at++;
      const end = start + this.#from[at];
      this.#emitUnknown(text, begin, end);
      begin = end;
    }
    return symbols;
  }

  #emitUnknown(text: string, begin: number, end: number): void {
    const symbols = this.#symbols;
    // The unknown piece itself may be spelled out in a text.
    const spelled = this.trie.get(text.slice(begin, end));
    if (spelled >= 0) {
      symbols.push(spelled, begin, end);
      return;
    }
    const bytes = this.#bytesOf(text, begin, end);
    if (bytes) for (const id of bytes) symbols.push(id, begin, end);
    else if (this.unkId >= 0) symbols.push(this.unkId, begin, end);
    else {
      throw new InvalidInput(
        'tokenizer.unk',
        `encode: expected characters of the vocabulary (the model has no unknown piece), got ${JSON.stringify(text.slice(begin, Math.min(end, begin + 20)))}; give the model one or train with byte fallback`,
      );
    }
  }

  /** The byte pieces that spell text[begin, end), where the vocabulary has them all. */
  #bytesOf(text: string, begin: number, end: number): number[] | undefined {
    const byteIds = this.#byteIds;
    if (!byteIds) return undefined;
    const bytes = this.#scratch;
    bytes.length = 0;
    for (let at = begin; at < end; ) at = pushUtf8(text, at, bytes);
    for (let i = 0; i < bytes.length; i++) {
      bytes[i] = byteIds[bytes[i]];
      if (bytes[i] < 0) return undefined;
    }
    return bytes;
  }

  #grow(length: number): void {
    const size = Math.max(length + 1, this.#from.length * 2);
    this.#best = new Float64Array(size);
    this.#from = new Int32Array(size);
    this.#ids = new Int32Array(size);
  }
}
