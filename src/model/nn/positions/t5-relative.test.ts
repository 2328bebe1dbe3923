import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { repositoryRoot } from '../../../../test/support.js';
import { relativeBucket } from './t5-relative.js';
import type { RelativeBuckets } from './t5-relative.js';

interface Row extends RelativeBuckets {
  /** Bucket and how many distances in a row it serves, from -2·maxDistance on. */
  readonly runs: ReadonlyArray<readonly [bucket: number, count: number]>;
}

const path = join(repositoryRoot, 'test/golden/hf-encoder-decoders/relative-buckets.json');
const { rows } = JSON.parse(readFileSync(path, 'utf8')) as { rows: Row[] };

it.each(rows)('shares out distances as transformers does: $numBuckets up to $maxDistance', ({ runs, ...buckets }) => {
  const first = -2 * buckets.maxDistance;
  const wanted = runs.flatMap(([bucket, count]) => Array.from({ length: count }, () => bucket));
  expect(wanted.map((_, i) => relativeBucket(first + i, buckets))).toEqual(wanted);
});
