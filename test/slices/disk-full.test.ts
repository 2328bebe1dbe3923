import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { repositoryRoot } from '../support.js';

/** Runs the tiny training; `limit` kB is the largest file it may write (the kernel then answers EFBIG). */
function run(folder: string, { limit, killCall = 0 }: { limit?: number; killCall?: number } = {}) {
  const command = `${process.execPath} --import tsx test/slices/train-child.ts ${folder} pretraining ${killCall} 0`;
  return spawnSync('bash', ['-c', `${limit ? `ulimit -f ${limit}; ` : ''}exec ${command}`], {
    cwd: repositoryRoot,
    encoding: 'utf8',
  });
}

describe.skipIf(process.platform === 'win32')('a full disk', () => {
  it('ends training with a clear error and costs nothing: the run goes on where there is room again', {
    timeout: 240_000,
  }, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'abovo-disk-'));
    try {
      const whole = join(folder, 'whole');
      const { stdout } = run(whole);
      const { calls } = JSON.parse(stdout) as { calls: number };
      const full = join(folder, 'full');
      expect(run(full, { killCall: Math.round(calls / 2) }).signal).toBe('SIGKILL');
      const before = await readdir(join(full, 'checkpoints'));
      const failed = run(full, { limit: 16 });
      expect(failed.status).toBe(1);
      expect(failed.stderr).toMatch(/disk\.full/);
      expect(failed.stderr).toMatch(/the disk is full .*last good checkpoint is kept/);
      // Nothing half-written stays, and what was there before is still there.
      expect((await readdir(join(full, 'checkpoints'))).filter((name) => name.endsWith('.tmp'))).toEqual([]);
      expect(await readdir(join(full, 'checkpoints'))).toEqual(before.filter((name) => !name.endsWith('.tmp')));
      expect(run(full).status).toBe(0);
      expect(JSON.parse(await readFile(join(full, 'result.json'), 'utf8'))).toEqual(
        JSON.parse(await readFile(join(whole, 'result.json'), 'utf8')),
      );
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
