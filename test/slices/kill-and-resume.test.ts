import { execFileSync, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Random } from '../../src/base/core/index.js';
import { repositoryRoot } from '../support.js';

const points = Number(process.env.ABOVO_KILL_POINTS ?? 5);

/** Seeds the kill points: another commit, other points; `ABOVO_KILL_SEED` repeats a failure. */
function seed(): string {
  if (process.env.ABOVO_KILL_SEED) return process.env.ABOVO_KILL_SEED;
  try {
    return execFileSync('git', ['rev-parse', 'HEAD'], { cwd: repositoryRoot, encoding: 'utf8' }).trim();
  } catch {
    return 'no commit';
  }
}

function child(...args: string[]): Promise<{ code: number | null; signal: string | null; out: string }> {
  const script = join(repositoryRoot, 'test/slices/train-child.ts');
  return new Promise((resolve, reject) => {
    const process_ = spawn(process.execPath, ['--import', 'tsx', script, ...args], { cwd: repositoryRoot });
    let out = '';
    let errors = '';
    process_.stdout.on('data', (data) => (out += String(data)));
    process_.stderr.on('data', (data) => (errors += String(data)));
    process_.on('error', reject);
    process_.on('close', (code, signal) => {
      if (code === 0 || signal === 'SIGKILL') resolve({ code, signal, out });
      else reject(new Error(`child ended with ${code ?? signal}: ${errors}`));
    });
  });
}

describe.concurrent('a killed run ends as an uninterrupted one', () => {
  it.each(['pretraining', 'fine-tuning'])(
    `%s, killed at ${points} random points`,
    async (kind) => {
      const folder = await mkdtemp(join(tmpdir(), 'abovo-kill-'));
      try {
        const whole = join(folder, 'whole');
        const { calls } = JSON.parse((await child(whole, kind)).out) as { calls: number };
        const expected = JSON.parse(await readFile(join(whole, 'result.json'), 'utf8')) as object;
        const random = new Random(`${seed()}-${kind}`);
        let round = 0;
        let killed = 0;
        const where: string[] = [];
        while (killed < points) {
          const path = join(folder, `round-${round++}`);
          // Kill and go on in the same folder until a run gets through, or all points are used.
          for (;;) {
            const call = killed < points ? 1 + random.int(Math.ceil(calls * 0.7)) : 0;
            const delay = random.int(12);
            const { signal } = await child(path, kind, String(call), String(delay));
            if (signal !== 'SIGKILL') break;
            where.push(`${call}+${delay}ms`);
            killed++;
          }
          const result = JSON.parse(await readFile(join(path, 'result.json'), 'utf8')) as object;
          expect(result, `seed ${seed()}, killed at ${where}`).toEqual(expected);
        }
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
    60_000 + points * 30_000,
  );
});
