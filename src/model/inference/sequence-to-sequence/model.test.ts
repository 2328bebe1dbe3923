import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openWebGpu } from '../../../../test/webgpu.js';
import { trace } from '../../../compiler/ir/index.js';
import type { Tensor, ValueType } from '../../../compiler/ir/index.js';
import { createInterpreter } from '../../../compiler/runtime/index.js';
import type { Executor } from '../../../compiler/runtime/index.js';
import { createOrtExecutor } from '../../../compiler/runtime/index.node.js';
import { hostTensor } from '../../../compiler/tensor/index.js';
import type { HostTensor } from '../../../compiler/tensor/index.js';
import { encoderDecoderConfig, initialize, parameterSpecs, sequenceToSequenceLoss } from '../../architecture/index.js';
import type { EncoderDecoderConfig } from '../../architecture/index.js';
import { SequenceToSequence, logSumExp, search } from '../index.js';
import type { RowModel } from '../index.js';

const small = { vocabSize: 43, contextLength: 24, hiddenSize: 16, numLayers: 2, numHeads: 2 };
const configs = {
  t5: encoderDecoderConfig({
    ...small,
    family: 't5',
    relativeBuckets: 8,
    relativeMaxDistance: 10,
    numDecoderLayers: 3,
  }),
  // Heads of 6: no fused kernel for attention on a cache.
  bart: encoderDecoderConfig({ ...small, hiddenSize: 12, family: 'bart', initializerRange: 0.3 }),
};
const sources = [
  [5, 9, 33, 7, 21, 8, 2],
  [11, 3],
  [30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40],
];

/** Logits [T, V] of a target, by the forward pass of training. */
async function fullForward(
  executor: Executor,
  config: EncoderDecoderConfig,
  source: readonly number[],
  target: readonly number[],
): Promise<Float32Array[]> {
  const row = (ids: readonly number[]) => hostTensor('i32', [1, ids.length], [...ids]);
  const given = { sourceIds: row(source), targetIds: row(target), labels: row(target) };
  const inputs: Record<string, ValueType> = {};
  for (const [name, { dtype, shape }] of Object.entries(given)) inputs[name] = { dtype, shape };
  for (const [name, { shape }] of Object.entries(parameterSpecs(config))) inputs[name] = { dtype: 'f32', shape };
  const graph = trace('full', inputs, (t) => {
    const { sourceIds, targetIds, labels } = t as Record<'sourceIds' | 'targetIds' | 'labels', Tensor>;
    return { logits: sequenceToSequenceLoss(config, t, { sourceIds, targetIds, labels }).logits };
  });
  const feeds = { ...initialize(config, 5), ...given };
  const program = await executor.load(graph);
  const { logits } = await executor.run({ program, feeds, fetch: ['logits'] });
  await executor.unload(program);
  const data = (logits as HostTensor).data as Float32Array;
  return target.map((_, t) => data.slice(t * config.vocabSize, (t + 1) * config.vocabSize));
}

const executors: Record<string, () => Promise<Executor>> = {
  interpreter: async () => createInterpreter(),
  onnxruntime: () => createOrtExecutor({ threads: 1 }),
};

