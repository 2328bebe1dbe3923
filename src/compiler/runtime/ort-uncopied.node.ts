import { messageOf } from '../../base/core/index.js';
import { evaluateDim } from '../ir/index.js';
import type { DimBindings, ValueType } from '../ir/index.js';
import { allocate, numElements } from '../tensor/index.js';
import type { HostTensor, TensorData } from '../tensor/index.js';
import type { OnnxModel } from '../onnx/index.js';

// After a run, the binding of onnxruntime-node 1.30 makes a JavaScript copy of every output, even of one that was
// given memory to write into and is already there. For 33 MB that took 20 ms against 2 ms for the work itself, so state
// (weights, moments, key-value caches) would cost more to hand back than to compute. The copies are made in the order of
// the model's outputs and stop at the first that has no JavaScript form. So every model gets such an output, an empty
// sequence, as its first: the run is complete, all outputs are in their memory, and the binding says that it cannot
// convert the sequence. A version that can, or that does not copy, works as well: nothing reads what it returns.

/** Name of the output that JavaScript cannot hold. */
export const unconvertible = 'abovo_no_result';

/** The same model with the unconvertible output before all others. */
export function withUnconvertible(model: OnnxModel): OnnxModel {
  const node = {
    op: 'SequenceEmpty',
    domain: '',
    name: unconvertible,
    inputs: [],
    outputs: [unconvertible],
    attributes: {},
  } as const;
  return {
    ...model,
    nodes: [node, ...model.nodes],
    outputs: [{ name: unconvertible, dtype: 'f32', shape: [], sequence: true }, ...model.outputs],
  };
}

/** Whether a run ended as intended: completed, and its first output found to have no JavaScript form. */
export function isUnconvertible(error: unknown): boolean {
  return messageOf(error) === 'Non tensor type is temporarily not supported.';
}

/** A spare piece of memory this many times as large as needed is let go: it was for something larger once. */
const mostSpare = 8;

/** Memory for an output, that of `spare` where it suffices; its shape follows from those of the inputs. */
export function resultOf({ dtype, shape }: ValueType, bindings: DimBindings, spare?: HostTensor): HostTensor {
  const known = shape.map((dim) => evaluateDim(dim, bindings));
  const size = numElements(known);
  if (spare?.dtype === dtype) {
    const { buffer, BYTES_PER_ELEMENT: width } = spare.data;
    const capacity = buffer.byteLength / width;
    if (capacity >= size && capacity <= mostSpare * size) {
      const View = spare.data.constructor as new (
        memory: ArrayBufferLike,
        offset: number,
        length: number,
      ) => TensorData;
      return { dtype, shape: known, data: new View(buffer, 0, size) };
    }
  }
  return { dtype, shape: known, data: allocate(dtype, size) };
}
