import { spawn } from 'node:child_process';
import { appendFile, mkdtemp, readFile, readdir, rm, stat, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EventLog, type RequestEvent, readEvents } from './index.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'abovo-events-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const event = (n: number): RequestEvent => ({
  schemaVersion: 1,
  type: 'request',
  id: `event-${n}`,
  time: '2026-01-02T03:04:05.000Z',
  requestId: `r${n}`,
  method: 'POST',
  route: '/v1/completions',
  status: 200,
  operation: 'text_completion',
  durationMs: n,
});

async function all(from = folder) {
  const events: RequestEvent[] = [];
  const skipped: string[] = [];
  for await (const one of readEvents(from, { onSkip: ({ reason }) => skipped.push(reason) })) events.push(one);
  return { ids: events.map((one) => one.id), skipped };
}
const segments = async () => (await readdir(folder)).sort();

describe('event log', () => {
  it('keeps order, and a second writer begins segments of its own', async () => {
    const first = await EventLog.open(folder);
    await Promise.all([1, 2, 3].map((n) => first.append(event(n))));
    const second = await EventLog.open(folder);
    await new Promise((resolve) => setTimeout(resolve, 5));
    await second.append(event(4));
    await Promise.all([first.close(), second.close()]);
    expect(await segments()).toHaveLength(2);
    expect(await all()).toEqual({ ids: ['event-1', 'event-2', 'event-3', 'event-4'], skipped: [] });
    expect((await stat(join(folder, (await segments())[0] as string))).mode & 0o077).toBe(0);
  });

  it('rotates by size and by day', async () => {
    let now = new Date('2026-01-02T23:59:59Z');
    const log = await EventLog.open(folder, { maxSegmentBytes: 450, fsync: 'always', now: () => now });
    for (let n = 0; n < 5; n++) {
      now = new Date(now.getTime() + 10);
      await log.append(event(n));
    }
    const before = (await segments()).length;
    expect(before).toBeGreaterThan(1);
    now = new Date('2026-01-03T00:00:01Z');
    await log.append(event(5));
    await log.close();
    const names = await segments();
    expect(names.length).toBe(before + 1);
    expect(names.at(-1)).toMatch(/^2026-01-03/);
    expect((await all()).ids).toHaveLength(6);
  });

  it('skips a torn last line, wherever it was torn, and lines that are no events', async () => {
    const log = await EventLog.open(folder);
    for (let n = 0; n < 3; n++) await log.append(event(n));
    await log.close();
    const path = join(folder, (await segments())[0] as string);
    const text = await readFile(path, 'utf8');
    const lastLine = text.lastIndexOf('\n', text.length - 2) + 1;
    for (const cut of [text.length - 2, lastLine + 40, lastLine + 1]) {
      await truncate(path, cut);
      expect(await all()).toEqual({ ids: ['event-0', 'event-1'], skipped: [expect.stringMatching(/torn/)] });
    }
    await truncate(path, lastLine);
    await appendFile(path, `{"a":1}\nnot json\n${'x'.repeat(50)}\n${JSON.stringify(event(9))}\n`);
    const { ids, skipped } = await all();
    expect(ids).toEqual(['event-0', 'event-1', 'event-9']);
    expect(skipped).toHaveLength(3);
  });

  it('loses no finished event when its writer is killed', async () => {
    const script = `
      import { EventLog } from ${JSON.stringify(fileURLToPath(new URL('./index.ts', import.meta.url)))};
      const log = await EventLog.open(${JSON.stringify(folder)}, { fsync: 'never' });
      const event = ${JSON.stringify(event(0))};
      for (let n = 0; ; n++) { await log.append({ ...event, id: String(n) }); process.stdout.write(n + '\\n'); }`;
    const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
      output += chunk.toString();
      if (output.length > 2000) child.kill('SIGKILL');
    }
    const acknowledged = output.slice(0, output.lastIndexOf('\n')).split('\n');
    const { ids } = await all();
    expect(ids.slice(0, acknowledged.length)).toEqual(acknowledged);
  });

  it('goes on without the log when it cannot be written, says so once and counts', async () => {
    const messages: string[] = [];
    const log = await EventLog.open(join(folder, 'gone'), { onError: (message) => messages.push(message) });
    await rm(join(folder, 'gone'), { recursive: true });
    await log.append(event(1));
    await log.append(event(2));
    expect(log.dropped).toBe(2);
    expect(messages).toHaveLength(1);
    await log.close();
  });

  it('never writes what the schema does not know', async () => {
    const log = await EventLog.open(folder);
    await log.append({ ...event(1), prompt: 'secret' } as unknown as RequestEvent);
    await log.close();
    expect(log.dropped).toBe(1);
    expect((await all(join(folder, 'none'))).ids).toEqual([]);
  });
});
