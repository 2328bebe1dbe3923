import { InvalidInput, Random } from '../../../base/core/index.js';
import { principalAxes, randomOrthonormal } from './projection.js';

/** Vectors to start from: `WordVectors`, or a `FastTextModel`, which composes vectors of words it does not know. */
export interface VectorSource {
  readonly dim: number;
  has(word: string): boolean;
  vector(word: string): Float32Array | undefined;
}

export interface EmbeddingsOptions {
  /** Columns of the embedding matrix. */
  readonly hiddenSize: number;
  readonly seed: number;
  /** Standard deviation of the model's initializer: of rows without a vector, and of all found rows together. */
  readonly std: number;
  /**
   * From `dim` to `hiddenSize` columns: `random` orthonormal directions (angles stay where the size grows), or the first
   * principal axes (`pca`, only down). Default: `pca` down, `random` up.
   */
  readonly projection?: 'random' | 'pca';
}

/** How many tokens got a vector, by the first way that led to one. */
export interface Coverage {
  readonly tokens: number;
  readonly found: number;
  /** The token as it stands. */
  readonly exact: number;
  /** Without the mark of a word's start (▁, Ġ) or of its continuation (##). */
  readonly stripped: number;
  /** In lower case, with or without a mark. */
  readonly lowercase: number;
  /** Composed of n-grams of characters. */
  readonly subwords: number;
}

export interface InitialEmbeddings {
  /** [tokens, hiddenSize]. */
  readonly data: Float32Array<ArrayBuffer>;
  readonly coverage: Coverage;
  readonly projection: 'none' | 'random' | 'pca';
}

type Way = 'exact' | 'stripped' | 'lowercase' | 'subwords';

const marks = /^(?:▁|Ġ|##)/;

/** Spelling under which a source knows a token, and the way to it. */
function lookUp(source: VectorSource, token: string): { vector: Float32Array; way: Way } | undefined {
  const bare = token.replace(marks, '');
  const spellings: [string, Way][] = [
    [token, 'exact'],
    [bare, 'stripped'],
    [token.toLowerCase(), 'lowercase'],
    [bare.toLowerCase(), 'lowercase'],
  ];
  for (const [spelling, way] of spellings) {
    if (spelling === '' || !source.has(spelling)) continue;
    const vector = source.vector(spelling);
    if (vector) return { vector, way };
  }
  // A source without n-grams gives nothing for a word it has not.
  const vector = bare === '' ? undefined : source.vector(bare);
  return vector && { vector, way: 'subwords' };
}

/**
 * An embedding matrix for a vocabulary that starts from static vectors. A token is looked up as it stands, without its
 * mark (▁, Ġ, ##), and in lower case; a fastText model composes the rest from n-grams. Vectors of another size are
 * projected. Found rows are scaled by one factor, so that their standard deviation is `std`; the others are drawn from a
 * normal distribution with it, each from its own stream of the seed.
 *
 * @throws InvalidInput `vectors.projection` where `pca` is asked to add columns, or finds fewer than two tokens.
 */
export function embeddingsFor(
  source: VectorSource,
  tokens: readonly string[],
  { hiddenSize, seed, std, projection }: EmbeddingsOptions,
): InitialEmbeddings {
  const { dim } = source;
  if (!Number.isInteger(hiddenSize) || hiddenSize < 1 || !(std > 0) || !Number.isFinite(std)) {
    throw new InvalidInput(
      'vectors.embeddings',
      `embeddings: expected a whole hiddenSize of at least 1 and a positive std, got ${hiddenSize} and ${std}`,
      { hiddenSize, std },
    );
  }
  const way = dim === hiddenSize ? (projection ?? 'none') : (projection ?? (hiddenSize < dim ? 'pca' : 'random'));
  if (way === 'pca' && hiddenSize > dim) {
    throw new InvalidInput(
      'vectors.projection',
      `embeddings: expected at most ${dim} columns from principal axes, got ${hiddenSize}; take random directions`,
      { dim, hiddenSize },
    );
  }
  const counts: Record<Way, number> = { exact: 0, stripped: 0, lowercase: 0, subwords: 0 };
  const rows: number[] = [];
  const found: Float32Array[] = [];
  for (const [i, token] of tokens.entries()) {
    const hit = lookUp(source, token);
    if (!hit) continue;
    counts[hit.way]++;
    rows.push(i);
    found.push(hit.vector);
  }
  const random = new Random(seed);
  const directions = projectionMatrix(way, found, dim, hiddenSize, random.fork('projection'));

  const data = new Float32Array(tokens.length * hiddenSize);
  let [sum, squares] = [0, 0];
  for (const [k, vector] of found.entries()) {
    const row = data.subarray(rows[k]! * hiddenSize, (rows[k]! + 1) * hiddenSize);
    if (directions) project(vector, directions, row);
    else row.set(vector);
    for (const value of row) {
      sum += value;
      squares += value * value;
    }
  }
  const n = Math.max(1, rows.length * hiddenSize);
  const spread = Math.sqrt(Math.max(0, squares / n - (sum / n) ** 2));
  const factor = spread > 0 ? std / spread : 1;
  const hasVector = new Uint8Array(tokens.length);
  for (const row of rows) hasVector[row] = 1;
  for (let i = 0; i < tokens.length; i++) {
    const row = data.subarray(i * hiddenSize, (i + 1) * hiddenSize);
    const own = random.fork(`row ${i}`);
    for (let k = 0; k < hiddenSize; k++) row[k] = hasVector[i] ? row[k]! * factor : own.normal() * std;
  }
  return { data, coverage: { tokens: tokens.length, found: rows.length, ...counts }, projection: way };
}

/** [hiddenSize, dim], or undefined where vectors stay as they are. */
function projectionMatrix(
  way: InitialEmbeddings['projection'],
  found: readonly Float32Array[],
  dim: number,
  hiddenSize: number,
  random: Random,
): Float64Array | undefined {
  if (way === 'none' || found.length === 0) return undefined;
  if (way === 'pca') {
    const data = new Float32Array(found.length * dim);
    for (const [i, vector] of found.entries()) data.set(vector, i * dim);
    return principalAxes(data, dim, hiddenSize);
  }
  if (hiddenSize <= dim) return randomOrthonormal(hiddenSize, dim, random);
  // Up: the columns are orthonormal, so that lengths and angles stay.
  const columns = randomOrthonormal(dim, hiddenSize, random);
  const matrix = new Float64Array(hiddenSize * dim);
  for (let i = 0; i < dim; i++) for (let k = 0; k < hiddenSize; k++) matrix[k * dim + i] = columns[i * hiddenSize + k]!;
  return matrix;
}

function project(vector: Float32Array, directions: Float64Array, into: Float32Array): void {
  const dim = vector.length;
  for (let k = 0; k < into.length; k++) {
    let sum = 0;
    for (let i = 0; i < dim; i++) sum += directions[k * dim + i]! * vector[i]!;
    into[k] = sum;
  }
}
