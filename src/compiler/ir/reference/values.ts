import { numElements } from '../../tensor/index.js';
import type { DType, TensorData } from '../../tensor/index.js';
import type { PrimitiveAttributes, PrimitiveName } from '../primitive.js';

/** Storage of a value: numbers, so the 64-bit integers of the data set are kept apart. */
export type Numbers = Exclude<TensorData, BigInt64Array>;

/** A value while a graph is interpreted. In double precision, data of f32 are a Float64Array. */
export interface Value {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: TensorData;
}

export interface OutputSpec {
  readonly dtype: DType;
  readonly shape: readonly number[];
}

/** Makes zero-filled storage in the precision of the run. */
export type Make = (spec: OutputSpec) => Value;

/** Computes the outputs of one application, whose types are checked and whose shapes are known. */
export type Kernel<P extends PrimitiveName> = (
  attributes: PrimitiveAttributes[P],
  inputs: readonly Value[],
  outputs: readonly OutputSpec[],
  make: Make,
) => Value[];

export type Kernels<P extends PrimitiveName> = { readonly [Q in P]: Kernel<Q> };

/** The data as numbers; 64-bit integers appear in `cast` only, which handles them itself. */
export function numbersOf(value: Value): Numbers {
  return value.data as Numbers;
}

/** For each element of the larger shape, the position of the element of `shape` that broadcasting repeats there. */
export function broadcastMap(shape: readonly number[], to: readonly number[]): Int32Array {
  const strides = to.map(() => 0);
  let stride = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    if (shape[i] !== 1) strides[i + to.length - shape.length] = stride;
    stride *= shape[i];
  }
  return stridedMap(to, strides, 0);
}

/** Positions offset + Σ index·stride for every index of `shape`, in row-major order. */
export function stridedMap(shape: readonly number[], strides: readonly number[], offset: number): Int32Array {
  const map = new Int32Array(numElements(shape));
  if (map.length === 0) return map;
  const index = new Int32Array(shape.length);
  let position = offset;
  for (let i = 0; i < map.length; i++) {
    map[i] = position;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      position += strides[axis];
      if (++index[axis] < shape[axis]) break;
      position -= strides[axis] * shape[axis];
      index[axis] = 0;
    }
  }
  return map;
}

/** Row-major strides of a shape. */
export function stridesOf(shape: readonly number[]): number[] {
  const strides = shape.map(() => 1);
  let stride = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    strides[i] = stride;
    stride *= shape[i];
  }
  return strides;
}

/** Sizes before, of, and after an axis. */
export function around(shape: readonly number[], axis: number): [outer: number, size: number, inner: number] {
  return [numElements(shape.slice(0, axis)), shape[axis], numElements(shape.slice(axis + 1))];
}
