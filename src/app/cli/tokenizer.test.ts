import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testData } from '../../../test/support.js';
import { main } from './main.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'abovo-cli-tokenizer-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function call(...argv: string[]) {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const code = await main(argv, { stdout, stderr });
  const lines = String(stdout.read() ?? '')
    .split('\n')
    .filter(Boolean);
  return { code, lines, stderr: String(stderr.read() ?? '') };
}

describe('abovo tokenizer', () => {
  it('trains the 243 reference merges, then encodes and decodes', async (context) => {
    const corpus = testData(context, 'tokenizers', 'bpe-train-reference', 'corpus.en');
    const reference = await readFile(
      testData(context, 'tokenizers', 'bpe-train-reference', 'train-bpe-reference-merges.txt'),
      'utf8',
    );
    const out = join(folder, 'tokenizer.json');
    const common = ['tokenizer', 'train', '--model', 'bpe', '--vocab-size', '500', '--input', corpus];
    const trained = await call(...common, '--ties', 'greater', '--out', out, '--json');
    expect(trained.code, trained.stderr).toBe(0);
    expect(JSON.parse(trained.lines.at(-1) as string)).toMatchObject({ ok: true, vocabSize: 500 });
    const json = JSON.parse(await readFile(out, 'utf8')) as { model: { merges: string[] } };
    expect(json.model.merges).toEqual(reference.trimEnd().split('\n'));

    const texts = join(folder, 'texts.jsonl');
    await writeFile(texts, '{"text":"the 😀 egg<|endoftext|>"}\n"iron cement"\n');
    const encoded = await call('tokenizer', 'encode', '--tokenizer', out, '--input', texts);
    const records = encoded.lines.map(
      (line) => JSON.parse(line) as { ids: number[]; tokens: string[]; offsets: [number, number][] },
    );
    expect(records[0].ids.at(-1)).toBe(0);
    expect(records[0].tokens.slice(0, 1)).toEqual(['the']);
    expect(records[0].offsets.at(-1)).toEqual([9, 22]);
    const ids = join(folder, 'ids.jsonl');
    await writeFile(ids, records.map((record) => `${JSON.stringify({ ids: record.ids })}\n`).join(''));
    const decoded = await call('tokenizer', 'decode', '--tokenizer', out, '--input', ids);
    expect(decoded.lines).toEqual(['{"text":"the 😀 egg<|endoftext|>"}', '{"text":"iron cement"}']);
    const plain = await call('tokenizer', 'decode', '--tokenizer', out, '--input', ids, '--no-special');
    expect(plain.lines[0]).toBe('{"text":"the 😀 egg"}');
  });

  it('exits 2 and says what is wrong', async () => {
    const short = join(folder, 'short.txt');
    await writeFile(short, 'egg egg egg\n');
    const train = (...more: string[]) => call('tokenizer', 'train', '--out', join(folder, 'x.json'), ...more);
    const large = await train('--vocab-size', '1000', '--input', short);
    expect([large.code, large.stderr]).toEqual([2, expect.stringContaining('at most 260 for this text, got 1000')]);
    const missing = await train('--vocab-size', '300', '--input', join(folder, 'nowhere.txt'));
    expect([missing.code, missing.stderr]).toEqual([2, expect.stringContaining('got none; check the path')]);
    await writeFile(join(folder, 'latin.txt'), Buffer.from([0x65, 0xe9]));
    const latin = await train('--vocab-size', '300', '--input', join(folder, 'latin.txt'));
    expect([latin.code, latin.stderr]).toEqual([2, expect.stringContaining('expected UTF-8 text')]);
    const bad = await train('--vocab-size', '300', '--input', short, '--pattern', '(a+)+');
    expect([bad.code, bad.stderr]).toEqual([2, expect.stringContaining('no unbounded repeat')]);
  });
});
