import { afterAll, describe, expect, it } from 'vitest';
import { gradients } from '../../../compiler/autodiff/index.js';
import { crossEntropy, reduceMean, trace } from '../../../compiler/ir/index.js';
import type { Tensor, ValueType } from '../../../compiler/ir/index.js';
import { createInterpreter } from '../../../compiler/runtime/index.js';
import type { Executor } from '../../../compiler/runtime/index.js';
import { createOrtExecutor } from '../../../compiler/runtime/index.node.js';
import { hostTensor } from '../../../compiler/tensor/index.js';
import type { HostTensor } from '../../../compiler/tensor/index.js';
import { decoderConfig, forward, initialize, parameterSpecs } from '../index.js';
import type { DecoderConfig, DecoderInput } from '../index.js';

const vocabSize = 13;
const small = { vocabSize, contextLength: 16, numLayers: 2, initializerRange: 0.3 };
const gpt2 = { ...small, family: 'gpt2', hiddenSize: 16, numHeads: 2 } as const;
const llama = {
  ...small,
  family: 'llama',
  hiddenSize: 16,
  intermediateSize: 12,
  numHeads: 4,
  numKvHeads: 2,
  headSize: 8,
} as const;

/** Each switch at least once, and what stands together in a known model. */
const configs: Readonly<Record<string, DecoderConfig>> = {
  'gpt2 without positions': decoderConfig({ ...gpt2, positions: 'none' }),
  'gpt2 with sinusoids': decoderConfig({ ...gpt2, positions: 'sinusoidal' }),
  'gpt2 with rotary positions': decoderConfig({ ...gpt2, positions: 'rope' }),
  'gpt2 with ReLU': decoderConfig({ ...gpt2, activation: 'relu' }),
  bloom: decoderConfig({ ...gpt2, family: 'bloom' }),
  'llama with learned positions': decoderConfig({ ...llama, positions: 'learned', tieEmbeddings: false }),
  'llama with ALiBi': decoderConfig({ ...llama, positions: 'alibi' }),
  'llama with ALiBi and a window': decoderConfig({ ...llama, positions: 'alibi', window: 3 }),
  'llama with biases': decoderConfig({ ...llama, attentionBias: 'all', mlpBias: true }),
  'llama in YaRN': decoderConfig({
    ...llama,
    ropeScaling: {
      type: 'yarn',
      factor: 4,
      original: 4,
      betaFast: 32,
      betaSlow: 1,
      attentionFactor: 1.2,
      truncate: true,
    },
  }),
  'llama in dynamic NTK': decoderConfig({ ...llama, ropeScaling: { type: 'dynamic', factor: 2, original: 6 } }),
  mistral: decoderConfig({ ...llama, window: 4 }),
  qwen2: decoderConfig({ ...llama, attentionBias: 'qkv', window: 3, globalLayers: [0] }),
  qwen3: decoderConfig({ ...llama, qkNorm: true }),
  gemma: decoderConfig({ ...llama, gemmaScales: true, activation: 'gelu-tanh' }),
  gemma2: decoderConfig({
    ...llama,
    gemmaScales: true,
    postNorms: true,
    activation: 'gelu-tanh',
    window: 3,
    globalLayers: [1],
    attentionScalar: 20,
    attentionSoftcap: 1.5,
    logitSoftcap: 3,
  }),
  gemma3: decoderConfig({
    ...llama,
    gemmaScales: true,
    postNorms: true,
    qkNorm: true,
    activation: 'gelu-tanh',
    window: 3,
    globalLayers: [1],
    ropeTheta: 1e6,
    localRopeTheta: 1e4,
    ropeScaling: { type: 'linear', factor: 8 },
  }),
};

const interpreter = createInterpreter();
const precise = createInterpreter({ precision: 'f64' });
const ort = await createOrtExecutor({ threads: 1 });
afterAll(() => ort.close());

/** Weights that leave no norm and no bias at its first value, so that a missing one shows. */
function weights(config: DecoderConfig): Record<string, HostTensor> {
  const entries = Object.entries(initialize(config, 3)).map(([name, tensor], n) => {
    const moved = Float32Array.from(tensor.data as Float32Array, (value, i) => value + 0.2 * Math.sin(7 * n + i));
    return [name, hostTensor('f32', tensor.shape, moved)] as const;
  });
  return Object.fromEntries(entries);
}

