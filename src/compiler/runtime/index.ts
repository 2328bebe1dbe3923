/**
 * `Executor`: runs graphs over named buffers, on the slow interpreter or on ONNX Runtime in a worker thread.
 *
 * @module
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
