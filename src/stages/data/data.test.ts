import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testData } from '../../../test/support.js';
import { trainBpe } from '../../model/tokenizer/index.js';
import type { DataSource, Document, Reject } from './document.js';
import { globPattern } from './formats/files.js';
import { measureText } from './measure.js';
import { openShards } from './open-shards.js';
import { packDocuments } from './pack.js';
import { readDocuments } from './read.js';
import { Rejects } from './rejects.js';
import { tokenizeToShards } from './shards.js';
import { planSplit } from './split.js';
import { groupParagraphs } from './formats/text.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'abovo-data-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const out: T[] = [];
  for await (const item of items) out.push(item);
  return out;
}

async function read(source: DataSource): Promise<{ documents: Document[]; rejects: Reject[] }> {
  const rejects: Reject[] = [];
  const documents = await collect(readDocuments([source], { folder, onReject: (reject) => rejects.push(reject) }));
  return { documents, rejects };
}

describe('readDocuments', () => {
  it('groups paragraphs into documents that tile the text', async () => {
    const words = fc.constantFrom('egg', 'ä', '\n', '\n\n', ' ', '😀', 'x'.repeat(30), '\n \n');
    const property = fc.asyncProperty(
      fc.array(
        fc.array(words, { maxLength: 60 }).map((parts) => parts.join('')),
        { maxLength: 5 },
      ),
      fc.integer({ min: 4, max: 80 }),
      async (parts, most) => {
        async function* stream() {
          for (const part of parts) yield Buffer.from(part);
        }
        const spans = await collect(groupParagraphs(stream(), most));
        expect(Buffer.concat(spans.map((span) => span.bytes)).toString()).toBe(parts.join(''));
        for (const { bytes } of spans) {
          expect(bytes.length).toBeLessThanOrEqual(most);
          expect(Buffer.from(bytes).toString()).not.toContain('\uFFFD');
        }
      },
    );
    await fc.assert(property, { numRuns: 200 });
  });

  it('reads text, separators, JSON lines and archives; rejects what is not UTF-8', async () => {
    await writeFile(join(folder, 'a.txt'), 'One.\n\nTwo.\n');
    await writeFile(join(folder, 'b.txt'), 'First<|endoftext|>\nSecond<|endoftext|>  ');
    await writeFile(join(folder, 'c.jsonl'), '{"id":7,"text":"Third","licence":"CC0-1.0"}\n\n{"no":1}\n{"text":"cut');
    await writeFile(join(folder, 'd.jsonl.gz'), gzipSync('{"text":"Fourth"}\n'));
    await writeFile(join(folder, 'e.txt'), Buffer.from([0x66, 0xff, 0x66]));
    await writeFile(join(folder, 'f.txt'), 'zero\0byte');
    await writeFile(
      join(folder, 'g.jsonl'),
      Buffer.concat([Buffer.from('{"text":"'), Buffer.from([0xc3]), Buffer.from('"}\n')]),
    );
    await writeFile(join(folder, 'h.txt.gz'), gzipSync('long enough to be cut off').subarray(0, 30));
    const { documents, rejects } = await read({ files: ['*.{txt,jsonl,gz}'], licence: 'CC-BY-4.0' });
    expect(documents.map(({ text }) => text)).toEqual(['One.\n\nTwo.\n', 'First', 'Second', 'Third', 'Fourth']);
    expect(documents.map(({ id }) => id)).toEqual(['a.txt:1', 'b.txt:1', 'b.txt:2', '7', 'd.jsonl.gz:1']);
    expect(documents[3].licence).toBe('CC0-1.0');
    expect(documents[0].licence).toBe('CC-BY-4.0');
    expect(
      rejects.map(({ source, line, reason }) => [source.slice(folder.length + 1), line, reason.slice(0, 12)]),
    ).toEqual([
      ['c.jsonl', 3, 'no string in'],
      ['c.jsonl', 4, 'not JSON: Un'],
      ['e.txt', undefined, 'not UTF-8 te'],
      ['f.txt', undefined, 'binary data '],
      ['g.jsonl', 1, 'not UTF-8 te'],
      ['h.txt.gz', undefined, 'unexpected e'],
    ]);
    const kept = new Rejects();
    for (const reject of rejects) kept.add(reject);
    await kept.save(join(folder, 'rejects.jsonl'));
    expect((await readFile(join(folder, 'rejects.jsonl'), 'utf8')).trim().split('\n')).toHaveLength(6);
  });

  it('says what is missing, empty or all bad', async () => {
    await writeFile(join(folder, 'empty.md'), ' \n');
    await expect(read({ files: ['nowhere.txt'] })).rejects.toThrow(/expected a file at nowhere\.txt/);
    await expect(read({ files: ['*.nothing'] })).rejects.toThrow(/expected files at \*\.nothing/);
    await expect(read({ files: ['empty.md'] })).rejects.toThrow(/expected text in empty\.md, got none/);
    await expect(read({ files: ['e.txt', 'f.txt'] })).rejects.toThrow(/2 left out: .*e\.txt: not UTF-8/);
  });

  it('matches globs', () => {
    expect(['a/b/c.txt', 'c.txt', 'a/c.md'].filter((name) => globPattern('**/*.txt').test(name))).toEqual([
      'a/b/c.txt',
      'c.txt',
    ]);
    expect(globPattern('a?.{txt,md}').test('ab.md')).toBe(true);
    expect(() => globPattern('{a,b')).toThrow(/closed braces/);
  });
});

