import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Random } from '../../base/core/index.js';
import { trace } from '../../compiler/ir/index.js';
import type { Tensor, ValueType } from '../../compiler/ir/index.js';
import { createInterpreter } from '../../compiler/runtime/index.js';
import { createOrtExecutor } from '../../compiler/runtime/index.node.js';
import type { Executor } from '../../compiler/runtime/index.js';
import { hostTensor } from '../../compiler/tensor/index.js';
import type { HostTensor } from '../../compiler/tensor/index.js';
import { decoderConfig, forward, initialize, parameterSpecs } from '../architecture/index.js';
import type { DecoderConfig } from '../architecture/index.js';
import { Engine, logSumExp } from './index.js';
import type { GeneratedToken } from './index.js';

const common = { vocabSize: 47, contextLength: 40, numLayers: 2, initializerRange: 0.4 };
const configs: Record<string, DecoderConfig> = {
  gpt2: decoderConfig({ ...common, family: 'gpt2', hiddenSize: 16, numHeads: 2 }),
  llama: decoderConfig({
    ...common,
    family: 'llama',
    hiddenSize: 16,
    intermediateSize: 24,
    numHeads: 4,
    numKvHeads: 2,
    headSize: 8,
    tieEmbeddings: false,
  }),
  // Heads of 16: the kernel of attention rotates them itself, and products are wide enough for convolutions.
  'llama with wide heads': decoderConfig({
    ...common,
    initializerRange: 0.2,
    family: 'llama',
    hiddenSize: 32,
    intermediateSize: 24,
    numHeads: 4,
    numKvHeads: 2,
    headSize: 16,
  }),
  mistral: decoderConfig({
    ...common,
    family: 'llama',
    hiddenSize: 16,
    intermediateSize: 24,
    numHeads: 4,
    numKvHeads: 2,
    headSize: 8,
    window: 6,
  }),
  'qwen with wide heads': decoderConfig({
    ...common,
    family: 'llama',
    hiddenSize: 32,
    intermediateSize: 24,
    numHeads: 4,
    numKvHeads: 2,
    headSize: 16,
    attentionBias: 'all',
    qkNorm: true,
    window: 5,
    globalLayers: [0],
    ropeScaling: { type: 'linear', factor: 2 },
  }),
  gemma: decoderConfig({
    ...common,
    initializerRange: 0.2,
    family: 'llama',
    activation: 'gelu-tanh',
    gemmaScales: true,
    hiddenSize: 16,
    intermediateSize: 24,
    numHeads: 2,
    numKvHeads: 1,
    headSize: 16,
  }),
  'llama with slopes, a window and bounded scores': decoderConfig({
    ...common,
    family: 'llama',
    positions: 'alibi',
    hiddenSize: 32,
    intermediateSize: 24,
    numHeads: 4,
    numKvHeads: 2,
    window: 7,
    attentionSoftcap: 2,
    logitSoftcap: 5,
  }),
  'gpt2 with wide heads': decoderConfig({ ...common, family: 'gpt2', hiddenSize: 32, numHeads: 2 }),
};

/** Logits at every position of one sequence, by the training forward pass. */
async function fullForward(executor: Executor, config: DecoderConfig, ids: readonly number[]): Promise<Float32Array[]> {
  const T = ids.length;
  const inputs: Record<string, ValueType> = {
    ids: { dtype: 'i32', shape: [1, T] },
    positions: { dtype: 'i32', shape: [1, T] },
  };
  for (const [name, spec] of Object.entries(parameterSpecs(config))) inputs[name] = { dtype: 'f32', shape: spec.shape };
  const graph = trace('full', inputs, (t) => ({
    logits: forward(config, t, { ids: t.ids as Tensor, positions: t.positions as Tensor }).logits,
  }));
  const program = await executor.load(graph);
  const result = await executor.run({
    program,
    feeds: {
      ...initialize(config, 5),
      ids: hostTensor('i32', [1, T], ids),
      positions: hostTensor(
        'i32',
        [1, T],
        ids.map((_, t) => t),
      ),
    },
    fetch: ['logits'],
  });
  await executor.unload(program);
  const data = result.logits?.data as Float32Array;
  return ids.map((_, t) => data.slice(t * config.vocabSize, (t + 1) * config.vocabSize));
}

