import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BatchSource } from '../../../base/contract/index.js';
import { Random } from '../../../base/core/index.js';
import {
  corruptedLengths,
  denoising,
  maskedBatches,
  mixtureNoise,
  pairBatches,
  placesPerRow,
  prefixNoise,
  rawLength,
  spanCorruption,
  ul2Lengths,
  ul2Noise,
} from './index.js';

const tokens = (n: number, from = 100) => Int32Array.from({ length: n }, (_, i) => from + i);
const sentinels = Array.from({ length: 200 }, (_, i) => 99_999 - i);

describe('span corruption', () => {
  const noise = spanCorruption({ sentinels, eos: 1 });

  it('has the lengths that T5 trains with', () => {
    // 512 tokens of input come from 568 of text, with targets of 114 (Raffel et al. 2020).
    expect(rawLength(512)).toEqual({ length: 568, target: 114 });
    expect(corruptedLengths(568)).toEqual({ source: 512, target: 114 });
  });

  it('loses nothing: the spans of the target fill the sentinels of the source', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 600 }), fc.integer(), (length, seed) => {
        const text = tokens(length);
        const { source, target } = noise(text, new Random(seed));
        expect({ source: source.length, target: target.length }).toEqual(corruptedLengths(length));
        const [from, to] = [Array.from(source), Array.from(target)];
        expect([from.pop(), to.pop()]).toEqual([1, 1]);
        expect(from[0]).toBe(100);
        const spans = new Map<number, number[]>();
        for (const id of to) {
          if (id >= 99_000) spans.set(id, []);
          else [...spans.values()].at(-1)!.push(id);
        }
        expect([...spans.keys()]).toEqual(sentinels.slice(0, spans.size));
        expect([...spans.values()].every((span) => span.length > 0)).toBe(true);
        expect(from.flatMap((id) => spans.get(id) ?? [id])).toEqual(Array.from(text));
      }),
      { numRuns: 200 },
    );
  });

  it('takes each token as often as any other', () => {
    const taken = new Float64Array(40);
    const random = new Random(3);
    for (let n = 0; n < 3000; n++) {
      for (const id of Array.from(noise(tokens(40, 0), random).target)) if (id < 40) taken[id]++;
    }
    // The text begins with a kept stretch and ends with a taken one: inside it the share is even.
    const inner = taken.slice(8, 30);
    const mean = inner.reduce((a, b) => a + b, 0) / inner.length;
    for (const count of inner) expect(Math.abs(count / mean - 1)).toBeLessThan(0.25);
  });

  it('names what does not fit', () => {
    expect(() => noise(tokens(1), new Random(1))).toThrow('expected two tokens or more, got 1');
    expect(() => spanCorruption({ sentinels: [9], eos: 1 })(tokens(100), new Random(1))).toThrow(
      'expected at most 1 spans (sentinels of the vocabulary), got 5',
    );
    expect(() => spanCorruption({ sentinels, eos: 1, density: 1 })).toThrow('expected a density between 0 and 1');
  });
});

describe('masking', () => {
  const row = 32;
  const source: BatchSource = {
    batchSize: 4,
    sequenceLength: row,
    batchesPerEpoch: 3,
    batch: (index) => ({
      batchSize: 4,
      sequenceLength: row,
      ids: Int32Array.from({ length: 4 * row }, (_, i) => 10 + ((i * 7 + index) % 90)),
      targets: new Int32Array(4 * row),
      // Two texts and four places of padding in each row.
      segments: Int32Array.from({ length: 4 * row }, (_, i) => (i % row < 12 ? 1 : i % row < 28 ? 2 : 0)),
    }),
  };
  const options = { maskId: 4, vocabSize: 100, specialIds: new Set([0, 1, 2, 3, 4]), seed: 7 };

  it('asks for 15 % of the tokens and hides 80 % of these', () => {
    const masked = maskedBatches(source, options);
    let [asked, hidden, kept] = [0, 0, 0];
    for (let n = 0; n < 400; n++) {
      const plain = source.batch(n);
      const batch = masked.batch(n);
      const places = new Set<number>();
      batch.targets.forEach((target, i) => {
        if (target === -100) return;
        const place = batch.rows[i];
        expect(plain.ids[place]).toBe(target);
        expect(plain.segments[place]).not.toBe(0);
        places.add(place);
        asked++;
        if (batch.ids[place] === 4) hidden++;
        else if (batch.ids[place] === target) kept++;
      });
      batch.ids.forEach((id, i) => {
        if (!places.has(i)) expect(id).toBe(plain.ids[i]);
      });
    }
    expect(asked / (400 * 4 * 28)).toBeCloseTo(4 / 28, 2);
    expect(hidden / asked).toBeCloseTo(0.8, 1);
    // One in ten stays, and a random token is the same one in a hundred times.
    expect(kept / asked).toBeGreaterThan(0.07);
    expect(kept / asked).toBeLessThan(0.13);
  });

  it('is a function of the number of the batch, and differs from epoch to epoch', () => {
    const masked = maskedBatches(source, options);
    expect(masked.batch(5)).toEqual(maskedBatches(source, options).batch(5));
    expect(masked.batch(0).rows).not.toEqual(masked.batch(3).rows);
    expect(masked.places).toBe(4 * placesPerRow(row));
  });

  it('leaves special tokens alone and masks words as a whole', () => {
    // Words of two pieces: odd ids go on with the even one before.
    const continues = Uint8Array.from({ length: 100 }, (_, id) => id % 2);
    const pairs: BatchSource = {
      ...source,
      batch: () => ({
        ...source.batch(0),
        ids: Int32Array.from({ length: 4 * row }, (_, i) => (i % row === 0 ? 2 : 10 + (i % 2))),
      }),
    };
    const batch = maskedBatches(pairs, { ...options, share: 0.3, masked: 1, random: 0, continues }).batch(0);
    const places = new Set([...batch.rows].filter((_, i) => batch.targets[i] !== -100));
    for (let b = 0; b < 4; b++) expect(places.has(b * row)).toBe(false);
    // A word begins at an even place: both of its pieces are asked for, or neither, but where the room ends.
    let [whole, cut] = [0, 0];
    for (const place of places) {
      if (place % 2 !== 0) continue;
      if (places.has(place + 1)) whole++;
      else cut++;
    }
    expect(whole).toBeGreaterThan(8);
    expect(cut).toBeLessThanOrEqual(8);
  });
});