describe.each(Object.keys(executors))('SequenceToSequence on %s', (kind) => {
  let executor: Executor;
  const judge = createInterpreter();
  beforeAll(async () => {
    executor = await (executors[kind] as () => Promise<Executor>)();
  });
  afterAll(() => executor.close());
  const open = (config: EncoderDecoderConfig) =>
    SequenceToSequence.open({ config, params: initialize(config, 5), executor });

  describe.each(Object.values(configs))('$family', (config) => {
    it('writes on its caches what the full forward pass gives, batched and alone', async () => {
      const model = await open(config);
      const options = { maxTokens: 9, stopTokenIds: [] };
      const batched = await model.generate(sources, options);
      for (const [i, source] of sources.entries()) {
        const answer = batched[i]?.[0] as (typeof batched)[0][0];
        expect((await model.generate([source], options))[0]?.[0]?.ids).toEqual(answer.ids);
        const read = [config.decoderStart, ...answer.ids.slice(0, -1)];
        const rows = await fullForward(judge, config, source, read);
        let score = 0;
        rows.forEach((row, t) => {
          expect(answer.ids[t]).toBe(row.indexOf(Math.max(...row)));
          score += (row[answer.ids[t] as number] as number) - logSumExp(row);
        });
        expect(answer.score).toBeCloseTo(score, 3);
        expect(answer.finishReason).toBe('length');
      }
      await model.close();
    });

    it('scores beams as the full forward pass does, whatever order they took', async () => {
      const model = await open(config);
      const options = { maxTokens: 8, numBeams: 5, numAnswers: 5, lengthPenalty: 0.7 };
      const found = await model.generate(sources, options);
      for (const [i, source] of sources.entries()) {
        for (const { ids, stopTokenId, score } of found[i] ?? []) {
          const whole = stopTokenId === undefined ? ids : [...ids, stopTokenId];
          const rows = await fullForward(judge, config, source, [config.decoderStart, ...whole.slice(0, -1)]);
          const sum = rows.reduce((total, row, t) => total + (row[whole[t] as number] as number) - logSumExp(row), 0);
          expect(score).toBeCloseTo(sum / whole.length ** 0.7, 3);
        }
      }
      await model.close();
    });
  });

  it('samples the same for a seed, whatever stands beside it', async () => {
    const model = await open(configs.t5);
    const sampling = { temperature: 1.2, topK: 20, seed: 7 };
    const options = { maxTokens: 6, numAnswers: 3, sampling };
    const [alone] = await model.generate([sources[0] as number[]], options);
    // Fifteen sources of three answers are more rows than one batch takes.
    const many = await model.generate(
      Array.from({ length: 15 }, (_, i) => sources[i % 3] as number[]),
      options,
    );
    expect(many[0]).toEqual(alone?.map((answer) => expect.objectContaining({ ids: answer.ids })));
    expect(new Set(alone?.map(({ ids }) => ids.join())).size).toBe(3);
    const again = await model.generate(sources, options);
    expect(again.map((answers) => answers.map(({ ids }) => ids))).toEqual(
      many.slice(0, 3).map((answers) => answers.map(({ ids }) => ids)),
    );
    await model.close();
  });

  it('holds to its rules: no repeats, least and greatest length, forced tokens', async () => {
    const model = await open(configs.bart);
    const options = { maxTokens: 10, minTokens: 6, forcedFirst: 4, forcedLast: 9, stopTokenIds: [2, 9] };
    for (const numBeams of [1, 3]) {
      const answers = await model.generate(sources, {
        ...options,
        numBeams,
        sampling: { temperature: 0, noRepeatNgram: 2 },
      });
      for (const [answer] of answers) {
        const ids = [configs.bart.decoderStart, ...(answer?.ids ?? [])];
        const pairs = ids.slice(1).map((id, i) => `${ids[i]} ${id}`);
        expect(new Set(pairs).size).toBe(pairs.length);
        expect(answer?.ids[0]).toBe(4);
        expect(answer?.ids.length).toBeGreaterThanOrEqual(6);
        expect([2, 9]).toContain(answer?.stopTokenId);
      }
    }
    await model.close();
  });

  it('refuses what it cannot do, before anything runs', async () => {
    const model = await open(configs.bart);
    const ask = (options: object, prompts: number[][] = [[3]]) => model.generate(prompts, { maxTokens: 4, ...options });
    await expect(ask({ maxTokens: 0 })).rejects.toThrow('maxTokens');
    await expect(ask({ minTokens: 5 })).rejects.toThrow('minTokens');
    await expect(ask({ numBeams: 2, numAnswers: 3 })).rejects.toThrow('numAnswers');
    await expect(ask({ numAnswers: 3 })).rejects.toThrow('all would be the same');
    await expect(ask({ numBeams: 2, sampling: { temperature: 1 } })).rejects.toThrow('temperature');
    await expect(ask({ earlyStopping: 'soon' })).rejects.toThrow('earlyStopping');
    await expect(ask({ lengthPenalty: Number.NaN })).rejects.toThrow('lengthPenalty');
    await expect(ask({ stopTokenIds: [43] })).rejects.toThrow('stopTokenIds');
    await expect(ask({ forcedFirst: -1 })).rejects.toThrow('forced');
    await expect(ask({ sampling: { temperature: 0, noRepeatNgram: -1 } })).rejects.toThrow('noRepeatNgram');
    await expect(ask({}, [[]])).rejects.toThrow('at least one token');
    await expect(ask({}, [[43]])).rejects.toThrow('from 0 to 42');
    await expect(ask({}, [Array.from({ length: 25 }, () => 3)])).rejects.toThrow('at most 24');
    await expect(ask({ maxTokens: 25 })).rejects.toThrow('at most 24');
    expect(await model.generate([], { maxTokens: 4 })).toEqual([]);
    const controller = new AbortController();
    controller.abort(new Error('enough'));
    await expect(ask({ signal: controller.signal })).rejects.toThrow('enough');
    await model.close();
    const { 'model.shared.weight': _, ...without } = initialize(configs.bart, 1);
    await expect(SequenceToSequence.open({ config: configs.bart, params: without, executor })).rejects.toThrow(
      'model.shared.weight',
    );
  });

  it('says so when logits are not finite', async () => {
    const params = { ...initialize(configs.bart, 5) };
    const bias = hostTensor('f32', [1, 43], new Float32Array(43).fill(Number.NaN));
    const model = await SequenceToSequence.open({
      config: configs.bart,
      params: { ...params, final_logits_bias: bias },
      executor,
    });
    for (const numBeams of [1, 2]) {
      await expect(model.generate([[3]], { maxTokens: 2, numBeams })).rejects.toThrow('not finite');
    }
    await model.close();
  });
});

it('lets another model be searched', async () => {
  // Whatever was written, the next token is one more, and 6 ends.
  const model: RowModel = {
    vocabSize: 8,
    eos: 6,
    check: () => undefined,
    history: (prompt) => prompt,
    async begin() {
      return {
        step: async (tokens) => ({
          logits: Float32Array.from(
            tokens.flatMap((id) => Array.from({ length: 8 }, (_, i) => (i === id + 1 ? 9 : 0))),
          ),
          normalizers: Float32Array.from(tokens, () => Math.log(Math.exp(9) + 7)),
        }),
        select: async () => undefined,
        end: async () => undefined,
      };
    },
    close: async () => undefined,
  };
  const [[answer] = []] = await search(model, [[2]], { maxTokens: 9, numBeams: 2 });
  expect(answer).toMatchObject({ ids: [3, 4, 5], stopTokenId: 6, finishReason: 'stop' });
});

it('gives the same on WebGPU', { timeout: 120_000 }, async (context) => {
  const webgpu = await openWebGpu();
  if (typeof webgpu === 'string') return context.skip(webgpu);
  const results = async (executor: Executor) => {
    const config = encoderDecoderConfig({ ...small, numLayers: 1, family: 't5' });
    const model = await SequenceToSequence.open({ config, params: initialize(config, 5), executor });
    const answers = await model.generate(sources.slice(0, 2), { maxTokens: 3, numBeams: 2, numAnswers: 2 });
    await model.close();
    return answers.map((found) => found.map(({ ids }) => ids));
  };
  expect(await results(webgpu)).toEqual(await results(createInterpreter()));
  await webgpu.close();
});
