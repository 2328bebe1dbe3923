/**
 * Turns a base model into one that answers: supervised fine-tuning on chats, with the loss on answers only.
 *
 * @module
 * @example
 * ```ts
 * import { resolveFinetuningConfig } from 'abovo/alignment';
 * const tuning = { learningRate: 2e-4, batchTokens: 4096, microBatchSize: 16, steps: 100 };
 * resolveFinetuningConfig(tuning).overlong; // 'cut'
 * ```
 */
export { packChatTokens, packChats } from './pack.js';
export type { EncodedChat, PackOptions, PackStatistics } from './pack.js';
export { finetuningDefaults, finetuningSection, overlongPolicies, resolveFinetuningConfig } from './section.js';
export type { FinetuningSection, OverlongPolicy } from './section.js';
