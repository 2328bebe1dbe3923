import type { Graph } from '../ir/index.js';
import type { DType, HostTensor } from '../tensor/index.js';

export interface TensorSpec {
  readonly dtype: DType;
  readonly shape: readonly number[];
}

/** A named buffer, or a view of its elements from `offset` on with its own shape (a slot of a KV cache). */
export type BufferRef =
  | string
  | { readonly buffer: string; readonly offset: number; readonly shape: readonly number[] };

export interface LoadOptions {
  /** Inputs with these names become constants of the program (ONNX initializers, pre-packed). */
  readonly constants?: Readonly<Record<string, HostTensor>>;
}

/** Handle of a loaded program. */
export type ProgramId = number;

export interface RunCall {
  readonly program: ProgramId;
  /** Inputs given by value with this call. */
  readonly feeds?: Readonly<Record<string, HostTensor>>;
  /** Inputs read from named buffers. An object that is frozen is sent to the executor's thread once. */
  readonly bind?: Readonly<Record<string, BufferRef>>;
  /** Outputs written in place into named buffers; frozen as `bind`. */
  readonly into?: Readonly<Record<string, BufferRef>>;
  /** Outputs returned by value. */
  readonly fetch?: readonly string[];
  /**
   * Memory for outputs returned by value, by their names: the results of an earlier call that nobody needs any more. It
   * is taken from the caller, and used where it fits: new memory costs as much as small results themselves.
   */
  readonly reuse?: Readonly<Record<string, HostTensor>>;
  /** After the run these buffers change names pairwise (double-buffered state). */
  readonly swap?: ReadonlyArray<readonly [string, string]>;
}

/** Profile of a program's operators, milliseconds summed over runs since loading. */
export type OperatorProfile = Readonly<Record<string, { readonly calls: number; readonly milliseconds: number }>>;

/**
 * Runs graphs. Knows programs and named buffers only: loops stay with the caller. Two implementations, held to the same
 * conformance suite: the slow interpreter and ONNX Runtime in a worker thread.
 */
export interface Executor {
  readonly name: 'interpreter' | 'onnxruntime';
  readonly device: string;
  load(graph: Graph, options?: LoadOptions): Promise<ProgramId>;
  unload(program: ProgramId): Promise<void>;
  /** Creates zero-filled buffers, kept on the device. */
  allocate(buffers: Readonly<Record<string, TensorSpec>>): Promise<void>;
  /** Creates or overwrites buffers. */
  write(buffers: Readonly<Record<string, HostTensor>>): Promise<void>;
  read(names: readonly string[]): Promise<Record<string, HostTensor>>;
  swap(pairs: ReadonlyArray<readonly [string, string]>): Promise<void>;
  /** Copies `length` elements inside or between buffers (moving a sequence to another slot). */
  copy(from: { buffer: string; offset: number }, to: { buffer: string; offset: number }, length: number): Promise<void>;
  free(names: readonly string[]): Promise<void>;
  run(call: RunCall): Promise<Record<string, HostTensor>>;
  close(): Promise<void>;
}
