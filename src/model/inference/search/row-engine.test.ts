import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createInterpreter } from '../../../compiler/runtime/index.js';
import { encoderDecoderConfig, initialize } from '../../architecture/index.js';
import { RowEngine, SequenceToSequence } from '../index.js';
import type { GenerationStream } from '../index.js';

const size = { vocabSize: 43, contextLength: 24, hiddenSize: 16, numLayers: 1, numHeads: 2, initializerRange: 0.4 };
const config = encoderDecoderConfig({ ...size, family: 'bart' });
const sources = [
  [5, 9, 33, 7, 21, 8, 2],
  [11, 3],
  [30, 31, 32, 33],
];
let model: SequenceToSequence;
let engine: RowEngine;
beforeAll(async () => {
  model = await SequenceToSequence.open({ config, params: initialize(config, 3), executor: createInterpreter() });
  engine = new RowEngine({ model, contextLength: 24, maxWaiting: 2 });
});
afterAll(() => engine.close());

const idsOf = async (stream: GenerationStream) => {
  const ids: number[] = [];
  for await (const { tokenId } of stream) ids.push(tokenId);
  return ids;
};
const greedy = { temperature: 0 };
const eos = config.eos as number;

describe('an engine for models that write another text', () => {
  it('writes one request after the other what a search writes, with log-probabilities', async () => {
    const streams = sources.map((promptIds) =>
      engine.submit({ promptIds, maxTokens: 9, sampling: greedy, stopTokenIds: [eos], logprobs: 2 }),
    );
    expect(engine.stats()).toEqual({ running: 1, waiting: 2, maxSequences: 1 });
    expect(() => engine.submit({ promptIds: [4], maxTokens: 2 })).toThrow('2 requests are waiting');
    const expected = await model.generate(sources, { maxTokens: 9 });
    for (const [i, stream] of streams.entries()) {
      const [best] = expected[i]!;
      let [sum, before] = [0, Number.POSITIVE_INFINITY];
      const ids: number[] = [];
      for await (const { tokenId, logprob, top } of stream) {
        ids.push(tokenId);
        sum += logprob;
        expect(top[0]).toEqual([tokenId, logprob]);
        expect(top).toHaveLength(2);
        before = logprob;
      }
      expect(before).toBeLessThan(0);
      expect(ids).toEqual(best!.ids);
      const end = await stream.finished;
      expect(end).toMatchObject({ finishReason: best!.finishReason, usage: { promptTokens: sources[i]!.length } });
      if (end.finishReason === 'length') expect(sum).toBeCloseTo(best!.score, 4);
    }
    expect(engine.stats().running).toBe(0);
  });

  it('follows what the folder says of first, last and repeated tokens', async () => {
    const defaults = { forcedFirst: 7, forcedLast: 8, minTokens: 3, sampling: { noRepeatNgram: 1 } };
    const own = new RowEngine({ model, contextLength: 24, defaults });
    const promptIds = sources[0] as number[];
    const ids = await idsOf(own.submit({ promptIds, maxTokens: 6, sampling: greedy, stopTokenIds: [eos] }));
    const [[best]] = await model.generate([promptIds], {
      ...defaults,
      maxTokens: 6,
      sampling: { temperature: 0, noRepeatNgram: 1 },
    });
    expect(ids).toEqual(best!.ids);
    expect(ids[0]).toBe(7);
  });

  it('repeats a sample with its seed, lets go of what nobody waits for', async () => {
    const promptIds = sources[1] as number[];
    const sample = () => idsOf(engine.submit({ promptIds, maxTokens: 8, sampling: { seed: 5 } }));
    expect(await sample()).toEqual(await sample());
    const left = engine.submit({ promptIds, maxTokens: 8 });
    const waits = engine.submit({ promptIds, maxTokens: 8 });
    waits.cancel();
    expect(engine.stats().waiting).toBe(0);
    for await (const _ of left) break;
    expect((await left.finished).finishReason).toBe('cancelled');
    expect((await waits.finished).finishReason).toBe('cancelled');
    expect(await sample()).toHaveLength(8);
    const aborted = engine.submit({ promptIds, maxTokens: 8, signal: AbortSignal.abort() });
    expect((await aborted.finished).finishReason).toBe('cancelled');
  });

  it('refuses what it cannot do', async () => {
    const submit = (request: object) => () => engine.submit({ promptIds: [4], maxTokens: 2, ...request });
    expect(submit({ promptIds: [] })).toThrow('at least one prompt token');
    expect(submit({ promptIds: [43] })).toThrow('token ids from 0 to 42');
    expect(submit({ promptIds: Array(25).fill(4) })).toThrow('at most 24 tokens, got 25');
    expect(submit({ maxTokens: 25 })).toThrow('expected a maxTokens of at most 24 tokens, got 25');
    expect(submit({ promptLogprobs: 1 })).toThrow('predicts none of it');
    await expect(engine.score()).rejects.toThrow('expected a decoder');
    const own = new RowEngine({ model: { ...fake, check: () => undefined }, contextLength: 8 });
    const failed = own.submit({ promptIds: [1], maxTokens: 2 });
    await expect(failed.finished).rejects.toThrow('no memory');
    const waiting = [own.submit({ promptIds: [1], maxTokens: 2 }), own.submit({ promptIds: [1], maxTokens: 2 })];
    await own.close();
    await expect(waiting[1]!.finished).rejects.toThrow('closed before the request began');
    expect(() => own.submit({ promptIds: [1], maxTokens: 2 })).toThrow('the engine is closed');
  });
});

const fake = {
  vocabSize: 5,
  eos: null,
  history: () => [0],
  begin: () => Promise.reject(new Error('no memory')),
  close: () => Promise.resolve(),
};
