import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { families, parameterSpecs } from '../../model/architecture/index.js';
import { loadModel } from '../../model/architecture/index.node.js';
import { FastTextModel, WordVectors, cosine, trainFastText } from '../../model/classic/index.js';
import { saveFastText, saveVectors } from '../../model/classic/index.node.js';
import { trainBpe, trainUnigram, trainWordPiece } from '../../model/tokenizer/index.js';
import { loadTokenizer } from '../../model/tokenizer/index.node.js';
import { builders, runProject } from './index.js';
import type { RunOptions } from './index.js';
import { inspectEmbeddings, startingWeights, tokenTexts } from './start-embeddings.js';
import { type FamilyName, modelOf } from './task.js';

const measure: RunOptions['measure'] = async () => ({
  ...{ tokensPerSecond: 1e4, startSeconds: 1, peakMemoryMB: 300, peakFlops: 1e11 },
  at: '2026-01-01T00:00:00Z',
});
const words = 'the small red egg hen größe sings under near with'.split(' ');
const sentence = (i: number) =>
  Array.from({ length: 6 }, (_, k) => words[(i * 7 + k * k * (1 + (i % 3))) % words.length]);
const lines = Array.from({ length: 900 }, (_, i) => `${sentence(i).join(' ')}.`);
const data = Float32Array.from({ length: words.length * 32 }, (_, i) => Math.sin(i * i + 1));
const vectors = new WordVectors(words, 32, data);

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'abovo-start-'));
  await writeFile(join(root, 'text.txt'), lines.join('\n'));
  await saveVectors(join(root, 'vectors.bin'), vectors, 'binary');
});
afterAll(() => rm(root, { recursive: true, force: true }));

describe('the table of every family', () => {
  const sizes = { contextLength: 16, hiddenSize: 32, intermediateSize: 128, numLayers: 1, numHeads: 2 };
  it.each(Object.keys(families) as FamilyName[])('%s starts from vectors, tied or not', async (family) => {
    const tokenizer = await trainWordPiece(lines, { vocabSize: 63, specialTokens: ['[PAD]', '[UNK]'] });
    const source = await inspectEmbeddings(root, { from: 'vectors.bin' }, 32);
    for (const tieEmbeddings of [true, false]) {
      const config = modelOf({ ...sizes, family, vocabSize: tokenizer.vocabSize + 3, tieEmbeddings });
      const plain = await startingWeights(config, tokenizer, 5, undefined);
      const { params, coverage } = await startingWeights(config, tokenizer, 5, source);
      expect(coverage!.found).toBeGreaterThanOrEqual(words.length);
      const changed = Object.keys(params).filter(
        (name) => params[name]!.data.toString() !== plain.params[name]!.data.toString(),
      );
      expect(changed).toHaveLength(1);
      expect(Object.keys(parameterSpecs(config))).toContain(changed[0]);
      const table = params[changed[0]!]!;
      expect(table.shape).toEqual([config.vocabSize, 32]);
      const row = (word: string) => {
        const id = tokenizer.tokenToId(word)!;
        return (table.data as Float32Array).subarray(id * 32, (id + 1) * 32);
      };
      for (const word of words) expect(cosine(row(word), vectors.vector(word)!)).toBeCloseTo(1, 5);
      // Rows that the tokenizer has not are as they were.
      const end = (of: typeof table) => (of.data as Float32Array).subarray(tokenizer.vocabSize * 32);
      expect(end(table)).toEqual(end(plain.params[changed[0]!]!));
    }
  });
});

it('reads tokens of every vocabulary as text', async () => {
  const bpe = await trainBpe(lines, { vocabSize: 299, specialTokens: ['<|endoftext|>'] });
  const texts = tokenTexts(bpe);
  expect(texts[bpe.tokenToId('<|endoftext|>')!]).toBe('');
  expect(texts[bpe.tokenToId('ĠgrÃ¶ÃŁe')!]).toBe('▁größe');
  expect(texts[bpe.tokenToId('Ã')!]).toBe('');
  const pieces = await trainWordPiece(['größe é é'], { vocabSize: 11, specialTokens: ['[UNK]'] });
  expect(tokenTexts(pieces)).toContain('é');
  expect(tokenTexts(pieces).some((text) => text.startsWith('##'))).toBe(true);
  const unigram = await trainUnigram(lines, { vocabSize: 39 });
  expect(tokenTexts(unigram)).toContain('▁größe');
});

