import { InvalidInput } from '../../../base/core/index.js';
import type { Local, WasmFunction } from './assembler.js';
import { FunctionBuilder, assemble, doWhile, f32x4, get, horizontalSum, f32, i32, set } from './assembler.js';
import { overRow, rowStride } from './rows.js';

/** Queries of one walk over a row, and rows of one walk over the queries: eight sums in registers. */
const together = 4;
const pair = 2;
/** Rows that are multiplied with all queries before the next ones are taken: they stay in the cache. */
const blockRows = 512;
const batchQueries = 256;

/** scores[row][query] = row · query for four queries that lie one after the other, and an even number of rows. */
function product(stride: number): WasmFunction {
  const f = new FunctionBuilder('product');
  const [queries, rows, end, scores] = Array.from({ length: 4 }, () => f.parameter('i32')) as Local[];
  const [row, query, counter] = [f.local('i32'), f.local('i32'), f.local('i32')];
  const sums = Array.from({ length: pair * together }, () => f.local('v128'));
  const [a, b, q] = [f.local('v128'), f.local('v128'), f.local('v128')];
  const bytes = 4 * stride;
  const add = (sum: Local, x: Local) => set(sum, f32x4.add(get(sum), f32x4.mul(get(x), get(q))));
  return f.build([
    doWhile(
      [
        ...sums.flatMap((sum) => set(sum, f32x4.zero)),
        ...set(row, get(rows)),
        ...set(query, get(queries)),
        ...overRow(stride, [row, query], counter, (offset) => [
          ...set(a, f32x4.load(get(row), offset)),
          ...set(b, f32x4.load(get(row), offset + bytes)),
          ...Array.from({ length: together }, (_, i) => [
            ...set(q, f32x4.load(get(query), offset + i * bytes)),
            ...add(sums[i]!, a),
            ...add(sums[together + i]!, b),
          ]).flat(),
        ]),
        ...sums.flatMap((sum, i) => f32.store(get(scores), horizontalSum(sum), 4 * i)),
        ...set(scores, i32.add(get(scores), i32.const(4 * sums.length))),
        ...set(rows, i32.add(get(rows), i32.const(pair * bytes))),
      ],
      i32.ltU(get(rows), get(end)),
    ),
  ]);
}

type Run = (queries: number, rows: number, end: number, scores: number) => void;

/** Products of many rows with many queries. */
export class Products {
  readonly rows: number;
  readonly dim: number;
  readonly #stride: number;
  readonly #memory: WebAssembly.Memory;
  readonly #data: number;
  readonly #run: Run;

  /** Throws `InvalidInput` for more than 4 GiB. Rows are 0 until they are set. */
  constructor(rows: number, dim: number) {
    this.rows = rows;
    this.dim = dim;
    this.#stride = rowStride(dim);
    this.#data = 4 * (together * blockRows + batchQueries * this.#stride);
    const bytes = this.#data + 4 * this.#stride * (rows + 1);
    if (bytes > 65535 * 65536) {
      throw new InvalidInput(
        'vectors.memory',
        `vectors: expected at most 4 GiB of rows to search, got ${(bytes / 2 ** 30).toFixed(1)} GiB; restrict the search to the most frequent words`,
        { rows, dim },
      );
    }
    const pages = Math.ceil(bytes / 65536);
    this.#memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
    const module = new WebAssembly.Module(assemble([product(this.#stride)], false));
    const { exports } = new WebAssembly.Instance(module, { env: { memory: this.#memory } });
    this.#run = exports.product as Run;
  }

  /** A view of one row. */
  row(index: number): Float32Array {
    return new Float32Array(this.#memory.buffer, this.#data + 4 * this.#stride * index, this.dim);
  }

  /**
   * Calls `visit` for each query and block of rows: the score of row `firstRow + i` is `scores[offset + 4 * i]`. The
   * scores are good during the call only.
   */
  scan(
    queries: readonly Float32Array[],
    visit: (query: number, firstRow: number, rows: number, scores: Float32Array, offset: number) => void,
  ): void {
    const memory = new Float32Array(this.#memory.buffer);
    const scores = memory.subarray(0, together * blockRows);
    const start = scores.length;
    for (let first = 0; first < queries.length; first += batchQueries) {
      const batch = queries.slice(first, first + batchQueries);
      memory.fill(0, start, start + Math.ceil(batch.length / together) * together * this.#stride);
      batch.forEach((query, i) => memory.set(query, start + i * this.#stride));
      for (let row = 0; row < this.rows; row += blockRows) {
        const rows = Math.min(blockRows, this.rows - row);
        const at = this.#data + 4 * this.#stride * row;
        for (let q = 0; q < batch.length; q += together) {
          this.#run(4 * (start + q * this.#stride), at, at + 4 * this.#stride * rows, 0);
          for (let i = 0; i < Math.min(together, batch.length - q); i++) visit(first + q + i, row, rows, scores, i);
        }
      }
    }
  }
}
