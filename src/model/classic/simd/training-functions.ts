import type { Code, Local, WasmFunction } from './assembler.js';
import { FunctionBuilder, call, doWhile, f32, f32x4, get, i32, set, when } from './assembler.js';
import { addRow, clearRow, cursors, dotRows, overRow } from './rows.js';

/** Addresses in bytes, fixed when the module is made: they stand in its code as constants. */
export interface TrainingPlaces {
  readonly stride: number;
  readonly input: number;
  readonly output: number;
  /** Pairs of f32: σ(x) and -ln σ(x), at `tableSteps` steps a unit from -`tableEnd` on. */
  readonly table: number;
  readonly tableEnd: number;
  readonly tableSteps: number;
  readonly hidden: number;
  readonly error: number;
  readonly inputs: number;
  readonly targets: number;
  readonly labels: number;
  readonly scores: number;
}

/** Address of row `index` of the matrix at `base`. */
const rowAt = (places: TrainingPlaces, base: number, index: Code): Code =>
  i32.add(i32.mul(index, i32.const(4 * places.stride)), i32.const(base));

/** Runs `body` for `count` list entries; `cursor` goes from `list` on, 4 bytes at a time. Nothing where count is 0. */
function overList(cursor: Local, end: Local, list: number, count: Local, body: Code): Code {
  return when(get(count), [
    ...set(cursor, i32.const(list)),
    ...set(end, i32.add(i32.const(list), i32.shl(get(count), i32.const(2)))),
    ...doWhile([...body, ...set(cursor, i32.add(get(cursor), i32.const(4)))], i32.ltU(get(cursor), get(end))),
  ]);
}

function gather(places: TrainingPlaces): WasmFunction {
  const f = new FunctionBuilder('gather');
  const count = f.parameter('i32');
  const scale = f.parameter('f32');
  const c = cursors(f);
  const [cursor, end, row, hidden] = [f.local('i32'), f.local('i32'), f.local('i32'), f.local('i32')];
  const factor = f.local('v128');
  return f.build([
    set(hidden, i32.const(places.hidden)),
    clearRow(places.stride, c, hidden),
    set(factor, f32x4.splat(get(scale))),
    overList(cursor, end, places.inputs, count, [
      ...set(row, rowAt(places, places.input, i32.load(get(cursor)))),
      ...addRow(places.stride, c, hidden, row, factor),
    ]),
  ]);
}

function spread(places: TrainingPlaces): WasmFunction {
  const f = new FunctionBuilder('spread');
  const count = f.parameter('i32');
  const scale = f.parameter('f32');
  const c = cursors(f);
  const [cursor, end, row, error] = [f.local('i32'), f.local('i32'), f.local('i32'), f.local('i32')];
  const factor = f.local('v128');
  return f.build([
    set(error, i32.const(places.error)),
    set(factor, f32x4.splat(get(scale))),
    overList(cursor, end, places.inputs, count, [
      ...set(row, rowAt(places, places.input, i32.load(get(cursor)))),
      ...addRow(places.stride, c, row, error, factor),
    ]),
  ]);
}

/**
 * Two walks over a row of the output matrix in one: error += factor · row, row += factor · hidden, each with the row as
 * it was.
 */
function exchange(places: TrainingPlaces, row: Local, hidden: Local, factor: Local, walk: Walk): Code {
  const { counter, r, h, e, old } = walk;
  return [
    ...set(r, get(row)),
    ...set(h, get(hidden)),
    ...set(e, i32.const(places.error)),
    ...overRow(places.stride, [r, h, e], counter, (offset) => [
      ...set(old, f32x4.load(get(r), offset)),
      ...f32x4.store(get(e), f32x4.add(f32x4.load(get(e), offset), f32x4.mul(get(factor), get(old))), offset),
      ...f32x4.store(get(r), f32x4.add(get(old), f32x4.mul(get(factor), f32x4.load(get(h), offset))), offset),
    ]),
  ];
}

interface Walk {
  readonly counter: Local;
  readonly r: Local;
  readonly h: Local;
  readonly e: Local;
  readonly old: Local;
}

const walkLocals = (f: FunctionBuilder): Walk => ({
  counter: f.local('i32'),
  r: f.local('i32'),
  h: f.local('i32'),
  e: f.local('i32'),
  old: f.local('v128'),
});

