/**
 * The executor on ONNX Runtime, which needs Node.
 *
 * @module
 * @example
 * ```ts no-run
 * import { createOrtExecutor } from 'abovo/runtime/node';
 * const executor = await createOrtExecutor({ device: 'cpu', threads: 2 });
 * const program = await executor.load(graph);
 * const { y } = await executor.run({ program, feeds: { x }, fetch: ['y'] });
 * await executor.close();
 * ```
 */
export { createOrtExecutor } from './ort.node.js';
export type { OrtExecutor, OrtOptions } from './ort.node.js';
export type { OrtDevice } from './ort-protocol.node.js';
