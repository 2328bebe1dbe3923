import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { builders, findRate } from './index.js';
import { readSweep, smoothed } from './find-rate.js';

it('reads where a loss falls fastest and where it turns', () => {
  // Flat, then a fall between 30 and 60, flat again, then a rise from 80 on.
  const loss = Array.from({ length: 100 }, (_, i) =>
    i < 30 ? 5 : i < 60 ? 5 - (i - 30) / 10 : i < 80 ? 2 : 2 + ((i - 80) / 5) ** 2,
  );
  const { steepest, lowest } = readSweep(loss);
  expect(steepest).toBeGreaterThan(30);
  expect(steepest).toBeLessThan(66);
  expect(lowest).toBeGreaterThan(70);
  expect(lowest).toBeLessThan(90);
  expect(smoothed([3, 3, 3])).toEqual([3, 3, 3].map((value) => expect.closeTo(value, 9)));
});

it('sweeps the planned model and suggests a rate between the two', { timeout: 120_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'abovo-rate-test-'));
  try {
    const text = Array.from({ length: 3000 }, (_, i) => `line ${(i * 7) % 13} of ${(i * 5) % 11}`).join('\n');
    await writeFile(join(folder, 'text.txt'), text);
    await writeFile(
      join(folder, 'abovo.yaml'),
      'data: {files: [text.txt]}\narchitecture: {depth: 1, contextLength: 32}\ntraining: {steps: 50, microBatchSize: 8}\n',
    );
    const measure = async () => ({
      tokensPerSecond: 1e4,
      startSeconds: 1,
      peakMemoryMB: 300,
      peakFlops: 1e11,
      at: 'x',
    });
    const sweep = await findRate(folder, { measure, builders, steps: 60 });
    expect(sweep.points.length).toBeGreaterThan(20);
    expect(sweep.points[0]!.factor).toBeCloseTo(0.001, 4);
    expect(sweep.steepest).toBeLessThan(sweep.lowest);
    expect(sweep.suggestion).toBeGreaterThan(sweep.steepest);
    expect(sweep.suggestion).toBeLessThan(sweep.lowest);
    expect((await stat(sweep.page)).size).toBeGreaterThan(1000);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
