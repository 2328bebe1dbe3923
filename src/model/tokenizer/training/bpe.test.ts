import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import native from 'tokenizers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testData } from '../../../../test/support.js';
import { gpt4Pattern } from '../patterns.js';
import { type TrainBpeOptions, trainBpe } from './bpe.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'abovo-train-'));
});
afterAll(() => rm(folder, { recursive: true }));

const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true };
const linesOf = (text: string) => text.match(/[^\n]*\n|[^\n]+$/g) ?? [];

async function mergesOf(texts: Iterable<string>, options: TrainBpeOptions): Promise<string[]> {
  return ((await trainBpe(texts, options)).toJson().model as { merges: string[] }).merges;
}

/** Merges of the native trainer, which reads a file line by line and takes 30,000 tokens. */
async function nativeMerges(text: string, preTokenizer: object): Promise<string[]> {
  const model = { type: 'BPE', vocab: {}, merges: [] };
  const tokenizer = native.Tokenizer.fromString(
    JSON.stringify({ version: '1.0', added_tokens: [], pre_tokenizer: preTokenizer, model }),
  );
  const file = join(folder, 'corpus.txt');
  const out = join(folder, 'tokenizer.json');
  await writeFile(file, text);
  tokenizer.train([file]);
  tokenizer.save(out);
  const { merges } = (JSON.parse(await readFile(out, 'utf8')) as { model: { merges: [string, string][] } }).model;
  return merges.map((pair) => pair.join(' '));
}

describe('trainBpe', () => {
  it('makes the 243 reference merges with ties to the greater pair', async (context) => {
    const corpus = await readFile(testData(context, 'tokenizers', 'bpe-train-reference', 'corpus.en'), 'utf8');
    const path = testData(context, 'tokenizers', 'bpe-train-reference', 'train-bpe-reference-merges.txt');
    const expected = (await readFile(path, 'utf8')).trimEnd().split('\n');
    expect(await mergesOf([corpus], { vocabSize: 500, ties: 'greater' })).toEqual(expected);
  });

  it('makes the merges of the native trainer', async (context) => {
    const shakespeare = await readFile(testData(context, 'pretrain', 'tinyshakespeare', 'input.txt'), 'utf8');
    const japanese = await readFile(testData(context, 'pretrain', 'novels', 'wagahaiwa_nekodearu.txt'), 'utf8');
    const text = `${shakespeare}\n${japanese.slice(0, 150_000)}`;
    const expected = await nativeMerges(text, { ...byteLevel, use_regex: true });
    const ours = await mergesOf(linesOf(text), { vocabSize: 25_000 });
    expect(ours.length).toBe(25_000 - 257);
    expect(ours).toEqual(expected.slice(0, ours.length));
  });

  it('makes the merges of the native trainer with another pattern and SentencePiece-style', async (context) => {
    const botchan = await readFile(testData(context, 'pretrain', 'novels', 'botchan.txt'), 'utf8');
    const split = { type: 'Split', pattern: { Regex: gpt4Pattern(3) }, behavior: 'Isolated', invert: false };
    const bytes = { type: 'Sequence', pretokenizers: [split, { ...byteLevel, use_regex: false }] };
    const ours = await mergesOf(linesOf(botchan), { vocabSize: 4000, pattern: gpt4Pattern(3) });
    expect(ours).toEqual((await nativeMerges(botchan, bytes)).slice(0, ours.length));
    const metaspace = await nativeMerges(botchan, {
      type: 'Metaspace',
      replacement: '▁',
      prepend_scheme: 'never',
      split: true,
    });
    const pieces = await mergesOf(linesOf(botchan), { vocabSize: 4000, kind: 'sentencepiece', characterCoverage: 1 });
    expect(pieces).toEqual(metaspace.slice(0, pieces.length));
  });

  it('says how large a vocabulary can be', async () => {
    const train = (vocabSize: number, more: object = {}) => trainBpe(['egg egg egg\n'], { vocabSize, ...more });
    await expect(train(1000)).rejects.toMatchObject({ exitCode: 2, fields: { largest: 260 } });
    await expect(train(1000)).rejects.toThrow(/at most 260 for this text, got 1000/);
    expect((await train(260)).vocabSize).toBe(260);
    await expect(train(260, { minFrequency: 4 })).rejects.toThrow(/at most 257/);
    await expect(train(260, { maxTokenLength: 2 })).rejects.toThrow(/at most 258/);
    await expect(train(100)).rejects.toThrow(/at least 257/);
    await expect(trainBpe([], { vocabSize: 300 })).rejects.toThrow(/expected text, got none/);
    for (const wrong of [
      { vocabSize: 0 },
      { vocabSize: 300, minFrequency: -1 },
      { vocabSize: 300, specialTokens: ['a'] },
    ]) {
      await expect(trainBpe(['egg'], wrong)).rejects.toMatchObject({ exitCode: 2 });
    }
  });

  it('leaves special tokens out of the counts and out of the merges', async () => {
    const text = '<|endoftext|> endoftext <|endoftext|>';
    const tokenizer = await trainBpe([text.repeat(5)], { vocabSize: 265 });
    expect(tokenizer.encode('<|endoftext|>')).toEqual([0]);
    // Only the one between the spaces is counted, five times.
    await expect(trainBpe([text.repeat(5)], { vocabSize: 266, minFrequency: 6 })).rejects.toThrow(/at most 257/);
  });

  it('counts what it says: each merge is the most frequent pair at its time', async () => {
    const words = fc.array(fc.constantFrom('ab', 'aab', 'aaa', 'abab', 'ba', 'c', 'aaaa', 'cab'), {
      minLength: 4,
      maxLength: 30,
    });
    const property = fc.asyncProperty(
      words,
      fc.constantFrom('lower' as const, 'greater' as const),
      async (list, ties) => {
        const text = list.join(' ');
        const possible = naive(text, ties);
        const ours = await mergesOf([text], { vocabSize: 257 + possible.length, ties });
        expect(ours).toEqual(possible);
      },
    );
    await fc.assert(property, { numRuns: 100 });
  });

  it('stops when told to', async () => {
    const texts = function* () {
      for (let i = 0; ; i++) yield `egg ${i}`.repeat(1000);
    };
    await expect(trainBpe(texts(), { vocabSize: 300, signal: AbortSignal.timeout(150) })).rejects.toThrow();
  });
});

