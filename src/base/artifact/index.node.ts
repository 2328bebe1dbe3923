/**
 * The store of a project: artifacts under content addresses, their manifests, lineage and garbage collection. Node only.
 *
 * @module
 * @example
 * ```ts
 * import { mkdtemp, writeFile } from 'node:fs/promises';
 * import { ArtifactStore } from 'abovo/artifact/node';
 * const store = await ArtifactStore.open(await mkdtemp('/tmp/abovo-'));
 * const key = { kind: 'words', schemaVersion: 1, stageVersion: 1, config: { count: 3 }, parents: {} };
 * const words = await store.produce(key, async ({ folder }) => {
 *   await writeFile(`${folder}/words.txt`, 'ab ovo usque');
 *   return { metrics: { words: 3 } };
 * });
 * words.manifest.metrics.words; // 3
 * store.find(words.address)?.folder === words.folder; // true
 * ```
 */
export { formatLineage, lineageOf } from './lineage.js';
export type { Lineage, LineageNode } from './lineage.js';
export { describeCode, describeMachine, watchMemory } from './machine.js';
export { addressOf, addressPattern, parseManifest, uniteLicences } from './manifest.js';
export type { Artifact, Licence, Machine, Manifest, Migration, StageKey } from './manifest.js';
export { diskError } from './folders.js';
export type { GarbageOptions, GarbageReport } from './garbage.js';
export { ArtifactStore } from './store.js';
export type { Override, StageResult, StageWork, VerifyFinding } from './store.js';
