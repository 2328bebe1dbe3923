/**
 * Raw files to training batches: documents, held-out splits, token shards and best-fit packing.
 *
 * @module
 * @example
 * ```ts no-run
 * import { openShards, packDocuments, readDocuments, tokenizeToShards } from 'abovo/data';
 * const documents = readDocuments([{ files: ['*.txt'] }]);
 * await tokenizeToShards(documents, tokenizer, { folder: 'shards', eos: 0 });
 * const source = packDocuments(openShards('shards'), { sequenceLength: 256, batchSize: 8, seed: 1 });
 * source.batch(0).ids.length; // 2048
 * ```
 */
export { byteLength } from './document.js';
export type { DataSource, Document, Reject, TextSplit } from './document.js';
export { resolveFiles } from './formats/index.js';
export { jsonLines, readJsonLines, readLines } from './lines.js';
export type { JsonLine } from './lines.js';
export { readDocuments } from './read.js';
export type { ReadOptions } from './read.js';
export { Rejects } from './rejects.js';
export { planSplit } from './split.js';
export { measureText } from './measure.js';
export type { TextMeasure } from './measure.js';
export { tokenizeToShards } from './shards.js';
export type { Shard, ShardManifest, TokenizeOptions } from './shards.js';
export { openShards } from './open-shards.js';
export type { Shards } from './open-shards.js';
export { documentsInMemory } from './token-documents.js';
export type { TokenDocuments } from './token-documents.js';
export { mixBatches } from './mix.js';
export type { MixedSource } from './mix.js';
export { mixDocuments, selectDocuments, sequenceBatches, stagesByScore } from './mixture.js';
export type { Mixture, MixtureOptions, MixturePart } from './mixture.js';
export { ignoredTarget, packDocuments } from './pack.js';
export type { PackOptions, PackedSource } from './pack.js';
