import { zipSync } from 'fflate';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { memoryInput } from './bytes.js';
import { defaultLimits } from './limits.js';
import { golden, readBytes } from './testing.js';
import { ZipArchive } from './zip.js';

const reasons = async (...given: Parameters<typeof readBytes>) =>
  (await readBytes(...given)).rejects.map((reject) => reject.reason);

/** A ZIP directory that says less than the truth about its only entry. */
function lying(bytes: Uint8Array, size: number): Buffer {
  const copy = Buffer.from(bytes);
  const entry = copy.indexOf(Buffer.from([0x50, 0x4b, 1, 2]));
  copy.writeUInt32LE(size, entry + 24);
  return copy;
}

describe('bombs', () => {
  const zeros = new Uint8Array(24 * 1024 ** 2);

  it('gzip: ends soon after the limit, what came before stands', async () => {
    const bomb = gzipSync(Buffer.concat([Buffer.from('good\n\n'), zeros]));
    expect(bomb.length).toBeLessThan(40_000);
    expect((await reasons('a.txt.gz', bomb)).at(-1)).toMatch(/unpacks to more than 200 times its size/);
    const lines = gzipSync(Buffer.concat([Buffer.from('{"text":"good"}\n'), zeros]));
    const { found, rejects } = await readBytes('a.jsonl.gz', lines, { limits: { unpackedBytes: 20e6 } });
    expect(found.map(({ text }) => text)).toEqual(['good']);
    expect(rejects.at(-1)!.reason).toMatch(/over the limit/);
  });

  it('zstd: windows that a few bytes claim, in the first frame and later ones; blocks that repeat one byte', async () => {
    const good = golden('lines.jsonl.zst');
    // Single segment, 8-byte content size of 1 GiB; then blocks of 4 bytes that each say 128 KiB of one byte.
    const header = Buffer.from('28b52ffde00000004000000000', 'hex');
    const block = Buffer.from([0x02, 0x00, 0x10, 0x41]);
    const blocks = Buffer.concat(Array.from({ length: 4000 }, () => block));
    const started = Date.now();
    for (const bytes of [Buffer.concat([header, blocks]), Buffer.concat([good, header, blocks])]) {
      const { found, rejects } = await readBytes('a.jsonl.zst', bytes);
      expect([0, 6]).toContain(found.length);
      expect(rejects.at(-1)!.reason).toMatch(/zstd|ratio|line of more/);
    }
    const narrow = Buffer.from('28b52ffd0050', 'hex');
    const { rejects } = await readBytes('a.txt.zst', Buffer.concat([narrow, blocks]), {
      limits: { unpackedBytes: 3e7 },
    });
    expect(rejects.at(-1)!.reason).toMatch(/over the limit|zstd/);
    expect(Date.now() - started).toBeLessThan(20_000);
  });

  it('gzip in gzip, archives in archives', async () => {
    let packed: Uint8Array = Buffer.from('deep');
    for (let i = 0; i < 6; i++) packed = gzipSync(packed);
    expect(await reasons('a.gz', packed)).toEqual(['packed more than 4 times']);
    let archive: Uint8Array = Buffer.from('deep');
    for (let i = 0; i < 7; i++) archive = zipSync({ [i ? 'x.zip' : 'x.txt']: archive });
    expect((await reasons('a.zip', archive))[0]).toMatch(/inside each other more than 4 times/);
  });

  it('zip: by what it unpacks to, not by what it claims', async () => {
    const archive = zipSync({ 'a.txt': zeros, 'b.txt': Buffer.from('good') });
    const { found, rejects } = await readBytes('a.zip', archive);
    expect(found.map(({ text }) => text)).toEqual(['good']);
    expect(rejects.at(-1)).toMatchObject({ file: 'a.zip/a.txt' });
    expect(rejects.at(-1)!.reason).toMatch(/200 times/);
    const small = await ZipArchive.open(memoryInput('a', lying(archive, 10)), defaultLimits);
    await expect(small.read(small.entries[0]!)).rejects.toThrow(/unpacks to more than 16777216 bytes/);
    expect(await reasons('a.zip', archive, { limits: { entries: 1 } })).toEqual([
      '2 entries: over the limit entries (1)',
    ]);
  });

  it('office files: XML without end', async () => {
    const xml = Buffer.concat([Buffer.from('<w:document>'), Buffer.alloc(40e6, '<a/>')]);
    const docx = zipSync({ 'word/document.xml': xml });
    expect((await reasons('a.docx', docx))[0]).toMatch(/word\/document.xml: unpacks to more than/);
    const deep = Buffer.from(`<w:document>${'<w:p>'.repeat(5000)}${'</w:p>'.repeat(5000)}</w:document>`);
    expect(await reasons('a.docx', zipSync({ 'word/document.xml': deep }))).toEqual(['elements deeper than 256']);
  });

  it('XML: entities that grow are never expanded', async () => {
    const laughs = Array.from({ length: 9 }, (_, i) => `<!ENTITY l${i + 1} "${`&l${i};`.repeat(10)}">`).join('');
    const xml = `<?xml version="1.0"?><!DOCTYPE article [<!ENTITY l0 "ha">${laughs}]><article><front><article-meta><title-group><article-title>T &l9;</article-title></title-group></article-meta></front></article>`;
    const { found } = await readBytes('a.nxml', xml);
    expect(found[0]!.text.length).toBeLessThan(100);
  });
});

