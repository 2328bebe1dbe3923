import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chatTokens, defaultChatTemplate, trainBpe } from '../../model/tokenizer/index.js';
import { packChatTokens, packChats } from './pack.js';

const chat = (...tokens: readonly [id: number, assistant: 0 | 1][]) => ({
  ids: tokens.map(([id]) => id),
  assistant: tokens.map(([, assistant]) => assistant),
});
const options = { sequenceLength: 8, batchSize: 2, seed: 1, padId: 9 };

describe('packing of chats', () => {
  it('takes the loss on answers only and keeps chats apart', () => {
    const source = packChatTokens([chat([1, 0], [2, 0], [3, 1], [4, 1]), chat([5, 0], [6, 1], [7, 0])], {
      ...options,
      batchSize: 1,
    });
    const { ids, targets, segments } = source.batch(0);
    expect([...ids]).toEqual([1, 2, 3, 5, 6, 9, 9, 9]);
    expect([...targets]).toEqual([-100, 3, 4, 6, -100, -100, -100, -100]);
    expect([...segments]).toEqual([1, 1, 1, 2, 2, 0, 0, 0]);
    expect(source.statistics).toMatchObject({ chats: 2, cut: 0, targets: 3, rows: 1, fill: 5 / 8 });
  });

  it('cuts or rejects overlong chats and counts them', () => {
    const long = {
      ids: Array.from({ length: 20 }, (_, i) => i),
      assistant: Array.from({ length: 20 }, (_, i) => +(i > 5)),
    };
    const late = { ids: long.ids, assistant: long.ids.map((i) => +(i > 15)) };
    const silent = chat([1, 0], [2, 0]);
    expect(packChatTokens([long, late, silent], options).statistics).toMatchObject({
      chats: 1,
      cut: 1,
      overlong: 1,
      withoutAnswer: 1,
      targets: 3,
    });
    const fine = chat([1, 0], [2, 1]);
    expect(packChatTokens([long, fine], { ...options, overlong: 'reject' }).statistics).toMatchObject({
      chats: 1,
      overlong: 1,
    });
    expect(() => packChatTokens([silent], options)).toThrow(/1 without an answer/);
  });

  it('shows every chat once per epoch, in a new order each, the same for every process', () => {
    const example = fc.record({ length: fc.integer({ min: 2, max: 9 }), batchSize: fc.integer({ min: 1, max: 5 }) });
    fc.assert(
      fc.property(fc.array(example, { minLength: 1, maxLength: 40 }), (examples) => {
        // The first id names the chat; all others are answers.
        const chats = examples.map(({ length }, n) => ({
          ids: [n, ...Array.from({ length: length - 1 }, () => 1000 + n)],
          assistant: Array.from({ length }, (_, i) => +(i > 0)),
        }));
        const { batchSize } = examples[0];
        const make = () => packChatTokens(chats, { ...options, batchSize });
        const source = make();
        for (const epoch of [0, 1]) {
          const seen = new Map<number, number>();
          for (let i = 0; i < source.batchesPerEpoch; i++) {
            const { targets } = source.batch(epoch * source.batchesPerEpoch + i);
            for (const target of targets) if (target >= 0) seen.set(target, (seen.get(target) ?? 0) + 1);
          }
          expect(seen).toEqual(new Map(chats.map(({ ids }, n) => [1000 + n, ids.length - 1])));
        }
        const late = source.batchesPerEpoch * 2;
        expect(make().batch(late)).toEqual(source.batch(late));
      }),
      { numRuns: 100 },
    );
  });
});

describe('chats of a tokenizer', () => {
  it('learns the answer and its end of turn, nothing else', async () => {
    const tokenizer = await trainBpe(['What does egg mean? A small oval thing.'], {
      vocabSize: 280,
      specialTokens: [...chatTokens],
    });
    const messages = [
      { role: 'user', content: 'What does <|im_end|> mean?' },
      { role: 'assistant', content: 'A small thing.' },
    ] as const;
    const source = packChats([{ messages }], tokenizer, defaultChatTemplate, {
      sequenceLength: 128,
      batchSize: 1,
      seed: 1,
    });
    const learned = [...source.batch(0).targets].filter((id) => id >= 0);
    expect(tokenizer.decode(learned, { skipSpecialTokens: false })).toBe('A small thing.<|im_end|>');
    expect(() => packChats([{ messages }], tokenizer, "{{ raise_exception('no') }}", { ...options })).toThrow(
      /fine-tuning: chat 1: .*no/,
    );
  });
});
