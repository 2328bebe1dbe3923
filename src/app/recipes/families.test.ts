import { mkdtemp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadModel } from '../../model/architecture/index.node.js';
import { loadTokenizer } from '../../model/tokenizer/index.node.js';
import { builders, findModel, runProject } from './index.js';
import type { RunOptions } from './index.js';
import { gatherReport } from './report-gather.js';
import { reportCard } from './report-card.js';

// Steps are given, so nothing depends on how fast this machine is.
const measure: RunOptions['measure'] = async () => ({
  tokensPerSecond: 1e4,
  startSeconds: 1,
  peakMemoryMB: 300,
  peakFlops: 1e11,
  at: '2026-01-01T00:00:00Z',
});

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'abovo-families-'));
  const words = 'the a small large red blue egg hen nest field sings sleeps finds sees under over near with and'.split(
    ' ',
  );
  let state = 7;
  const next = () => (state = (state * 1103515245 + 12345) % 2147483648) / 2147483648;
  const sentence = () => Array.from({ length: 6 }, () => words[Math.floor(next() ** 2 * words.length)]).join(' ');
  const text = Array.from({ length: 1500 }, () => `${sentence()}.`).join('\n');
  await writeFile(join(root, 'text.txt'), text);
});
afterAll(() => rm(root, { recursive: true, force: true }));

const cases = [
  ['bert', 'wordpiece', 'masked'],
  ['roberta', 'bpe', 'masked'],
  ['modernbert', 'wordpiece', 'masked'],
  ['t5', 'unigram', 'span-corruption'],
  ['bart', 'wordpiece', 'denoising'],
  ['t5', 'bpe', 'ul2'],
  ['gpt2', 'wordpiece', 'causal'],
  ['llama', 'bpe', 'prefix'],
] as const;

describe.each(cases)('%s over %s learns %s', (family, model, task) => {
  it('from one file, better than guessing by frequency', async () => {
    const folder = join(root, `${family}-${task}`);
    await mkdir(folder);
    await writeFile(
      join(folder, 'abovo.yaml'),
      `data: {files: [../text.txt]}
tokenizer: {model: ${model}}
architecture: {family: ${family}, depth: 1, contextLength: 32}
objective: {task: ${task}}
training: {steps: 40, microBatchSize: 16, learningRate: 0.02}
`,
    );
    const result = await runProject(folder, { builders, measure });
    expect(result.ok).toBe(true);
    const base = join(folder, '.abovo', 'artifacts', result.artifacts.base as string);
    const { config } = await loadModel(base);
    expect(config.family).toBe(family);
    const { tokenizer } = await loadTokenizer(base);
    expect(tokenizer.vocabSize).toBeLessThanOrEqual(config.vocabSize);
    if (task === 'causal' || family === 'llama') {
      expect(result.metrics.base.bitsPerByte).toBeGreaterThan(0);
      return;
    }
    const { taskBitsPerToken } = result.metrics.base;
    expect(taskBitsPerToken).toBeLessThan(result.metrics.baselines.unigramBitsPerToken as number);
    const card = reportCard(await gatherReport(folder));
    expect(JSON.stringify(card)).toContain('Bits per token asked for');
    const manifest = JSON.parse(await readFile(join(base, 'config.json'), 'utf8')) as { model_type: string };
    expect(manifest.model_type).toBe(family);
    // A second run has nothing to do.
    expect((await runProject(folder, { builders, measure })).built).toEqual([]);
  }, 120_000);
});

it('goes on on a second mix, which tuning and measuring then build on', { timeout: 120_000 }, async () => {
  const folder = join(root, 'mid');
  await mkdir(folder);
  await writeFile(
    join(root, 'second.txt'),
    Array.from({ length: 400 }, (_, i) => `a hen near nest ${i % 9}.`).join('\n\n'),
  );
  await writeFile(
    join(folder, 'abovo.yaml'),
    `data: {files: [../text.txt]}
architecture: {depth: 1, contextLength: 32}
training: {steps: 20, microBatchSize: 16}
midtraining: {files: [../second.txt], steps: 20}
`,
  );
  const result = await runProject(folder, { builders, measure });
  expect(result.built).toContain('mid');
  const config = async (stage: 'base' | 'mid' | 'evaluation') =>
    JSON.parse(
      await readFile(join(folder, '.abovo', 'artifacts', result.artifacts[stage] as string, 'manifest.json'), 'utf8'),
    ) as { parents: Record<string, string>; metrics: Record<string, number> };
  const mid = await config('mid');
  expect((await config('evaluation')).parents.base).toBe(result.artifacts.mid);
  expect(mid.parents.base).toBe(result.artifacts.base);
  // What is watched is of the second mix, which the base model has not seen.
  expect(mid.metrics.validationLoss).toBeLessThan((await config('base')).metrics.loss as number);
  expect((await findModel(folder)).address).toBe(result.artifacts.mid);
});

it('refuses a task that the family cannot learn, before anything runs', async () => {
  const folder = join(root, 'wrong');
  await mkdir(folder);
  await writeFile(
    join(folder, 'abovo.yaml'),
    'data: {files: [../text.txt]}\narchitecture: {family: bert}\nobjective: {task: causal}\n',
  );
  await expect(runProject(folder, { builders, measure })).rejects.toThrow(
    'objective.task: expected masked for bert (a model of kind encoder), got causal',
  );
});
