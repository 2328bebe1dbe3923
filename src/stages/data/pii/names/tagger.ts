import { inflateRawSync } from 'node:zlib';
import { Features, perToken, rowBits } from './features.js';
import { marginals } from './marginals.js';
import { kinds, tokenize, type Tokens } from './tokens.js';
import type { WordSet } from './words.js';

/** Labels of a token, in the order of the weights. */
export const labels = ['O', 'PER', 'LOC', 'ORG', 'NRP', 'TITLE'] as const;
export const numLabels = labels.length;
/** Weights of a row: six labels and two places unused, so that a row is eight numbers. */
const stride = 8;

/** Weights of a linear-chain conditional random field. */
export interface TaggerWeights {
  /** What a weight of one is worth as a log-potential. */
  readonly unit: number;
  readonly rows: Float32Array | Int8Array;
  /** Weight of label b after label a, at a * numLabels + b; a = numLabels is the start. */
  readonly transitions: Float32Array;
}

/** Weights as they are shipped: rows that are not zero as distances and six bytes each, deflated, in base64. */
export function packWeights(rows: Int8Array, transitions: Float32Array, unit: number): Uint8Array {
  const distances: number[] = [];
  const columns: number[][] = Array.from({ length: numLabels }, () => []);
  let last = -1;
  for (let row = 0; row < 1 << rowBits; row++) {
    const at = row * stride;
    if (rows.subarray(at, at + numLabels).every((weight) => weight === 0)) continue;
    let distance = row - last - 1;
    for (; distance >= 255; distance -= 255) distances.push(255);
    distances.push(distance);
    for (let k = 0; k < numLabels; k++) columns[k].push(rows[at + k] & 255);
    last = row;
  }
  const head = Buffer.alloc(12);
  head.writeUInt32LE(columns[0].length, 0);
  head.writeUInt32LE(distances.length, 4);
  head.writeFloatLE(unit, 8);
  return Buffer.concat([
    head,
    Uint8Array.from(distances),
    ...columns.map((column) => Uint8Array.from(column)),
    Buffer.from(transitions.buffer, transitions.byteOffset, transitions.byteLength),
  ]);
}

export function unpackWeights(packed: string): TaggerWeights {
  const bytes = inflateRawSync(Buffer.from(packed, 'base64'));
  const count = bytes.readUInt32LE(0);
  const distances = bytes.readUInt32LE(4);
  const rows = new Int8Array(stride << rowBits);
  let row = -1;
  let n = 0;
  for (let i = 0; i < distances; i++) {
    const distance = bytes[12 + i];
    row += distance;
    if (distance === 255) continue;
    row++;
    for (let k = 0; k < numLabels; k++) rows[row * stride + k] = (bytes[12 + distances + k * count + n] << 24) >> 24;
    n++;
  }
  const tail = bytes.subarray(12 + distances + numLabels * count);
  const transitions = Float32Array.from({ length: tail.length / 4 }, (_, k) => tail.readFloatLE(4 * k));
  return { rows, transitions, unit: bytes.readFloatLE(8) };
}

/** A stretch of equal labels. */
export interface Tagged {
  readonly label: Exclude<(typeof labels)[number], 'O'>;
  /** First token and the one after the last. */
  readonly from: number;
  readonly to: number;
  /** Mean probability that its tokens are names of this kind, in the model's eyes. */
  readonly probability: number;
}

/** Most tokens decoded at once: a bound on memory, ended at line breaks where there are some. */
const most = 256;

/** A token is of a name where the model gives all names together this much: recall is worth more than precision here. */
const least = 0.35;

/** Tags tokens with labels of names: the likeliest at each token by itself. */
export class Tagger {
  readonly features: Features;
  /** Probabilities of the labels of the part looked at last, a row per token. */
  probabilities = new Float64Array(0);
  /** Log-potentials of the same. */
  scores = new Float64Array(0);
  readonly #weights: TaggerWeights;
  /** A bit for each row that is not zero: small enough for the nearest cache, which the rows are not. All bits while training. */
  readonly #used: Uint32Array;

