import native from 'tokenizers';
import { beforeAll, describe, expect, it } from 'vitest';
import { Random } from '../../../base/core/index.js';
import { Tokenizer } from '../tokenizer.js';
import { trainBpe } from '../training/index.js';

let tokenizer: Tokenizer;
let json: Record<string, unknown>;
beforeAll(async () => {
  tokenizer = await trainBpe(['lower lowest newer newest wider widest the egg and the hen '.repeat(9)], {
    vocabSize: 285,
  });
  json = tokenizer.toJson();
});

describe('BPE-dropout', () => {
  const text = 'the newest egg lowers wide 🥚';
  it('spells the same text in other ways, the same for the same seed', () => {
    const draw = (seed: number, dropout = 0.3) => tokenizer.encode(text, { sampling: { seed, dropout } });
    const drawn = Array.from({ length: 40 }, (_, seed) => draw(seed));
    expect(new Set(drawn.map(String)).size).toBeGreaterThan(20);
    for (const [seed, ids] of drawn.entries()) {
      expect(tokenizer.decode(ids)).toBe(text);
      expect(draw(seed)).toEqual(ids);
      expect(tokenizer.encodeWithOffsets(text, { sampling: { seed, dropout: 0.3 } }).ids).toEqual(ids);
    }
    expect(draw(1, 0)).toEqual(tokenizer.encode(text));
    expect(draw(1, 1)).toHaveLength(new TextEncoder().encode(text).length);
  });

  it('goes on with a stream of random numbers, text after text', () => {
    const random = new Random(3);
    const sampling = { seed: random, dropout: 0.5 };
    const [first, second] = [tokenizer.encode(text, { sampling }), tokenizer.encode(text, { sampling })];
    expect(first).not.toEqual(second);
    const again = new Random(3);
    expect(tokenizer.encodeBatch([text, text], { sampling: { seed: again, dropout: 0.5 } })).toEqual([first, second]);
  });

  it('draws segmentations as often as the native package', async () => {
    const model = { ...(json.model as object), dropout: 0.3 };
    const dropping = Tokenizer.fromJson({ ...json, model });
    const theirs = native.Tokenizer.fromString(JSON.stringify({ ...json, model }));
    const word = ' newest';
    const runs = 6000;
    const ours = new Map<string, number>();
    const peer = new Map<string, number>();
    const random = new Random(11);
    const batch = await theirs.encodeBatch(Array.from({ length: runs }, () => word));
    for (let i = 0; i < runs; i++) {
      const count = (map: Map<string, number>, ids: readonly number[]) =>
        map.set(String(ids), (map.get(String(ids)) ?? 0) + 1);
      count(ours, dropping.encode(word, { sampling: { seed: random } }));
      count(peer, batch[i].getIds());
    }
    let distance = 0;
    for (const key of new Set([...ours.keys(), ...peer.keys()])) {
      distance += Math.abs((ours.get(key) ?? 0) - (peer.get(key) ?? 0)) / runs / 2;
    }
    // Two samples of this size from one distribution of a few dozen outcomes differ by some 0.03.
    expect(ours.size).toBeGreaterThan(8);
    expect(distance).toBeLessThan(0.06);
    // Without being asked to sample, encoding is deterministic.
    expect(dropping.encode(word)).toEqual(tokenizer.encode(word));
  });

  it('takes long pieces in linear time', () => {
    const whole = Tokenizer.fromJson({
      ...json,
      pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, use_regex: false },
    });
    const long = 'newest'.repeat(30_000);
    expect(whole.decode(whole.encode(long, { sampling: { seed: 1, dropout: 0.999 } }))).toBe(long);
  });

  it('is refused where it cannot be', () => {
    const words = Tokenizer.fromJson({ model: { type: 'WordLevel', vocab: { a: 0 }, unk_token: 'a' } });
    expect(() => words.encode('a', { sampling: { seed: 1 } })).toThrow(/expected a BPE or Unigram model/);
    expect(() => tokenizer.encode('a', { sampling: { seed: 1, dropout: 2 } })).toThrow(/from 0 to 1, got 2/);
  });
});
