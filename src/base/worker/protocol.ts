import type { Transferable } from 'node:worker_threads';
import type { WireError } from './errors.js';

/** What a worker offers: methods of one argument and one result, both structured-cloneable. */
export type WorkerMethods = Record<string, { readonly argument: unknown; readonly result: unknown }>;

export type Request =
  | { readonly type: 'call'; readonly id: number; readonly method: string; readonly argument: unknown }
  | { readonly type: 'cancel'; readonly id: number };

export type Response =
  | { readonly type: 'ready' }
  | { readonly type: 'result'; readonly id: number; readonly value: unknown }
  | { readonly type: 'error'; readonly id: number; readonly error: WireError };

/** Marks buffers of a handler's result that move to the caller instead of being copied. */
export class Moved<T> {
  readonly value: T;
  readonly buffers: readonly Transferable[];

  constructor(value: T, buffers: readonly Transferable[]) {
    this.value = value;
    this.buffers = buffers;
  }
}
