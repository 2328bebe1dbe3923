import { mkdtemp, readFile, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hostTensor } from '../../compiler/tensor/index.js';
import { diskError, readNewestCheckpoint, writeCheckpoint } from './checkpoint.js';
import { MetricsLog, readMetrics } from './metrics.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'abovo-checkpoint-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const at = (step: number) => ({
  state: {
    step,
    tokens: step * 10,
    metricsBytes: 0,
    loss: 1.5,
    validation: null,
    bestValidation: { step: 1, loss: 0.1 + 0.2 },
    bestLoss: null,
    badSteps: 0,
  },
  tensors: { 'param:w': hostTensor('f32', [2, 2], [step, Math.fround(0.1), -0, 1e-42]), empty: hostTensor('f32', [0]) },
});
const write = (step: number, keep = 3) => writeCheckpoint(folder, 'f', at(step), keep);
const warnings: string[] = [];
const newest = (fingerprint = 'f') => {
  warnings.length = 0;
  return readNewestCheckpoint(folder, fingerprint, (message) => warnings.push(message));
};

describe('checkpoints', () => {
  it('gives back every bit and keeps the newest few', async () => {
    for (const step of [1, 2, 10, 11]) await write(step, 2);
    expect((await readdir(folder)).sort()).toEqual(['step-0000000010', 'step-0000000011']);
    expect(await newest()).toEqual(at(11));
  });

  it('has none in an empty or missing folder', async () => {
    expect(await newest()).toBeUndefined();
    expect(await readNewestCheckpoint(join(folder, 'none'), 'f', () => undefined)).toBeUndefined();
  });

  it('skips corrupt ones with a warning and removes leftovers', async () => {
    await write(1);
    await truncate(join(await write(2), 'tensors.bin'), 15);
    const third = join(await write(3), 'checkpoint.json');
    await writeFile(third, (await readFile(third, 'utf8')).replace('"step":3', '"step":4'));
    const fourth = join(await write(4, 9), 'tensors.bin');
    const bytes = await readFile(fourth);
    bytes[3] ^= 1;
    await writeFile(fourth, bytes);
    await writeFile(join(await write(5, 9), 'checkpoint.json'), '');
    expect(await newest()).toEqual(at(1));
    expect(warnings).toHaveLength(4);
    expect(warnings.join()).toMatch(/truncated/);
  });

  it('refuses a folder of another run', async () => {
    await write(1);
    await expect(newest('other')).rejects.toThrow(/other settings/);
  });

  it('says what to do about a full disk and lets other errors be', () => {
    const full = Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
    expect(diskError(full, 'write x')).toMatchObject({ code: 'disk.full' });
    expect(diskError(Object.assign(new Error(), { code: 'EROFS' }), 'write x')).toMatchObject({
      code: 'disk.readonly',
    });
    const other = new Error('x');
    expect(diskError(other, 'write x')).toBe(other);
  });
});

describe('metrics log', () => {
  const line = { type: 'step', step: 1, loss: 1, gradNorm: 1, learningRate: 1, tokens: 1, seconds: 1 } as const;

  it('is cut to the length a checkpoint recorded', async () => {
    const path = join(folder, 'metrics.jsonl');
    let log = await MetricsLog.open(path, 0);
    await log.append(line);
    const { bytes } = log;
    await log.append({ ...line, step: 2 });
    await log.close();
    log = await MetricsLog.open(path, bytes);
    await log.append({ ...line, step: 22 });
    await log.close();
    expect((await readMetrics(path)).map(({ step }) => step)).toEqual([1, 22]);
    await expect(MetricsLog.open(path, 10_000)).rejects.toThrow(/expected at least 10000 bytes/);
  });
});
