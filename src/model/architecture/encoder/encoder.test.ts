import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { repositoryRoot } from '../../../../test/support.js';
import { gradients } from '../../../compiler/autodiff/index.js';
import { crossEntropy, reduceSum, reshape, trace } from '../../../compiler/ir/index.js';
import type { Tensor, ValueType } from '../../../compiler/ir/index.js';
import { createInterpreter } from '../../../compiler/runtime/index.js';
import { hostTensor } from '../../../compiler/tensor/index.js';
import type { HostTensor } from '../../../compiler/tensor/index.js';
import {
  encoderConfig,
  encoderForward,
  maskedLanguageLogits,
  modelConfigFromHf,
  modelConfigToHf,
  parameterSpecs,
  poolerOutput,
  sequenceLogits,
  tokenLogits,
} from '../index.js';
import type { EncoderConfig, EncoderInput } from '../index.js';
import { loadModel, saveModel } from '../index.node.js';

interface Expected {
  readonly ids: number[][];
  readonly mask: number[][];
  readonly types: number[][];
  readonly hidden: number[][];
  readonly pooled?: number[];
  readonly logits?: number[];
  readonly targets?: number[];
  readonly loss?: number;
  readonly gradientNorms?: Record<string, number>;
}

const folder = (name: string) => join(repositoryRoot, 'test/golden/hf-encoders', name);
const names = [
  'bert',
  'bert-mlm',
  'bert-classify',
  'bert-tag',
  'roberta-mlm',
  'roberta-classify',
  'modernbert-mlm',
  'modernbert-classify',
];

const logitsOf = (config: EncoderConfig, params: Record<string, Tensor>, input: EncoderInput): Tensor | undefined => {
  const rules = {
    none: () => undefined,
    mlm: maskedLanguageLogits,
    'sequence-classification': sequenceLogits,
    'token-classification': tokenLogits,
  } as const;
  return rules[config.head](config, params, input);
};

/** Hidden states, logits, loss and gradients, as transformers computed them. `symbolic` leaves the batch's sizes open. */
async function compute(
  config: EncoderConfig,
  params: Readonly<Record<string, HostTensor>>,
  expected: Expected,
  symbolic = false,
): Promise<Record<string, HostTensor>> {
  const shape = [2, 12];
  const type: ValueType = { dtype: 'i32', shape: symbolic ? ['B', 'T'] : shape };
  const inputs: Record<string, ValueType> = { ids: type, positions: type, segments: type };
  if (config.family === 'bert') inputs.typeIds = type;
  if (expected.targets && !symbolic) inputs.targets = { dtype: 'i32', shape: [expected.targets.length] };
  const specs = parameterSpecs(config);
  for (const [name, spec] of Object.entries(specs)) inputs[name] = { dtype: 'f32', shape: spec.shape };
  const graph = trace('encoder', inputs, (t) => {
    const input: EncoderInput = {
      ids: t.ids as Tensor,
      positions: t.positions as Tensor,
      segments: t.segments as Tensor,
      ...(t.typeIds ? { typeIds: t.typeIds } : {}),
    };
    const { hidden, layers } = encoderForward(config, t, input);
    const outputs: Record<string, Tensor> = Object.fromEntries(layers.map((layer, n) => [`layer${n}`, layer]));
    const pooled = poolerOutput(config, t, input, hidden);
    if (pooled) outputs.pooled = pooled;
    const logits = logitsOf(config, t, input);
    if (!logits) return outputs;
    outputs.logits = logits;
    if (symbolic) return outputs;
    const targets = expected.targets as number[];
    const wanted = reshape(logits, [targets.length, logits.shape.at(-1) as number]);
    const loss = reduceSum(crossEntropy(wanted, t.targets as Tensor).loss);
    const found = gradients(
      loss,
      Object.keys(specs).map((name) => t[name] as Tensor),
    );
    Object.keys(specs).forEach((name, i) => (outputs[`d.${name}`] = found[i] as Tensor));
    return { ...outputs, loss };
  });
  const flat = (rows: number[][]) => hostTensor('i32', shape, rows.flat());
  const executor = createInterpreter();
  const feeds: Record<string, HostTensor> = {
    ...params,
    ids: flat(expected.ids),
    positions: flat(expected.ids.map((row) => row.map((_, i) => i))),
    segments: flat(expected.mask),
    ...(config.family === 'bert' ? { typeIds: flat(expected.types) } : {}),
    ...(expected.targets && !symbolic
      ? { targets: hostTensor('i32', [expected.targets.length], expected.targets) }
      : {}),
  };
  return executor.run({
    program: await executor.load(graph),
    feeds,
    fetch: graph.outputs.map(({ name }) => name),
  });
}

