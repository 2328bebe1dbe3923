import { describe, expect, it } from 'vitest';
import { golden, goldenFolder, readBytes, readSource } from './testing.js';

const { paragraphs } = JSON.parse(golden('expected.json').toString()) as { paragraphs: string[] };

describe('files written by other programs', () => {
  it('two columns by reportlab: every paragraph whole, in order, without header and page numbers', async () => {
    const { found, rejects } = await readBytes('columns.pdf', golden('columns.pdf'));
    expect(rejects).toEqual([]);
    expect(found[0]!.text.split('\n\n')).toEqual(paragraphs);
    expect(found[0]).toMatchObject({ title: 'On Eggs', metadata: { author: 'A. Hen' } });
  });

  it('a PDF encrypted by pypdf is left out with the reason', async () => {
    const { found, rejects } = await readBytes('locked.pdf', golden('locked.pdf'));
    expect(found).toEqual([]);
    expect(rejects).toEqual([{ file: 'locked.pdf', reason: 'protected by a password' }]);
  });

  it('a document by python-docx', async () => {
    const { found } = await readBytes('report.docx', golden('report.docx'));
    expect(found[0]).toMatchObject({
      title: 'Farm report',
      time: '2024-03-05T12:00:00Z',
      metadata: { author: 'A. Hen' },
      text: [
        '# Farm report',
        'Eggs & hens, über 100 of them.',
        '- brown\n- white',
        '| hen | eggs |\n| --- | --- |\n| Berta | 7 |\n| Frida \\| the old | 3 |',
        '## Outlook',
        'More straw.',
      ].join('\n\n'),
    });
  });

  it('a workbook by openpyxl: dates, sheets, hidden ones left out', async () => {
    const { found } = await readBytes('eggs.xlsx', golden('eggs.xlsx'));
    expect(found.map(({ text, place }) => [place, text])).toEqual([
      [
        'Eggs',
        [
          '# Eggs\n',
          '| day | hen | eggs | weight | fresh |',
          '| --- | --- | --- | --- | --- |',
          '| 2024-02-29 | Berta | 2 | 0.3 | TRUE |',
          '| 2024-03-01T06:30:00 | Frida | 1 | 55.5 | FALSE |',
        ].join('\n'),
      ],
      ['Totals', '# Totals\n\n| sum | 3 |\n| --- | --- |'],
    ]);
    const rows = await readBytes('eggs.xlsx', golden('eggs.xlsx'), { rows: 'row', template: '{hen}: {eggs}' });
    expect(rows.found.map(({ text }) => text)).toEqual(['Berta: 2', 'Frida: 1']);
  });

  it('a book by ebooklib, in the order of its spine', async () => {
    const { found } = await readBytes('egg.epub', golden('egg.epub'));
    expect(found[0]).toMatchObject({
      text: '# Preface\n\nBefore all.\n\n# One\n\nFirst\u00a0chapter, quite short.\n\n# Two\n\n- a\n- b',
      title: 'The Egg',
      language: 'en',
      metadata: { authors: ['A. Hen'], identifier: 'egg-1' },
    });
  });

  it.each(['snappy', 'zstd', 'gzip', 'brotli', 'lz4'])('Parquet by pyarrow, %s', async (codec) => {
    const { found, rejects } = await readBytes('x', golden(`rows.${codec}.parquet`), { metadataFields: ['*'] });
    expect(rejects).toEqual([]);
    expect(found).toHaveLength(7);
    expect(found[6]).toMatchObject({
      text: 'row 6 about eggs',
      place: 7,
      metadata: { n: 6, day: '2024-01-07T00:00:00.000Z', tags: ['a', '6'] },
    });
  });

  it.each(['gz', 'bz2', 'zst'])('JSON lines in two members, .%s', async (ending) => {
    const { found, rejects } = await readBytes(`lines.jsonl.${ending}`, golden(`lines.jsonl.${ending}`));
    expect(rejects).toEqual([]);
    expect(found.map(({ id, text }) => `${id} ${text}`)).toEqual([0, 1, 2, 3, 4, 5].map((i) => `${i} line ${i}`));
  });

  it('archives by tarfile and zipfile: entries as files, paths that leave them refused', async () => {
    const deep = `${'a-very-long-folder-name/'.repeat(6)}eggs.txt`;
    const tar = await readBytes('mixed.tar.gz', golden('mixed.tar.gz'));
    expect(tar.found.map(({ file, text }) => [file, text])).toEqual([
      ['mixed.tar.gz/b.txt', 'second'],
      ...[0, 1, 2].map((i) => ['mixed.tar.gz/a.jsonl', `line ${i}`]),
      [`mixed.tar.gz/${deep}`, 'deep'],
    ]);
    expect(tar.rejects).toEqual([
      { file: 'mixed.tar.gz', reason: 'entry "../out.txt": a path that leaves the archive (..)' },
    ]);
    expect((await readBytes('gnu.tar', golden('gnu.tar'))).found[0]!.file).toBe(`gnu.tar/${deep}`);
    const zip = await readBytes('mixed.zip', golden('mixed.zip'));
    expect(zip.found.map(({ file, text, title, time }) => [file, text, title, time])).toEqual([
      ['mixed.zip/a.txt', 'first', undefined, undefined],
      ['mixed.zip/b/two.md', '# Head\n\nsecond\n', 'Two', '2024-01-02'],
      ...[3, 4, 5].map((i) => ['mixed.zip/c.jsonl', `line ${i}`, undefined, undefined]),
    ]);
    expect(zip.rejects.map(({ reason }) => reason)).toEqual([
      'entry "../../evil.txt": a path that leaves the archive (..)',
    ]);
  });

  it('all of them as one source, killed after every document and resumed: the same documents', async () => {
    const options = { files: '*.{gz,bz2,zst,parquet,zip,tar,xlsx,epub,docx}', metadataFields: ['n'] };
    const whole = await readSource(options, { folder: goldenFolder });
    const pieces = await readSource(options, { folder: goldenFolder, stopAfter: 1 });
    expect(pieces.documents).toEqual(whole.documents);
    expect(new Set(whole.documents.map(({ id, source }) => `${source} ${id}`)).size).toBe(whole.documents.length);
    expect(whole.documents.length).toBeGreaterThan(60);
  });
});
