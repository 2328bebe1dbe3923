import { zipSync } from 'fflate';
import fc from 'fast-check';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { golden, readBytes } from './testing.js';

const ixbrl = `<html xmlns:ix="x"><ix:header><xbrli:context id="c"><xbrli:instant>2023-01-01</xbrli:instant></xbrli:context></ix:header><table><tr><td>a<td><ix:nonFraction name="a:b" contextRef="c" scale="3">1,2</ix:nonFraction></table></html>`;
const jats = `<?xml version="1.0"?><article><front><article-meta><article-title>T</article-title><abstract><p>A</p></abstract></article-meta></front><body><sec><title>S</title><p>x <b>y</b></p><table-wrap><table><tr><td>1</td></tr></table></table-wrap></sec></body></article>`;

const seeds: [string, Uint8Array][] = [
  ...[
    'columns.pdf',
    'report.docx',
    'eggs.xlsx',
    'egg.epub',
    'rows.zstd.parquet',
    'rows.snappy.parquet',
    'rows.brotli.parquet',
  ].map((name): [string, Uint8Array] => [name, golden(name)]),
  ...['lines.jsonl.gz', 'lines.jsonl.bz2', 'lines.jsonl.zst', 'mixed.tar.gz', 'mixed.zip', 'gnu.tar'].map(
    (name): [string, Uint8Array] => [name, golden(name)],
  ),
  ['report.html', Buffer.from(ixbrl)],
  ['article.nxml', Buffer.from(jats)],
  ['table.csv', Buffer.from('id,text\n1,"a\nb"\n2,c\n')],
  ['note.md', Buffer.from('---\ntitle: x\na: &a [1]\nb: *a\n---\n# H\n\nbody\n')],
  ['list.json', Buffer.from('[{"text":"a"},{"text":"b"}]')],
];

/** Cuts, flips, repeats and swaps parts of a file. */
const damage = fc.record({
  flips: fc.array(fc.tuple(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), fc.nat(255)), {
    maxLength: 12,
  }),
  cut: fc.oneof(
    { weight: 3, arbitrary: fc.constant(1) },
    { weight: 1, arbitrary: fc.double({ min: 0, max: 1, noNaN: true }) },
  ),
  repeat: fc.boolean(),
});

function damaged(
  bytes: Uint8Array,
  { flips, cut, repeat }: { flips: [number, number][]; cut: number; repeat: boolean },
) {
  let copy = Buffer.from(bytes);
  for (const [at, value] of flips) copy[Math.floor(at * copy.length)] = value;
  copy = copy.subarray(0, Math.ceil(cut * copy.length));
  return repeat ? Buffer.concat([copy, copy.subarray(0, copy.length >> 1)]) : copy;
}

describe('damaged files', () => {
  it.each(seeds)('%s: documents or rejects, never an error, in time', async (name, bytes) => {
    const property = fc.asyncProperty(damage, async (how) => {
      const started = Date.now();
      const { found, rejects } = await readBytes(name, damaged(bytes, how), {
        limits: { seconds: 5, unpackedBytes: 1e7, fileBytes: 1e7 },
      });
      for (const { text, file } of found) expect([typeof text, file.startsWith(name)]).toEqual(['string', true]);
      for (const { reason } of rejects) expect(reason.length).toBeGreaterThan(2);
      expect(Date.now() - started).toBeLessThan(10_000);
    });
    await fc.assert(property, { numRuns: Number(process.env.ABOVO_FUZZ_RUNS ?? (name.endsWith('.pdf') ? 25 : 40)) });
  });

  it('damage inside of packed parts reaches the parsers behind them', async () => {
    const xml = Buffer.from(
      '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:p><w:r><w:t>Egg</w:t></w:r></w:p><w:tbl><w:tr><w:tc><w:p/></w:tc></w:tr></w:tbl></w:body></w:document>',
    );
    const sheet = Buffer.from(
      '<worksheet><sheetData><row r="1"><c r="A1" t="s"><v>0</v></c><c r="ZZZ1"><v>1e308</v></c></row></sheetData></worksheet>',
    );
    const book = Buffer.from('<workbook xmlns:r="r"><sheets><sheet name="a" r:id="r1"/></sheets></workbook>');
    const rels = Buffer.from('<Relationships><Relationship Id="r1" Target="worksheets/a.xml"/></Relationships>');
    const property = fc.asyncProperty(damage, fc.constantFrom('docx', 'xlsx', 'gz'), async (how, kind) => {
      const bytes =
        kind === 'docx'
          ? zipSync({ 'word/document.xml': damaged(xml, how) })
          : kind === 'xlsx'
            ? zipSync({
                'xl/workbook.xml': book,
                'xl/_rels/workbook.xml.rels': rels,
                'xl/worksheets/a.xml': damaged(sheet, how),
              })
            : gzipSync(damaged(Buffer.from('{"text":"a"}\n{"text":"b"}\n'), how));
      const { found, rejects } = await readBytes(`x.${kind === 'gz' ? 'jsonl.gz' : kind}`, bytes);
      expect(found.length + rejects.length).toBeGreaterThanOrEqual(0);
      for (const { text } of found) expect(text.isWellFormed()).toBe(true);
    });
    await fc.assert(property, { numRuns: 150 });
  });

  it('a bad file leaves its neighbours alone', async () => {
    const archive = zipSync({
      'a.pdf': golden('columns.pdf').subarray(0, 2000),
      'b.docx': golden('report.docx').subarray(0, 20_000),
      'c.parquet': golden('rows.zstd.parquet').subarray(0, 1000),
      'd.txt': Buffer.from('good'),
      'e.bin': Buffer.from([0, 1, 2, 3]),
    });
    const { found, rejects } = await readBytes('x.zip', archive);
    expect(found.map(({ text }) => text)).toEqual(['good']);
    expect(rejects.map(({ file }) => file)).toEqual(['x.zip/a.pdf', 'x.zip/b.docx', 'x.zip/c.parquet', 'x.zip/e.bin']);
  });
});
