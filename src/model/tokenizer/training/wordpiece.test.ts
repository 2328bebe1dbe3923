import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import native from 'tokenizers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testData } from '../../../../test/support.js';
import type { Tokenizer } from '../tokenizer.js';
import { trainWordPiece } from './wordpiece.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'abovo-wordpiece-'));
});
afterAll(() => rm(folder, { recursive: true }));

const tokensOf = (tokenizer: Tokenizer) =>
  Array.from({ length: tokenizer.vocabSize }, (_, id) => tokenizer.idToToken(id) as string);

/** Tokens of the native trainer (30,000 at most, no special tokens), in order of their ids. */
async function nativeTokens(text: string, lowercase: boolean): Promise<string[]> {
  const model = { type: 'WordPiece', vocab: {}, unk_token: '[UNK]', continuing_subword_prefix: '##' };
  const tokenizer = native.Tokenizer.fromString(
    JSON.stringify({
      version: '1.0',
      added_tokens: [],
      normalizer: { type: 'BertNormalizer', clean_text: true, handle_chinese_chars: true, lowercase },
      pre_tokenizer: { type: 'BertPreTokenizer' },
      model: { ...model, max_input_chars_per_word: 100 },
    }),
  );
  const file = join(folder, 'corpus.txt');
  const out = join(folder, 'tokenizer.json');
  await writeFile(file, text);
  tokenizer.train([file]);
  tokenizer.save(out);
  const { vocab } = (JSON.parse(await readFile(out, 'utf8')) as { model: { vocab: Record<string, number> } }).model;
  return Object.entries(vocab)
    .sort((a, b) => a[1] - b[1])
    .map(([token]) => token);
}

