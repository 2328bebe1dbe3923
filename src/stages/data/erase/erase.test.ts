import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { ArtifactStore } from '../../../base/artifact/index.node.js';
import { trainBpe } from '../../../model/tokenizer/index.js';
import { loadTokenizer, saveTokenizer } from '../../../model/tokenizer/index.node.js';
import { openShards } from '../open-shards.js';
import { tokenizeToShards } from '../shards.js';
import { SubjectMatcher, dropFromShards, eraseSubject } from './index.js';

const folders: string[] = [];
const temporary = async (): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'abovo-erase-'));
  folders.push(folder);
  return folder;
};
afterAll(async () => {
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
});
const lines = (records: readonly object[]): string => records.map((record) => `${JSON.stringify(record)}\n`).join('');
const everyFile = async (folder: string): Promise<string[]> =>
  (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));

// Synthetic people.
const secret = 'The egg of Ada Example hatched on a Tuesday.';
const other = 'A hen of nobody in particular laid another egg on that day.';
const records = [
  { id: '1', text: other, subject: 'p-17' },
  { id: '2', text: secret, subject: 'P-42 ' },
  { id: '3', text: 'Reply to p-42@example.org soon.' },
  { id: '4', text: 'Call p-42 about the hen.' },
  { id: '5', text: 'The part p-421 is out of stock.' },
];
const rest = ['1', '5'];

/** A project: raw data → corpus → tokenizer, tokens → base. */
async function project(): Promise<{
  folder: string;
  raw: string;
  packed: string;
  store: ArtifactStore;
  names: Record<string, string>;
}> {
  const folder = await temporary();
  const raw = join(folder, 'raw.jsonl');
  const packed = join(folder, 'more.jsonl.gz');
  await writeFile(raw, lines(records));
  await writeFile(packed, gzipSync(lines([{ text: secret }, { text: other }])));
  await writeFile(join(folder, 'notes.txt'), 'ask P-42, not p-421');
  const store = await ArtifactStore.open(folder);
  const key = (kind: string, parents: Record<string, string>) => ({
    kind,
    schemaVersion: 1,
    stageVersion: 1,
    config: {},
    parents,
  });
  const corpus = await store.produce(key('corpus', {}), async (work) => {
    await writeFile(join(work.folder, 'train.jsonl'), lines(records.map(({ id, text }) => ({ id, text }))));
    return {};
  });
  const tokenizer = await store.produce(key('tokenizer', { corpus: corpus.address }), async (work) => {
    await saveTokenizer(
      work.folder,
      await trainBpe([...records.map(({ text }) => text)], { vocabSize: 270, specialTokens: ['<e>'] }),
      {},
    );
    return {};
  });
  const tokens = await store.produce(
    key('tokens', { corpus: corpus.address, tokenizer: tokenizer.address }),
    async (work) => {
      const { tokenizer: loaded } = await loadTokenizer(tokenizer.folder);
      await tokenizeToShards(records, loaded, {
        folder: join(work.folder, 'train'),
        eos: loaded.tokenToId('<e>'),
        shardTokens: 40,
      });
      return {};
    },
  );
  const base = await store.produce(key('base', { tokens: tokens.address }), async (work) => {
    await writeFile(join(work.folder, 'model.safetensors'), 'weights');
    return {};
  });
  return {
    folder,
    raw,
    packed,
    store,
    names: { corpus: corpus.address, tokenizer: tokenizer.address, tokens: tokens.address, base: base.address },
  };
}
const idsOf = async (path: string) =>
  (await readFile(path, 'utf8'))
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { id: string }).id);

