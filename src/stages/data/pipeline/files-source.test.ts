import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testData } from '../../../../test/support.js';
import type { Json } from '../../../base/core/index.js';
import type { Document, Reject } from '../document.js';
import type { FileSpec } from './file-task.js';
import { sources, stretchBytes } from './files-source.js';
import { fileLines } from './lines.js';
import type { Source } from './source.js';
import { readSummaries, SummaryEncoder } from './summaries.js';
import { textStretches } from './text-files.js';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'abovo-files-'));
});
afterAll(() => rm(root, { recursive: true }));

async function open(options: object): Promise<Source> {
  return sources[0].create(sources[0].options.parse(options), { folder: root });
}

async function read(
  source: Source,
  task: { id: string; spec: Json },
  cursor?: Json,
): Promise<{ documents: Document[]; cursors: (Json | undefined)[]; rejects: Reject[] }> {
  const documents: Document[] = [];
  const cursors: (Json | undefined)[] = [];
  const rejects: Reject[] = [];
  for await (const item of source.read(task, { cursor, onReject: (reject) => rejects.push(reject) })) {
    documents.push(item.document);
    cursors.push(item.cursor);
  }
  return { documents, cursors, rejects };
}

const stretch = (spec: FileSpec, start: number, end: number) => ({
  id: `${start}`,
  spec: { ...spec, start, end } as unknown as Json,
});

describe('JSON lines', () => {
  it('gives every line once, wherever a file is cut and reading goes on', async () => {
    const line = fc.oneof(
      fc.string({ maxLength: 30 }).map((text) => JSON.stringify({ text: `${text} ä😀`.toWellFormed() })),
      fc.constantFrom('', 'not json', '{"no":1}', '{"text":"\\ud800"}', '[]', '   '),
    );
    const path = join(root, 'cut.jsonl');
    const property = fc.asyncProperty(
      fc.array(line, { maxLength: 30 }),
      fc.array(fc.nat(1000), { maxLength: 4 }),
      fc.boolean(),
      fc.nat(100),
      async (lines, cuts, ended, stop) => {
        const bytes = Buffer.from(lines.join('\n') + (ended ? '\n' : ''));
        await writeFile(path, bytes);
        const source = await open({ files: ['cut.jsonl'] });
        const [task] = await source.tasks();
        const spec = task.spec as unknown as FileSpec;
        const whole = await read(source, task);
        const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
        const texts: string[] = [];
        let lost = 0;
        for (let i = 1; i < places.length; i++) {
          if (places[i] === places[i - 1] && bytes.length > 0) continue;
          const part = await read(source, stretch(spec, places[i - 1], places[i]));
          texts.push(...part.documents.map(({ text }) => text));
          lost += part.rejects.length;
        }
        expect(texts).toEqual(whole.documents.map(({ text }) => text));
        expect(lost).toBe(whole.rejects.length);
        if (whole.documents.length === 0) return;
        const at = stop % whole.documents.length;
        const rest = await read(source, task, whole.cursors[at]);
        expect(rest.documents).toEqual(whole.documents.slice(at + 1));
      },
    );
    await fc.assert(property, { numRuns: 150 });
  });

  it('loses only the record that is bad', async () => {
    const good = (text: string) => `${JSON.stringify({ text })}\n`;
    const long = `{"text":"${'x'.repeat(5000)}"}\n`;
    const bad = Buffer.concat([Buffer.from('{"text":"'), Buffer.from([0xff, 0xfe]), Buffer.from('"}\n')]);
    const bytes = Buffer.concat([
      Buffer.from(good('one')),
      bad,
      Buffer.from(long + good('two')),
      Buffer.from('{"text":"cut'),
    ]);
    await writeFile(join(root, 'bad.jsonl'), bytes);
    await writeFile(join(root, 'bad.jsonl.gz'), gzipSync(bytes));
    await writeFile(
      join(root, 'torn.jsonl.gz'),
      gzipSync(Buffer.from(good('first').repeat(9000) + good('last'))).subarray(0, -40),
    );
    await writeFile(join(root, 'bomb.jsonl.gz'), gzipSync(Buffer.alloc(50_000_000, 32)));
    const source = await open({
      files: ['*.jsonl.gz', 'bad.jsonl'],
      maxRecordBytes: 4000,
      maxUnpackedBytes: 3_000_000,
    });
    const results: Record<string, { texts: string[]; reasons: string[] }> = {};
    for (const task of await source.tasks()) {
      const { documents, rejects } = await read(source, task);
      const name = basename(task.id);
      results[name] = {
        texts: [...new Set(documents.map(({ text }) => text))],
        reasons: rejects.map(({ line, reason }) => `${line ?? ''} ${reason.slice(0, 40)}`),
      };
    }
    const expected = {
      texts: ['one', 'two'],
      reasons: ['2 not UTF-8 text', '3 a line of more than 4000 bytes', expect.stringMatching(/^5 not JSON/)],
    };
    expect(results['bad.jsonl']).toEqual(expected);
    expect(results['bad.jsonl.gz']).toEqual(expected);
    expect(results['torn.jsonl.gz']).toEqual({ texts: ['first'], reasons: [expect.stringMatching(/damaged archive/)] });
    expect(results['bomb.jsonl.gz']).toEqual({ texts: [], reasons: [expect.stringMatching(/unpacks to more/)] });
  });

  it('keeps what a record says, and what it has no field for as metadata', async () => {
    const record = {
      id: 7,
      text: 'an egg',
      url: 'u',
      language: 'en',
      license: 'CC0-1.0',
      score: 0.5,
      metadata: { dump: 'd' },
    };
    await writeFile(join(root, 'rich.jsonl'), JSON.stringify(record));
    const source = await open({ files: ['rich.jsonl'] });
    const { documents } = await read(source, (await source.tasks())[0]);
    expect(documents).toEqual([
      {
        id: '7',
        text: 'an egg',
        source: join(root, 'rich.jsonl'),
        licence: 'CC0-1.0',
        url: 'u',
        language: 'en',
        metadata: { dump: 'd', score: 0.5 },
      },
    ]);
  });

  it('refuses a file that changed since the run began', async () => {
    await writeFile(join(root, 'moving.jsonl'), '{"text":"one"}\n');
    const source = await open({ files: ['moving.jsonl'] });
    const [task] = await source.tasks();
    await writeFile(join(root, 'moving.jsonl'), '{"text":"one"}\n{"text":"two"}\n');
    await expect(read(source, task)).rejects.toThrow(/start a new run/);
  });
});