/** The plainest trainer: counts all pairs anew for each merge, up to 12 of them. */
function naive(text: string, ties: 'lower' | 'greater'): string[] {
  const words = (text.match(/ ?\S+/g) ?? []).map((word) => [...word.replace(' ', 'Ġ')]);
  const ids = new Map([...'abc', 'Ġ'].map((token, id) => [token, id]));
  const merges: string[] = [];
  while (merges.length < 12) {
    const counts = new Map<string, number>();
    for (const word of words) {
      for (let i = 0; i + 1 < word.length; i++) {
        const pair = `${word[i]} ${word[i + 1]}`;
        counts.set(pair, (counts.get(pair) ?? 0) + 1);
      }
    }
    const order = (pair: string) =>
      pair.split(' ').map((token) => (ties === 'lower' ? (ids.get(token) as number) : token.replaceAll('Ġ', ' ')));
    const better = (a: string, b: string) => {
      const [x, y] = [order(a), order(b)];
      const which = x[0] !== y[0] ? 0 : 1;
      return ties === 'lower' ? x[which] < y[which] : x[which] > y[which];
    };
    let best: string | undefined;
    for (const [pair, count] of counts) {
      const most = best === undefined ? 0 : (counts.get(best) as number);
      if (best === undefined || count > most || (count === most && better(pair, best))) best = pair;
    }
    if (best === undefined) break;
    const [left, right] = best.split(' ');
    if (!ids.has(left + right)) ids.set(left + right, ids.size);
    else break;
    merges.push(best);
    for (const word of words) {
      for (let i = 0; i + 1 < word.length; i++)
        if (word[i] === left && word[i + 1] === right) word.splice(i, 2, left + right);
    }
  }
  return merges;
}
