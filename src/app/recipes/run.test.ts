import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { repositoryRoot } from '../../../test/support.js';
import { ArtifactStore, lineageOf } from '../../base/artifact/index.node.js';
import { Random } from '../../base/core/index.js';
import { builders, findModel, makePlan, loadProject, measureTraining, readRunState, runProject } from './index.js';
import type { Measured } from './plan-state.js';
import type { RunResult } from './run.js';

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

const words = 'ab ovo usque ad mala the egg of a hen is oval and a hen lays one egg a day'.split(' ');

/** A few kilobytes of made-up text, chats about it and pairs of answers. */
async function project(settings: Record<string, string> = {}): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'abovo-run-'));
  folders.push(folder);
  const random = new Random(3);
  const sentence = () => `${Array.from({ length: 8 }, () => random.pick(words)).join(' ')}.`;
  const paragraphs = Array.from({ length: 160 }, () => [sentence(), sentence(), sentence()].join(' '));
  await writeFile(join(folder, 'text.txt'), paragraphs.join('\n\n'));
  const chats = Array.from({ length: 60 }, () => ({
    messages: [
      { role: 'user', content: `What of ${random.pick(words)}?` },
      { role: 'assistant', content: sentence() },
    ],
  }));
  await writeFile(join(folder, 'chats.jsonl'), chats.map((chat) => JSON.stringify(chat)).join('\n'));
  const pairs = Array.from({ length: 60 }, () => {
    const word = random.pick(words);
    const messages = [{ role: 'user', content: `What of ${word}?` }];
    return { messages, chosen: `${word}.`, rejected: `${random.pick(words)} ${word}` };
  });
  await writeFile(join(folder, 'pairs.jsonl'), pairs.map((pair) => JSON.stringify(pair)).join('\n'));
  await configure(folder, settings);
  return folder;
}

async function configure(folder: string, settings: Record<string, string> = {}): Promise<void> {
  const all = { threshold: 'base.bitsPerByte <= 9', rate: '0.003', tuning: '0.001', vocabulary: '300', ...settings };
  await writeFile(
    join(folder, 'abovo.yaml'),
    `name: tiny
charter:
  releaseThresholds: ["${all.threshold}"]
data: { files: [text.txt], chats: [chats.jsonl], pairs: [pairs.jsonl], heldOutShare: 0.1, documentBytes: 400 }
tokenizer: { vocabSize: ${all.vocabulary} }
architecture: { depth: 1, hiddenSize: 32, numHeads: 2, contextLength: 32 }
training: { steps: 12, microBatchSize: 4, batchTokens: 256, checkpointEvery: 3, learningRate: ${all.rate}, dropout: 0.1 }
finetuning: { steps: 6, checkpointEvery: 2, learningRate: ${all.tuning} }
preference: { steps: 4, checkpointEvery: 2 }
evaluation: { samples: 2, sampleTokens: 8, heldOutBytes: 2000 }
compute: { threads: 1 }
`,
  );
}

/** Steps are set, so the horizon needs no measurement; forecasts are not what is tested here. */
const measured: Measured = { tokensPerSecond: 1e4, startSeconds: 1, peakMemoryMB: 200, peakFlops: 1e11, at: '' };
const run = (folder: string, options: Partial<Parameters<typeof runProject>[1]> = {}): Promise<RunResult> =>
  runProject(folder, { measure: async () => measured, builders, ...options });

/** Hashes of what a run made; times stand in the training log only and are left out of it. */
async function content(folder: string): Promise<Record<string, string>> {
  const store = await ArtifactStore.open(folder);
  const found: Record<string, string> = {};
  for (const { address, folder: at, manifest } of store.list()) {
    for (const [file, { sha256 }] of Object.entries(manifest.files)) {
      found[`${address}/${file}`] =
        file === 'metrics.jsonl' ? readFileSync(join(at, file), 'utf8').replace(/"seconds":[^,}]+/g, '') : sha256;
    }
  }
  return found;
}

let reference: string;
let first: RunResult;
beforeAll(async () => {
  reference = await project();
  first = await run(reference);
});

