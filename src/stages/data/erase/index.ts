/**
 * Takes a person's records out of raw data, corpora and token shards, and tells which models have seen them.
 *
 * @module
 * @example
 * ```ts no-run
 * import { ArtifactStore } from 'abovo/artifact/node';
 * import { eraseSubject } from 'abovo/data/erase';
 * const store = await ArtifactStore.open('my-project');
 * const report = await eraseSubject({ store, subject: 'ada@example.org', files: ['/data/mails.jsonl'], dryRun: true });
 * report.affected.filter(({ retrain }) => retrain); // what must be trained anew
 * ```
 */
export { eraseSubject } from './erase.js';
export type { Affected, EraseOptions, ErasureReport, ShardFinding } from './erase.js';
export type { FileFinding } from './files.js';
export { SubjectMatcher, defaultFields } from './match.js';
export type { Reason } from './match.js';
export { hashSubject } from './record.js';
export type { ErasureRecord } from './record.js';
export { dropFromShards, findInShards } from './shard-files.js';
