import type * as Ort from 'onnxruntime-node';
import { InvalidInput } from '../../base/core/index.js';
import type { DType, HostTensor, TensorData } from '../tensor/index.js';

export type OrtModule = typeof Ort;
export type OrtTensor = Ort.Tensor;

const ortTypes: Readonly<Partial<Record<DType, Ort.Tensor.Type>>> = {
  f64: 'float64',
  f32: 'float32',
  f16: 'float16',
  i64: 'int64',
  i32: 'int32',
  i8: 'int8',
  u8: 'uint8',
  bool: 'bool',
};

const dtypes = new Map(Object.entries(ortTypes).map(([dtype, type]) => [type as string, dtype as DType]));

/** ONNX Runtime's name of an element type. Throws `run.dtype` for bf16, which its JavaScript tensors do not carry. */
export function ortType(dtype: DType): Ort.Tensor.Type {
  const type = ortTypes[dtype];
  if (!type) throw new InvalidInput('run.dtype', `onnxruntime: expected one of ${[...dtypes.values()]}, got ${dtype}`);
  return type;
}

/** A tensor over the same memory. */
export function toOrt(ort: OrtModule, { dtype, shape, data }: HostTensor): OrtTensor {
  const Tensor = ort.Tensor as new (type: string, data: TensorData, dims: readonly number[]) => OrtTensor;
  return new Tensor(ortType(dtype), data, shape);
}

/** The memory of a tensor that lies on the CPU, not copied. */
export function fromOrt(tensor: OrtTensor): HostTensor {
  return {
    dtype: dtypes.get(tensor.type) as DType,
    shape: [...tensor.dims],
    data: tensor.data as TensorData,
  };
}
