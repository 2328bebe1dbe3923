import type { ValueType } from '../ir/index.js';
import type { HostTensor } from '../tensor/index.js';
import type { OperatorProfile, ProgramId, RunCall, TensorSpec } from './executor.js';

/** Where ONNX Runtime computes: its own CPU kernels, or any GPU through WebGPU. */
export type OrtDevice = 'cpu' | 'webgpu';

export interface OrtSettings {
  readonly device: OrtDevice;
  readonly threads: number;
  /** Folder for the profiles of programs; none are made where it is absent. */
  readonly profileFolder?: string;
}

/** One program as the worker needs it: its model and the types of its ports. */
export interface ProgramSource {
  readonly name: string;
  readonly model: Uint8Array;
  /** Initializers that the model refers to by name. */
  readonly weights: ReadonlyArray<{ readonly path: string; readonly data: Uint8Array }>;
  readonly inputs: Readonly<Record<string, ValueType>>;
  /** Port name → type and the output's name inside the model. */
  readonly outputs: Readonly<Record<string, ValueType & { readonly onnxName: string }>>;
}

/** A call as it is sent: a frozen binding comes with a number, the first time with its value and later without. */
export interface SentRunCall extends RunCall {
  readonly bindId?: number;
  readonly intoId?: number;
}

/** Place of elements inside a buffer. */
export interface Span {
  readonly buffer: string;
  readonly offset: number;
}

/** Calls that the compute worker answers, all of them in order. */
export type OrtMethods = {
  open: { argument: OrtSettings; result: { readonly version: string; readonly block: number } };
  load: { argument: ProgramSource; result: ProgramId };
  unload: { argument: ProgramId; result: void };
  allocate: { argument: Readonly<Record<string, TensorSpec>>; result: void };
  write: { argument: Readonly<Record<string, HostTensor>>; result: void };
  read: { argument: readonly string[]; result: Record<string, HostTensor> };
  swap: { argument: ReadonlyArray<readonly [string, string]>; result: void };
  copy: { argument: { readonly from: Span; readonly to: Span; readonly length: number }; result: void };
  free: { argument: readonly string[]; result: void };
  run: { argument: SentRunCall; result: Record<string, HostTensor> };
  /** Forgets a binding that its owner no longer holds. */
  forget: { argument: number; result: void };
  profile: { argument: ProgramId; result: OperatorProfile };
};
