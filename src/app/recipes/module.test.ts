import { mkdtempSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { ArtifactStore } from '../../base/artifact/index.node.js';
import { builders, runProject } from './index.js';

const folder = mkdtempSync(join(tmpdir(), 'abovo-module-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const companion = `
export const sentence = (i) => ['egg', 'hen', 'nest', 'feather'][i % 4] + ' (noun): a thing of birds, number ' + (i % 10) + '.';
`;
const module = `
import { writeFileSync } from 'node:fs';
import { sentence } from './sentence.mjs';
export const provides = ['chats', 'validationChats', 'choice', 'writing', 'prompts'];
export const inputs = () => ({ version: 1 });
export async function buildCorpus({ folder, options, seed }) {
  const put = (name, count, line) =>
    writeFileSync(folder + '/' + name, Array.from({ length: count }, (_, i) => JSON.stringify(line(i)) + '\\n').join(''));
  const ask = (i) => [{ role: 'user', content: 'What is ' + sentence(i).split(' ')[0] + '?' }];
  put('train.jsonl', options.lines, (i) => ({ id: 't' + i, text: sentence(i) }));
  put('validation.jsonl', 8, (i) => ({ id: 'v' + i, text: sentence(i + 1) }));
  put('heldout.jsonl', 8, (i) => ({ id: 'h' + i, context: 'egg (noun): ', text: 'a thing of birds, number ' + i + '.' }));
  put('chats.jsonl', 40, (i) => ({ messages: [...ask(i), { role: 'assistant', content: sentence(i) }] }));
  put('validation-chats.jsonl', 4, (i) => ({ messages: [...ask(i), { role: 'assistant', content: sentence(i) }] }));
  put('choice.jsonl', 6, (i) => ({
    id: 'q' + i, prompt: 'egg (noun): ', choices: ['a thing of birds', 'sdrib fo gniht a'], answer: 0,
    messages: ask(i), unconditionalMessages: [{ role: 'user', content: 'Say something.' }],
  }));
  put('definitions.jsonl', 3, (i) => ({ id: 'd' + i, messages: ask(i), references: [sentence(i)], baseline: sentence(i + 1) }));
  put('prompts.jsonl', 2, (i) => (i === 0 ? { prompt: 'egg' } : { messages: ask(i) }));
  return { licences: [{ source: 'made up', licence: 'CC0-1.0' }], metrics: { seed }, notes: ['Nothing is held out really.'] };
}
`;

it('a data module makes the corpus, questions and tasks included', { timeout: 240_000 }, async () => {
  await writeFile(join(folder, 'sentence.mjs'), companion);
  await writeFile(join(folder, 'corpus.mjs'), module);
  await writeFile(
    join(folder, 'abovo.yaml'),
    `data: { module: corpus.mjs, options: { lines: 200 } }
seed: 5
tokenizer: { vocabSize: 280 }
architecture: { depth: 1, hiddenSize: 32, contextLength: 64 }
training: { steps: 30, microBatchSize: 4, batchTokens: 256, learningRate: 0.01 }
finetuning: { steps: 4 }
evaluation: { samples: 2, sampleTokens: 6, answers: 3, questions: 6 }
`,
  );
  const measured = { tokensPerSecond: 1e4, startSeconds: 1, peakMemoryMB: 200, peakFlops: 1e11, at: '' };
  const run = () => runProject(folder, { measure: async () => measured, builders });
  const { metrics, artifacts } = await run();
  expect(metrics.base.choiceAccuracy?.value).toBeGreaterThan(0.5);
  expect(metrics.tuned.choiceAccuracy?.value).toBeGreaterThanOrEqual(0);
  expect(metrics.tuned.chrF).toBeGreaterThanOrEqual(0);
  expect(metrics.baselines).toMatchObject({ chance: 0.5 });
  expect(metrics.baselines.chrF).toBeGreaterThan(0);
  const store = await ArtifactStore.open(folder);
  const corpus = store.get(artifacts.corpus!);
  expect(corpus.manifest.metrics).toEqual({ seed: 5 });
  const evaluation = store.get(artifacts.evaluation!);
  expect(evaluation.manifest.licences).toEqual([{ source: 'made up', licence: 'CC0-1.0' }]);
  expect(evaluation.manifest.metrics).toMatchObject({ questions: 6, paired: { pValue: expect.any(Number) } });
  expect((await run()).built).toEqual([]);
});

it('a module that does not write what it promises is named', { timeout: 120_000 }, async () => {
  await writeFile(join(folder, 'corpus.mjs'), module.replace("put('choice.jsonl', 6", "put('choise.jsonl', 6"));
  const store = await ArtifactStore.open(folder);
  const before = store.addresses();
  const measured = { tokensPerSecond: 1e4, startSeconds: 1, peakMemoryMB: 200, peakFlops: 1e11, at: '' };
  // Node keeps a module it has loaded, so a changed one is run by another process, as the command line does.
  const { spawnSync } = await import('node:child_process');
  const script = join(folder, 'again.mts');
  const recipes = new URL('./index.ts', import.meta.url).href;
  await writeFile(
    script,
    `import { builders, runProject } from '${recipes}';
await runProject(${JSON.stringify(folder)}, { measure: async () => (${JSON.stringify(measured)}), builders }).catch((e) => console.log(e.message));`,
  );
  const { stdout } = spawnSync(process.execPath, ['--import', 'tsx', script], {
    encoding: 'utf8',
    cwd: new URL('.', import.meta.url),
  });
  expect(stdout).toContain('did not write choice.jsonl');
  expect(store.addresses()).toEqual(before);
});