describe('text', () => {
  it('cuts a large text at blank lines into stretches whose documents tile it', async (context) => {
    const path = testData(context, 'pretrain', 'wikitext-2', 'valid.txt');
    const text = await readFile(path, 'utf8');
    await writeFile(join(root, 'wiki.txt'), text.replaceAll(' \n', '\n\n'));
    const { size } = await stat(join(root, 'wiki.txt'));
    const source = await open({ files: ['wiki.txt'] });
    const [task] = await source.tasks();
    const spec = task.spec as unknown as FileSpec;
    const options = sources[0].options.parse({ files: ['wiki.txt'] }) as never;
    const cuts = await textStretches(spec.path, size, 100_000, options);
    expect(cuts.length).toBeGreaterThan(8);
    const texts: string[] = [];
    const ids = new Set<string>();
    for (const { start, end } of cuts) {
      for (const { text: part, id } of (await read(source, stretch(spec, start, end))).documents) {
        texts.push(part);
        ids.add(id);
      }
    }
    expect(texts.join('')).toBe(await readFile(spec.path, 'utf8'));
    expect(ids.size).toBe(texts.length);
  });

  it('takes a text as a whole or not at all', async () => {
    await writeFile(join(root, 'latin.txt'), Buffer.from([0x66, 0xe4, 0x66]));
    await writeFile(join(root, 'zero.txt'), 'a\0b');
    await writeFile(join(root, 'parts.txt'), 'One<|endoftext|>Two');
    await writeFile(join(root, 'torn.txt.gz'), gzipSync('some text that is long enough').subarray(0, 25));
    const source = await open({ files: ['latin.txt', 'zero.txt', 'parts.txt', 'torn.txt.gz'] });
    const seen = [];
    for (const task of await source.tasks()) {
      const { documents, rejects } = await read(source, task);
      seen.push([basename(task.id), documents.map(({ text }) => text), rejects.map(({ reason }) => reason)]);
    }
    expect(seen).toEqual([
      ['latin.txt', [], ['not UTF-8 text']],
      ['zero.txt', [], ['binary data (a zero byte)']],
      ['parts.txt', ['One', 'Two'], []],
      ['torn.txt.gz', [], ['unexpected end of file']],
    ]);
  });

  it('cuts files by the size of the corpus', () => {
    expect(stretchBytes(1000)).toBe(4_000_000);
    expect(stretchBytes(5e9)).toBe(19_531_250);
    expect(stretchBytes(1e12)).toBe(64_000_000);
  });
});

describe('files of a run', () => {
  it('reads lines as they stand, whatever their length', async () => {
    const path = join(root, 'lines');
    const property = fc.asyncProperty(
      fc.array(
        fc.nat(3_000_000).map((n) => (n % 5 === 0 ? n : n % 100)),
        { maxLength: 6 },
      ),
      fc.boolean(),
      async (lengths, ended) => {
        const lines = lengths.map((length, i) => String.fromCharCode(97 + i).repeat(length));
        await writeFile(path, lines.join('\n') + (ended && lines.length > 0 ? '\n' : ''));
        const found = [...fileLines(path, { limit: 1e9 })].map(({ bytes }) => bytes!.toString());
        if (!ended && lines.at(-1) === '') lines.pop();
        expect(found.length).toBe(lines.length);
        expect(found.every((line, i) => line === lines[i])).toBe(true);
      },
    );
    await fc.assert(property, { numRuns: 30 });
  });

  it('gives summaries back, and refuses a file that is cut off', async () => {
    const path = join(root, 'summaries');
    const encoder = new SummaryEncoder();
    const given = [
      ['a', 's1', new Uint8Array([1, 2])],
      ['ä', 's1', new Uint8Array(0)],
      ['c', 's2', new Uint8Array(1_500_000).fill(7)],
    ] as const;
    const bytes = Buffer.concat(given.map(([id, source, data]) => encoder.encode(id, source, data)));
    await writeFile(path, bytes);
    for (const [i, { bytes: data, ...rest }] of [...readSummaries(path, 5)].entries()) {
      expect(rest).toEqual({ index: 5 + i, id: given[i][0], source: given[i][1] });
      expect(Buffer.compare(data, given[i][2])).toBe(0);
    }
    expect([...readSummaries(path, 5)]).toHaveLength(3);
    for (const size of [3, 13, bytes.length - 1]) {
      await writeFile(path, bytes.subarray(0, size));
      expect(() => [...readSummaries(path, 0)]).toThrow(/cut off/);
    }
  });
});
