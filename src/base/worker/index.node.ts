/**
 * Typed calls to worker threads, with time and memory limits, crash recovery and cancellation.
 *
 * @module
 * @example
 * ```ts no-run
 * // sum-worker.ts
 * serveWorker<{ sum: { argument: number[]; result: number } }>(() => ({ sum: (xs) => xs.reduce((a, b) => a + b, 0) }));
 * // caller.ts
 * const pool = new WorkerPool<{ sum: { argument: number[]; result: number } }>(
 *   workerEntry(import.meta.url, './sum-worker.js'), 2, { name: 'sum' });
 * await pool.call('sum', [1, 2, 3], { timeLimitMs: 1000 }); // 6
 * await pool.close();
 * ```
 */
export { WorkerClient, workerEntry } from './client.js';
export type { CallOptions, WorkerOptions } from './client.js';
export { fromWire, toWire } from './errors.js';
export type { WireError } from './errors.js';
export { WorkerPool } from './pool.js';
export { Moved } from './protocol.js';
export type { WorkerMethods } from './protocol.js';
export { serveWorker } from './serve.js';
export type { Handlers } from './serve.js';