/** Checks tokens and log-probabilities of a greedy continuation against the full forward pass. */
async function expectGreedy(
  judge: Executor,
  config: DecoderConfig,
  prompt: readonly number[],
  tokens: readonly GeneratedToken[],
): Promise<void> {
  const ids = [...prompt, ...tokens.map(({ tokenId }) => tokenId)];
  const logits = await fullForward(judge, config, ids);
  tokens.forEach(({ tokenId, logprob }, i) => {
    const row = logits[prompt.length + i - 1] as Float32Array;
    expect(tokenId).toBe(row.indexOf(Math.max(...row)));
    expect(logprob).toBeCloseTo((row[tokenId] as number) - logSumExp(row), 4);
  });
}

const executors: Record<string, () => Promise<Executor>> = {
  interpreter: async () => createInterpreter(),
  onnxruntime: () => createOrtExecutor({ threads: 1 }),
};

describe.each(Object.keys(executors))('Engine on %s', (kind) => {
  let judge: Executor;
  let executor: Executor;
  beforeAll(async () => {
    judge = createInterpreter();
    executor = await (executors[kind] as () => Promise<Executor>)();
  });
  afterAll(() => Promise.all([executor.close(), judge.close()]));

  const open = (config: DecoderConfig, options: { maxSequences?: number; chunkLength?: number } = {}) =>
    Engine.open({ config, params: initialize(config, 5), executor, seed: 1, ...options });

  const collect = async (stream: AsyncIterable<GeneratedToken>) => {
    const tokens: GeneratedToken[] = [];
    for await (const token of stream) tokens.push(token);
    return tokens;
  };

  describe.each(Object.keys(configs))('%s', (shape) => {
    const config = configs[shape] as DecoderConfig;

    it.each([1, 2, 3])(
      'decodes what the full forward pass gives, requests joining and leaving (seed %i)',
      async (seed) => {
        const random = new Random(`${shape}-${kind}-${seed}`);
        const engine = await open(config, { maxSequences: 3, chunkLength: 4 });
        const requests = Array.from({ length: 10 }, () => ({
          promptIds: Array.from({ length: 1 + random.int(12) }, () => random.int(config.vocabSize)),
          maxTokens: 1 + random.int(12),
          cancelAfter: random.int(4) === 0 ? 1 + random.int(3) : undefined,
        }));
        const results = await Promise.all(
          requests.map(async ({ promptIds, maxTokens, cancelAfter }, i) => {
            // Later requests arrive while earlier ones are somewhere in the middle.
            for (let turn = 0; turn < i * 3; turn++) await new Promise((resolve) => setImmediate(resolve));
            const stream = engine.submit({ promptIds, maxTokens, sampling: { temperature: 0 } });
            const tokens: GeneratedToken[] = [];
            for await (const token of stream) {
              tokens.push(token);
              if (tokens.length === cancelAfter) break;
            }
            const { finishReason, usage } = await stream.finished;
            expect(usage.promptTokens).toBe(promptIds.length);
            if (cancelAfter === undefined || cancelAfter > tokens.length) {
              expect(finishReason).toBe('length');
              expect(tokens.length).toBe(maxTokens);
            }
            return tokens;
          }),
        );
        for (const [i, tokens] of results.entries()) {
          await expectGreedy(judge, config, requests[i]?.promptIds as number[], tokens);
        }
        expect(engine.stats()).toMatchObject({ running: 0, waiting: 0, cacheUse: 0 });
        await engine.close();
      },
    );

    it('scores sequences of any length, and prompts chunk by chunk', async () => {
      const random = new Random(shape);
      const engine = await open(config, { chunkLength: 3 });
      const sequences = [1, 2, 9, 9, 5, 41].map((length) => Array.from({ length }, () => random.int(config.vocabSize)));
      // Beside a running sequence long ones are scored in chunks.
      const beside = engine.submit({ promptIds: [1], maxTokens: 39 });
      const scores = await engine.score(sequences, { top: 2 });
      await beside.finished;
      for (const [i, ids] of sequences.entries()) {
        const logits = ids.length > 1 ? await fullForward(judge, config, ids.slice(0, -1)) : [];
        expect(scores[i]?.logprobs.length).toBe(ids.length - 1);
        logits.forEach((row, t) => {
          const expected = (row[ids[t + 1] as number] as number) - logSumExp(row);
          expect(scores[i]?.logprobs[t]).toBeCloseTo(expected, 4);
          expect(scores[i]?.top?.[t]?.[0]?.[0]).toBe(row.indexOf(Math.max(...row)));
        });
      }
      const promptIds = sequences[2] as number[];
      const stream = engine.submit({ promptIds, maxTokens: 0, promptLogprobs: 1 });
      const { promptTokens, finishReason } = await stream.finished;
      expect(finishReason).toBe('length');
      expect(promptTokens?.map(({ tokenId }) => tokenId)).toEqual(promptIds);
      expect(promptTokens?.[0]).toEqual({ tokenId: promptIds[0], logprob: null, top: [] });
      promptTokens?.slice(1).forEach(({ logprob, top }, t) => {
        expect(logprob).toBeCloseTo(scores[2]?.logprobs[t] as number, 4);
        expect(top[0]?.[0]).toBe(scores[2]?.top?.[t]?.[0]?.[0]);
      });
      await engine.close();
    });
  });

  it('samples the same for a seed, whatever runs beside it', async () => {
    const config = configs.llama as DecoderConfig;
    const engine = await open(config);
    const request = { promptIds: [1, 2, 3], maxTokens: 10, sampling: { seed: 9, temperature: 1.5 } };
    const alone = await collect(engine.submit(request));
    const [together] = await Promise.all([
      collect(engine.submit(request)),
      collect(engine.submit({ ...request, sampling: { seed: 10 } })),
      collect(engine.submit({ ...request, promptIds: [7] })),
    ]);
    expect(together?.map(({ tokenId }) => tokenId)).toEqual(alone.map(({ tokenId }) => tokenId));
    await engine.close();
  });

  it('serves a request that comes just when the last one ended', async () => {
    const engine = await open(configs.gpt2 as DecoderConfig);
    for (let i = 0; i < 50; i++) {
      const stream = engine.submit({ promptIds: [i % 47], maxTokens: 1 });
      expect((await collect(stream)).length).toBe(1);
      for (let turn = 0; turn < i % 7; turn++) await Promise.resolve();
    }
    await engine.close();
  });

  it('fails a request whose logits are not finite, and goes on', async () => {
    const config = configs.gpt2 as DecoderConfig;
    const params = initialize(config, 5);
    const embedding = (params['transformer.wte.weight'] as HostTensor).data as Float32Array;
    const table = embedding.slice();
    table.fill(Number.NaN, 16 * 7, 16 * 8);
    const broken = { ...params, 'transformer.wte.weight': hostTensor('f32', [47, 16], table) };
    const untied = { ...config, tieEmbeddings: false };
    const head = hostTensor('f32', [47, 16], embedding);
    const engine = await Engine.open({ config: untied, params: { ...broken, 'lm_head.weight': head }, executor });
    const good = engine.submit({ promptIds: [3], maxTokens: 6, sampling: { temperature: 0, logitBias: { 7: -1e9 } } });
    const bad = engine.submit({ promptIds: [7], maxTokens: 6 });
    await expect(collect(bad)).rejects.toThrow('not finite');
    expect((await collect(good)).length).toBe(6);
    await expect(engine.score([[7, 1, 2]])).rejects.toThrow('NaN');
    const [first, second] = await engine.score([
      [3, 1, 2],
      [4, 1, 2],
    ]);
    expect(Number.isFinite(first?.logprobs[1]) && Number.isFinite(second?.logprobs[1])).toBe(true);
    await engine.close();
  });

  it('rejects everything once the executor failed', async () => {
    let runs = 0;
    const failing = Object.create(executor, {
      run: {
        value: (call: Parameters<Executor['run']>[0]) =>
          ++runs > 3 ? Promise.reject(new Error('the worker died')) : executor.run(call),
      },
      load: { value: executor.load.bind(executor) },
      allocate: { value: executor.allocate.bind(executor) },
    }) as Executor;
    const config = configs.llama as DecoderConfig;
    const engine = await Engine.open({ config, params: initialize(config, 5), executor: failing, maxSequences: 1 });
    const first = engine.submit({ promptIds: [1], maxTokens: 9 });
    const second = engine.submit({ promptIds: [1], maxTokens: 9 });
    const score = engine.score([[1, 2]]);
    await expect(collect(first)).rejects.toThrow('the worker died');
    await expect(second.finished).rejects.toThrow('the worker died');
    await expect(score.then(() => engine.score([[1, 2]]))).rejects.toThrow(/worker died|earlier failure/);
    expect(() => engine.submit({ promptIds: [1], maxTokens: 1 })).toThrow('earlier failure');
    await engine.close();
  });

  it('ends what runs and waits when it is closed', async () => {
    const config = configs.llama as DecoderConfig;
    const engine = await open(config, { maxSequences: 1 });
    const streams = [1, 2].map((id) => engine.submit({ promptIds: [id], maxTokens: 39 }));
    const score = engine.score(Array.from({ length: 30 }, () => Array.from({ length: 41 }, (_, t) => t)));
    const scored = score.then(
      () => 'scored',
      (error: Error) => error.message,
    );
    for await (const _ of streams[0] as (typeof streams)[0]) {
      await engine.close();
    }
    for (const { finished } of streams) expect((await finished).finishReason).toBe('cancelled');
    expect(await scored).toMatch(/scored|closed/);
    expect(() => engine.submit({ promptIds: [1], maxTokens: 1 })).toThrow('closed');
  });

  it('stops at stop tokens, before yielding them', async () => {
    const config = configs.gpt2 as DecoderConfig;
    const engine = await open(config);
    const request = { promptIds: [4], maxTokens: 12, sampling: { temperature: 0 }, logprobs: 3 };
    const free = await collect(engine.submit(request));
    expect(free[0]?.top[0]?.[0]).toBe(free[0]?.tokenId);
    const stop = free.find(({ tokenId }) => tokenId !== free[0]?.tokenId)?.tokenId as number;
    const at = free.findIndex(({ tokenId }) => tokenId === stop);
    const stream = engine.submit({ ...request, stopTokenIds: [stop] });
    expect((await collect(stream)).length).toBe(at);
    expect(await stream.finished).toMatchObject({
      finishReason: 'stop',
      stopTokenId: stop,
      usage: { completionTokens: at },
    });
    await engine.close();
  });

  it('frees the slot of an aborted request at once and serves the next', async () => {
    const config = configs.gpt2 as DecoderConfig;
    const engine = await open(config, { maxSequences: 1 });
    const controller = new AbortController();
    const long = engine.submit({ promptIds: [1], maxTokens: 39, signal: controller.signal });
    const next = engine.submit({ promptIds: [2], maxTokens: 2 });
    for await (const _ of long) {
      controller.abort();
    }
    expect((await long.finished).finishReason).toBe('cancelled');
    expect((await long.finished).usage.completionTokens).toBeLessThanOrEqual(2);
    expect((await collect(next)).length).toBe(2);
    await engine.close();
  });

  it('refuses what it cannot serve', async () => {
    const config = configs.gpt2 as DecoderConfig;
    const engine = await Engine.open({
      config,
      params: initialize(config, 5),
      executor,
      maxSequences: 1,
      maxWaiting: 1,
      contextLength: 20,
    });
    const code = (run: () => unknown) => {
      try {
        run();
      } catch (error) {
        return (error as { code: string }).code;
      }
      return undefined;
    };
    expect(code(() => engine.submit({ promptIds: [], maxTokens: 1 }))).toBe('prompt.empty');
    expect(code(() => engine.submit({ promptIds: [47], maxTokens: 1 }))).toBe('model.token');
    expect(code(() => engine.submit({ promptIds: [1], maxTokens: 20 }))).toBe('context_length_exceeded');
    expect(code(() => engine.submit({ promptIds: [1], maxTokens: -1 }))).toBe('sampling.range');
    const first = engine.submit({ promptIds: [1], maxTokens: 2 });
    expect(code(() => engine.submit({ promptIds: [1], maxTokens: 2 }))).toBe('engine.busy');
    await collect(first);
    await expect(engine.score([Array.from({ length: 42 }, () => 1)])).rejects.toThrow('at most 41');
    await engine.close();
    expect(code(() => engine.submit({ promptIds: [1], maxTokens: 1 }))).toBe('engine.closed');
    await expect(Engine.open({ config, params: {}, executor })).rejects.toThrow('transformer.wte.weight');
  });
});
