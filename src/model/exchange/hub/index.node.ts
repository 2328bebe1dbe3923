/**
 * Models from and to the Hugging Face Hub, or any server that speaks its language.
 *
 * @module
 * @example
 * ```ts no-run
 * import { pullModel } from 'abovo/exchange/node';
 * await pullModel('org/name', { out: 'name' }); // goes on where an earlier pull stopped
 * ```
 */
export { pullModel } from './pull.node.js';
export type { HubOptions, PullOptions, PulledModel } from './pull.node.js';
export { pushModel } from './push.node.js';
export type { PushOptions, PushedModel } from './push.node.js';