async function run(name: string, settings: string) {
  const folder = await mkdtemp(join(root, `${name}-`));
  await writeFile(
    join(folder, 'abovo.yaml'),
    `data: {files: [../text.txt]}
tokenizer: {model: wordpiece}
architecture: {family: llama, depth: 1, contextLength: 32, ${settings}}
training: {steps: 4, microBatchSize: 8, learningRate: 0.000001, muonLearningRate: 0.000001}
evaluation: {samples: 0, baselines: false}
`,
  );
  return { folder, result: await runProject(folder, { builders, measure }) };
}

const manifestOf = async (base: string) =>
  JSON.parse(await readFile(join(base, 'manifest.json'), 'utf8')) as {
    metrics: { embeddingCoverage: number };
    notes: readonly string[];
  };

describe('a run', { timeout: 120_000 }, () => {
  it('starts from vectors, which are part of its address, and says how many tokens did', async () => {
    const plain = await run('plain', 'hiddenSize: 32');
    const { folder, result } = await run('vectors', 'hiddenSize: 32, embeddings: {from: ../vectors.bin}');
    expect(result.ok).toBe(true);
    expect(result.artifacts.tokens).toBe(plain.result.artifacts.tokens);
    expect(result.artifacts.base).not.toBe(plain.result.artifacts.base);
    const base = join(folder, '.abovo', 'artifacts', result.artifacts.base!);
    const manifest = await manifestOf(base);
    expect(manifest.metrics.embeddingCoverage).toBeGreaterThan(0);
    expect(manifest.metrics.embeddingCoverage).toBeLessThan(1);
    expect(manifest.notes.join()).toMatch(/The embeddings of \d+ of \d+ tokens .* started from \.\.\/vectors\.bin/);
    const { params } = await loadModel(base);
    const { tokenizer } = await loadTokenizer(base);
    const table = params['model.embed_tokens.weight']!.data as Float32Array;
    const id = tokenizer.tokenToId('hen')!;
    expect(cosine(table.subarray(id * 32, (id + 1) * 32), vectors.vector('hen')!)).toBeGreaterThan(0.999);
    // The same vectors give the same address, others another.
    expect((await runProject(folder, { builders, measure })).built).toEqual([]);
    await saveVectors(
      join(root, 'vectors.bin'),
      new WordVectors(
        words,
        32,
        data.map((x) => -x),
      ),
      'binary',
    );
    const again = await runProject(folder, { builders, measure });
    await saveVectors(join(root, 'vectors.bin'), vectors, 'binary');
    expect(again.built).toContain('base');
    expect(again.built).not.toContain('tokens');
  });

  it('projects where told to, from a fastText model too', async () => {
    const { model } = await trainFastText(lines, { dim: 12, buckets: 100, minCount: 1, epochs: 1 });
    expect(model).toBeInstanceOf(FastTextModel);
    await saveFastText(join(root, 'ft.bin'), model);
    const { folder, result } = await run(
      'projected',
      'hiddenSize: 32, embeddings: {from: ../ft.bin, projection: random}',
    );
    const { metrics } = await manifestOf(join(folder, '.abovo', 'artifacts', result.artifacts.base!));
    // A fastText model composes vectors for all but special tokens.
    expect(metrics.embeddingCoverage).toBeGreaterThan(0.5);
  });
});

it('refuses before anything runs what does not fit', async () => {
  const refused = (settings: string) => expect(run('wrong', settings)).rejects;
  await refused('hiddenSize: 48, embeddings: {from: ../vectors.bin}').toThrow(
    'expected vectors of 48 numbers (architecture.hiddenSize), ../vectors.bin has 32; set hiddenSize: 32, or projection: random',
  );
  await refused('hiddenSize: 16, embeddings: {from: ../vectors.bin}').toThrow('or projection: pca');
  await refused('hiddenSize: 48, embeddings: {from: ../vectors.bin, projection: pca}').toThrow('take random');
  await refused('hiddenSize: 32, embeddings: {from: ../none.bin}').toThrow(
    /architecture\.embeddings: read .*none\.bin/,
  );
  await refused('hiddenSize: 32, embeddings: {from: ../vectors.bin, projecton: pca}').toThrow(
    'did you mean "projection"',
  );
});
