import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AbovoError } from '../../base/core/index.js';
import { trainBpe } from '../../model/tokenizer/index.js';
import { openShards } from './open-shards.js';
import { packDocuments } from './pack.js';
import { readDocuments } from './read.js';
import { tokenizeToShards } from './shards.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'abovo-hostile-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('files of any content', () => {
  it('give documents, rejects or a clear error', async () => {
    const line = fc.oneof(
      fc.json().map((text) => new TextEncoder().encode(text)),
      fc.string().map((text) => new TextEncoder().encode(JSON.stringify({ text }))),
      fc.uint8Array({ maxLength: 20 }),
    );
    const property = fc.asyncProperty(
      fc.array(line, { maxLength: 8 }),
      fc.constantFrom('x.jsonl', 'x.txt', 'x.jsonl.gz', 'x.txt.gz'),
      fc.nat(100),
      async (lines, name, cut) => {
        const bytes = Buffer.concat(lines.flatMap((part) => [part, Buffer.from('\n')]));
        const packed = name.endsWith('.gz') ? gzipSync(bytes) : bytes;
        await writeFile(
          join(folder, name),
          packed.subarray(0, cut > 80 ? Math.floor(packed.length / 2) : packed.length),
        );
        let rejected = 0;
        try {
          for await (const { text, id, source } of readDocuments([{ files: [name] }], {
            folder,
            onReject: () => rejected++,
          })) {
            expect([typeof text, typeof id, typeof source]).toEqual(['string', 'string', 'string']);
          }
        } catch (error) {
          expect(error).toMatchObject({ code: 'data.empty', exitCode: 2 });
        }
      },
    );
    await fc.assert(property, { numRuns: 150 });
  });

  it('are opened as shards or refused', async () => {
    const texts = Array.from({ length: 30 }, (_, i) => ({ text: `egg number ${i}` }));
    const tokenizer = await trainBpe(
      texts.map(({ text }) => text),
      { vocabSize: 262 },
    );
    const shards = join(folder, 'shards');
    await tokenizeToShards(texts, tokenizer, { folder: shards, shardTokens: 100 });
    const names = ['shards.json', 'tokens-00000.bin', 'documents-00001.bin'];
    const originals = await Promise.all(names.map((name) => readFile(join(shards, name))));
    const values = fc.constantFrom<unknown>(
      null,
      -1,
      1e12,
      0.5,
      '',
      '../../etc/passwd',
      [],
      {},
      'tokens-00000.bin',
      2,
      4,
    );
    const property = fc.asyncProperty(
      fc.nat(2),
      fc.nat(2000),
      fc.array(fc.nat(20), { minLength: 1, maxLength: 4 }),
      values,
      async (file, at, path, value) => {
        let changed: Uint8Array = originals[file].subarray(0, at % originals[file].length);
        if (file === 0 && at % 4 > 0) {
          const json = JSON.parse(originals[0].toString()) as Record<string, unknown>;
          let target = json;
          for (const [i, step] of path.entries()) {
            const keys = Object.keys(target);
            const key = keys[step % keys.length];
            const inner = target[key];
            if (i === path.length - 1 || typeof inner !== 'object' || inner === null) {
              target[key] = value;
              break;
            }
            target = inner as Record<string, unknown>;
          }
          changed = Buffer.from(JSON.stringify(json));
        }
        await writeFile(join(shards, names[file]), changed);
        try {
          const opened = openShards(shards);
          const packed = packDocuments(opened, { sequenceLength: 16, batchSize: 2 });
          packed.batch(packed.batchesPerEpoch - 1);
          opened.close();
        } catch (error) {
          expect(error).toBeInstanceOf(AbovoError);
          expect((error as AbovoError).exitCode).toBe(2);
        } finally {
          await writeFile(join(shards, names[file]), originals[file]);
        }
      },
    );
    await fc.assert(property, { numRuns: 200 });
  });
});