  constructor(weights: TaggerWeights, known: WordSet, places: WordSet, given: WordSet, family: WordSet) {
    this.#weights = weights;
    this.#used = new Uint32Array(1 << (rowBits - 5));
    const { rows } = weights;
    if (rows instanceof Float32Array) this.#used.fill(0xffffffff);
    else {
      for (let at = 0; at < rows.length; at++) {
        const row = Math.floor(at / stride);
        if (rows[at] !== 0) this.#used[row >>> 5] |= 1 << (row & 31);
      }
    }
    this.features = new Features(known, places, given, family);
  }

  /** Names in a text, ascending. */
  tag(text: string): { readonly tokens: Tokens; readonly found: readonly Tagged[] } {
    const tokens = tokenize(text);
    const found: Tagged[] = [];
    for (let from = 0; from < tokens.count; ) {
      const to = endOfPart(text, tokens, from);
      this.look(text, tokens, from, to);
      const { probabilities } = this;
      const label = (i: number): number => {
        const at = i * numLabels;
        if (1 - probabilities[at] < least) return 0;
        let best = 1;
        for (let b = 2; b < numLabels; b++) if (probabilities[at + b] > probabilities[at + best]) best = b;
        return best;
      };
      for (let i = 0; i < to - from; ) {
        const b = label(i);
        let j = i + 1;
        while (j < to - from && label(j) === b) j++;
        if (b !== 0) {
          let sum = 0;
          for (let k = i; k < j; k++) sum += probabilities[k * numLabels + b];
          found.push({ label: labels[b] as Tagged['label'], from: from + i, to: from + j, probability: sum / (j - i) });
        }
        i = j;
      }
      from = to;
    }
    return { tokens, found };
  }

  /** Fills `scores` and `probabilities` for tokens from…to; rows of their features stay in `features`. */
  look(text: string, tokens: Tokens, from: number, to: number, hidden?: Uint8Array): void {
    const n = to - from;
    this.features.describe(text, tokens, from, to, hidden);
    const { rows: table, active } = this.features;
    const { rows, transitions, unit } = this.#weights;
    if (this.scores.length < n * numLabels) {
      this.scores = new Float64Array(2 * n * numLabels);
      this.probabilities = new Float64Array(2 * n * numLabels);
    }
    const { scores } = this;
    const used = this.#used;
    for (let i = 0; i < n; i++) {
      const place = i * numLabels;
      if (active[i] === 0) {
        scores[place] = 20;
        scores.fill(0, place + 1, place + numLabels);
        continue;
      }
      let s0 = 0;
      let s1 = 0;
      let s2 = 0;
      let s3 = 0;
      let s4 = 0;
      let s5 = 0;
      for (let f = i * perToken; f < (i + 1) * perToken; f++) {
        const row = table[f];
        if ((used[row >>> 5] & (1 << (row & 31))) === 0) continue;
        const at = row * stride;
        s0 += rows[at];
        s1 += rows[at + 1];
        s2 += rows[at + 2];
        s3 += rows[at + 3];
        s4 += rows[at + 4];
        s5 += rows[at + 5];
      }
      scores[place] = s0 * unit;
      scores[place + 1] = s1 * unit;
      scores[place + 2] = s2 * unit;
      scores[place + 3] = s3 * unit;
      scores[place + 4] = s4 * unit;
      scores[place + 5] = s5 * unit;
    }
    marginals(scores, transitions, n, numLabels, this.probabilities);
  }
}

/** A part ends after `most` tokens, at a line break or a full stop where one is among the last half. */
export function endOfPart(text: string, tokens: Tokens, from: number): number {
  const limit = Math.min(tokens.count, from + most);
  if (limit === tokens.count) return limit;
  for (let i = limit; i > from + most / 2; i--) if (tokens.kind[i - 1] === kinds.line) return i;
  for (let i = limit; i > from + most / 2; i--) if (text[tokens.start[i - 1]] === '.') return i;
  return limit;
}