describe('a run', { timeout: 240_000 }, () => {
  it('goes from text to a measured model', async () => {
    expect(first.ok).toBe(true);
    expect(Object.keys(first.artifacts)).toEqual([
      'corpus',
      'tokenizer',
      'tokens',
      'baselines',
      'base',
      'tuned',
      'preferred',
      'evaluation',
    ]);
    expect(first.metrics.base.bitsPerByte).toBeLessThan(9);
    expect(first.metrics.baselines.kneserNey5BitsPerByte).toBeGreaterThan(0);
    expect(first.metrics.tuned.bitsPerByte).toBeGreaterThan(0);
    expect((await (await ArtifactStore.open(reference)).verify()).every(({ ok }) => ok)).toBe(true);
    const { folder, address } = await findModel(reference, { gate: true });
    expect(address).toBe(first.artifacts.preferred);
    expect(readdirSync(folder)).toEqual(expect.arrayContaining(['config.json', 'model.safetensors', 'tokenizer.json']));
  });

  it('does nothing the second time', async () => {
    const before = await content(reference);
    const second = await run(reference, {
      builders: new Proxy(builders, { get: () => () => Promise.reject(new Error('nothing should be built')) }),
    });
    expect(second.built).toEqual([]);
    expect(second.metrics).toEqual(first.metrics);
    expect(await content(reference)).toEqual(before);
  });

  it('makes again only what depends on a changed setting', async () => {
    const folder = await project();
    await run(folder);
    await configure(folder, { tuning: '0.002' });
    expect((await run(folder)).built).toEqual(['tuned', 'preferred', 'evaluation']);
    await configure(folder, { tuning: '0.002', rate: '0.004' });
    expect((await run(folder)).built).toEqual(['base', 'tuned', 'preferred', 'evaluation']);
    await configure(folder, { vocabulary: '304' });
    expect((await run(folder)).built).toEqual([
      'tokenizer',
      'tokens',
      'baselines',
      'base',
      'tuned',
      'preferred',
      'evaluation',
    ]);
    await configure(folder);
    expect((await run(folder)).built).toEqual([]);
    expect(await content(folder)).toMatchObject(await content(reference));
  });

  it('stops at a stage, and runs one alone only where its input is there', async () => {
    const folder = await project();
    await expect(run(folder, { only: 'base' })).rejects.toThrow(/reads tokenizer, which is not there yet/);
    await expect(run(folder, { only: 'bas' })).rejects.toThrow(/did you mean "base"/);
    const part = await run(folder, { until: 'tokens' });
    expect(part.built).toEqual(['corpus', 'tokenizer', 'tokens']);
    expect(part.ok).toBe(true);
    expect(await readRunState(folder)).toBeUndefined();
    await expect(findModel(folder)).rejects.toThrow(/no base model yet/);
    expect((await run(folder, { only: 'baselines' })).built).toEqual(['baselines']);
  });

  it('fails where a release threshold is unmet, unless a reason is given, which lineage records', async () => {
    const folder = await project({ threshold: 'tuned.bitsPerByte <= 0.01' });
    const refused = await run(folder);
    expect(refused.ok).toBe(false);
    await expect(findModel(folder, { gate: true })).rejects.toThrow(/thresholds are not met[\s\S]*--override REASON/);
    const accepted = await run(folder, { override: 'a demonstration' });
    expect(accepted).toMatchObject({ ok: true, built: [], override: 'a demonstration' });
    await findModel(folder, { gate: true, override: 'to look at it' });
    const store = await ArtifactStore.open(folder);
    const { overrides } = lineageOf(store, accepted.artifacts.evaluation!);
    expect(overrides.map(({ reason }) => reason)).toEqual(['a demonstration', 'to look at it']);
  });
});

describe('bad input', { timeout: 120_000 }, () => {
  it('is named before anything runs', async () => {
    const folder = await project();
    const write = (text: string) => writeFile(join(folder, 'abovo.yaml'), text);
    await write('data: { files: [absent.txt, "none/*.txt"] }');
    await expect(run(folder)).rejects.toThrow(/absent\.txt[\s\S]*none\/\*\.txt/);
    await write('data: { files: [empty.txt] }');
    await writeFile(join(folder, 'empty.txt'), ' \n\n ');
    await expect(run(folder)).rejects.toThrow(/expected text/);
    await write('data: { files: [latin.txt] }');
    await writeFile(join(folder, 'latin.txt'), Buffer.from([0x63, 0x61, 0x66, 0xe9]));
    await expect(run(folder)).rejects.toThrow(/UTF-8/);
    await configure(folder, { vocabulary: '60000' });
    await expect(run(folder)).rejects.toThrow(/vocab/i);
    await write('data: { module: corpus.mjs }');
    await writeFile(join(folder, 'corpus.mjs'), 'export const nothing = 1;');
    await expect(run(folder)).rejects.toThrow(/expected an export buildCorpus/);
  });
});

