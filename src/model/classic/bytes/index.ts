/**
 * Foreign bytes read from start to end, in chunks and within limits.
 *
 * @module
 * @example
 * ```ts no-run
 * const stream = new ByteStream([Uint8Array.of(104, 105, 10)], { name: 'greeting', code: 'greeting.bytes' });
 * await stream.until(10, 100, 'a line'); // the bytes of "hi"
 * ```
 */
export { ByteStream, Fields, firstNotFinite } from './byte-stream.js';
export type { Chunks } from './byte-stream.js';
