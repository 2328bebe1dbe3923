import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { repositoryRoot } from '../../../../test/support.js';
import { Random } from '../../../base/core/index.js';
import { trainClassifier } from '../fasttext/index.js';
import { WordVectors, trainGlove } from '../vectors/index.js';
import { loadVectors, saveFastText, saveVectors, trainGloveOnDisk } from './index.node.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'abovo-vectors-'));
});
afterAll(() => rm(folder, { recursive: true }));

const vectors = new WordVectors(['egg', 'яйцо'], 3, Float32Array.of(1, -2, 0.1, 4, 5e-20, 6));

describe('vectors on disk', () => {
  it.each(['text', 'binary'] as const)('come back from a file: %s', async (format) => {
    const path = join(folder, 'new', `vectors.${format}`);
    await saveVectors(path, vectors, format);
    const loaded = await loadVectors(path);
    expect(loaded).toMatchObject({ kind: 'words', vectors: { words: vectors.words, data: vectors.data } });
    expect(await readdir(join(folder, 'new'))).not.toContainEqual(expect.stringContaining('.tmp'));
    await writeFile(`${path}.gz`, gzipSync(await readFile(path)));
    expect(await loadVectors(`${path}.gz`)).toMatchObject({ vectors: { data: vectors.data } });
  });

  it('of fastText are known by their first bytes', async () => {
    const { model } = await trainClassifier(['__label__a b c'], { dim: 2 });
    const path = join(folder, 'model.bin');
    await saveFastText(path, model);
    expect(await loadVectors(path)).toMatchObject({ kind: 'fasttext', model: { input: model.input } });
    const golden = await loadVectors(join(repositoryRoot, 'test/golden/vectors/supervised-pruned.ftz'));
    expect(golden.kind).toBe('fasttext');
  });

  it('that are missing, empty or damaged are refused by name', async () => {
    await expect(loadVectors(join(folder, 'nowhere'))).rejects.toThrow(
      /expected a file .*nowhere, got none; check the path/,
    );
    await writeFile(join(folder, 'empty'), '');
    await expect(loadVectors(join(folder, 'empty'))).rejects.toThrow(/empty at byte 0: expected vectors, got none/);
    await writeFile(join(folder, 'bad.gz'), 'no gzip');
    await expect(loadVectors(join(folder, 'bad.gz'))).rejects.toThrow(/bad\.gz: expected gzip data/);
    await expect(saveVectors(folder, vectors, 'text')).rejects.toThrow(/^write /);
  });
});

it('GloVe beyond memory learns the same pairs from files', async () => {
  const random = new Random(4);
  const sentences = Array.from({ length: 200 }, () =>
    Array.from({ length: 20 }, () => `w${Math.floor(60 * random.float() ** 2)}`).join(' '),
  );
  const options = { dim: 6, minCount: 1, epochs: 10 };
  const inMemory = await trainGlove(sentences, options);
  const onDisk = await trainGloveOnDisk(sentences, { ...options, maxPairs: 1000 });
  expect(onDisk.vectors.words).toEqual(inMemory.vectors.words);
  // Another order of the same pairs.
  expect(Math.abs(onDisk.figures.loss / inMemory.figures.loss - 1)).toBeLessThan(0.2);
  expect(onDisk.vectors.data).not.toEqual(inMemory.vectors.data);
});
