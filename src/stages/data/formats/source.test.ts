import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import iconv from 'iconv-lite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { guessDelimiter } from './delimited.js';
import { filesSource } from './source.js';
import { readBytes, readSource } from './testing.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'abovo-formats-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('the source files', () => {
  it('says where documents come from, who may see them, whose they are', async () => {
    await writeFile(
      join(folder, 'people.jsonl'),
      '{"body":"About Ann.","key":7,"when":"2024-01-01","access":"personal"}\n{"body":"About eggs.","key":8,"lang":"x"}\n',
    );
    const { documents, rejects } = await readSource(
      {
        files: ['people.jsonl'],
        textField: 'body',
        subjectField: 'key',
        timeField: 'when',
        metadataFields: ['lang'],
        licence: 'CC0-1.0',
        access: 'internal',
        language: 'en',
      },
      { folder },
    );
    expect(rejects).toEqual([]);
    const both = { source: 'people.jsonl', licence: 'CC0-1.0', language: 'en' };
    expect(documents).toEqual([
      { ...both, id: 'people.jsonl:0', text: 'About Ann.', time: '2024-01-01', subject: '7', access: 'personal' },
      {
        ...both,
        id: 'people.jsonl:70',
        text: 'About eggs.',
        subject: '8',
        access: 'internal',
        metadata: { lang: 'x' },
      },
    ]);
  });

  it('cuts large files into tasks whose documents tile them, and resumes in each', async () => {
    const text = Array.from({ length: 900 }, (_, i) => `Paragraph ${i} of an ever so long story.\nIts end.\n\n`).join(
      '',
    );
    await writeFile(join(folder, 'long.txt'), text);
    const lines = Array.from({ length: 900 }, (_, i) => JSON.stringify({ text: `record ${i} ü` }));
    await writeFile(join(folder, 'long.jsonl'), lines.join('\n'));
    await writeFile(join(folder, 'marked.txt'), lines.join('<|endoftext|>\n'));
    for (const name of ['long.txt', 'long.jsonl', 'marked.txt']) {
      const options = { files: name, taskBytes: 4096, documentBytes: 300 };
      const cut = await readSource(options, { folder });
      const whole = await readSource({ ...options, taskBytes: 1 << 20 }, { folder });
      expect(cut.tasks.length).toBeGreaterThan(4);
      expect(cut.tasks[1]).toMatch(new RegExp(`^${name}#2/\\d+$`));
      if (name === 'long.txt') expect(cut.documents.map((document) => document.text).join('')).toBe(text);
      else expect(cut.documents).toEqual(whole.documents);
      expect(new Set(cut.documents.map(({ id }) => id)).size).toBe(cut.documents.length);
      expect((await readSource(options, { folder, stopAfter: 3 })).documents).toEqual(cut.documents);
    }
  });

  it('tiles any text at any place', async () => {
    const words = fc.constantFrom('egg ', 'ä', '\n', '\n\n', ' ', '😀', 'y'.repeat(90), '\r\n\r\n', '<|endoftext|>');
    const property = fc.asyncProperty(
      fc.array(words, { minLength: 400, maxLength: 900 }),
      fc.constantFrom('paragraphs' as const, 'separator' as const),
      async (parts, split) => {
        const text = parts.join('');
        await writeFile(join(folder, 'any.txt'), text);
        const options = { files: 'any.txt', taskBytes: 4096, documentBytes: 64, split };
        const { documents, rejects } = await readSource(options, { folder });
        expect(rejects).toEqual([]);
        const kept = (all: string) => all.replace(/\s|<\|endoftext\|>/g, '');
        const joined = documents.map((document) => document.text).join('');
        expect(kept(joined)).toBe(split === 'separator' ? kept(text) : text.replace(/\s|<\|endoftext\|>/g, ''));
        expect((await readSource(options, { folder, stopAfter: 2 })).documents).toEqual(documents);
      },
    );
    await fc.assert(property, { numRuns: 25 });
  });

  it('follows links but no loops', async () => {
    const tree = join(folder, 'tree');
    await mkdir(join(tree, 'a', 'b'), { recursive: true });
    await writeFile(join(tree, 'a', 'b', 'x.txt'), 'x');
    await symlink('..', join(tree, 'a', 'b', 'up'));
    await symlink(tree, join(tree, 'a', 'root'));
    await symlink('nowhere', join(tree, 'dangling.txt'));
    await symlink(join('a', 'b', 'x.txt'), join(tree, 'y.txt'));
    const { documents } = await readSource({ files: 'tree' }, { folder });
    expect(documents.map(({ source }) => source)).toEqual(['tree/a/b/x.txt', 'tree/y.txt']);
  });

  it('names the mistake in its options', () => {
    expect(() => filesSource({ files: [], textField: '' } as never, { folder })).toThrow(/files: .*Too small/s);
    expect(() => filesSource({ files: 'x', formt: 'csv' } as never, { folder })).toThrow(/Unrecognized key/);
  });

  it('refuses a broken template before it reads on', async () => {
    await writeFile(join(folder, 't.csv'), 'text\nx\n');
    await expect(readSource({ files: 't.csv', template: '{text' }, { folder })).rejects.toThrow(/write \{\{/);
  });

  it('streams: a file of 100 MB with one line costs no more than its limit', async () => {
    const long = Buffer.concat([Buffer.from('{"text":"a'), Buffer.alloc(100e6, 97), Buffer.from('"}\n{"text":"b"}\n')]);
    const packed = gzipSync(long, { level: 1 });
    const input = {
      name: 'big.jsonl.gz',
      async *stream() {
        yield packed;
      },
    };
    const { readInput } = await import('./read-input.js');
    const { formatOptions } = await import('./options.js');
    const texts: string[] = [];
    const reasons: string[] = [];
    const options = formatOptions({ limits: { recordBytes: 1e6, ratio: 2000 } });
    const reject = ({ line, reason }: { line?: number; reason: string }) => reasons.push(`${line}: ${reason}`);
    for await (const { text } of readInput(input, { options, format: 'auto', reject })) texts.push(text);
    expect(texts).toEqual(['b']);
    expect(reasons).toEqual(['1: a line of more than 1000000 bytes']);
  });
});

describe('tables between commas', () => {
  const table = 'id;name;note\n1;Berta;"a; ""quoted""\nnote"\n2;Frida\n3;Ölga;c\n';

  it('reads quotes and line breaks, tells the delimiter, leaves out rows of another width', async () => {
    const { found, rejects } = await readBytes('x.csv', table, { template: '{name}: {note}', metadataFields: ['*'] });
    expect(found.map(({ id, text, line }) => [id, text, line])).toEqual([
      ['1', 'Berta: a; "quoted"\nnote', 2],
      ['3', 'Ölga: c', 5],
    ]);
    expect(rejects).toEqual([{ file: 'x.csv', line: 4, reason: '2 fields where the table has 3 columns' }]);
    expect(['a,b\n1,2', 'a\tb\n1\t2,3', 'a|b,c|d\n1|2|3', '"x;y;z",b\n1,2'].map(guessDelimiter)).toEqual([
      ',',
      '\t',
      '|',
      ',',
    ]);
  });

  it('resumes at any row, with a byte order mark and quoted lines', async () => {
    const rows = Array.from({ length: 50 }, (_, i) => `${i},"line\n${i} ü"\r\n`).join('');
    await writeFile(join(folder, 'rows.csv'), `\ufeffn,text\r\n${rows}`);
    const whole = await readSource({ files: 'rows.csv', metadataFields: ['n'] }, { folder });
    expect(whole.documents).toHaveLength(50);
    expect(whole.documents[49]).toMatchObject({ text: 'line\n49 ü', metadata: { n: '49' } });
    const pieces = await readSource({ files: 'rows.csv', metadataFields: ['n'] }, { folder, stopAfter: 1 });
    expect(pieces.documents).toEqual(whole.documents);
  });

  it('keeps a quote that never ends from costing more than the limit', async () => {
    const bytes = `text\ngood\n"${'x'.repeat(300_000)}\n`;
    const { found, rejects } = await readBytes('q.csv', bytes, { limits: { recordBytes: 100_000 } });
    expect(found.map(({ text }) => text)).toEqual(['good']);
    expect(rejects.length).toBeGreaterThan(0);
  });

  it('says which columns there are', async () => {
    const { rejects } = await readBytes('x.csv', table);
    expect(rejects[0]!.reason).toBe('no column "text" (has id, name, note): name it with textField or template');
    const one = await readBytes('x.csv', table, { rows: 'table' });
    expect(one.found[0]!.text).toBe(
      '| id | name | note |\n| --- | --- | --- |\n| 1 | Berta | a; "quoted" note |\n| 2 | Frida |  |\n| 3 | Ölga | c |',
    );
  });
});

describe('text', () => {
  it('in other encodings: marks are believed, others detected where asked', async () => {
    const text =
      'Über die Eier der Hühner und über schöne Gärten, größer als früher, müßten wir öfter süße Äpfel prüfen.';
    for (const [encoding, bytes] of [
      ['utf-8', iconv.encode(text, 'utf-16le', { addBOM: true })],
      ['utf-8', iconv.encode(text, 'utf-16be', { addBOM: true })],
      ['utf-8', Buffer.from(`\ufeff${text}`)],
      ['latin1', iconv.encode(text, 'latin1')],
      ['auto', iconv.encode(text, 'latin1')],
    ] as const) {
      expect((await readBytes('a.txt', bytes, { encoding })).found.map((item) => item.text)).toEqual([text]);
    }
    const { rejects } = await readBytes('a.txt', iconv.encode(text, 'latin1'));
    expect(rejects[0]!.reason).toBe('not UTF-8 text');
  });

  it('with front matter, and what is none', async () => {
    const read = async (text: string) => (await readBytes('a.md', text)).found[0]!;
    expect(await read('---\ntitle: T\ntags: [a]\nlicense: MIT\n---\nBody')).toMatchObject({
      text: 'Body',
      title: 'T',
      licence: 'MIT',
      metadata: { tags: ['a'] },
    });
    expect((await read('---\nno end')).text).toBe('---\nno end');
    expect((await read('---\n: [broken\n---\nBody')).text).toBe('---\n: [broken\n---\nBody');
    // Nine levels of aliases would be 10^9 items.
    const bomb = Array.from(
      { length: 9 },
      (_, i) => `${'abcdefghi'[i]}: &${i} [${i ? `*${i - 1},`.repeat(10) : 'x,'}]`,
    );
    expect((await read(`---\n${bomb.join('\n')}\n---\nBody`)).metadata).toBeUndefined();
  });

  it('HTML goes on as it is, in the encoding that it claims', async () => {
    const page = '<!doctype html><meta charset="windows-1252"><p>größer</p>';
    const { found } = await readBytes('a.html', iconv.encode(page, 'win1252'));
    expect(found[0]).toMatchObject({ text: page, metadata: { contentType: 'text/html' } });
  });

  it('books and pages are cut where paragraphs are asked for', async () => {
    const body = Array.from({ length: 40 }, (_, i) => `Paragraph ${i}.`).join('\n\n');
    const { found } = await readBytes('a.md', body, { split: 'paragraphs', documentBytes: 100 });
    expect(found.map(({ text }) => text).join('')).toBe(body);
    expect(found.slice(0, -1).every(({ cursor }) => cursor === undefined)).toBe(true);
    expect(found.at(-1)).toMatchObject({ cursor: true, place: found.length });
  });

  it('formats are told by content before names', async () => {
    const kinds = async (name: string, text: string) => (await readBytes(name, text)).found.map((item) => item.text);
    expect(await kinds('x', '{"text":"a"}\n{"text":"b"}\n')).toEqual(['a', 'b']);
    expect(await kinds('x.txt', '{"text":"a"}\n')).toEqual(['{"text":"a"}\n']);
    expect(await kinds('x.json', '[{"text":"a"},{"no":1},{"text":"b"}]')).toEqual(['a', 'b']);
    const { rejects } = await readBytes('x.pdf', 'no PDF at all');
    expect(rejects[0]!.reason).toBe('no PDF header (%PDF-)');
  });
});