function step(places: TrainingPlaces): WasmFunction {
  const f = new FunctionBuilder('step');
  const [inputs, targets] = [f.parameter('i32'), f.parameter('i32')];
  const [rate, hiddenScale, gradientScale] = [f.parameter('f32'), f.parameter('f32'), f.parameter('f32')];
  const c = cursors(f);
  const walk = walkLocals(f);
  const [cursor, end, row, hidden, error, entry] = Array.from({ length: 6 }, () => f.local('i32')) as Local[];
  const [x, label, loss] = [f.local('f32'), f.local('f32'), f.local('f32')];
  const factor = f.local('v128');
  const sums = Array.from({ length: 4 }, () => f.local('v128'));
  const { tableEnd, tableSteps } = places;
  const clamped = f32.max(f32.min(get(x), f32.const(tableEnd)), f32.const(-tableEnd));
  // The nearest entry; a score that is not a number takes the first.
  const index = i32.fromF32(
    f32.add(f32.mul(f32.add(clamped, f32.const(tableEnd)), f32.const(tableSteps)), f32.const(0.5)),
  );
  return f.build(
    [
      // One input row at scale 1 is its own hidden vector: nothing else is written to that matrix before the end.
      when(
        i32.eq(get(inputs), i32.const(1)),
        set(hidden, rowAt(places, places.input, i32.load(i32.const(places.inputs)))),
        [...call(0, get(inputs), get(hiddenScale)), ...set(hidden, i32.const(places.hidden))],
      ),
      set(error, i32.const(places.error)),
      clearRow(places.stride, c, error),
      overList(cursor, end, places.targets, targets, [
        ...set(row, rowAt(places, places.output, i32.load(get(cursor)))),
        ...set(label, f32.load(get(cursor), places.labels - places.targets)),
        ...dotRows(places.stride, c, hidden, row, sums, x),
        ...set(entry, i32.add(i32.shl(index, i32.const(3)), i32.const(places.table))),
        // -ln σ(x) where the label is 1, -ln σ(-x) = x - ln σ(x) where it is 0.
        ...set(
          loss,
          f32.add(get(loss), f32.add(f32.load(get(entry), 4), f32.mul(f32.sub(f32.const(1), get(label)), get(x)))),
        ),
        ...set(factor, f32x4.splat(f32.mul(f32.sub(get(label), f32.load(get(entry))), get(rate)))),
        ...exchange(places, row, hidden, factor, walk),
      ]),
      call(1, get(inputs), get(gradientScale)),
      get(loss),
    ],
    'f32',
  );
}

function score(places: TrainingPlaces): WasmFunction {
  const f = new FunctionBuilder('score');
  const count = f.parameter('i32');
  const c = cursors(f);
  const [cursor, end, row, hidden] = [f.local('i32'), f.local('i32'), f.local('i32'), f.local('i32')];
  const x = f.local('f32');
  const sums = Array.from({ length: 4 }, () => f.local('v128'));
  return f.build([
    set(hidden, i32.const(places.hidden)),
    set(row, i32.const(places.output)),
    overList(cursor, end, places.scores, count, [
      ...dotRows(places.stride, c, hidden, row, sums, x),
      ...f32.store(get(cursor), get(x)),
      ...set(row, i32.add(get(row), i32.const(4 * places.stride))),
    ]),
  ]);
}

function learn(places: TrainingPlaces): WasmFunction {
  const f = new FunctionBuilder('learn');
  const count = f.parameter('i32');
  const c = cursors(f);
  const walk = walkLocals(f);
  const [cursor, end, row, hidden, error] = Array.from({ length: 5 }, () => f.local('i32')) as Local[];
  const factor = f.local('v128');
  return f.build([
    set(hidden, i32.const(places.hidden)),
    set(row, i32.const(places.output)),
    set(error, i32.const(places.error)),
    clearRow(places.stride, c, error),
    overList(cursor, end, places.scores, count, [
      ...set(factor, f32x4.splat(f32.load(get(cursor)))),
      ...exchange(places, row, hidden, factor, walk),
      ...set(row, i32.add(get(row), i32.const(4 * places.stride))),
    ]),
  ]);
}

/** The functions of a training module; `step` calls the first two by their place. */
export function trainingFunctions(places: TrainingPlaces): WasmFunction[] {
  return [gather(places), spread(places), step(places), score(places), learn(places)];
}
