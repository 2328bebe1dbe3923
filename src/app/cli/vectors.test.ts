import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testData } from '../../../test/support.js';
import { Random } from '../../base/core/index.js';
import { main } from './main.js';

let folder: string;
let corpus: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'abovo-cli-vectors-'));
  corpus = join(folder, 'corpus.txt');
  const random = new Random(3);
  const kinds = ['hen egg nest chick feather', 'Graph Node Edge Tensor Kernel'].map((words) => words.split(' '));
  const lines = Array.from({ length: 1500 }, () => {
    const words = random.pick(kinds);
    return Array.from({ length: 8 }, () => random.pick(words)).join(' ');
  });
  await writeFile(corpus, `${lines.join('\n')}\n`);
  await writeFile(join(folder, 'corpus.jsonl'), lines.map((text) => `${JSON.stringify({ text })}\n`).join(''));
});
afterAll(() => rm(folder, { recursive: true }));

async function call(...argv: string[]) {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const code = await main(['vectors', ...argv], { stdout, stderr });
  const lines = String(stdout.read() ?? '')
    .split('\n')
    .filter(Boolean);
  return { code, lines, stderr: String(stderr.read() ?? '') };
}

async function json<T = Record<string, unknown>>(...argv: string[]): Promise<T> {
  const { code, lines, stderr } = await call(...argv, '--json');
  expect(code, stderr).toBe(0);
  return JSON.parse(lines.at(-1)!) as T;
}

interface Found {
  readonly results: readonly { readonly neighbours: readonly { readonly word: string }[] }[];
}

const at = (name: string): string => join(folder, name);
const common = (out: string): string[] => ['--dim', '12', '--rate', '0.05', '--out', at(out)];

