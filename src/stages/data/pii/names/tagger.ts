import { inflateRawSync } from 'node:zlib';
import { Features, perToken, rowBits } from './features.js';
import { kinds, tokenize, type Tokens } from './tokens.js';
import type { WordSet } from './words.js';

/** Labels of a token, in the order of the weights. */
export const labels = ['O', 'PER', 'LOC', 'ORG', 'NRP', 'TITLE'] as const;
export const numLabels = labels.length;
/** Weights of a row: six labels and two places unused, so that a row is eight numbers. */
const stride = 8;

/** Weights of the averaged perceptron (Collins, 2002). */
export interface TaggerWeights {
  readonly rows: Float32Array | Int8Array;
  /** Weight of label b after label a, at a * numLabels + b; a = numLabels is the start. */
  readonly transitions: Float32Array | Int8Array;
}

/** Weights as they are shipped: rows that are not zero as distances and six bytes each, deflated, in base64. */
export function packWeights(rows: Int8Array, transitions: Int8Array): Uint8Array {
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
  const head = Buffer.alloc(8);
  head.writeUInt32LE(columns[0].length, 0);
  head.writeUInt32LE(distances.length, 4);
  return Buffer.concat([head, Uint8Array.from(distances), ...columns.map((column) => Uint8Array.from(column)), Buffer.from(transitions.buffer, transitions.byteOffset, transitions.length)]);
}

export function unpackWeights(packed: string): TaggerWeights {
  const bytes = inflateRawSync(Buffer.from(packed, 'base64'));
  const count = bytes.readUInt32LE(0);
  const distances = bytes.readUInt32LE(4);
  const rows = new Int8Array(stride << rowBits);
  let row = -1;
  let n = 0;
  for (let i = 0; i < distances; i++) {
    const distance = bytes[8 + i];
    row += distance;
    if (distance === 255) continue;
    row++;
    for (let k = 0; k < numLabels; k++) rows[row * stride + k] = (bytes[8 + distances + k * count + n] << 24) >> 24;
    n++;
  }
  const transitions = new Int8Array(bytes.subarray(8 + distances + numLabels * count));
  return { rows, transitions };
}

/** A stretch of equal labels. */
export interface Tagged {
  readonly label: Exclude<(typeof labels)[number], 'O'>;
  /** First token and the one after the last. */
  readonly from: number;
  readonly to: number;
  /** Mean over the stretch of how far the label's score is above that of "no name", in units of the weights. */
  readonly margin: number;
}

/** Most tokens decoded at once: a bound on memory, ended at line breaks where there are some. */
const most = 256;

/** Tags tokens with labels of names by a linear model with Viterbi's search. */
export class Tagger {
  readonly features: Features;
  readonly #weights: TaggerWeights;
  #scores = new Float64Array(0);

  constructor(weights: TaggerWeights, known: WordSet, places: WordSet) {
    this.#weights = weights;
    this.features = new Features(known, places);
  }

  /** Names in a text, ascending. */
  tag(text: string): { readonly tokens: Tokens; readonly found: readonly Tagged[] } {
    const tokens = tokenize(text);
    const found: Tagged[] = [];
    for (let from = 0; from < tokens.count; ) {
      const to = endOfPart(text, tokens, from);
      const path = this.decode(text, tokens, from, to);
      for (let i = 0; i < path.length; ) {
        const label = path[i];
        let j = i + 1;
        while (j < path.length && path[j] === label) j++;
        if (label !== 0) {
          let margin = 0;
          for (let k = i; k < j; k++) margin += this.#scores[k * numLabels + label] - this.#scores[k * numLabels];
          found.push({ label: labels[label] as Tagged['label'], from: from + i, to: from + j, margin: margin / (j - i) });
        }
        i = j;
      }
      from = to;
    }
    return { tokens, found };
  }

  /** Best labels of tokens from…to. Rows of their features stay in `features`. */
  decode(text: string, tokens: Tokens, from: number, to: number): Uint8Array {
    const n = to - from;
    this.features.describe(text, tokens, from, to);
    const { rows: table } = this.features;
    const { rows, transitions } = this.#weights;
    if (this.#scores.length < n * numLabels) this.#scores = new Float64Array(2 * n * numLabels);
    const scores = this.#scores;
    for (let i = 0; i < n; i++) {
      let s0 = 0, s1 = 0, s2 = 0, s3 = 0, s4 = 0, s5 = 0;
      for (let f = i * perToken; f < (i + 1) * perToken; f++) {
        const at = table[f] * stride;
        s0 += rows[at];
        s1 += rows[at + 1];
        s2 += rows[at + 2];
        s3 += rows[at + 3];
        s4 += rows[at + 4];
        s5 += rows[at + 5];
      }
      const at = i * numLabels;
      scores[at] = s0;
      scores[at + 1] = s1;
      scores[at + 2] = s2;
      scores[at + 3] = s3;
      scores[at + 4] = s4;
      scores[at + 5] = s5;
    }
    return viterbi(scores, transitions, n);
  }
}

function viterbi(scores: Float64Array, transitions: Float32Array | Int8Array, n: number): Uint8Array {
  const back = new Uint8Array(n * numLabels);
  let before = Array.from({ length: numLabels }, (_, b) => scores[b] + transitions[numLabels * numLabels + b]);
  for (let i = 1; i < n; i++) {
    const now: number[] = [];
    for (let b = 0; b < numLabels; b++) {
      let best = Number.NEGATIVE_INFINITY;
      for (let a = 0; a < numLabels; a++) {
        const score = before[a] + transitions[a * numLabels + b];
        if (score > best) {
          best = score;
          back[i * numLabels + b] = a;
        }
      }
      now.push(best + scores[i * numLabels + b]);
    }
    before = now;
  }
  const path = new Uint8Array(n);
  if (n === 0) return path;
  path[n - 1] = before.indexOf(Math.max(...before));
  for (let i = n - 1; i > 0; i--) path[i - 1] = back[i * numLabels + path[i]];
  return path;
}

/** A part ends after `most` tokens, at a line break or a full stop where one is among the last half. */
export function endOfPart(text: string, tokens: Tokens, from: number): number {
  const limit = Math.min(tokens.count, from + most);
  if (limit === tokens.count) return limit;
  for (let i = limit; i > from + most / 2; i--) if (tokens.kind[i - 1] === kinds.line) return i;
  for (let i = limit; i > from + most / 2; i--) if (text[tokens.start[i - 1]] === '.') return i;
  return limit;
}