describe('trainWordPiece', () => {
  it.each([true, false])('by frequency makes the tokens of the native trainer (lower case: %s)', async (lowercase) => {
    const text = await readFile(join(import.meta.dirname, 'wordpiece.test.ts'), 'utf8');
    const corpus = `${text}\nÄrger über naïve Füße, 日本語 한국어 écoute ½ ① don't\n`.repeat(3);
    const expected = await nativeTokens(corpus, lowercase);
    // The peer takes its alphabet from a hash table, so the order changes from run to run, and with it which of two equally
    // frequent pairs merges: ours is given the order.
    const alphabet = expected.filter((token) => [...token.replace(/^##/, '')].length === 1);
    const ours = await trainWordPiece([corpus], {
      vocabSize: expected.length,
      score: 'frequency',
      specialTokens: [],
      lowercase,
      alphabet,
    });
    expect(tokensOf(ours)).toEqual(expected);
  });

  it('by frequency makes the tokens of the native trainer on a million characters', async (context) => {
    const text = await readFile(testData(context, 'pretrain', 'tinyshakespeare', 'input.txt'), 'utf8');
    const expected = await nativeTokens(text, true);
    const alphabet = expected.filter((token) => [...token.replace(/^##/, '')].length === 1);
    const options = {
      vocabSize: expected.length,
      score: 'frequency',
      specialTokens: [],
      alphabet,
      lowercase: true,
    } as const;
    expect(tokensOf(await trainWordPiece([text], options))).toEqual(expected);
  });

  it('by likelihood merges as the textbook does', async () => {
    // The worked example of Hugging Face's course (chapter 6.6): ##gs, then hu.
    const counts = { hug: 10, pug: 5, pun: 12, bun: 4, hugs: 5 };
    const text = Object.entries(counts)
      .map(([word, times]) => `${word} `.repeat(times))
      .join('');
    // Three pairs are equally good after the first merge; the course takes the one that it saw first.
    const alphabet = ['h', '##u', '##g', 'p', '##n', 'b', '##s'];
    const tokenizer = await trainWordPiece([text], { vocabSize: 13, specialTokens: [], alphabet });
    expect(tokensOf(tokenizer)).toEqual([...alphabet, ...'gnsu', '##gs', 'hu']);
  });

  it('by likelihood takes the pair of the best score each time', async () => {
    const words = fc.array(fc.constantFrom('ab', 'aab', 'aaa', 'abab', 'ba', 'c', 'aaaa', 'cab', 'bcb'), {
      minLength: 4,
      maxLength: 40,
    });
    const property = fc.asyncProperty(words, fc.integer({ min: 1, max: 3 }), async (list, minFrequency) => {
      const expected = naive(list, minFrequency);
      const options = { vocabSize: expected.length, minFrequency, specialTokens: [] };
      expect(tokensOf(await trainWordPiece([list.join(' ')], options))).toEqual(expected);
    });
    await fc.assert(property, { numRuns: 150 });
  });

  it('makes a tokenizer of BERT’s form', async () => {
    const tokenizer = await trainWordPiece(['The hen and the egg. The eggs!'.repeat(3)], {
      vocabSize: 31,
      lowercase: true,
    });
    expect(tokenizer.encodeWithOffsets('Thé egg', { pair: 'hens' })).toEqual({
      ids: tokenizer.encode('the egg', { pair: 'hens' }),
      tokens: ['[CLS]', 'the', 'egg', '[SEP]', 'hen', '##s', '[SEP]'],
      offsets: [
        [0, 0],
        [0, 3],
        [4, 7],
        [0, 0],
        [0, 3],
        [3, 4],
        [0, 0],
      ],
      typeIds: [0, 0, 0, 0, 1, 1, 1],
    });
    expect(tokenizer.decode(tokenizer.encode('The egg! '))).toBe('the egg!');
    expect(tokenizer.idToToken(tokenizer.encode('日')[1])).toBe('[UNK]');
  });

  it('keeps the most frequent characters where asked', async () => {
    const text = 'aab aab aac aad';
    const tokens = tokensOf(await trainWordPiece([text], { vocabSize: 6, limitAlphabet: 2, specialTokens: [] }));
    expect(tokens).toEqual(['a', 'b', '##a', '##b', 'aa', 'aab']);
  });

  it('says what is wrong', async () => {
    await expect(trainWordPiece(['a b'], { vocabSize: 3 })).rejects.toThrow(/at least 7/);
    await expect(trainWordPiece(['a b'], { vocabSize: 30 })).rejects.toThrow(/at most 7 for this text/);
    await expect(trainWordPiece([' '], { vocabSize: 30 })).rejects.toThrow(/expected text, got none/);
    await expect(trainWordPiece(['a'], { vocabSize: 9, prefix: '' })).rejects.toMatchObject({ exitCode: 2 });
    await expect(trainWordPiece(['a'], { vocabSize: 9, minFrequency: 0.5 })).rejects.toMatchObject({ exitCode: 2 });
    await expect(trainWordPiece(['a'], { vocabSize: 9, limitAlphabet: 0 })).rejects.toMatchObject({ exitCode: 2 });
  });
});

/** The plainest trainer: all scores anew for each merge, 10 merges at most. */
function naive(list: readonly string[], minFrequency: number): string[] {
  const words = list.map((word) => [...word].map((char, i) => (i === 0 ? char : `##${char}`)));
  const inner = new Set(words.flatMap((word) => word.slice(1)));
  const tokens = [...[...new Set(list.join(''))].sort(), ...[...inner].sort()];
  for (let merge = 0; merge < 10; merge++) {
    const symbols = new Map<string, number>();
    const pairs = new Map<string, number>();
    for (const word of words) {
      for (const [i, symbol] of word.entries()) {
        symbols.set(symbol, (symbols.get(symbol) ?? 0) + 1);
        if (i > 0) pairs.set(`${word[i - 1]} ${symbol}`, (pairs.get(`${word[i - 1]} ${symbol}`) ?? 0) + 1);
      }
    }
    let best: { pair: string[]; score: number } | undefined;
    const byIds = (pair: string) => pair.split(' ').map((symbol) => tokens.indexOf(symbol));
    const ordered = [...pairs].sort((a, b) => byIds(a[0])[0] - byIds(b[0])[0] || byIds(a[0])[1] - byIds(b[0])[1]);
    for (const [pair, count] of ordered) {
      const [a, b] = pair.split(' ');
      const score = count / ((symbols.get(a) as number) * (symbols.get(b) as number));
      if (count >= minFrequency && score > (best?.score ?? 0)) best = { pair: [a, b], score };
    }
    if (!best) break;
    const [a, b] = best.pair;
    const token = a + b.slice(2);
    if (!tokens.includes(token)) tokens.push(token);
    for (const word of words) {
      for (let i = 0; i + 1 < word.length; i++) if (word[i] === a && word[i + 1] === b) word.splice(i, 2, token);
    }
  }
  return tokens;
}
