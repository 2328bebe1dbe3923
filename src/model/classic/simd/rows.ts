import type { Code, FunctionBuilder, Local } from './assembler.js';
import { doWhile, f32x4, get, horizontalSum, i32, set } from './assembler.js';

/** Vectors of four floats that are written out without a loop. */
const straight = 80;
const block = 32;

/** Floats that a row of `dim` takes in memory: a multiple of 4; the ones after `dim` stay 0. */
export const rowStride = (dim: number): number => Math.ceil(dim / 4) * 4;

/**
 * `emit(offset, k)` for each vector of four floats of a row, `offset` in bytes from the pointers. Pointers are advanced
 * where the row is long enough for a loop, so give copies.
 */
export function overRow(
  stride: number,
  pointers: readonly Local[],
  counter: Local,
  emit: (offset: number, k: number) => Code,
): Code {
  const vectors = stride / 4;
  const blocks = vectors <= straight ? 0 : Math.floor(vectors / block);
  const code: Code[] = [];
  if (blocks > 0) {
    const body: Code[] = Array.from({ length: block }, (_, k) => emit(16 * k, k));
    for (const pointer of pointers) body.push(set(pointer, i32.add(get(pointer), i32.const(16 * block))));
    body.push(set(counter, i32.add(get(counter), i32.const(-1))));
    code.push(set(counter, i32.const(blocks)), doWhile(body.flat(), get(counter)));
  }
  for (let k = blocks * block; k < vectors; k++) code.push(emit(16 * (k - blocks * block), k));
  return code.flat();
}

/** Pointers that an unrolled loop may advance. */
export interface Cursors {
  readonly counter: Local;
  readonly a: Local;
  readonly b: Local;
}

export const cursors = (f: FunctionBuilder): Cursors => ({
  counter: f.local('i32'),
  a: f.local('i32'),
  b: f.local('i32'),
});

/** Sets `result` (f32) to the dot product of the rows at `a` and `b`; `sums` are four v128 locals. */
export function dotRows(stride: number, c: Cursors, a: Local, b: Local, sums: readonly Local[], result: Local): Code {
  const at = (k: number): Local => sums[k % 4]!;
  return [
    ...sums.flatMap((sum) => set(sum, f32x4.zero)),
    ...set(c.a, get(a)),
    ...set(c.b, get(b)),
    ...overRow(stride, [c.a, c.b], c.counter, (offset, k) =>
      set(at(k), f32x4.add(get(at(k)), f32x4.mul(f32x4.load(get(c.a), offset), f32x4.load(get(c.b), offset)))),
    ),
    ...set(sums[0]!, f32x4.add(f32x4.add(get(sums[0]!), get(sums[1]!)), f32x4.add(get(sums[2]!), get(sums[3]!)))),
    ...set(result, horizontalSum(sums[0]!)),
  ];
}

/** Adds `factor` (a v128 of equal lanes) times the row at `from` to the row at `to`. */
export function addRow(stride: number, c: Cursors, to: Local, from: Local, factor: Local): Code {
  return [
    ...set(c.a, get(to)),
    ...set(c.b, get(from)),
    ...overRow(stride, [c.a, c.b], c.counter, (offset) =>
      f32x4.store(
        get(c.a),
        f32x4.add(f32x4.load(get(c.a), offset), f32x4.mul(get(factor), f32x4.load(get(c.b), offset))),
        offset,
      ),
    ),
  ];
}

/** Sets a row to 0. */
export function clearRow(stride: number, c: Cursors, row: Local): Code {
  return [
    ...set(c.a, get(row)),
    ...overRow(stride, [c.a], c.counter, (offset) => f32x4.store(get(c.a), f32x4.zero, offset)),
  ];
}
