import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Document } from '../document.js';
import { readOutput } from './output.js';
import { type PipelineOptions, type PipelineResult, runPipeline } from './run.js';

const module = fileURLToPath(new URL('./testing-steps.ts', import.meta.url));
const step = (name: string): string => `${module}#${name}`;
const numbers = step('numbers');

let root: string;
let runs = 0;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'abovo-run-'));
});
afterAll(() => rm(root, { recursive: true }));

async function run(options: Partial<PipelineOptions> & Pick<PipelineOptions, 'sources'>): Promise<PipelineResult> {
  return runPipeline({ folder: join(root, `run-${runs++}`), projectFolder: root, workers: 0, ...options });
}

/** Every byte of a run's result: shards, rejects and the report. */
export async function resultOf(folder: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const sub of ['shards', 'rejects']) {
    for (const name of (await readdir(join(folder, sub))).sort()) {
      found[`${sub}/${name}`] = (await readFile(join(folder, sub, name))).toString('base64');
    }
  }
  found.report = await readFile(join(folder, 'report.json'), 'utf8');
  return found;
}

async function documentsOf(result: PipelineResult): Promise<Document[]> {
  const documents: Document[] = [];
  for await (const document of readOutput(result.folder)) documents.push(document);
  return documents;
}

async function lines(name: string, texts: readonly string[]): Promise<string> {
  await writeFile(join(root, name), texts.map((text, i) => `${JSON.stringify({ id: `d${i}`, text })}\n`).join(''));
  return name;
}