const parameterTypes = (config: DecoderConfig): Record<string, ValueType> =>
  Object.fromEntries(
    Object.entries(parameterSpecs(config)).map(([name, { shape }]) => [name, { dtype: 'f32', shape }]),
  );
const matrix = (rows: number[][]) => hostTensor('i32', [rows.length, rows[0]!.length], rows.flat());
const counted = (rows: number[][]) => rows.map((row) => row.map((_, t) => t));
const rowsOf = ({ data }: HostTensor) => {
  const all = Array.from(data as Float32Array);
  return Array.from({ length: all.length / vocabSize }, (_, i) => all.slice(vocabSize * i, vocabSize * (i + 1)));
};
const expectRows = (found: number[][], wanted: number[][]) => {
  expect(found.length).toBe(wanted.length);
  wanted.forEach((row, r) => row.forEach((value, c) => expect(Math.abs(found[r]![c]! - value)).toBeLessThan(2e-5)));
};

/** Logits of whole texts, as training computes them. */
async function whole(config: DecoderConfig, input: Record<string, number[][]>, symbolic = false): Promise<number[][]> {
  const shape = symbolic ? ['B', 'T'] : [input.ids!.length, input.ids![0]!.length];
  const types = Object.fromEntries(Object.keys(input).map((name) => [name, { dtype: 'i32', shape }]));
  const graph = trace('whole', { ...(types as Record<string, ValueType>), ...parameterTypes(config) }, (t) => ({
    logits: forward(config, t, { ids: t.ids, positions: t.positions, segments: t.segments } as DecoderInput).logits,
  }));
  const feeds = Object.fromEntries(Object.entries(input).map(([name, rows]) => [name, matrix(rows)]));
  const program = await interpreter.load(graph);
  const { logits } = await interpreter.run({ program, feeds: { ...weights(config), ...feeds }, fetch: ['logits'] });
  return rowsOf(logits!);
}

/** Logits of two texts on a cache: chunks of the first, then of the second, then both token by token. */
async function onCache(executor: Executor, config: DecoderConfig, texts: readonly number[][]): Promise<number[][][]> {
  const { numLayers, numKvHeads, headSize, contextLength } = config;
  const names = Array.from({ length: numLayers }, (_, n) => [`key.${n}`, `value.${n}`]).flat();
  const cache: ValueType = { dtype: 'f32', shape: ['B', numKvHeads, 'C', headSize] };
  const ids: ValueType = { dtype: 'i32', shape: ['B', 'T'] };
  const inputs: Record<string, ValueType> = { ids, positions: ids, lengths: { dtype: 'i32', shape: ['B'] } };
  for (const name of names) inputs[name] = cache;
  const graph = trace('cached', { ...inputs, ...parameterTypes(config) }, (t) => {
    const layers = Array.from({ length: numLayers }, (_, n) => ({
      key: t[`key.${n}`] as Tensor,
      value: t[`value.${n}`] as Tensor,
    }));
    const { logits, cache: updated } = forward(config, t, {
      ids: t.ids as Tensor,
      positions: t.positions as Tensor,
      cache: { layers, lengths: t.lengths as Tensor, narrow: true },
    });
    const outputs: Record<string, Tensor> = { logits };
    updated.forEach(({ key, value }, n) =>
      Object.assign(outputs, { [`new.key.${n}`]: key, [`new.value.${n}`]: value }),
    );
    return outputs;
  });
  const program = await executor.load(graph);
  const size = numKvHeads * contextLength * headSize;
  const caches = Object.fromEntries(names.map((name) => [name, new Float32Array(2 * size)]));
  const logits: number[][][] = [[], []];
  const step = async (rows: readonly number[], parts: readonly number[][], starts: readonly number[]) => {
    const [length, shape] = [parts[0]!.length, [rows.length, numKvHeads, contextLength, headSize]];
    const past = names.map((name) => {
      const data = Float32Array.from(rows.flatMap((row) => [...caches[name]!.subarray(row * size, (row + 1) * size)]));
      return [name, hostTensor('f32', shape, data)] as const;
    });
    const out = await executor.run({
      program,
      feeds: {
        ...weights(config),
        ...Object.fromEntries(past),
        ids: matrix([...parts]),
        positions: matrix(parts.map((part, i) => part.map((_, t) => starts[i]! + t))),
        lengths: hostTensor(
          'i32',
          [rows.length],
          starts.map((start) => start + length),
        ),
      },
      fetch: ['logits', ...names.map((name) => `new.${name}`)],
    });
    rows.forEach((row, i) => {
      logits[row]!.push(...rowsOf(out.logits!).slice(i * length, (i + 1) * length));
      for (const name of names) {
        caches[name]!.set((out[`new.${name}`]!.data as Float32Array).subarray(i * size, (i + 1) * size), row * size);
      }
    });
  };
  await step([0], [texts[0]!.slice(0, 5)], [0]);
  await step([1], [texts[1]!.slice(0, 2)], [0]);
  await step([0], [texts[0]!.slice(5, 8)], [5]);
  for (let t = 0; t < 4; t++) await step([0, 1], [[texts[0]![8 + t]!], [texts[1]![2 + t]!]], [8 + t, 2 + t]);
  return logits;
}

