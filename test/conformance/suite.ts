import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { gradients, vjpRules } from '../../src/compiler/autodiff/index.js';
import { constant, mul, primitiveNames, sum, addAll, trace } from '../../src/compiler/ir/index.js';
import type { Graph, PrimitiveName, Tensor, ValueType } from '../../src/compiler/ir/index.js';
import { createInterpreter } from '../../src/compiler/runtime/index.js';
import type { Executor } from '../../src/compiler/runtime/index.js';
import { decodeBf16, decodeF16 } from '../../src/compiler/tensor/index.js';
import type { DType, HostTensor } from '../../src/compiler/tensor/index.js';
import { Draw } from './generate.js';
import type { Case } from './generate.js';
import { rows } from './rows.js';

export interface ConformanceOptions {
  /** Allowed error, relative to 1 + the largest number of the tensor. */
  readonly tolerance?: { readonly forward: number; readonly gradient: number };
  /** Cases per primitive. */
  readonly cases?: number;
  /** Why this executor cannot run a case (element type, length zero …); undefined where it must. */
  readonly skip?: (op: PrimitiveName, dtypes: readonly DType[], zeroLength: boolean) => string | undefined;
}

const precise = createInterpreter({ precision: 'f64' });
const isFloat = (dtype: DType) => dtype === 'f32';

/** Numbers of a tensor of any type. */
function toNumbers({ dtype, data }: HostTensor): number[] {
  if (dtype === 'f16') return Array.from(data as Uint16Array, decodeF16);
  if (dtype === 'bf16') return Array.from(data as Uint16Array, decodeBf16);
  return Array.from<number | bigint, number>(data, Number);
}

const typesOf = (inputs: Case['inputs'], prefix = ''): Record<string, ValueType> =>
  Object.fromEntries(Object.entries(inputs).map(([name, { dtype, shape }]) => [`${prefix}${name}`, { dtype, shape }]));

/** Σ results·weights with fixed weights: a scalar that every float result influences. */
function project(results: readonly Tensor[], draw: Draw): Tensor | undefined {
  const floats = results.filter(({ dtype }) => isFloat(dtype));
  if (floats.length === 0) return undefined;
  return addAll(floats.map((y) => sum(mul(y, constant(draw.f32(y.shape as number[]))))));
}

interface Prepared {
  readonly index: number;
  readonly test: Case;
  /** f32 inputs that have a gradient. */
  readonly wrt: readonly string[];
  /** Values of the outputs in double precision. */
  readonly want: Readonly<Record<string, HostTensor>>;
}

/** The graph of several cases side by side; case i has inputs and outputs `ci.name`. */
export function combine(op: PrimitiveName, prepared: readonly Pick<Prepared, 'index' | 'test' | 'wrt'>[]): Graph {
  const inputs = Object.assign({}, ...prepared.map(({ index, test }) => typesOf(test.inputs, `c${index}.`)));
  return trace(op, inputs, (tensors) => {
    const outputs: Record<string, Tensor> = {};
    for (const { index, test, wrt } of prepared) {
      const own = Object.fromEntries(Object.keys(test.inputs).map((name) => [name, tensors[`c${index}.${name}`]]));
      const results = test.apply(own);
      results.forEach((y, n) => (outputs[`c${index}.y${n}`] = y));
      const loss = wrt.length > 0 ? project(results, new Draw(`${op}/weights`, index)) : undefined;
      if (!loss) continue;
      const found = gradients(
        loss,
        wrt.map((name) => own[name]),
      );
      wrt.forEach((name, n) => (outputs[`c${index}.d_${name}`] = found[n]));
    }
    return outputs;
  });
}

export const feedsOf = (prepared: readonly Pick<Prepared, 'index' | 'test'>[]): Record<string, HostTensor> =>
  Object.assign(
    {},
    ...prepared.map(({ index, test }) =>
      Object.fromEntries(Object.entries(test.inputs).map(([name, tensor]) => [`c${index}.${name}`, tensor])),
    ),
  );

export async function runOn(
  executor: Executor,
  op: PrimitiveName,
  prepared: readonly Pick<Prepared, 'index' | 'test' | 'wrt'>[],
) {
  const graph = combine(op, prepared);
  const program = await executor.load(graph);
  try {
    return await executor.run({ program, feeds: feedsOf(prepared), fetch: graph.outputs.map(({ name }) => name) });
  } finally {
    await executor.unload(program);
  }
}

/** Central differences of the projected results by every element of one input, in double precision. */
async function finiteDifferences(op: PrimitiveName, index: number, test: Case, name: string): Promise<HostTensor> {
  const graph = trace(op, typesOf(test.inputs), (inputs) => ({
    loss: project(test.apply(inputs), new Draw(`${op}/weights`, index))!,
  }));
  const program = await precise.load(graph);
  const { shape, data } = test.inputs[name];
  const point = Float64Array.from(data as Float32Array);
  const slope = new Float64Array(point.length);
  const at = async (i: number, value: number): Promise<number> => {
    const kept = point[i];
    point[i] = value;
    const feeds = { ...test.inputs, [name]: { dtype: 'f64' as const, shape, data: point } };
    const { loss } = await precise.run({ program, feeds, fetch: ['loss'] });
    point[i] = kept;
    return loss.data[0] as number;
  };
  for (let i = 0; i < point.length; i++) {
    const step = 1e-5;
    slope[i] = ((await at(i, point[i] + step)) - (await at(i, point[i] - step))) / (2 * step);
  }
  await precise.unload(program);
  return { dtype: 'f64', shape, data: slope };
}

