import { expect, it } from 'vitest';
import { createInterpreter } from '../../compiler/runtime/index.js';
import type { Executor } from '../../compiler/runtime/index.js';
import { openWebGpu } from '../../../test/webgpu.js';
import { decoderConfig, initialize } from '../architecture/index.js';
import { Engine } from './index.js';

const config = decoderConfig({
  family: 'llama',
  vocabSize: 29,
  contextLength: 12,
  hiddenSize: 16,
  intermediateSize: 24,
  numLayers: 1,
  numHeads: 2,
  numKvHeads: 1,
  initializerRange: 0.4,
});

/** Greedy ids of three requests on two slots, and scores of two sequences. */
async function results(executor: Executor) {
  const engine = await Engine.open({
    config,
    params: initialize(config, 5),
    executor,
    maxSequences: 2,
    chunkLength: 2,
  });
  const ids = await Promise.all(
    [[1, 2, 3], [4], [5, 6]].map(async (promptIds, i) => {
      const generated: number[] = [];
      const stream = engine.submit({ promptIds, maxTokens: 2 + i, sampling: { temperature: 0 } });
      for await (const { tokenId } of stream) generated.push(tokenId);
      return generated;
    }),
  );
  const scores = await engine.score([
    [1, 2, 3],
    [7, 8, 9],
  ]);
  await engine.close();
  return { ids, logprobs: scores.flatMap(({ logprobs }) => Array.from(logprobs)) };
}

it('gives the same on WebGPU', { timeout: 120_000 }, async (context) => {
  const executor = await openWebGpu();
  if (typeof executor === 'string') return context.skip(executor);
  const expected = await results(createInterpreter());
  const actual = await results(executor);
  expect(actual.ids).toEqual(expected.ids);
  actual.logprobs.forEach((logprob, i) => expect(logprob).toBeCloseTo(expected.logprobs[i] as number, 3));
  await executor.close();
});