describe('denoising', () => {
  it('keeps the order of what is kept and asks for the whole text', () => {
    const noise = denoising({ maskId: 4, bos: 0, eos: 2, permuteSentences: false });
    let [gone, spans, total] = [0, 0, 0];
    for (let seed = 0; seed < 300; seed++) {
      const text = tokens(100);
      const { source, target } = noise(text, new Random(seed));
      expect(Array.from(target)).toEqual([0, ...text, 2]);
      const kept = Array.from(source).filter((id) => id >= 100);
      expect(kept).toEqual([...kept].sort((a, b) => a - b));
      gone += 100 - kept.length;
      spans += Array.from(source).filter((id) => id === 4).length;
      total += 100;
    }
    expect(gone / total).toBeCloseTo(0.3, 1);
    // Poisson(3): a span takes three tokens on average, empty ones included.
    expect(gone / spans).toBeGreaterThan(2.3);
    expect(gone / spans).toBeLessThan(3.7);
  });

  it('shuffles sentences, deletes and rotates where told to', () => {
    const sentenceEnds = new Uint8Array(300);
    for (let id = 109; id < 200; id += 10) sentenceEnds[id] = 1;
    const plain = { maskId: 4, infilling: 0 };
    const permuted = Array.from(denoising({ ...plain, sentenceEnds })(tokens(100), new Random(5)).source);
    expect(permuted).not.toEqual(Array.from(tokens(100)));
    for (let i = 0; i < 100; i += 10) {
      expect(permuted.slice(i, i + 10)).toEqual(Array.from(tokens(10, permuted[i])));
    }
    const rotated = Array.from(denoising({ ...plain, rotation: 1 })(tokens(10), new Random(2)).source);
    const at = rotated.indexOf(100);
    expect([...rotated.slice(at), ...rotated.slice(0, at)]).toEqual(Array.from(tokens(10)));
    const shorter = denoising({ ...plain, deletion: 0.5 })(tokens(200), new Random(2)).source;
    expect(shorter.length).toBeGreaterThan(60);
    expect(shorter.length).toBeLessThan(140);
  });
});

it('mixes kinds of noise, each within its room', () => {
  const noise = ul2Noise({ sentinels, eos: 1, modes: { R: 90_001, X: 90_002, S: 90_003 } });
  const room = ul2Lengths(64);
  const modes = new Map<number, number>();
  for (let seed = 0; seed < 700; seed++) {
    const { source, target } = noise(tokens(64), new Random(seed));
    expect(source.length).toBeLessThanOrEqual(room.source);
    expect(target.length).toBeLessThanOrEqual(room.target);
    modes.set(source[0] as number, (modes.get(source[0] as number) ?? 0) + 1);
  }
  expect(modes.get(90_001)! / 700).toBeCloseTo(2 / 7, 1);
  expect(modes.get(90_002)! / 700).toBeCloseTo(4 / 7, 1);
  const { source, target } = prefixNoise({ eos: 1 })(tokens(9), new Random(4));
  expect([...Array.from(source).slice(0, -1), ...Array.from(target).slice(0, -1)]).toEqual(Array.from(tokens(9)));
  expect(() => mixtureNoise([{ noise: prefixNoise({ eos: 1 }), weight: 0 }])).toThrow('expected weights');
});

it('makes batches of pairs that the decoder reads one place later', () => {
  const source: BatchSource = {
    batchSize: 2,
    sequenceLength: 20,
    batchesPerEpoch: 1,
    batch: () => ({
      batchSize: 2,
      sequenceLength: 20,
      ids: Int32Array.from({ length: 40 }, (_, i) => 100 + i),
      targets: new Int32Array(40),
      segments: Int32Array.from({ length: 40 }, (_, i) => (i < 30 ? 1 : 0)),
    }),
  };
  const { source: S, target: T } = corruptedLengths(20);
  const batches = pairBatches(source, {
    noise: spanCorruption({ sentinels, eos: 1 }),
    sourceLength: S,
    targetLength: T,
    padId: 0,
    decoderStart: 0,
    seed: 1,
  });
  const batch = batches.batch(0);
  expect(batches.sequenceLength).toBe(S + T);
  expect(Array.from(batch.sourceMask.subarray(0, S))).toEqual(Array(S).fill(1));
  expect(batch.sourceMask.subarray(S).reduce((a, b) => a + b)).toBe(corruptedLengths(10).source);
  for (let t = 1; t < T; t++) expect(batch.targetIds[t]).toBe(batch.labels[t - 1]);
  expect(batch.labels[2 * T - 1]).toBe(-100);
  expect(batch).toEqual(batches.batch(0));
  expect(() =>
    pairBatches(source, {
      ...{ noise: prefixNoise({ eos: 1 }), padId: 0, decoderStart: 0, seed: 1 },
      sourceLength: 4,
      targetLength: 4,
    }).batch(0),
  ).toThrow('expected a source of at most 4 tokens');
});