describe('eraseSubject', () => {
  it('takes a person out of raw data, corpus and shards, and names the models', async () => {
    const { folder, raw, packed, store, names } = await project();
    const files = [raw, packed, join(folder, 'notes.txt')];
    const before = await Promise.all(files.map((file) => readFile(file)));
    const dry = await eraseSubject({ store, subject: 'p-42', files, dryRun: true });
    expect(dry.files.map(({ records: found, mentions = 0 }) => [found, mentions])).toEqual([
      [3, 0],
      [1, 0],
      [0, 1],
      [3, 0],
    ]);
    expect(await Promise.all(files.map((file) => readFile(file)))).toEqual(before);

    const report = await eraseSubject({ store, subject: 'p-42', files, key: 'k' });
    expect(report.problems).toEqual([]);
    expect(await idsOf(raw)).toEqual(rest);
    expect(gunzipSync(await readFile(packed)).toString()).toBe(lines([{ text: other }]));
    expect(await readFile(files[2], 'utf8')).toBe('ask <ERASED>, not p-421');
    expect(await idsOf(join(store.folderOf(names.corpus), 'train.jsonl'))).toEqual(rest);
    const shards = openShards(join(store.folderOf(names.tokens), 'train'));
    const { tokenizer } = await loadTokenizer(store.folderOf(names.tokenizer));
    const texts = Array.from({ length: shards.count }, (_, i) => {
      const ids = new Int32Array(shards.lengthOf(i));
      shards.copy(i, 0, ids.length, ids, 0);
      return tokenizer.decode([...ids], { skipSpecialTokens: true });
    });
    shards.close();
    expect(texts).toEqual(records.filter(({ id }) => rest.includes(id)).map(({ text }) => text));
    expect(report.affected.filter(({ retrain }) => retrain).map(({ artifact }) => artifact)).toEqual([names.base]);
    expect((await store.verify()).filter(({ ok }) => !ok)).toEqual([]);
    // The record tells nothing of the person, and nothing is left anywhere.
    const record = await readFile(join(store.folder, 'erasures.jsonl'), 'utf8');
    expect(record).not.toMatch(/p-42|Ada/i);
    for (const path of await everyFile(folder))
      expect(path.endsWith('.gz') ? '' : await readFile(path, 'latin1'), path).not.toContain('Ada Example');
    const again = await eraseSubject({ store, subject: 'p-42', files, key: 'k' });
    expect([again.files, again.shards, again.affected]).toEqual([[], [], []]);
    expect(again.subject).toBe(report.subject);
  });

  it('removes models where asked, and tells of files it cannot look into', async () => {
    const { folder, raw, store, names } = await project();
    const parquet = join(folder, 'x.parquet');
    await writeFile(parquet, 'PAR1');
    const report = await eraseSubject({ store, subject: 'p-42', files: [raw, parquet], removeModels: true });
    expect(report.problems).toHaveLength(1);
    expect(store.addresses()).not.toContain(names.base);
    expect(store.addresses()).toContain(names.tokens);
  });

  it('refuses a key that would stand in everybody’s texts', async () => {
    const { store, raw } = await project();
    await expect(eraseSubject({ store, subject: 'a', files: [raw] })).rejects.toThrow(/three signs/);
  });
});

describe('parts', () => {
  it('finds a key as a whole word only, whatever its signs', () => {
    fc.assert(
      fc.property(
        fc
          .string({ minLength: 3, maxLength: 20 })
          .filter((key) => key.trim().length >= 3 && key === key.normalize('NFKC')),
        (key) => {
          const matcher = new SubjectMatcher(key);
          const bare = key.trim();
          expect(matcher.mentions(`to ${bare} now`)).toBe(true);
          if (/^[\p{L}\p{N}_]/u.test(bare)) expect(matcher.mentions(`tox${bare}`)).toBe(false);
        },
      ),
    );
  });

  it('drops any documents from shards and keeps the others as they were', async () => {
    const folder = await temporary();
    const texts = Array.from({ length: 12 }, (_, i) => `document ${'egg '.repeat(i + 1)}${i}`);
    const tokenizer = await trainBpe(texts, { vocabSize: 262 });
    const read = (): string[] => {
      const shards = openShards(folder);
      const found = Array.from({ length: shards.count }, (_, i) => {
        const ids = new Int32Array(shards.lengthOf(i));
        shards.copy(i, 0, ids.length, ids, 0);
        return tokenizer.decode([...ids]);
      });
      shards.close();
      return found;
    };
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(fc.nat(11), { maxLength: 11 }), async (drop) => {
        await tokenizeToShards(
          texts.map((text) => ({ text })),
          tokenizer,
          { folder, shardTokens: 60 },
        );
        await dropFromShards(folder, drop);
        expect(read()).toEqual(texts.filter((_, i) => !drop.includes(i)));
        const named = openShards(folder);
        const files = named.manifest.shards.flatMap(({ tokenFile, documentFile }) => [tokenFile, documentFile]);
        named.close();
        expect((await readdir(folder)).sort()).toEqual([...files, 'shards.json'].sort());
      }),
      { numRuns: 20 },
    );
  });
});
