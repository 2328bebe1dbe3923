import { z } from 'zod';
import type { Document } from '../document.js';
import { type CorpusStep, type DecideContext, defineStep } from '../pipeline/step.js';
import { clusterVerdicts, uniteEqualKeys } from './clusters.js';
import { actionSchema, groupKey, keepSchema, keepScore, withinSchema } from './keep.js';
import { type MinHashPreset, minHashPresets } from './presets.js';
import { RecordSorter } from './record-sorter.js';
import { ShingleStore } from './shingle-store.js';
import { Shingler } from './shingles.js';
import { MinHasher, distinct, jaccard } from './signature.js';
import { UnionFind } from './union-find.js';

const minHashOptions = z
  .strictObject({
    preset: z
      .enum(['datatrove', 'curator', 'marin', 'recall'])
      .default('datatrove')
      .describe('Shingles, bands and rows of the named project.'),
    shingle: z
      .strictObject({ unit: z.enum(['words', 'characters']), size: z.int().min(1).max(100) })
      .optional()
      .describe('Instead of the preset’s shingles; characters of the normalized text.'),
    bands: z.int().min(1).max(256).optional().describe('Instead of the preset’s.'),
    rows: z.int().min(1).max(64).optional().describe('Instead of the preset’s.'),
    verify: z
      .number()
      .gt(0)
      .max(1)
      .optional()
      .describe('Least exact Jaccard similarity of two candidates; default: candidates are taken as they are.'),
    action: actionSchema,
    keep: keepSchema,
    within: withinSchema,
    seed: z.int().min(0).default(1).describe('Of the permutations.'),
  })
  .describe('Drops near-duplicates.');
export type MinHashOptions = z.input<typeof minHashOptions>;

/** The settings that options come to. */
export function minHashSettings(options: MinHashOptions): MinHashPreset {
  const { preset = 'datatrove', shingle, bands, rows } = options;
  const base: MinHashPreset = minHashPresets[preset];
  return {
    ...base,
    ...(shingle ? { ...shingle, normalize: true, mostCharacters: undefined } : {}),
    bands: bands ?? base.bands,
    rows: rows ?? base.rows,
  };
}

/** Returns a function from a text to its MinHash signature (bands x rows numbers; undefined for a text without words). */
export function minHashSignatures(options: MinHashOptions = {}): (text: string) => Int32Array | undefined {
  const settings = minHashSettings(minHashOptions.parse(options));
  const shingler = new Shingler(settings);
  const hasher = new MinHasher({ ...settings, seed: options.seed });
  return (text) => {
    const shingles = shingler.shingles(text);
    return shingles.length === 0 ? undefined : hasher.signature(shingles).slice();
  };
}

/** Exact Jaccard similarity of the shingles of two texts. */
export function textSimilarity(first: string, second: string, options: MinHashOptions = {}): number {
  const shingler = new Shingler(minHashSettings(minHashOptions.parse(options)));
  return jaccard(distinct(shingler.shingles(first)), distinct(shingler.shingles(second)));
}

export function minHashStep(options: MinHashOptions = {}): CorpusStep {
  const parsed = minHashOptions.parse(options);
  const { verify, action, keep, within, seed } = parsed;
  const settings = minHashSettings(parsed);
  const shingler = new Shingler(settings);
  const hasher = new MinHasher({ ...settings, seed });
  const score = keepScore(keep);
  const group = groupKey(within);
  const keyBytes = settings.bands * 8;
  return {
    /** 8 bytes of the number the best copy has most of, 8 for each band and, to verify, 4 for each distinct shingle. */
    summarize(document: Document) {
      const shingles = shingler.shingles(document.text);
      const keys = shingles.length > 0 ? hasher.bandKeys(hasher.signature(shingles), group(document)) : undefined;
      const stored = keys && verify !== undefined ? distinct(shingles) : undefined;
      const bytes = new Uint8Array(8 + (keys ? keyBytes : 0) + (stored ? stored.byteLength : 0));
      new DataView(bytes.buffer).setFloat64(0, score(document), true);
      if (keys) bytes.set(new Uint8Array(keys.buffer), 8);
      if (stored) bytes.set(new Uint8Array(stored.buffer), 8 + keyBytes);
      return bytes;
    },
    async *decide(summaries, context) {
      const scores = new Float64Array(context.documents);
      const clusters = new UnionFind(context.documents);
      const sorter = new RecordSorter({ words: 3, keyWords: 2, folder: context.folder, name: 'bands' });
      const store = verify === undefined ? undefined : new ShingleStore(context.folder, context.documents);
      try {
        for await (const { index, bytes } of summaries()) {
          context.signal?.throwIfAborted();
          const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
          scores[index] = view.getFloat64(0, true);
          if (bytes.length === 8) continue;
          for (let at = 8; at < 8 + keyBytes; at += 8) {
            if (sorter.full) await sorter.spill();
            sorter.add(view.getUint32(at, true), view.getUint32(at + 4, true), index);
          }
          store?.add(index, bytes.subarray(8 + keyBytes));
          if (index % 10_000 === 0) {
            context.onProgress?.({ stage: 'minhash', done: index, total: context.documents, unit: 'documents' });
          }
        }
        if (store && verify !== undefined) await uniteVerified(sorter, clusters, store, verify, context);
        else await uniteEqualKeys(sorter, clusters, context);
      } finally {
        store?.close();
      }
      yield* clusterVerdicts(summaries, clusters, scores, 'nearDuplicate', action);
    },
  };
}

/** Comparisons of a document with those before it in a bucket, and documents of a bucket that later ones are compared with. */
const mostComparisons = 64;
const mostMembers = 256;

/** As `uniteEqualKeys`, but only what is similar enough: in a bucket each document is compared with those that are not of its cluster yet. */
async function uniteVerified(
  sorter: RecordSorter,
  clusters: UnionFind,
  store: ShingleStore,
  least: number,
  { signal }: DecideContext,
): Promise<void> {
  let bucket: number[] = [];
  let sets = new Map<number, Int32Array>();
  let high = -1;
  let low = -1;
  const setOf = (index: number): Int32Array => {
    const known = sets.get(index);
    if (known) return known;
    const read = store.read(index);
    if (sets.size < 4 * mostComparisons) sets.set(index, read);
    return read;
  };
  for await (const block of sorter.sorted()) {
    signal?.throwIfAborted();
    for (let at = 0; at < block.length; at += 3) {
      const index = block[at + 2];
      if (bucket.length === 0 || block[at] !== high || block[at + 1] !== low) {
        high = block[at];
        low = block[at + 1];
        bucket = [index];
        sets = new Map();
        continue;
      }
      let compared = 0;
      for (const other of bucket) {
        if (clusters.find(other) === clusters.find(index)) continue;
        if (++compared > mostComparisons) break;
        if (jaccard(setOf(other), setOf(index)) >= least) clusters.union(other, index);
      }
      if (bucket.length < mostMembers) bucket.push(index);
    }
  }
}

export const minHashDedup = defineStep({
  kind: 'corpus',
  name: 'minHashDedup',
  summary: 'Drops near-duplicates: MinHash signatures, banded (datatrove’s, NeMo Curator’s or Marin’s settings).',
  version: 1,
  options: minHashOptions,
  create: (options) => minHashStep(options),
});
