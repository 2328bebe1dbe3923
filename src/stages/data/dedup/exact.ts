import { hash } from 'node:crypto';
import { z } from 'zod';
import type { Document } from '../document.js';
import { type CorpusStep, defineStep } from '../pipeline/step.js';
import { clusterVerdicts } from './clusters.js';
import { groupKey, keepSchema, keepScore, withinSchema } from './keep.js';
import { RecordSorter } from './record-sorter.js';
import { UnionFind } from './union-find.js';
import { WordScanner } from './words.js';

const exactOptions = z
  .strictObject({
    normalize: z
      .boolean()
      .default(true)
      .describe('Case, diacritics, punctuation, white space and the digits of numbers do not count.'),
    keep: keepSchema,
    within: withinSchema,
  })
  .describe('Drops documents whose text another one has too.');
export type ExactOptions = z.input<typeof exactOptions>;

/** 128 bits: the first half of a SHA-256. Cryptographic, so that nobody can write a text that displaces another one. */
function digest(data: string | Uint8Array): Uint8Array {
  return hash('sha256', data, 'buffer').subarray(0, 16);
}

/** 128-bit hash of a text as it is (its UTF-8). */
export function rawHash(text: string | Uint8Array): Uint8Array {
  return digest(text);
}

/** Returns a function from a text to the 128-bit hash of its normalized words. */
export function normalizedHasher(): (text: string) => Uint8Array {
  const scanner = new WordScanner();
  return (text) => {
    const { normalized } = scanner.scan(text);
    return digest(new Uint8Array(normalized.buffer, normalized.byteOffset, normalized.byteLength));
  };
}

export function exactStep(options: ExactOptions = {}): CorpusStep {
  const { normalize, keep, within } = exactOptions.parse(options);
  const score = keepScore(keep);
  const group = groupKey(within);
  const hashOf = normalize ? normalizedHasher() : rawHash;
  return {
    /** 16 bytes of hash, 8 bytes of the number that the best copy has most of. */
    summarize(document: Document) {
      const bytes = new Uint8Array(24);
      bytes.set(hashOf(document.text));
      const view = new DataView(bytes.buffer);
      view.setUint32(0, view.getUint32(0, true) ^ group(document), true);
      view.setFloat64(16, score(document), true);
      return bytes;
    },
    async *decide(summaries, context) {
      const scores = new Float64Array(context.documents);
      const clusters = new UnionFind(context.documents);
      const sorter = new RecordSorter({ words: 5, keyWords: 4, folder: context.folder, name: 'exact' });
      for await (const { index, bytes } of summaries()) {
        context.signal?.throwIfAborted();
        const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
        scores[index] = view.getFloat64(16, true);
        if (sorter.full) await sorter.spill();
        sorter.add(
          view.getUint32(0, true),
          view.getUint32(4, true),
          view.getUint32(8, true),
          view.getUint32(12, true),
          index,
        );
      }
      const last = new Uint32Array(5);
      let started = false;
      for await (const block of sorter.sorted()) {
        context.signal?.throwIfAborted();
        for (let at = 0; at < block.length; at += 5) {
          let equal = started;
          for (let w = 0; w < 4 && equal; w++) equal = block[at + w] === last[w];
          if (equal) clusters.union(last[4], block[at + 4]);
          else last.set(block.subarray(at, at + 5));
          started = true;
        }
      }
      yield* clusterVerdicts(summaries, clusters, scores, 'exactDuplicate');
    },
  };
}

export const exactDedup = defineStep({
  kind: 'corpus',
  name: 'exactDedup',
  summary: 'Drops documents whose text, normalized or raw, another one has too.',
  version: 1,
  options: exactOptions,
  create: (options) => exactStep(options),
});