describe('runPipeline', () => {
  it('sends documents through steps, counts them, and lists what was taken out by rule', async () => {
    const texts = ['one', 'a quiet one', 'two|three', 'please throw', 'four'];
    await lines('steps.jsonl', texts);
    await writeFile(join(root, 'bad.jsonl'), '{"text":"five"}\nnot json\n{"no":"text"}\n');
    const result = await run({
      sources: [{ kind: 'files', files: ['steps.jsonl', 'bad.jsonl'], licence: 'CC0-1.0', access: 'internal' }],
      steps: [{ [step('shout')]: { mark: '?' } }, step('later'), { length: { minCharacters: 4 } }],
      rejectText: true,
    });
    expect((await documentsOf(result)).map(({ id, text }) => [id, text])).toEqual([
      ['d0', 'ONE?'],
      ['d2.1', 'three'],
      ['d4', 'FOUR?'],
      ['bad.jsonl:0', 'FIVE?'],
    ]);
    const { report } = result;
    expect(report.read).toMatchObject({ documents: 6, rejects: 2 });
    expect(report.failures).toBe(3);
    expect(report.licences).toEqual([{ licence: 'CC0-1.0', documents: 4, bytes: report.bytes, sources: ['files'] }]);
    const [shout, later, length] = report.steps;
    expect(shout).toMatchObject({ in: 6, out: 5, changed: 4, failed: 1, dropped: { quiet: 1 } });
    expect(later).toMatchObject({ in: 5, out: 5, changed: 0 });
    expect(length).toMatchObject({ in: 5, out: 4, dropped: { minCharacters: 1 } });
    const rejects = (name: string) => readFile(join(result.folder, 'rejects', `${name}.jsonl`), 'utf8');
    expect(
      (await rejects('shout'))
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as object),
    ).toEqual([
      { rule: 'quiet', detail: 'a quiet text', id: 'd1', source: 'steps.jsonl', text: 'a quiet one' },
      { rule: 'error', detail: 'told to throw', id: 'd3', source: 'steps.jsonl', text: 'please throw' },
    ]);
    expect(await rejects('read-files')).toContain('"line":3');
    expect(report.rejects).toEqual({ length: 1, 'read-files': 2, shout: 2 });
    const [first] = await documentsOf(result);
    expect(first).toMatchObject({ licence: 'CC0-1.0', access: 'internal' });
  });

  it('tells everything that is wrong with a pipeline at once, with the nearest spelling', async () => {
    const wrong = run({
      sources: [{ kind: 'fils' }, { kind: 'files' }],
      steps: ['lenght', { length: { minWord: 2 } }, { sample: { share: 2 } }],
    } as never);
    await expect(wrong).rejects.toThrow(
      /5 problems[\s\S]*did you mean "files"[\s\S]*files: [\s\S]*"length"[\s\S]*minWord[\s\S]*share/,
    );
  });

  it('writes the same bytes with any number of workers, parts and processes', async () => {
    await mkdir(join(root, 'many'), { recursive: true });
    for (let file = 0; file < 6; file++) {
      await lines(
        `many/${file}.jsonl`,
        Array.from({ length: 200 }, (_, i) => `${i % 9 === 0 ? 'cut me' : ''}text ${(i * 7 + file) % 300}`),
      );
    }
    const options: Pick<PipelineOptions, 'sources' | 'steps' | 'unitBytes' | 'partDocuments'> = {
      sources: [
        { kind: 'files', files: ['many'] },
        { kind: numbers, count: 50, tasks: 3, cursors: true },
      ],
      steps: [
        { sample: { share: 0.9 } },
        step('copies'),
        step('copies'),
        step('shout'),
        step('copies'),
        { length: { minCharacters: 7 } },
      ],
      unitBytes: 12_000,
      partDocuments: 150,
    };
    const one = await run(options);
    const expected = await resultOf(one.folder);
    expect(one.report.shards.length).toBeGreaterThan(3);
    expect(one.report.steps.map(({ name }) => name)).toEqual([
      'sample',
      'copies',
      'copies-2',
      'shout',
      'copies-3',
      'length',
    ]);
    const [, copies, again] = one.report.steps;
    expect(copies.dropped.copy).toBeGreaterThan(100);
    expect(copies.out).toBe(again.in);
    // Texts that were cut are now equal to others.
    expect(again.dropped.copy).toBeGreaterThan(0);
    expect(await readdir(one.folder)).not.toContain('pass-0');
    const two = await run({ ...options, workers: 2 });
    expect(await resultOf(two.folder)).toEqual(expected);
    const folder = join(root, `run-${runs++}`);
    const shards = [1, 2, 3].map((index) => run({ ...options, folder, shard: { index, count: 3 }, staleSeconds: 1 }));
    await Promise.all(shards);
    expect(await resultOf(folder)).toEqual(expected);
  });

  it('goes on where it was stopped, at any document', async () => {
    const options = {
      sources: [{ kind: numbers, count: 60, tasks: 2, cursors: true }],
      steps: [step('shout'), step('copies')],
      partDocuments: 7,
      unitBytes: 100_000,
    };
    const expected = await resultOf((await run(options)).folder);
    const folder = join(root, `run-${runs++}`);
    for (let stops = 0; ; stops++) {
      const stop = new AbortController();
      let told = 0;
      const onProgress = (): void => void (++told > 1 + stops && stop.abort(new Error('stopped')));
      try {
        await run({ ...options, folder, signal: stop.signal, onProgress });
        expect(stops).toBeGreaterThan(0);
        break;
      } catch (error) {
        expect((error as Error).message).toBe('stopped');
        expect(stops).toBeLessThan(50);
      }
    }
    expect(await resultOf(folder)).toEqual(expected);
  });

  it('keeps every record but the one that kills its worker', async () => {
    const kinds = ['exit', 'segv', 'memory', 'once'];
    const texts = Array.from({ length: 40 }, (_, i) =>
      i % 10 === 5 ? `die: ${kinds[Math.floor(i / 10)]}` : `text ${i}`,
    );
    await lines('dangerous.jsonl', texts);
    const result = await run({
      sources: [{ kind: 'files', files: ['dangerous.jsonl'] }],
      steps: [{ [step('dangerous')]: { once: join(root, 'once') } }],
      workers: 1,
      memoryMB: 64,
    });
    // A document that was there when a worker died once, of whatever cause, is none that kills.
    expect((await documentsOf(result)).map(({ text }) => text)).toEqual(
      texts.filter((text) => !/die: (?!once)/.test(text)),
    );
    const rejects = (await readFile(join(result.folder, 'rejects/dangerous.jsonl'), 'utf8')).trim().split('\n');
    const details = rejects.map((line) => JSON.parse(line) as { rule: string; id: string; detail: string });
    expect(details.map(({ id, rule, detail }) => [id, rule, detail])).toEqual([
      ['d5', 'crash', 'its worker ended with exit code 0'],
      ['d15', 'crash', 'its worker ended by SIGSEGV'],
      ['d25', 'crash', 'its worker ran out of memory (64 MB)'],
    ]);
    expect(result.report.failures).toBe(3);
  });

  it('rejects a document that takes too long', async () => {
    await lines('endless.jsonl', ['one', 'die: loop', 'three', 'die: never', 'five']);
    const result = await run({
      sources: [{ kind: 'files', files: ['endless.jsonl'] }],
      steps: [step('dangerous')],
      workers: 1,
      documentSeconds: 0.8,
    });
    expect((await documentsOf(result)).map(({ text }) => text)).toEqual(['one', 'three', 'five']);
    expect(await readFile(join(result.folder, 'rejects/dangerous.jsonl'), 'utf8')).toMatch(/"d1"[\s\S]*"d3"/);
    expect(result.report.failures).toBe(2);
  });

  it('gives up what follows where reading kills, and tells a world that fails from a record that is bad', async () => {
    const killed = await run({ sources: [{ kind: numbers, count: 30, tasks: 2, kill: 12 }], workers: 1 });
    expect((await documentsOf(killed)).filter(({ id }) => id.startsWith('0-'))).toHaveLength(12);
    expect((await documentsOf(killed)).filter(({ id }) => id.startsWith('1-'))).toHaveLength(30);
    expect(await readFile(join(killed.folder, 'rejects/read-numbers.jsonl'), 'utf8')).toContain('exit code 3');
    const failing = join(root, 'failing');
    await writeFile(failing, '');
    const options = {
      folder: join(root, `run-${runs++}`),
      sources: [{ kind: numbers, count: 30, tasks: 2, failing }],
      unitBytes: 600,
    };
    await expect(run(options)).rejects.toThrow(/no disk.*run again/);
    await rm(failing);
    const again = await run(options);
    expect(await documentsOf(again)).toHaveLength(60);
    expect(again.report.read.rejects).toBe(6);
  });

  it('refuses a folder of another pipeline and a source without documents', async () => {
    const folder = join(root, `run-${runs++}`);
    await run({ folder, sources: [{ kind: numbers, count: 3 }] });
    await expect(run({ folder, sources: [{ kind: numbers, count: 4 }] })).rejects.toThrow(/another pipeline/);
    await expect(run({ sources: [{ kind: numbers, count: 0 }] })).rejects.toThrow(/expected documents/);
  });

  it('packs its result where asked', async () => {
    const result = await run({ sources: [{ kind: numbers, count: 40 }], gzip: true, partDocuments: 15 });
    expect(result.report.shards.map(({ file }) => file)).toEqual([
      'shards/000000-0000.jsonl.gz',
      'shards/000000-0001.jsonl.gz',
      'shards/000000-0002.jsonl.gz',
    ]);
    expect(await documentsOf(result)).toHaveLength(40);
  });
});
