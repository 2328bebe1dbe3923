import { InvalidInput } from '../../base/core/index.js';

/** Element types. `f16` and `bf16` are stored as their 16 bits; `bool` as one byte, 0 or 1. */
export type DType = 'f64' | 'f32' | 'f16' | 'bf16' | 'i64' | 'i32' | 'i8' | 'u8' | 'bool';

export type TensorData =
  | Float64Array
  | Float32Array
  | Uint16Array
  | BigInt64Array
  | Int32Array
  | Int8Array
  | Uint8Array;

const arrays = {
  f64: Float64Array,
  f32: Float32Array,
  f16: Uint16Array,
  bf16: Uint16Array,
  i64: BigInt64Array,
  i32: Int32Array,
  i8: Int8Array,
  u8: Uint8Array,
  bool: Uint8Array,
} as const;

/** Bytes per element. */
export function sizeOf(dtype: DType): number {
  return arrays[dtype].BYTES_PER_ELEMENT;
}

/** A dense row-major tensor in host memory. */
export interface HostTensor {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: TensorData;
}

/** Number of elements; 1 for a scalar. */
export function numElements(shape: readonly number[]): number {
  let count = 1;
  for (const size of shape) count *= size;
  return count;
}

/** Zero-filled storage for `length` elements. */
export function allocate(dtype: DType, length: number): TensorData {
  return new arrays[dtype](length);
}

/** A host tensor over `data` (copied when it is a plain array), zero-filled when absent. */
export function hostTensor(dtype: DType, shape: readonly number[], data?: TensorData | readonly number[]): HostTensor {
  const length = numElements(shape);
  if (data === undefined) return { dtype, shape, data: allocate(dtype, length) };
  if (data.length !== length) {
    throw new InvalidInput(
      'tensor.length',
      `hostTensor: expected ${length} elements for [${shape}], got ${data.length}`,
    );
  }
  if (!Array.isArray(data)) {
    if (!(data instanceof arrays[dtype])) {
      throw new InvalidInput('tensor.dtype', `hostTensor: expected ${arrays[dtype].name} for ${dtype}`);
    }
    return { dtype, shape, data };
  }
  if (dtype === 'i64') return { dtype, shape, data: BigInt64Array.from(data as readonly number[], BigInt) };
  return { dtype, shape, data: arrays[dtype].from(data as readonly number[]) as TensorData };
}
