import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { testData } from '../../../../test/support.js';
import { Random } from '../../../base/core/index.js';
import { fromSentencePiece } from '../sentencepiece/index.js';
import { Tokenizer } from '../tokenizer.js';

const pieces: [string, number][] = [
  ['<unk>', 0],
  ...['▁', 'a', 'b', 'ab', 'ba', '▁a', '▁ab', 'abab', 'aa', 'ca', '😀'].map((piece, i): [string, number] => [
    piece,
    -1 - ((i * 7) % 5) - i / 10,
  ]),
];
const tokenizer = Tokenizer.fromJson({
  pre_tokenizer: { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always', split: true },
  model: { type: 'Unigram', unk_id: 0, vocab: pieces },
});
const unknown = Math.min(...pieces.map(([, score]) => score)) - 10;

/** Every segmentation of a text without spaces, best first; neighbours that are unknown are one. */
function enumerated(word: string): { ids: number[]; score: number }[] {
  const text = [...`▁${word}`];
  const found: { ids: number[]; score: number }[] = [];
  const walk = (at: number, ids: number[], score: number) => {
    if (at === text.length) found.push({ ids, score });
    for (let to = at + 1; to <= text.length; to++) {
      const id = pieces.findIndex(([piece], index) => index > 0 && piece === text.slice(at, to).join(''));
      if (id > 0) walk(to, [...ids, id], score + pieces[id][1]);
      else if (to === at + 1) walk(to, ids.at(-1) === 0 ? ids : [...ids, 0], score + unknown);
    }
  };
  walk(0, [], 0);
  return found.sort((a, b) => b.score - a.score);
}
const words = fc.string({ unit: fc.constantFrom('a', 'b', 'c', '😀'), maxLength: 9, minLength: 1 });
const keyed = (list: readonly { ids: readonly number[]; score: number }[]) =>
  new Map(list.map(({ ids, score }) => [String(ids), score]));

describe('n-best', () => {
  it('equals the list of all segmentations', () => {
    fc.assert(
      fc.property(words, fc.integer({ min: 1, max: 30 }), (word, most) => {
        const all = enumerated(word);
        const found = tokenizer.nBest(word, most);
        expect(found).toHaveLength(Math.min(most, all.length));
        found.forEach(({ score }, i) => expect(score).toBeCloseTo(all[i].score, 9));
        const known = keyed(all);
        for (const { ids, score } of found) expect(known.get(String(ids))).toBeCloseTo(score, 9);
        expect(keyed(found).size).toBe(found.length);
      }),
    );
  });

  it('puts the words of a text together', () => {
    fc.assert(
      fc.property(words, words, (a, b) => {
        const all = enumerated(a).flatMap((left) => enumerated(b).map((right) => left.score + right.score));
        const scores = all.sort((x, y) => y - x).slice(0, 12);
        tokenizer.nBest(`${a} ${b}`, 12).forEach(({ score }, i) => expect(score).toBeCloseTo(scores[i], 9));
      }),
    );
  });

  it('equals the lists of SentencePiece', (context) => {
    const model = fromSentencePiece(
      readFileSync(testData(context, 'tokenizers', 'sentencepiece-test', 'test_model.model')),
    );
    const vectors = JSON.parse(
      readFileSync(testData(context, 'tokenizers', 'vectors', 'multilingual-vectors.json'), 'utf8'),
    ) as { text: string; spm_unigram1k_nbest5?: number[][] }[];
    let compared = 0;
    let alike = 0;
    for (const { text, spm_unigram1k_nbest5: expected } of vectors) {
      if (!expected) continue;
      compared++;
      // Its sums are of single precision: lists of the same scores, where ties may stand in another order.
      const found = model.nBest(text, 40);
      const known = keyed(found);
      expect(expected.length).toBe(Math.min(5, found.length));
      expect(new Set(expected.map(String)).size).toBe(expected.length);
      expected.forEach((ids, i) =>
        expect([text, known.get(String(ids))]).toEqual([text, expect.closeTo(found[i].score, 3)]),
      );
      const same = expected.every((ids, i) => String(ids) === String(found[i].ids));
      if (same) alike++;
    }
    expect(compared).toBe(20);
    expect(alike).toBeGreaterThan(10);
  });
});

describe('sampling', () => {
  const runs = 8000;
  const drawn = (options: { alpha?: number; nbest?: number }) => {
    const counts = new Map<string, number>();
    const seed = new Random(5);
    for (let i = 0; i < runs; i++) {
      const key = String(tokenizer.encode('ababaa', { sampling: { seed, ...options } }));
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    return counts;
  };
  it.each([{ alpha: 0 }, { alpha: 0.2 }, { alpha: 1 }, { alpha: 1, nbest: 4 }, { alpha: 0.1, nbest: 1000 }, {}])(
    'draws as often as probabilities say: %o',
    (options) => {
      const { alpha = 0.1, nbest = Infinity } = options as { alpha?: number; nbest?: number };
      const all = enumerated('ababaa').slice(0, nbest);
      const total = all.reduce((sum, { score }) => sum + Math.exp(alpha * score), 0);
      const counts = drawn(options);
      let distance = 0;
      for (const { ids, score } of all) {
        distance += Math.abs((counts.get(String(ids)) ?? 0) / runs - Math.exp(alpha * score) / total) / 2;
      }
      expect([...counts.keys()].filter((key) => !keyed(all).has(key))).toEqual([]);
      // Of k even outcomes in n draws the distance is about sqrt(k / (2 π n)): 0.03 for the 45 segmentations here.
      expect(distance).toBeLessThan(0.05);
    },
  );

  it('is the same for the same seed, and best without one', () => {
    const text = 'abab baab 😀ca';
    const draw = (seed: number) => tokenizer.encode(text, { sampling: { seed } });
    expect(draw(1)).toEqual(draw(1));
    expect(new Set(Array.from({ length: 30 }, (_, seed) => String(draw(seed)))).size).toBeGreaterThan(10);
    expect(tokenizer.encode(text, { sampling: { seed: 1, nbest: 1 } })).toEqual(tokenizer.encode(text));
    expect(tokenizer.nBest(text, 1)[0].ids).toEqual(tokenizer.encode(text));
  });

  it('refuses what it cannot do', () => {
    expect(() => tokenizer.encode('a', { sampling: { seed: 1, alpha: -1 } })).toThrow('sampling.alpha');
    expect(() => tokenizer.encode('a', { sampling: { seed: 1, nbest: 0 } })).toThrow('sampling.nbest');
    expect(() => tokenizer.nBest('a', 1001)).toThrow('from 1 to 1000');
    expect(() => tokenizer.nBest('a'.repeat(100_000), 1000)).toThrow('ask for fewer or cut the text');
    const other = Tokenizer.fromJson({ model: { type: 'WordLevel', vocab: { a: 0 }, unk_token: 'a' } });
    expect(() => other.nBest('a', 2)).toThrow('expected a Unigram model');
  });
});