/** Largest difference where tokens are, not padding. */
function difference(actual: HostTensor | undefined, expected: number[], mask?: number[]): number {
  const data = actual?.data as Float32Array;
  expect(data.length).toBe(expected.length);
  const width = mask ? expected.length / mask.length : 1;
  return Math.max(
    ...expected.map((value, i) =>
      mask && mask[Math.floor(i / width)] === 0 ? 0 : Math.abs(value - (data[i] as number)),
    ),
  );
}

describe.each(names)('%s computes what transformers computes', (name) => {
  const open = async () => {
    const expected = JSON.parse(await readFile(join(folder(name), 'expected.json'), 'utf8')) as Expected;
    return { ...(await loadModel(folder(name), 'encoder')), expected };
  };

  it('hidden states, logits and gradients', async () => {
    const { config, params, expected } = await open();
    const mask = expected.mask.flat();
    const out = await compute(config, params, expected);
    for (const [n, hidden] of expected.hidden.entries()) {
      expect(difference(out[`layer${n}`], hidden, mask), `layer ${n}`).toBeLessThan(1e-4);
    }
    if (expected.pooled) expect(difference(out.pooled, expected.pooled)).toBeLessThan(1e-4);
    if (!expected.logits) return;
    const perText = config.head === 'sequence-classification';
    expect(difference(out.logits, expected.logits, perText ? undefined : mask)).toBeLessThan(1e-4);
    expect(Number(out.loss?.data[0])).toBeCloseTo(expected.loss as number, 3);
    for (const [key, norm] of Object.entries(expected.gradientNorms as Record<string, number>)) {
      const data = Array.from(out[`d.${key}`]?.data as Float32Array);
      const own = Math.sqrt(data.reduce((sum, value) => sum + value * value, 0));
      expect(Math.abs(own - norm), key).toBeLessThan(1e-3 * (1 + norm));
    }
  });

  it('whatever the sizes of the batch', async () => {
    const { config, params, expected } = await open();
    const out = await compute(config, params, expected, true);
    const last = expected.hidden.length - 1;
    expect(difference(out[`layer${last}`], expected.hidden[last] as number[], expected.mask.flat())).toBeLessThan(1e-4);
  });

  it('writes the folder it reads', async () => {
    const { config, params } = await open();
    expect(modelConfigFromHf(modelConfigToHf(config))).toEqual(config);
    const to = await mkdtemp(join(tmpdir(), 'abovo-encoder-'));
    await saveModel(to, config, params);
    const again = await loadModel(to, 'encoder');
    await rm(to, { recursive: true });
    expect(again.config).toEqual(config);
    expect(Object.keys(again.params).sort()).toEqual(Object.keys(parameterSpecs(config)).sort());
    for (const [key, tensor] of Object.entries(again.params)) expect(tensor.data).toEqual(params[key]?.data);
  });
});

it('keeps packed texts apart', async () => {
  const { config, params } = await loadModel(folder('modernbert-mlm'), 'encoder');
  const run = async (ids: number[][], positions: number[][], segments: number[][]) => {
    const shape = [ids.length, (ids[0] as number[]).length];
    const type: ValueType = { dtype: 'i32', shape };
    const inputs: Record<string, ValueType> = { ids: type, positions: type, segments: type };
    for (const [name, spec] of Object.entries(parameterSpecs(config)))
      inputs[name] = { dtype: 'f32', shape: spec.shape };
    const graph = trace('packed', inputs, (t) => ({
      hidden: encoderForward(config, t, {
        ids: t.ids as Tensor,
        positions: t.positions as Tensor,
        segments: t.segments as Tensor,
      }).hidden,
    }));
    const executor = createInterpreter();
    const matrix = (rows: number[][]) => hostTensor('i32', shape, rows.flat());
    const feeds = { ...params, ids: matrix(ids), positions: matrix(positions), segments: matrix(segments) };
    const { hidden } = await executor.run({ program: await executor.load(graph), feeds, fetch: ['hidden'] });
    return Array.from(hidden?.data as Float32Array);
  };
  const packed = await run([[5, 9, 7, 11, 4]], [[0, 1, 0, 1, 2]], [[1, 1, 2, 2, 2]]);
  const alone = await run([[7, 11, 4]], [[0, 1, 2]], [[1, 1, 1]]);
  alone.forEach((value, i) => expect(packed[2 * config.hiddenSize + i]).toBeCloseTo(value, 4));
});

it('names what a configuration lacks', () => {
  const size = { vocabSize: 9, contextLength: 8, hiddenSize: 8, numLayers: 1, numHeads: 2 };
  expect(() => encoderConfig({ ...size, family: 'bert', head: 'token-classification' })).toThrow(
    'encoder config: expected labels at least one class, got []',
  );
  expect(() => encoderConfig({ ...size, family: 'bert', typeVocabSize: 0 })).toThrow(
    'expected typeVocabSize 1 or more',
  );
  expect(() =>
    modelConfigFromHf({ model_type: 'bert', architectures: ['BertForQuestionAnswering'], vocab_size: 9 }),
  ).toThrow(/expected architectures to be one of|expected architectures to be/);
});