describe('abovo vectors', () => {
  it.each([
    ['w2v.bin', 'binary', ['--model', 'word2vec', '--skipgram', '--window', '3', '--sample', '0']],
    ['w2v.txt', 'text', ['--cbow', '--epochs', '10', '--sample', '0', '--lowercase', '--threads', '2']],
    ['glove.txt', 'text', ['--model', 'glove', '--window', '4', '--max-pairs', '1000']],
    ['ft.bin', 'fasttext', ['--model', 'fasttext', '--buckets', '500', '--sample', '0']],
    ['ft.vec', 'text', ['--model', 'fasttext', '--cbow', '--buckets', '500', '--maxn', '4', '--sample', '0']],
  ])('trains and looks up neighbours: %s', async (name, format, options) => {
    const trained = await json('train', '--input', corpus, ...common(name), ...options);
    const words = format === 'fasttext' || name === 'ft.vec' ? 11 : 10;
    expect(trained).toMatchObject({ ok: true, format, words, dim: 12 });
    expect(trained.wordsPerSecond).toBeGreaterThan(0);
    const { results } = await json<Found>('neighbours', at(name), '--word', 'hen', '--top', '4');
    for (const { word } of results[0]!.neighbours) expect('egg nest chick feather').toContain(word);
    if (format !== 'fasttext') return;
    const unseen = await json<Found>('neighbours', at(name), '--word', 'chicken', '--top', '1');
    expect(unseen.results[0]!.neighbours).toHaveLength(1);
  });

  it('reads JSON lines as it reads lines, and tells progress', async () => {
    const options = ['--dim', '4', '--seed', '7'];
    await json('train', '--input', corpus, '--out', at('a.bin'), ...options);
    const told = await call('train', '--input', at('corpus.jsonl'), '--out', at('b.bin'), ...options, '--unit', 'line');
    expect(told.stderr).toMatch(/word2vec: 60\.0k\/60\.0k words · loss [\d.]+ · words\/s [\d.]+[kM]/);
    expect(told.lines[0]).toMatch(/b\.bin: 10 words of 4 numbers in .* words\/s, loss/);
    expect((await readFile(at('a.bin'))).equals(await readFile(at('b.bin')))).toBe(true);
  });

  it('converts, and measures analogies and similarities', async () => {
    await writeFile(at('v.txt'), '5 2\nman 1 0\nwoman 1 1\nking 3 0.1\nqueen 3 3.2\nnew\u00a0york 0 1\n');
    await json('convert', at('v.txt'), '--to', 'binary', '--out', at('v.bin'), '--limit', '4');
    const back = await json('convert', at('v.bin'), '--to', 'text', '--out', at('w.txt'));
    expect(back).toMatchObject({ ok: true, words: 4, dim: 2 });
    expect(await readFile(at('w.txt'), 'utf8')).toBe('4 2\nman 1 0\nwoman 1 1\nking 3 0.1\nqueen 3 3.2\n');
    await writeFile(at('q.txt'), ': family\nman woman KING queen\nman woman hen egg\n');
    const score = await json('analogy', at('v.bin'), '--questions', at('q.txt'));
    expect(score).toMatchObject({ accuracy: 1, total: { asked: 1, unknown: 1 }, sections: [{ section: 'family' }] });
    const strict = await json('analogy', at('v.bin'), '--questions', at('q.txt'), '--case-sensitive');
    expect(strict).toMatchObject({ accuracy: 0, total: { asked: 0, unknown: 2 } });
    await writeFile(at('p.tsv'), 'man\twoman\t7\nman\tking\t9\nman\tqueen\t5\nman\tegg\t1\n');
    expect(await json('similarity', at('v.bin'), '--pairs', at('p.tsv'))).toMatchObject({ pairs: 3, unknown: 1 });
  });

  it('predicts labels with a classifier', async (context) => {
    const model = testData(context, 'checkpoints', 'fasttext', 'pang_lee_polarity_fasttext.bin');
    await writeFile(at('t.txt'), 'we\'ll have a hit on our hands ! "\n\nthe good captain has his own problems .\n');
    const { code, lines } = await call('predict', model, '--input', at('t.txt'), '--top', '2', '--json');
    expect([code, lines.length]).toEqual([0, 4]);
    const first = JSON.parse(lines[0]!) as { labels: { label: string; probability: number }[] };
    expect(first.labels.map(({ label }) => label)).toEqual(['__label__neg', '__label__pos']);
    expect(first.labels[0]!.probability + 1e-5).toBeCloseTo(0.500013, 6);
    expect(JSON.parse(lines[3]!)).toMatchObject({ ok: true, lines: 3 });
  });

  it('exits 2 and says what is wrong', async () => {
    await writeFile(at('few.txt'), 'a b\n');
    const cases: [string[], RegExp][] = [
      [['train', '--input', at('few.txt'), '--out', at('x.bin')], /words that occur 5 times or more, got 2 words/],
      [['train', '--input', at('none.txt'), '--out', at('x.bin')], /got none; check the path/],
      [['train', '--input', corpus, '--out', at('x.bin'), '--cbow', '--skipgram'], /--cbow or --skipgram, got both/],
      [
        ['train', '--input', corpus, '--out', at('x.bin'), '--model', 'glove', '--cbow'],
        /--cbow with --model word2vec or fasttext only, got it with glove/,
      ],
      [
        ['train', '--input', corpus, '--out', at('x.bin'), '--max-pairs', '2000'],
        /--max-pairs with --model glove only/,
      ],
      [['train', '--input', corpus, '--out', at('x.bin'), '--dim', '0'], /--dim: expected a whole number from 1/],
      [
        ['neighbours', at('few.txt'), '--word', 'a'],
        /few\.txt at byte \d+: expected 1 finite numbers in line 1, got "b"/,
      ],
      [['similarity', at('v.txt'), '--pairs', at('none.tsv')], /expected a text file/],
      [['predict', at('v.txt'), '--input', corpus], /expected a fastText classifier, got vectors/],
    ];
    await writeFile(at('v.txt'), '1 1\negg 2\n');
    for (const [argv, message] of cases) {
      const { code, stderr } = await call(...argv);
      expect([code, stderr]).toEqual([2, expect.stringMatching(message)]);
    }
    const unknown = await call('neighbours', at('v.txt'), '--word', 'hen', '--json');
    expect(unknown.code).toBe(2);
    expect(JSON.parse(unknown.lines[0]!)).toMatchObject({ ok: false, error: { code: 'vectors.word', word: 'hen' } });
  });
});
