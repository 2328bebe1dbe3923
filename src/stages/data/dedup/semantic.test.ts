import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { InvalidInput, Random } from '../../../base/core/index.js';
import type { CorpusStep } from '../pipeline/step.js';
import { averageVectors, deduplicate, semanticVerdicts, steps } from './index.js';

const documentsOf = (texts: readonly string[]) => texts.map((text, i) => ({ id: `${i}`, source: 's', text }));
const table: Readonly<Record<string, readonly number[]>> = {
  hen: [1, 0.1, 0],
  chicken: [1, 0, 0.1],
  egg: [0, 1, 0],
  graph: [0, 0.1, 1],
};
const vectors = { dim: 3, vector: (word: string) => (table[word] ? Float32Array.from(table[word]) : undefined) };

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'abovo-semantic-'));
  const lines = Object.entries(table).map(([word, numbers]) => `${word} ${numbers.join(' ')}`);
  await writeFile(join(folder, 'words.txt'), `${lines.length} 3\n${lines.join('\n')}\n`);
});
afterAll(() => rm(folder, { recursive: true }));

describe('semantic deduplication', () => {
  it('drops what means the same and keeps the longest', async () => {
    const texts = ['the hen', 'a Chicken indeed', 'an egg', 'graph', 'unknown words', 'more unknown words'];
    const verdicts = await semanticVerdicts(documentsOf(texts), averageVectors(vectors));
    expect(verdicts).toEqual([{ index: 0, drop: 'sameMeaning', detail: 'copy of 1' }]);
  });

  it('finds planted pairs among many clusters', async () => {
    const random = new Random(1);
    const rows = Array.from({ length: 600 }, () => Float32Array.from({ length: 16 }, () => random.normal()));
    for (let i = 0; i < 40; i++) rows[599 - i] = rows[i]!.map((value) => value + 0.02 * random.normal());
    const texts = rows.map((_, i) => `${i}`);
    const unit = (row: Float32Array) => row.map((value) => value / Math.hypot(...row));
    const embed = (batch: readonly string[]) => batch.map((text) => unit(rows[Number(text)]!));
    const verdicts = await semanticVerdicts(documentsOf(texts), embed, { clusters: 8, keep: 'first' });
    expect(verdicts.map(({ index }) => index)).toEqual(Array.from({ length: 40 }, (_, i) => 560 + i));
  });

  it('is a step with a file of word vectors', async () => {
    const definition = steps.find(({ name }) => name === 'semanticDedup')!;
    const step = await definition.create(definition.options.parse({ vectors: 'words.txt' }), { folder, seed: 1 });
    const { kept } = await deduplicate(documentsOf(['hen', 'chicken', 'graph']), step as CorpusStep);
    expect(kept.map(({ text }) => text)).toEqual(['chicken', 'graph']);
  });

  it('refuses vectors of different lengths', async () => {
    const embed = (texts: readonly string[]) => texts.map((_, i) => new Float32Array(i + 1));
    await expect(semanticVerdicts(documentsOf(['a', 'b']), embed)).rejects.toThrow(InvalidInput);
  });
});