describe.each(Object.keys(configs))('%s', (name) => {
  const config = configs[name] as DecoderConfig;
  const texts = [
    [3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8],
    [2, 7, 1, 8, 2, 8],
  ];
  const alone = (ids: number[], symbolic = false) => whole(config, { ids: [ids], positions: counted([ids]) }, symbolic);

  it('computes one function: whole, of any length, packed, and on a cache', async () => {
    const [first, second] = [await alone(texts[0]!), await alone(texts[1]!)];
    expectRows(await alone(texts[0]!, true), first);
    const ids = [texts.flatMap((text) => text.slice(0, 6))];
    const packed = {
      ids,
      positions: [[0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5]],
      segments: [[1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2]],
    };
    expectRows(await whole(config, packed), [...first.slice(0, 6), ...second]);
    for (const executor of [interpreter, ort]) {
      const [cachedFirst, cachedSecond] = await onCache(executor, config, texts);
      expectRows(cachedFirst!, first);
      expectRows(cachedSecond!, second);
    }
  });

  it('has the gradients of finite differences', async () => {
    const ids = [texts[1]!, [12, 0, 11, 6, 10, 4]];
    const shape = [2, 6];
    const wrt = Object.keys(parameterSpecs(config));
    const types: Record<string, ValueType> = { ids: { dtype: 'i32', shape }, targets: { dtype: 'i32', shape: [12] } };
    const graph = trace('gradients', { ...types, positions: types.ids!, ...parameterTypes(config) }, (t) => {
      const { logits } = forward(config, t, { ids: t.ids as Tensor, positions: t.positions as Tensor });
      const loss = reduceMean(crossEntropy(logits, t.targets as Tensor).loss, 0);
      const found = gradients(
        loss,
        wrt.map((key) => t[key] as Tensor),
      );
      return { loss, ...Object.fromEntries(wrt.map((key, i) => [`d.${key}`, found[i] as Tensor])) };
    });
    const program = await precise.load(graph);
    const feeds = {
      ...weights(config),
      ids: matrix(ids),
      positions: matrix(counted(ids)),
      targets: hostTensor('i32', [12], [...ids[0]!.slice(1), -100, ...ids[1]!.slice(1), 3]),
    };
    const slopes = await precise.run({ program, feeds, fetch: wrt.map((key) => `d.${key}`) });
    const lossAt = async (key: string, index: number, by: number) => {
      const { shape: own, data } = feeds[key as keyof typeof feeds] as HostTensor;
      const moved = Float64Array.from(data as Float32Array);
      moved[index] = moved[index]! + by;
      const point = { ...feeds, [key]: { dtype: 'f64' as const, shape: own, data: moved } };
      return (await precise.run({ program, feeds: point, fetch: ['loss'] })).loss!.data[0] as number;
    };
    for (const key of wrt) {
      // The element that matters most, so that a missing path shows.
      const slope = Array.from(slopes[`d.${key}`]!.data as Float64Array);
      const index = slope.map(Math.abs).indexOf(Math.max(...slope.map(Math.abs)));
      const difference = ((await lossAt(key, index, 1e-5)) - (await lossAt(key, index, -1e-5))) / 2e-5;
      expect(Math.abs(difference - slope[index]!), key).toBeLessThan(1e-7 + 1e-5 * Math.abs(slope[index]!));
    }
  });
});
