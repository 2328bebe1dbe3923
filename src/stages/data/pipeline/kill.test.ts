import { type ChildProcess, spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { Random } from '../../../base/core/index.js';
import { lead } from './lead.js';
import { type PipelineOptions, runPipeline } from './run.js';

const module = fileURLToPath(new URL('./testing-steps.ts', import.meta.url));
const entry = fileURLToPath(new URL('./testing-process.ts', import.meta.url));
const loader = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;

async function resultOf(folder: string): Promise<Record<string, string>> {
  const found: Record<string, string> = { report: await readFile(join(folder, 'report.json'), 'utf8') };
  for (const sub of ['shards', 'rejects']) {
    for (const name of await readdir(join(folder, sub))) {
      found[`${sub}/${name}`] = await readFile(join(folder, sub, name), 'utf8');
    }
  }
  return found;
}

it('three processes that are killed at random and started again write what one process writes', async () => {
  const root = await mkdtemp(join(tmpdir(), 'abovo-kill-'));
  const seed = Date.now() % 100_000;
  const random = new Random(seed);
  const options: PipelineOptions = {
    folder: join(root, 'one'),
    projectFolder: root,
    sources: [{ kind: `${module}#numbers`, count: 60, tasks: 9, cursors: true }],
    steps: [
      { [`${module}#slow`]: { ms: 2 } },
      { [`${module}#copies`]: { slow: 150 } },
      `${module}#shout`,
      `${module}#copies`,
    ],
    unitBytes: 2000,
    partDocuments: 16,
    workers: 0,
    staleSeconds: 0.6,
  };
  await runPipeline({ ...options, steps: [{ [`${module}#slow`]: { ms: 0 } }, ...options.steps!.slice(1)] });
  const expected = { ...(await resultOf(join(root, 'one'))) };
  const start = (index: number): ChildProcess =>
    spawn(
      process.execPath,
      [
        '--import',
        loader,
        entry,
        JSON.stringify({ ...options, folder: join(root, 'three'), shard: { index, count: 3 } }),
      ],
      {
        stdio: ['ignore', 'ignore', 'inherit'],
      },
    );
  let kills = 0;
  const keep = async (index: number): Promise<void> => {
    for (let tries = 0; ; tries++) {
      const child = start(index);
      const ended = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
      // Each is killed twice, at any time of its life; then it may finish.
      const after = tries < 2 ? 300 + random.int(1500) : 60_000;
      const end = await Promise.race([ended, sleep(after, 'late' as const, { ref: false })]);
      if (end === 0) return;
      expect(end, `a process ended with an error (seed ${seed})`).toBe('late');
      child.kill('SIGKILL');
      kills++;
      await ended;
    }
  };
  await Promise.all([1, 2, 3].map(keep));
  const strip = (result: Record<string, string>) => ({ ...result, report: result.report.replace(/"digest": .*/, '') });
  expect(strip(await resultOf(join(root, 'three'))), `seed ${seed}`).toEqual(strip(expected));
  expect(kills).toBeGreaterThan(0);
  await rm(root, { recursive: true });
}, 120_000);

it('one of several leads; a silent leader is replaced', async () => {
  const root = await mkdtemp(join(tmpdir(), 'abovo-lead-'));
  const path = join(root, 'x.lock');
  let done = false;
  let led = 0;
  const waited: string[] = [];
  const options = { isDone: async () => done, staleMs: 1500, onWait: (who: string) => void waited.push(who) };
  const work = async (): Promise<void> => {
    led++;
    await sleep(1900);
    done = true;
  };
  await Promise.all([lead(path, options, work), lead(path, options, work), lead(path, options, work)]);
  // Nobody took over while the leader gave signs of life, though it worked longer than a silence lasts.
  expect(led).toBe(1);
  // The first look may come between the file and what is written into it.
  expect(waited.join()).toContain(`process ${process.pid}`);
  done = false;
  await writeFile(path, '{"token":"dead","who":"a dead process","beat":3}');
  await lead(path, options, work);
  expect(led).toBe(2);
  expect(waited).toContain('a dead process');
  await rm(root, { recursive: true });
});