describe('a plan', { timeout: 120_000 }, () => {
  it('turns minutes into steps once, by measuring this machine', async () => {
    const folder = await project();
    const path = join(folder, 'abovo.yaml');
    await writeFile(path, readFileSync(path, 'utf8').replace('steps: 12,', 'minutes: 0.02, maxEpochs: 10000,'));
    const loaded = await loadProject(folder);
    const plan = await makePlan(loaded, { measure: measureTraining });
    expect(plan.measured.tokensPerSecond).toBeGreaterThan(0);
    expect(plan.totals.seconds).toBeGreaterThan(0);
    const again = await makePlan(loaded, { measure: () => Promise.reject(new Error('measured twice')) });
    expect(again.stages).toEqual(plan.stages);
    const steps = again.settings.find(({ key }) => key === 'training.steps');
    expect(steps).toMatchObject({ from: 'derived', how: expect.stringContaining('measured tokens/s') });
  });
});

/** Runs a project; says when a stage begins and when it is about to be published. */
const child = `
import { setTimeout as sleep } from 'node:timers/promises';
import { builders, runProject } from '${repositoryRoot}src/app/recipes/index.ts';
const abort = new AbortController();
process.on('SIGINT', () => abort.abort(new Error('interrupted')));
const told = Object.fromEntries(Object.entries(builders).map(([stage, build]) => [stage, async (work, context) => {
  console.log('begin ' + stage);
  const result = await build(work, context);
  console.log('end ' + stage);
  await sleep(20);
  return result;
}]));
const measured = ${JSON.stringify(measured)};
await runProject(process.argv[2], { measure: async () => measured, builders: told, signal: abort.signal }).then(
  () => console.log('done'),
  (error) => { console.log('failed: ' + error.message); process.exitCode = 1; },
);
`;

async function start(folder: string) {
  const script = join(folder, 'child.mts');
  await writeFile(script, child);
  const running = spawn(process.execPath, ['--import', 'tsx', script, folder], {
    cwd: repositoryRoot,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  running.stdout.on('data', (chunk) => (text += String(chunk)));
  const ended = new Promise<number | null>((done) => running.on('exit', done));
  const until = async (word: string) => {
    while (!text.includes(word) && running.exitCode === null) await sleep(2);
  };
  return { kill: (signal: NodeJS.Signals) => running.kill(signal), ended, until, text: () => text };
}

describe('a run that is killed', () => {
  it('in each stage, by SIGKILL or SIGINT, ends with the same artifacts as one that is not', async () => {
    const folder = await project();
    const random = new Random('kills');
    const log: string[] = [];
    for (const stage of Object.keys(builders)) {
      const signal = random.pick(['SIGKILL', 'SIGINT'] as const);
      const atEnd = random.float() < 0.3;
      const running = await start(folder);
      await running.until(`${atEnd ? 'end' : 'begin'} ${stage}`);
      if (!atEnd) await sleep(random.int(stage === 'base' || stage === 'tuned' ? 700 : 40));
      running.kill(signal);
      await running.ended;
      log.push(`${stage} ${signal}: ${running.text().trim().split('\n').at(-1)}`);
    }
    const last = await start(folder);
    expect(await last.ended, `${log.join('\n')}\n${last.text()}`).toBe(0);
    expect(await content(folder), log.join('\n')).toEqual(await content(reference));
  }, 240_000);
});

it('stops on data whose licence forbids what the charter says', { timeout: 60_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'abovo-licence-'));
  folders.push(folder);
  await writeFile(
    join(folder, 'text.txt'),
    Array.from({ length: 200 }, (_, i) => `Hen ${i} laid ${i % 7} eggs in the nest by the barn.`).join('\n\n'),
  );
  const configured = (commercial: boolean, licence: string) =>
    writeFile(
      join(folder, 'abovo.yaml'),
      `charter: { commercial: ${commercial} }\ndata: { files: [text.txt], licence: ${licence} }\ntraining: { steps: 1 }\n`,
    );
  await configured(true, 'CC-BY-NC-4.0');
  await expect(run(folder, { until: 'tokenizer' })).rejects.toMatchObject({
    code: 'charter.licence',
    message: expect.stringMatching(/commercial use[\s\S]*CC-BY-NC-4\.0 \(text\.txt\)/) as string,
  });
  await configured(false, 'CC-BY-NC-4.0');
  expect((await run(folder, { until: 'tokenizer' })).built).toEqual(['tokenizer']);
  await configured(true, 'CC-BY-4.0');
  expect((await run(folder, { until: 'tokenizer' })).built).toEqual(['corpus', 'tokenizer']);
});