describe('archives', () => {
  it('cut off, encrypted or of another method: their own cost', async () => {
    const archive = Buffer.from(zipSync({ 'a.txt': Buffer.from('first'), 'b.txt': Buffer.from('second') }));
    expect(await reasons('a.zip', archive.subarray(0, archive.length - 30))).toEqual([
      'no end of a ZIP directory: not a ZIP file, or cut off',
    ]);
    const locked = Buffer.from(archive);
    const entry = locked.indexOf(Buffer.from([0x50, 0x4b, 1, 2]));
    locked.writeUInt16LE(1, entry + 8);
    const { found, rejects } = await readBytes('a.zip', locked);
    expect(found.map(({ text }) => text)).toEqual(['second']);
    expect(rejects).toEqual([{ file: 'a.zip/a.txt', reason: 'a.txt: encrypted' }]);
    const tar = golden('gnu.tar');
    expect((await reasons('a.tar', tar.subarray(0, 1100)))[0]).toMatch(/cut off/);
    const broken = Buffer.from(tar);
    broken.writeUInt8(7, 1024 + 10);
    expect((await reasons('a.tar', broken))[0]).toMatch(/checksum/);
  });

  it('hidden files and folders of other systems are left out', async () => {
    const archive = zipSync({
      '__MACOSX/a.txt': Buffer.from('x'),
      '.git/config': Buffer.from('x'),
      'a/b.txt': Buffer.from('kept'),
    });
    const { found, rejects } = await readBytes('a.zip', archive);
    expect(found.map(({ file }) => file)).toEqual(['a.zip/a/b.txt']);
    expect(rejects).toEqual([]);
  });

  it('truncated streams keep what came before', async () => {
    const lines = Array.from({ length: 5000 }, (_, i) => `{"text":"line ${i} ${Math.sin(i)}"}\n`).join('');
    const packed = gzipSync(lines);
    const { found, rejects } = await readBytes('a.jsonl.gz', packed.subarray(0, packed.length >> 1));
    expect(found.length).toBeGreaterThan(1000);
    expect(found.map(({ text }) => text)).toEqual(
      Array.from({ length: found.length }, (_, i) => `line ${i} ${Math.sin(i)}`),
    );
    expect(rejects).toEqual([{ file: 'a.jsonl.gz', line: found.length + 1, reason: 'unexpected end of file' }]);
    const zst = golden('lines.jsonl.zst');
    expect((await reasons('a.jsonl.zst', zst.subarray(0, 50))).length).toBe(1);
    expect((await reasons('a.jsonl.bz2', golden('lines.jsonl.bz2').subarray(0, 50))).length).toBe(1);
  });
});
