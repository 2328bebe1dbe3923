/**
 * `Executor`: runs graphs over named buffers, on the slow interpreter or on ONNX Runtime in a worker thread.
 *
 * @module
 * @example
 * ```ts
 * import { add, trace } from 'abovo/ir';
 * import { createInterpreter } from 'abovo/runtime';
 * import { hostTensor } from 'abovo/tensor';
 * const double = trace('double', { x: { dtype: 'f32', shape: ['N'] } }, ({ x }) => ({ y: add(x, x) }));
 * const executor = createInterpreter();
 * const program = await executor.load(double);
 * const { y } = await executor.run({ program, feeds: { x: hostTensor('f32', [2], [1, 2]) }, fetch: ['y'] });
 * [...y.data]; // [2, 4]
 * ```
 */
export type {
  BufferRef,
  Executor,
  LoadOptions,
  OperatorProfile,
  ProgramId,
  RunCall,
  TensorSpec,
} from './executor.js';
export { createInterpreter } from './interpreter.js';
export type { InterpreterOptions } from './interpreter.js';
export { measurePeak } from './peak.js';