async function prepare(op: PrimitiveName, index: number): Promise<Prepared> {
  const test = rows[op](new Draw(op, index));
  const rule = vjpRules[op];
  const wrt = 'kind' in rule ? [] : Object.keys(test.inputs).filter((name) => isFloat(test.inputs[name].dtype));
  const forward = await runOn(precise, op, [{ index, test, wrt: [] }]);
  const hasFloatResult = Object.values(forward).some(({ dtype }) => dtype === 'f64');
  const used = hasFloatResult ? wrt : [];
  const slopes = await Promise.all(
    used.map(async (name) => [`c${index}.d_${name}`, await finiteDifferences(op, index, test, name)] as const),
  );
  return { index, test, wrt: used, want: { ...forward, ...Object.fromEntries(slopes) } };
}

function check(label: string, got: HostTensor, want: HostTensor, tolerance: number): void {
  expect(got.shape, label).toEqual(want.shape);
  const [found, expected] = [toNumbers(got), toNumbers(want)];
  const exact = want.dtype !== 'f64' && want.dtype !== 'f32';
  const allowed = exact ? 0 : tolerance * (1 + Math.max(0, ...expected.map(Math.abs)));
  expected.forEach((value, i) => {
    if (!(Math.abs(found[i] - value) <= allowed)) {
      expect.fail(`${label}: element ${i} of [${want.shape}]: expected ${value}, got ${found[i]} (allowed ${allowed})`);
    }
  });
}

const exactOps = new Set<PrimitiveName>([
  'randomUniform',
  'reshape',
  'transpose',
  'slice',
  'concat',
  'gather',
  'constant',
]);

/** Runs every primitive, forward and gradient, on an executor and compares with double precision. */
export function conformance(label: string, factory: () => Promise<Executor>, options: ConformanceOptions = {}): void {
  const { tolerance = { forward: 2e-5, gradient: 1e-4 }, cases = 24, skip } = options;
  describe(`conformance of ${label}`, () => {
    let executor!: Executor;
    beforeAll(async () => {
      executor = await factory();
    });
    afterAll(() => executor?.close());

    it.for(primitiveNames)('%s', async (op, context) => {
      // A cast has a pair of types per case: enough cases for each of them.
      const count = op === 'cast' ? 64 : cases;
      const prepared: Prepared[] = [];
      const skipped = new Map<string, number>();
      // What cannot run is replaced by further cases, so that every primitive sees as many shapes.
      for (let index = 0; index < count || (op !== 'cast' && prepared.length < cases && index < 3 * cases); index++) {
        const one = await prepare(op, index);
        const tensors = [...Object.values(one.test.inputs), ...Object.values(one.want)];
        const dtypes = tensors.map(({ dtype }) => (dtype === 'f64' ? 'f32' : dtype));
        const zeroLength = tensors.some(({ data }) => data.length === 0);
        const reason = skip?.(op, dtypes, zeroLength);
        if (reason === undefined) prepared.push(one);
        else skipped.set(reason, (skipped.get(reason) ?? 0) + 1);
      }
      for (const [reason, number] of skipped) await context.annotate(`${number} cases left out: ${reason}`);
      if (prepared.length === 0) context.skip([...skipped.keys()].join('; '));
      if (op !== 'cast') expect(prepared.length).toBeGreaterThanOrEqual(20);
      let results: Record<string, HostTensor>;
      try {
        results = await runOn(executor, op, prepared);
      } catch {
        // One program for all cases is fast; one per case says which of them fails.
        results = {};
        for (const one of prepared) {
          try {
            Object.assign(results, await runOn(executor, op, [one]));
          } catch (error) {
            const shapes = Object.entries(one.test.inputs).map(
              ([name, { dtype, shape }]) => `${name} ${dtype}[${shape}]`,
            );
            throw new Error(`${op}: case ${one.index} with ${shapes.join(', ')}`, { cause: error });
          }
        }
      }
      for (const { index, want } of prepared) {
        for (const [name, tensor] of Object.entries(want)) {
          const isGradient = name.includes('.d_');
          const allowed = isGradient ? tolerance.gradient : exactOps.has(op) ? 0 : tolerance.forward;
          expect(results[name], `${op} ${name}`).toBeDefined();
          check(`${op} case ${index} ${name}`, results[name], tensor, allowed);
        }
      }
    });
  });
}

/** Element types of the first inputs that the cases of a primitive use. */
export function dtypesCovered(op: PrimitiveName, cases: number): Set<DType> {
  const found = new Set<DType>();
  for (let index = 0; index < cases; index++) {
    const first = Object.values(rows[op](new Draw(op, index)).inputs)[0];
    if (first) found.add(first.dtype);
  }
  return found;
}
