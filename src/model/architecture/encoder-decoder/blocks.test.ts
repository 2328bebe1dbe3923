import { expect, it } from 'vitest';
import { gradients } from '../../../compiler/autodiff/index.js';
import { cast, mul, reduceSum, reshape, trace } from '../../../compiler/ir/index.js';
import type { Graph, Tensor, ValueType } from '../../../compiler/ir/index.js';
import { createOrtExecutor } from '../../../compiler/runtime/index.node.js';
import { hostTensor } from '../../../compiler/tensor/index.js';
import { encodeSource, encoderDecoderConfig, initialize, parameterSpecs } from '../index.js';

const S = 512;
/** A prime: no blocks divide it. */
const wholeLength = 521;
const config = encoderDecoderConfig({
  ...{ family: 'bart', vocabSize: 31, contextLength: wholeLength, hiddenSize: 16, numLayers: 2, numHeads: 2 },
  initializerRange: 0.3,
});
const specs = Object.entries(parameterSpecs(config)).filter(
  ([name]) => name.includes('encoder') || name.includes('shared'),
);

/** States of the tokens, and gradients of the sum of their squares. */
function graph(length: number, documents: boolean): Graph {
  const row: ValueType = { dtype: 'i32', shape: [2, length] };
  const types = specs.map(([name, { shape }]): [string, ValueType] => [name, { dtype: 'f32', shape }]);
  const inputs = { ids: row, mask: row, ...(documents ? { segments: row } : {}), ...Object.fromEntries(types) };
  return trace('encode', inputs, (t): Record<string, Tensor> => {
    const { ids, mask, segments } = t as Record<string, Tensor>;
    const { hidden } = encodeSource(config, t, { ids: ids!, mask: mask!, ...(segments ? { segments } : {}) });
    const states = mul(hidden, reshape(cast(mask!, 'f32'), [2 * length, 1]));
    const found = gradients(
      reduceSum(mul(states, states)),
      specs.map(([name]) => t[name] as Tensor),
    );
    return { states, ...Object.fromEntries(specs.map(([name], i) => [`d:${name}`, found[i] as Tensor])) };
  });
}

it.each([false, true])('long sources in blocks are read as they are as a whole: documents %s', async (documents) => {
  const executor = await createOrtExecutor({ threads: 1 });
  const params = initialize(config, 3);
  const feedsOf = (length: number) => {
    const fill = (make: (row: number, t: number) => number) =>
      hostTensor(
        'i32',
        [2, length],
        [0, 1].flatMap((row) => Array.from({ length }, (_, t) => make(row, t))),
      );
    return {
      ...Object.fromEntries(specs.map(([name]) => [name, params[name]!])),
      ids: fill((row, t) => (row * 5 + t * 7 + (t % 11) ** 2) % 31),
      // The second text ends in padding, and so does what is too long for blocks.
      mask: fill((row, t) => (t < (row === 0 ? S : 300) ? 1 : 0)),
      ...(documents ? { segments: fill((_, t) => 1 + Math.floor(t / 200)) } : {}),
    };
  };
  const names = ['states', ...specs.map(([name]) => `d:${name}`)];
  const run = async (length: number) => {
    const traced = graph(length, documents);
    const program = await executor.load(traced);
    return { traced, out: await executor.run({ program, feeds: feedsOf(length), fetch: names }) };
  };
  const [blocks, whole] = [await run(S), await run(wholeLength)];
  const uses = ({ nodes }: Graph, op: string) => nodes.some((node) => node.op === op);
  expect([uses(blocks.traced, 'blockedAttention'), uses(whole.traced, 'blockedAttention')]).toEqual([true, false]);
  for (const name of names) {
    const a = blocks.out[name]!.data as Float32Array;
    const full = whole.out[name]!.data as Float32Array;
    const width = wholeLength * config.hiddenSize;
    const row = (n: number) => [...full.subarray(n * width, n * width + S * config.hiddenSize)];
    // The states of each row, without what was added to it.
    const b = name === 'states' ? [...row(0), ...row(1)] : [...full.subarray(0, a.length)];
    const scale = b.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
    a.forEach(
      (value, i) => Math.abs(value - b[i]!) > 1e-4 * scale && expect(value, `${name} ${i}`).toBeCloseTo(b[i]!, 4),
    );
  }
  await executor.close();
});
