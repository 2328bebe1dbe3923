import { resolve } from 'node:path';
import { z } from 'zod';
import { InvalidInput, Random } from '../../../base/core/index.js';
import { loadVectors } from '../../../model/classic/index.node.js';
import type { Document } from '../document.js';
import { type CorpusStep, type Summary, defineStep } from '../pipeline/step.js';
import { clusterVerdicts } from './clusters.js';
import { type Embed, averageVectors, product } from './embed.js';
import { nearestCentre, sphericalKMeans } from './k-means.js';
import { keepSchema, keepScore } from './keep.js';
import { UnionFind } from './union-find.js';

const shared = {
  threshold: z.number().gt(0).max(1).default(0.95).describe('Least cosine of two documents that mean the same.'),
  clusters: z
    .int()
    .min(1)
    .max(100_000)
    .optional()
    .describe('Clusters of k-means; only within one are documents compared. Default: one for 1,000 documents.'),
  keep: keepSchema,
  seed: z.int().min(0).default(1),
};
const plainOptions = z.strictObject(shared);
export type SemanticOptions = z.input<typeof plainOptions>;

const semanticOptions = z
  .strictObject({
    ...shared,
    vectors: z
      .string()
      .min(1)
      .describe('File of word vectors (word2vec, GloVe, fastText), whose mean is the document’s.'),
  })
  .describe('Drops documents that mean the same as another one.');

/** Documents that k-means learns from. */
const sampled = 20_000;

/**
 * Verdicts by meaning (SemDeDup, Abbas et al. 2023): clusters by k-means, then in each cluster documents whose cosine reaches
 * the threshold are joined; of those joined the best copy stays. Memory: four bytes for each number of each vector.
 * The vectors come as summaries: 8 bytes of the number that the best copy has most of, then the vector.
 */
export function semanticDecide(options: SemanticOptions = {}): CorpusStep['decide'] {
  const { threshold, clusters: asked, seed } = plainOptions.parse(options);
  return async function* decide(summaries, context) {
    const { documents, signal } = context;
    const scores = new Float64Array(documents);
    const clusters = new UnionFind(documents);
    const { rows, dim } = await readRows(summaries, scores, documents);
    if (dim > 0) {
      const count = asked ?? Math.max(1, Math.round(documents / 1000));
      const random = new Random(seed).fork('semantic');
      const sample = documents <= sampled ? rows : pickRows(rows, dim, sampled, random);
      const centres = sphericalKMeans(sample, dim, count, random);
      const members: number[][] = Array.from({ length: centres.length / dim }, () => []);
      for (let i = 0; i < documents; i++) {
        if (product(rows, i, rows, i, dim) > 0.5) members[nearestCentre(rows, i, centres, dim)].push(i);
      }
      for (const [number, group] of members.entries()) {
        signal?.throwIfAborted();
        context.onProgress?.({ stage: 'cosines', done: number, total: members.length, unit: 'clusters' });
        for (let a = 1; a < group.length; a++) {
          for (let b = 0; b < a; b++) {
            if (product(rows, group[a], rows, group[b], dim) >= threshold) clusters.union(group[b], group[a]);
          }
        }
      }
    }
    yield* clusterVerdicts(summaries, clusters, scores, 'sameMeaning');
  };
}

async function readRows(
  summaries: () => AsyncIterable<Summary>,
  scores: Float64Array,
  documents: number,
): Promise<{ readonly rows: Float32Array; readonly dim: number }> {
  let rows = new Float32Array(0);
  let dim = 0;
  for await (const { index, bytes } of summaries()) {
    const copy = bytes.slice().buffer;
    scores[index] = new DataView(copy).getFloat64(0, true);
    const vector = new Float32Array(copy, 8);
    if (index === 0) {
      dim = vector.length;
      rows = new Float32Array(documents * dim);
    }
    rows.set(vector, index * dim);
  }
  return { rows, dim };
}

function pickRows(rows: Float32Array, dim: number, count: number, random: Random): Float32Array {
  const out = new Float32Array(count * dim);
  const total = rows.length / dim;
  for (let i = 0; i < count; i++) {
    const row = random.int(total);
    out.set(rows.subarray(row * dim, (row + 1) * dim), i * dim);
  }
  return out;
}

/** A summary from a document's vector. */
export function semanticSummary(vector: Float32Array, score: number): Uint8Array {
  const bytes = new Uint8Array(8 + vector.byteLength);
  new DataView(bytes.buffer).setFloat64(0, score, true);
  bytes.set(new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength), 8);
  return bytes;
}

/**
 * The documents that mean the same as another one, by any embedding: verdicts in ascending order.
 * `embed` is called with 64 texts at a time.
 */
export async function semanticVerdicts(documents: readonly Document[], embed: Embed, options: SemanticOptions = {}) {
  const score = keepScore(plainOptions.parse(options).keep);
  const summaries: Summary[] = [];
  for (let from = 0; from < documents.length; from += 64) {
    const batch = documents.slice(from, from + 64);
    const vectors = await embed(batch.map((document) => document.text));
    for (const [i, { id, source }] of batch.entries()) {
      const vector = vectors[i];
      if (!vector || vector.length !== vectors[0]?.length) {
        throw new InvalidInput('dedup.embed', `embed: expected ${batch.length} vectors of one length, got others`);
      }
      summaries.push({ index: from + i, id, source, bytes: semanticSummary(vector, score(batch[i])) });
    }
  }
  const walk = async function* () {
    yield* summaries;
  };
  const verdicts = [];
  const context = { documents: documents.length, folder: '' };
  for await (const verdict of semanticDecide(options)(walk, context)) verdicts.push(verdict);
  return verdicts;
}

export const semanticDedup = defineStep({
  kind: 'corpus',
  name: 'semanticDedup',
  summary: 'Drops documents that mean the same as another one, by the mean of their words’ vectors (SemDeDup).',
  version: 1,
  options: semanticOptions,
  async create({ vectors: path, ...options }, { folder, signal }) {
    const loaded = await loadVectors(resolve(folder, path), { signal });
    const vectors = loaded.kind === 'words' ? loaded.vectors : loaded.model.wordVectors();
    const embed = averageVectors(vectors);
    const score = keepScore(options.keep);
    return {
      summarize: (document) => semanticSummary((embed([document.text]) as Float32Array[])[0], score(document)),
      decide: semanticDecide(options),
    };
  },
});
