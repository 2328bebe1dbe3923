import { expect, it } from 'vitest';
import { createInterpreter } from '../../compiler/runtime/index.js';
import type { Executor } from '../../compiler/runtime/index.js';
import type { HostTensor } from '../../compiler/tensor/index.js';
import { decoderConfig, initialize } from '../architecture/index.js';
import { Engine } from './index.js';
import type { GeneratedToken } from './index.js';

const config = decoderConfig({
  family: 'gpt2',
  vocabSize: 47,
  contextLength: 40,
  hiddenSize: 16,
  numLayers: 1,
  numHeads: 2,
});
const executor = createInterpreter();

async function collect(stream: AsyncIterable<GeneratedToken>): Promise<GeneratedToken[]> {
  const tokens: GeneratedToken[] = [];
  for await (const token of stream) tokens.push(token);
  return tokens;
}

it('reads the prompts that wait before the first step, and chunks of them between later ones', async () => {
  const calls: { rows: number; length: number }[] = [];
  const watched = Object.create(executor, {
    run: {
      value: (call: Parameters<Executor['run']>[0]) => {
        const { ids } = call.feeds as Record<string, HostTensor>;
        const [rows, length] = (ids as HostTensor).shape as [number, number];
        calls.push({ rows, length });
        return executor.run(call);
      },
    },
    load: { value: executor.load.bind(executor) },
    allocate: { value: executor.allocate.bind(executor) },
    unload: { value: executor.unload.bind(executor) },
    free: { value: executor.free.bind(executor) },
    copy: { value: executor.copy.bind(executor) },
  }) as Executor;
  const engine = await Engine.open({
    config,
    params: initialize(config, 5),
    executor: watched,
    maxSequences: 4,
    chunkLength: 8,
  });
  const submit = (length: number, maxTokens: number) =>
    engine.submit({ promptIds: Array.from({ length }, (_, i) => i), maxTokens });
  await Promise.all([3, 5, 12].map((length) => collect(submit(length, 4))));
  expect(calls).toEqual([
    ...[3, 5, 12].map((length) => ({ rows: 1, length })),
    ...[1, 2, 3].map(() => ({ rows: 3, length: 1 })),
  ]);
  calls.length = 0;
  const running = submit(1, 30);
  const joining: Promise<unknown>[] = [];
  for await (const _ of running) {
    if (joining.length === 0) for (const length of [3, 20, 4]) joining.push(collect(submit(length, 1)));
  }
  await Promise.all(joining);
  // What is read between two steps: several short prompts, or a part of a long one, never more than 8 tokens.
  const between = calls.reduce<number[]>(
    (sums, { length, rows }) =>
      length === 1 && rows <= 4 ? [...sums, 0] : [...sums.slice(0, -1), (sums.at(-1) as number) + length],
    [0],
  );
  expect(Math.max(...between.slice(1))).toBeLessThanOrEqual(8);
  expect(between.reduce((a, b) => a + b)).toBe(27);
  expect(between.filter((tokens) => tokens > 0).length).toBeLessThan(6);
  await engine.close();
});
