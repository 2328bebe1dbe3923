import { InvalidInput } from '../../../base/core/index.js';
import type { Code, Local, WasmFunction } from './assembler.js';
import { FunctionBuilder, assemble, doWhile, f32, f32x4, get, i32, set } from './assembler.js';
import { cursors, dotRows, overRow, rowStride } from './rows.js';

/** Entries of one call. */
const batch = 4096;

interface Places {
  readonly stride: number;
  /** Bytes from a row to its sums of squared gradients, and from a bias to its sum. */
  readonly toSquares: number;
  readonly biases: number;
  readonly toBiasSquares: number;
  /** [batch] each: row of either word, logarithm of the count, weight. */
  readonly lists: number;
  readonly rate: number;
  readonly clip: number;
}

/** One AdaGrad step for each entry: f · (w·c + b + b' - ln x)² / 2. Returns the sum of these losses. */
function steps(places: Places): WasmFunction {
  const f = new FunctionBuilder('steps');
  const count = f.parameter('i32');
  const c = cursors(f);
  const [cursor, end, w, v, pw, pv] = Array.from({ length: 6 }, () => f.local('i32')) as Local[];
  const [x, step, loss] = [f.local('f32'), f.local('f32'), f.local('f32')];
  const [factor, wx, vx, dw, dv, low, high] = Array.from({ length: 7 }, () => f.local('v128')) as Local[];
  const sums = Array.from({ length: 4 }, () => f.local('v128'));
  const list = (n: number): number => 4 * batch * n;
  const { stride, toSquares, toBiasSquares } = places;
  const clipped = (value: Code): Code => f32x4.max(f32x4.min(f32x4.mul(get(factor), value), get(high)), get(low));
  /** Moves a row against its gradient by its own rate, then adds the square of the gradient. */
  const descend = (pointer: Local, value: Local, gradient: Local, offset: number): Code => [
    ...f32x4.store(
      get(pointer),
      f32x4.sub(get(value), f32x4.div(get(gradient), f32x4.sqrt(f32x4.load(get(pointer), offset + toSquares)))),
      offset,
    ),
    ...f32x4.store(
      get(pointer),
      f32x4.add(f32x4.load(get(pointer), offset + toSquares), f32x4.mul(get(gradient), get(gradient))),
      offset + toSquares,
    ),
  ];
  const descendBias = (pointer: Local): Code => [
    ...f32.store(
      get(pointer),
      f32.sub(f32.load(get(pointer)), f32.div(get(step), f32.sqrt(f32.load(get(pointer), toBiasSquares)))),
    ),
    ...f32.store(
      get(pointer),
      f32.add(f32.load(get(pointer), toBiasSquares), f32.mul(get(step), get(step))),
      toBiasSquares,
    ),
  ];
  const bias = (n: number): Code =>
    i32.add(i32.shl(i32.load(get(cursor), list(n)), i32.const(2)), i32.const(places.biases));
  const row = (n: number): Code => i32.mul(i32.load(get(cursor), list(n)), i32.const(4 * stride));
  return f.build(
    [
      set(cursor, i32.const(places.lists)),
      set(end, i32.add(i32.const(places.lists), i32.shl(get(count), i32.const(2)))),
      set(low, f32x4.splat(f32.const(-places.clip))),
      set(high, f32x4.splat(f32.const(places.clip))),
      doWhile(
        [
          ...set(w, row(0)),
          ...set(v, row(1)),
          ...set(pw, bias(0)),
          ...set(pv, bias(1)),
          ...dotRows(stride, c, w, v, sums, x),
          ...set(
            x,
            f32.sub(f32.add(f32.add(get(x), f32.load(get(pw))), f32.load(get(pv))), f32.load(get(cursor), list(2))),
          ),
          ...set(step, f32.mul(get(x), f32.load(get(cursor), list(3)))),
          ...set(loss, f32.add(get(loss), f32.mul(f32.const(0.5), f32.mul(get(x), get(step))))),
          ...set(step, f32.mul(get(step), f32.const(places.rate))),
          ...set(factor, f32x4.splat(get(step))),
          ...overRow(stride, [w, v], c.counter, (offset) => [
            ...set(wx, f32x4.load(get(w), offset)),
            ...set(vx, f32x4.load(get(v), offset)),
            ...set(dw, clipped(get(vx))),
            ...set(dv, clipped(get(wx))),
            ...descend(w, wx, dw, offset),
            ...descend(v, vx, dv, offset),
          ]),
          ...set(step, f32.max(f32.min(get(step), f32.const(places.clip)), f32.const(-places.clip))),
          ...descendBias(pw),
          ...descendBias(pv),
          ...set(cursor, i32.add(get(cursor), i32.const(4))),
        ],
        i32.ltU(get(cursor), get(end)),
      ),
      get(loss),
    ],
    'f32',
  );
}

/** GloVe's parameters and step. Rows come in one matrix; the caller decides which are words and which are contexts. */
export interface GloveKernels {
  readonly batch: number;
  /** [rows, stride]; the caller fills it, the padding behind `dim` stays 0. */
  readonly data: Float32Array;
  readonly stride: number;
  readonly biases: Float32Array;
  /** [batch] each. */
  readonly first: Int32Array;
  readonly second: Int32Array;
  readonly logs: Float32Array;
  readonly weights: Float32Array;
  /** Steps for the first `count` entries of the lists, at least one. Returns the sum of the losses. */
  readonly steps: (count: number) => number;
}

/** Throws `InvalidInput` for more than 4 GiB. Sums of squared gradients start at 1. */
export function gloveKernels(rows: number, dim: number, rate: number, clip: number): GloveKernels {
  const stride = rowStride(dim);
  const floats = rows * stride;
  const biases = 8 * floats;
  const lists = Math.ceil((biases + 8 * rows) / 16) * 16;
  const bytes = lists + 16 * batch;
  if (bytes > 65535 * 65536) {
    throw new InvalidInput(
      'vectors.memory',
      `GloVe: expected at most 4 GiB of vectors and their squared gradients, got ${(bytes / 2 ** 30).toFixed(1)} GiB; raise minCount or lower dim`,
      { rows, dim },
    );
  }
  const pages = Math.ceil(bytes / 65536);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  const places = { stride, toSquares: 4 * floats, biases, toBiasSquares: 4 * rows, lists, rate, clip };
  const module = new WebAssembly.Module(assemble([steps(places)], false));
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  new Float32Array(memory.buffer, places.toSquares, floats).fill(1);
  new Float32Array(memory.buffer, biases + 4 * rows, rows).fill(1);
  return {
    batch,
    data: new Float32Array(memory.buffer, 0, floats),
    stride,
    biases: new Float32Array(memory.buffer, biases, rows),
    first: new Int32Array(memory.buffer, lists, batch),
    second: new Int32Array(memory.buffer, lists + 4 * batch, batch),
    logs: new Float32Array(memory.buffer, lists + 8 * batch, batch),
    weights: new Float32Array(memory.buffer, lists + 12 * batch, batch),
    steps: exports.steps as GloveKernels['steps'],
  };
}
