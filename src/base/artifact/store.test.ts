import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { appendFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { repositoryRoot } from '../../../test/support.js';
import { Random, Unavailable } from '../core/index.js';
import { ArtifactStore, type StageKey, addressOf, formatLineage, lineageOf, parseManifest } from './index.node.js';

const folders: string[] = [];
function project(): string {
  const folder = mkdtempSync(join(tmpdir(), 'abovo-store-'));
  folders.push(folder);
  return folder;
}
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

const key = (config: StageKey['config'], parents: Record<string, string> = {}, kind = 'words'): StageKey => ({
  kind,
  schemaVersion: 1,
  stageVersion: 1,
  config,
  parents,
});
const put =
  (text: string, licence = 'CC0-1.0') =>
  async ({ folder }: { folder: string }) => {
    await mkdir(join(folder, 'sub'), { recursive: true });
    await writeFile(join(folder, 'a.txt'), text);
    await writeFile(join(folder, 'sub/b.txt'), `${text}${text}`);
    return { metrics: { length: text.length }, licences: [{ source: text, licence }] };
  };

describe('addresses', () => {
  it('depend on content alone, not on the order of keys', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (config) => {
        const reversed = Object.fromEntries(Object.entries(config).reverse());
        expect(addressOf(key(JSON.parse(JSON.stringify(config))))).toBe(
          addressOf(key(JSON.parse(JSON.stringify(reversed)))),
        );
      }),
    );
  });

  it('differ when any part of the key differs', () => {
    const base = key({ a: 1 });
    const others: StageKey[] = [
      { ...base, kind: 'other' },
      { ...base, schemaVersion: 2 },
      { ...base, stageVersion: 2 },
      { ...base, config: { a: 2 } },
      { ...base, parents: { data: addressOf(base) } },
    ];
    expect(new Set([base, ...others].map(addressOf)).size).toBe(6);
  });
});

describe('produce', () => {
  it('builds once; the second call is free, in this process and in another', async () => {
    const folder = project();
    const store = await ArtifactStore.open(folder);
    let builds = 0;
    const build = async (work: { folder: string }) => {
      builds++;
      return put('egg')(work);
    };
    const first = await store.produce(key(1), build);
    const second = await store.produce(key(1), build);
    const third = await (await ArtifactStore.open(folder)).produce(key(1), build);
    expect(builds).toBe(1);
    expect(second).toEqual(first);
    expect(third).toEqual(first);
    expect(Object.keys(first.manifest.files)).toEqual(['a.txt', 'sub/b.txt']);
    expect(first.manifest.recorded.machine.cores).toBeGreaterThan(0);
    expect(readdirSync(join(folder, '.abovo', 'work'))).toEqual([]);
    expect(existsSync(join(folder, '.abovo', 'lock'))).toBe(false);
  });

  it('lets calls of one process overlap in any order', async () => {
    const store = await ArtifactStore.open(project());
    const random = new Random('overlap');
    await Promise.all(
      Array.from({ length: 30 }, async (_, i) => {
        await sleep(random.int(60));
        await store.produce(key(i % 12), put(String(i % 12)));
      }),
    );
    expect(store.list()).toHaveLength(12);
    expect(existsSync(join(store.folder, 'lock'))).toBe(false);
  });

  it('unites the licences of what went in', async () => {
    const store = await ArtifactStore.open(project());
    const one = await store.produce(key(1), put('one', 'MIT'));
    const two = await store.produce(key(2), put('two', 'CC-BY-4.0'));
    const both = await store.produce(key(3, { one: one.address, two: two.address }), put('one', 'MIT'));
    expect(both.manifest.licences.map(({ source, licence }) => `${source} ${licence}`)).toEqual([
      'one MIT',
      'two CC-BY-4.0',
    ]);
  });

  it('keeps the work of a failed build and hands it back', async () => {
    const store = await ArtifactStore.open(project());
    const build = async ({ folder, scratch }: { folder: string; scratch: string }) => {
      await appendFile(join(scratch, 'steps'), 'x');
      const steps = await readFile(join(scratch, 'steps'), 'utf8');
      if (steps.length < 3) throw new Error(`stopped after ${steps.length}`);
      return put(steps)({ folder });
    };
    await expect(store.produce(key(1), build)).rejects.toThrow('stopped after 1');
    await expect(store.produce(key(1), build)).rejects.toThrow('stopped after 2');
    const done = await store.produce(key(1), build);
    expect(done.manifest.metrics.length).toBe(3);
    expect(done.manifest.recorded.resumed).toBe(2);
    expect(done.manifest.files.steps).toBeUndefined();
  });

  it('says what to do when the disk is full', async (context) => {
    if (!existsSync('/dev/full')) context.skip('no /dev/full here');
    const store = await ArtifactStore.open(project());
    const failing = store.produce(key(1), async () => {
      await writeFile('/dev/full', 'x');
      return {};
    });
    await expect(failing).rejects.toMatchObject({
      code: 'disk.enospc',
      message: expect.stringContaining('free some space'),
    });
    await expect(store.produce(key(1), put('later'))).resolves.toBeDefined();
  });

  it('stops when the signal is aborted and refuses a missing parent', async () => {
    const store = await ArtifactStore.open(project());
    const abort = new AbortController();
    const stopped = store.produce(
      key(1),
      async (work) => {
        abort.abort(new Error('enough'));
        return put('x')(work);
      },
      { signal: abort.signal },
    );
    await expect(stopped).rejects.toThrow('enough');
    expect(store.addresses()).toEqual([]);
    const missing = addressOf(key('nowhere'));
    await expect(store.produce(key(2, { data: missing }), put('x'))).rejects.toThrow(/parent .* is missing/);
  });
});

