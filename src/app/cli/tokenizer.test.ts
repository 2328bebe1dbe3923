import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testData } from '../../../test/support.js';
import type { TokenizerReportRow } from '../../model/tokenizer/index.js';
import { loadTokenizer } from '../../model/tokenizer/index.node.js';
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

  it('turns a SentencePiece model into a tokenizer, from a folder too', async () => {
    const golden = new URL('../../../test/golden/sentencepiece/small-models.json', import.meta.url);
    const { texts, models } = JSON.parse(await readFile(golden, 'utf8')) as {
      texts: string[];
      models: Record<string, { model: string; ids: number[][] }>;
    };
    const { model, ids } = models['unigram, byte fallback'];
    const within = join(folder, 'sentencepiece');
    await mkdir(within);
    await writeFile(join(within, 'tokenizer.model'), Buffer.from(model, 'base64'));
    const out = join(within, 'made.json');
    const made = await call('tokenizer', 'import', join(within, 'tokenizer.model'), '--out', out, '--json');
    expect(made.code, made.stderr).toBe(0);
    for (const { tokenizer } of [await loadTokenizer(out), await loadTokenizer(within)]) {
      expect(texts.map((text) => tokenizer.encode(text, { parseSpecial: false }))).toEqual(ids);
    }
    const wrong = await call('tokenizer', 'import', join(within, 'tokenizer.model'), '--pattern', 'gpt2');
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('got a .model file')]);
  });

  it('trains a Unigram vocabulary', async () => {
    const input = join(folder, 'unigram.txt');
    await writeFile(input, 'the hen sees the egg\nthe egg sees the hen\n'.repeat(20));
    const out = join(folder, 'unigram.json');
    const common = ['tokenizer', 'train', '--model', 'unigram', '--input', input, '--out', out];
    const made = await call(...common, '--vocab-size', '12', '--unk-token', '[U]', '--max-piece-length', '8');
    expect(made.code, made.stderr).toBe(0);
    const { tokenizer } = await loadTokenizer(out);
    expect([tokenizer.vocabSize, tokenizer.tokenToId('[U]')]).toEqual([12, 0]);
    expect(tokenizer.decode(tokenizer.encode('the hen'))).toBe('the hen');
    const wrong = await call(...common, '--vocab-size', '14', '--ties', 'lower');
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('--ties: expected with --model bpe')]);
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

  it('trains WordPiece, and refuses options of other models', async () => {
    const corpus = join(folder, 'hens.txt');
    await writeFile(corpus, 'The hen lays the egg. Two hens lay eggs!\n'.repeat(4));
    const out = join(folder, 'wordpiece', 'tokenizer.json');
    const train = (...more: string[]) =>
      call('tokenizer', 'train', '--model', 'wordpiece', '--input', corpus, '--out', out, '--json', ...more);
    const trained = await train('--vocab-size', '38', '--lowercase', '--score', 'frequency');
    expect(trained.code, trained.stderr).toBe(0);
    const file = JSON.parse(await readFile(out, 'utf8')) as { model: { type: string; vocab: Record<string, number> } };
    expect([file.model.type, file.model.vocab['[UNK]'], file.model.vocab.the]).toEqual([
      'WordPiece',
      1,
      expect.any(Number),
    ]);
    const pairs = join(folder, 'pairs.jsonl');
    await writeFile(pairs, '{"text":"The egg","pair":"the hen"}\n');
    const encoded = await call('tokenizer', 'encode', '--tokenizer', out, '--input', pairs);
    expect(JSON.parse(encoded.lines[0])).toMatchObject({
      tokens: ['[CLS]', 'the', 'egg', '[SEP]', 'the', 'hen', '[SEP]'],
      typeIds: [0, 0, 0, 0, 1, 1, 1],
    });
    const wrong = await train('--vocab-size', '38', '--ties', 'greater');
    expect([wrong.code, wrong.stderr]).toEqual([
      2,
      expect.stringContaining('--ties: expected with --model bpe, got wordpiece'),
    ]);
  });

  it('turns a rank file into a tokenizer.json', async () => {
    const bytes = Array.from({ length: 256 }, (_, byte) => `${Buffer.from([byte]).toString('base64')} ${byte}`);
    const tokens = ['th', 'the', ' the'].map((token, i) => `${Buffer.from(token).toString('base64')} ${256 + i}`);
    const ranks = join(folder, 'small.tiktoken');
    await writeFile(ranks, [...bytes, ...tokens].join('\n'));
    const out = join(folder, 'imported', 'tokenizer.json');
    const imported = await call(
      'tokenizer',
      'import',
      ranks,
      '--pattern',
      'o200k',
      '--special',
      '<|end|>=300',
      '--out',
      out,
      '--json',
    );
    expect(imported.code, imported.stderr).toBe(0);
    expect(JSON.parse(imported.lines.at(-1) as string)).toMatchObject({ ok: true, vocabSize: 301, special: 1 });
    const texts = join(folder, 'the.jsonl');
    await writeFile(texts, '"the the<|end|>"\n');
    const encoded = await call('tokenizer', 'encode', '--tokenizer', out, '--input', texts);
    expect(JSON.parse(encoded.lines[0])).toMatchObject({ ids: [257, 258, 300] });
    const wrong = await call('tokenizer', 'import', texts, '--pattern', 'gpt2');
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('base64, a space and a rank in each line')]);
  });

  it('compares tokenizers by language and domain', async () => {
    const [first, second] = ['one', 'two'].map((name) => join(folder, 'report', name, 'tokenizer.json'));
    const corpus = join(folder, 'hens.txt');
    await call('tokenizer', 'train', '--vocab-size', '270', '--input', corpus, '--out', first);
    await call('tokenizer', 'train', '--model', 'wordpiece', '--vocab-size', '38', '--input', corpus, '--out', second);
    const data = join(folder, 'labelled.jsonl');
    await writeFile(
      data,
      '{"text":"the egg","language":"en","domain":"farm"}\n{"text":"das Ei","language":"de","domain":"farm"}\n{"text":"the hen, 卵","language":"en","domain":"kitchen"}\n',
    );
    await mkdir(join(folder, 'news'), { recursive: true });
    await writeFile(join(folder, 'news', 'fr.txt'), 'la poule\n');
    const report = (...more: string[]) =>
      call('tokenizer', 'report', first, second, '--input', data, join(folder, 'news', 'fr.txt'), ...more);
    const { code, lines, stderr } = await report('--json');
    expect(code, stderr).toBe(0);
    const { rows, total } = JSON.parse(lines.at(-1) as string) as {
      rows: TokenizerReportRow[];
      total: TokenizerReportRow;
    };
    expect(rows.map(({ language, domain, bytes, words }) => [language, domain, bytes, words])).toEqual([
      ['de', 'farm', 6, 2],
      ['en', 'farm', 7, 2],
      ['en', 'kitchen', 12, 3],
      ['fr', 'news', 9, 2],
    ]);
    expect(rows[0].tokenizers[1]).toMatchObject({ name: 'two', tokens: 2, tokensPerWord: 1, unknownRate: 1 });
    expect(rows[2].tokenizers.map(({ name, unknownRate }) => [name, unknownRate > 0])).toEqual([
      ['one', false],
      ['two', true],
    ]);
    expect(total).toMatchObject({ texts: 4, bytes: 34, words: 9 });
    const shown = await report();
    expect(shown.lines).toHaveLength(6);
    expect(shown.lines[0]).toMatch(
      /^language +domain +bytes +words +one: bytes\/token +tokens\/word +unknown +two: bytes\/token/,
    );
  });
});