describe('planSplit', () => {
  it('keeps equal texts together and gives each split its share', async () => {
    const documents = Array.from({ length: 400 }, (_, i) => ({ text: `document ${i % 390} ${'x'.repeat(i % 50)}` }));
    const splitOf = await planSplit(documents, { heldOut: 0.1, validation: 0.05 }, { seed: 1 });
    const again = await planSplit([...documents].reverse(), { heldOut: 0.1, validation: 0.05 }, { seed: 1 });
    const bytes: Record<string, number> = {};
    for (const { text } of documents) {
      expect(again(text)).toBe(splitOf(text));
      bytes[splitOf(text)] = (bytes[splitOf(text)] ?? 0) + text.length;
    }
    const total = Object.values(bytes).reduce((a, b) => a + b);
    expect(bytes.heldOut / total).toBeCloseTo(0.1, 1);
    expect(bytes.validation / total).toBeCloseTo(0.05, 1);
  });

  it('gives each split a document where there are just enough, and refuses fewer', async () => {
    const three = ['a', 'bb', 'ccc'].map((text) => ({ text }));
    const splitOf = await planSplit(three, { heldOut: 0.01, validation: 0.01 });
    expect(new Set(three.map(({ text }) => splitOf(text))).size).toBe(3);
    await expect(planSplit(three.slice(1), { heldOut: 0.01, validation: 0.01 })).rejects.toThrow(
      /at least 3 different/,
    );
    await expect(planSplit(three, { heldOut: 1 })).rejects.toThrow(/shares/);
  });
});

describe('shards', () => {
  it('keep every token and the raw bytes, over several files', async (context) => {
    const path = testData(context, 'pretrain', 'tinyshakespeare', 'input.txt');
    const source = { files: [path], documentBytes: 2000 };
    const documents = await collect(readDocuments([source]));
    expect(documents.map(({ text }) => text).join('')).toBe(await readFile(path, 'utf8'));
    const tokenizer = await trainBpe(
      documents.map(({ text }) => text),
      { vocabSize: 600 },
    );
    const shardFolder = join(folder, 'shards');
    const manifest = await tokenizeToShards(documents, tokenizer, {
      folder: shardFolder,
      eos: 0,
      shardTokens: 100_000,
    });
    const shards = openShards(shardFolder);
    expect(manifest.shards.length).toBeGreaterThan(2);
    expect(manifest.tokenWidth).toBe(2);
    expect(shards.bytes).toBe(1115394);
    for (const i of [0, 1, 250, shards.count - 1]) {
      const ids = new Int32Array(shards.lengthOf(i));
      shards.copy(i, 0, ids.length, ids, 0);
      expect(ids[ids.length - 1]).toBe(0);
      expect(tokenizer.decode([...ids])).toBe(documents[i].text);
    }
    const packed = packDocuments(shards, { sequenceLength: 128, batchSize: 16 });
    let inputs = 0;
    for (let b = 0; b < packed.batchesPerEpoch; b++) inputs += packed.batch(b).segments.filter((s) => s > 0).length;
    expect(inputs).toBe(manifest.tokens);
    const measure = await measureText(documents, tokenizer);
    expect(measure.tokens).toBe(manifest.tokens - manifest.documents);
    expect(measure.licences).toEqual([{ licence: 'NOASSERTION', documents: documents.length, bytes: 1115394 }]);
    shards.close();
    await truncate(join(shardFolder, manifest.shards[1].tokenFile), 1000);
    expect(() => openShards(shardFolder)).toThrow(/expected \d+ bytes in tokens-00001\.bin, got 1000; tokenize again/);
    expect(() => openShards(folder)).toThrow(/readable shards\.json/);
    await expect(tokenizeToShards([], tokenizer, { folder: shardFolder })).rejects.toThrow(/expected documents/);
    expect(() => openShards(shardFolder)).toThrow(/readable shards\.json/);
  });
});