describe('damage', () => {
  it('is found by verify and never passed on', async () => {
    const store = await ArtifactStore.open(project());
    const a = await store.produce(key(1), put('one'));
    const b = await store.produce(key(2), put('two'));
    expect((await store.verify()).every((finding) => finding.ok)).toBe(true);
    await writeFile(join(a.folder, 'a.txt'), 'onE');
    await writeFile(join(b.folder, 'extra'), '');
    const findings = await store.verify();
    expect(findings.find((f) => f.address === a.address)?.problems[0]).toMatch(/a\.txt: expected sha256/);
    expect(findings.find((f) => f.address === b.address)?.problems).toEqual(['extra: not in the manifest']);
    await writeFile(join(a.folder, 'a.txt'), 'longer');
    expect(() => store.find(a.address)).toThrow(/a\.txt: expected 3 bytes, got 6; move/);
    rmSync(join(b.folder, 'manifest.json'));
    await expect(store.produce(key(2), put('two'))).rejects.toThrow(/manifest\.json.*move that folder away/);
    expect(store.list()).toEqual([]);
  });

  it('of a manifest, whatever it is, gives one clear error', async () => {
    const store = await ArtifactStore.open(project());
    const { folder } = await store.produce(key({ a: [1, { b: 'c' }] }), put('one'));
    const text = readFileSync(join(folder, 'manifest.json'), 'utf8');
    const broken = fc.oneof(
      fc.string(),
      fc.json(),
      fc.nat(text.length).map((end) => text.slice(0, end)),
      fc
        .tuple(fc.nat(text.length - 1), fc.string({ minLength: 1, maxLength: 3 }))
        .map(([at, insert]) => text.slice(0, at) + insert + text.slice(at + 1)),
    );
    fc.assert(
      fc.property(broken, (bad) => {
        try {
          parseManifest(bad, 'manifest.json');
        } catch (error) {
          expect(error).toBeInstanceOf(Unavailable);
        }
      }),
      { numRuns: 300 },
    );
    const hostile = JSON.parse(text) as { files: Record<string, unknown> };
    hostile.files['../../secret'] = { sha256: '0'.repeat(64), bytes: 1 };
    expect(() => parseManifest(JSON.stringify(hostile), 'm')).toThrow(/secret: Invalid key/);
  });

  it('older formats pass through their migrations', () => {
    const old = { format: 0, adress: 'x' };
    const seen: unknown[] = [];
    expect(() => parseManifest(JSON.stringify(old), 'm', { 0: (m) => (seen.push(m), m) })).toThrow(/address/);
    expect(seen).toHaveLength(1);
    expect(() => parseManifest('{"format": 9}', 'm')).toThrow(/newer than this abovo/);
  });
});

describe('lineage and garbage', () => {
  it('follow parents both ways', async () => {
    const store = await ArtifactStore.open(project());
    const data = await store.produce(key(1, {}, 'data'), put('data'));
    const model = await store.produce(key(2, { data: data.address }, 'model'), put('model'));
    const report = await store.produce(key(3, { data: data.address, model: model.address }, 'report'), put('report'));
    const stray = await store.produce(key(4, { data: data.address }, 'stray'), put('stray'));
    await store.recordOverride({ address: model.address, reason: 'a demonstration', unmet: ['base.bitsPerByte <= 2'] });
    const lineage = lineageOf(store, model.address);
    expect(lineage.ancestors).toEqual([data.address]);
    expect(lineage.descendants).toEqual([report.address]);
    const text = formatLineage(lineageOf(store, report.address));
    expect(text).toContain(`├─ ${data.address} (data)`);
    expect(text).toContain('a demonstration');
    const plan = await store.collectGarbage({ keep: [report.address], dryRun: true });
    expect(plan.removed).toEqual([stray.address]);
    expect(store.addresses()).toHaveLength(4);
    await mkdir(join(store.folder, 'work', 'base-old'), { recursive: true });
    const done = await store.collectGarbage({ keep: [report.address] });
    expect(done.removed).toEqual([stray.address, 'work/base-old']);
    expect(store.addresses()).toEqual([data.address, model.address, report.address].sort());
    expect(readdirSync(join(store.folder, 'work'))).toEqual([]);
  });
});

/** A child that builds an artifact of 40 numbered lines, one every 5 ms, going on where it stopped. */
const child = `
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ArtifactStore } from '${repositoryRoot}src/base/artifact/index.node.ts';
const store = await ArtifactStore.open(process.argv[2]);
await store.produce({ kind: 'lines', schemaVersion: 1, stageVersion: 1, config: null, parents: {} }, async ({ folder, scratch }) => {
  console.log('building');
  const path = join(scratch, 'lines');
  for (let i = existsSync(path) ? readFileSync(path).length / 4 : 0; i < 40; i = Math.floor(i) + 1) {
    appendFileSync(path, String(Math.floor(i)).padStart(3) + '\\n');
    await sleep(5);
  }
  writeFileSync(join(folder, 'lines'), readFileSync(path));
  return {};
});
console.log('done');
`;

function start(folder: string) {
  const script = join(folder, 'child.mts');
  return writeFile(script, child).then(() => {
    const running = spawn(process.execPath, ['--import', 'tsx', script, folder], {
      cwd: repositoryRoot,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    running.stdout.on('data', (chunk) => (stdout += String(chunk)));
    running.stderr.on('data', (chunk) => (stderr += String(chunk)));
    const ended = new Promise<number | null>((done) => running.on('exit', done));
    const until = async (word: string) => {
      while (!stdout.includes(word) && running.exitCode === null) await sleep(2);
    };
    return { process: running, ended, until, text: () => stdout, errors: () => stderr };
  });
}

describe('processes', () => {
  it('a second one is told who works here; a killed one leaves work that goes on and a lock that is taken over', async () => {
    const folder = project();
    const random = new Random('kills');
    const first = await start(folder);
    await first.until('building');
    const store = await ArtifactStore.open(folder);
    await expect(store.produce(key(1), put('x'))).rejects.toMatchObject({
      code: 'project.locked',
      message: expect.stringContaining(`process ${first.process.pid}`),
    });
    first.process.kill('SIGKILL');
    await first.ended;
    for (let kill = 0; kill < 3; kill++) {
      const next = await start(folder);
      await next.until('building');
      await sleep(random.int(60));
      next.process.kill('SIGKILL');
      await next.ended;
    }
    const last = await start(folder);
    expect(await last.ended, last.errors()).toBe(0);
    const [address] = store.addresses();
    const { manifest } = store.get(address);
    expect(
      readFileSync(join(store.folderOf(address), 'lines'), 'utf8')
        .trim()
        .split(/\s+/),
    ).toEqual(Array.from({ length: 40 }, (_, i) => String(i)));
    expect(manifest.recorded.resumed).toBeGreaterThanOrEqual(1);
    expect((await store.verify())[0]).toMatchObject({ ok: true });
  });
});
