import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { repositoryRoot } from '../../../../test/support.js';
import { gradients } from '../../../compiler/autodiff/index.js';
import { trace } from '../../../compiler/ir/index.js';
import type { Tensor, ValueType } from '../../../compiler/ir/index.js';
import { createInterpreter } from '../../../compiler/runtime/index.js';
import type { Executor } from '../../../compiler/runtime/index.js';
import { createOrtExecutor } from '../../../compiler/runtime/index.node.js';
import { hostTensor } from '../../../compiler/tensor/index.js';
import type { HostTensor } from '../../../compiler/tensor/index.js';
import { readSafetensorsFile } from '../../../compiler/tensor/index.node.js';
import {
  countParameters,
  encodeSource,
  encoderDecoderConfig,
  flopsPerToken,
  initialize,
  modelConfigFromHf,
  modelConfigToHf,
  parameterSpecs,
  sequenceToSequenceFlops,
  sequenceToSequenceLoss,
  shiftRight,
} from '../index.js';
import type { EncoderDecoderConfig, LinearHook, Params } from '../index.js';
import { loadModel, saveModel } from '../index.node.js';

interface Expected {
  readonly source: number[][];
  readonly mask: number[][];
  readonly labels: number[][];
  readonly encoder: number[][][];
  readonly logits: number[][][];
  readonly loss: number;
  readonly gradientNorms: Record<string, number>;
}

const golden = join(repositoryRoot, 'test/golden/hf-encoder-decoders');
const names = ['t5-1.0', 't5-1.1', 'bart', 'mbart'];
const json = async <T>(...path: string[]) => JSON.parse(await readFile(join(golden, ...path), 'utf8')) as T;
const matrix = (rows: readonly (readonly number[])[]) =>
  hostTensor('i32', [rows.length, (rows[0] as number[]).length], rows.flat());

let folder: string;
let ort: Executor;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'abovo-encdec-'));
  ort = await createOrtExecutor({ threads: 1 });
});
afterAll(async () => {
  await ort.close();
  await rm(folder, { recursive: true });
});

/** The parts of a batch that a run may vary. */
interface Batch extends Pick<Expected, 'source' | 'mask' | 'labels'> {
  readonly segments?: { readonly source: number[][]; readonly target: number[][] };
  readonly positions?: { readonly source: number[][]; readonly target: number[][] };
  readonly targets?: number[][];
}

interface Wanted {
  readonly gradients?: boolean;
  readonly dropout?: number;
  readonly linear?: LinearHook;
}

/** Encoder states, logits, loss and, where wanted, the gradient of every parameter. */
function lossGraph(config: EncoderDecoderConfig, batch: Batch, wanted: Wanted = {}) {
  const { source, mask, labels, segments, positions } = batch;
  const given: Record<string, HostTensor> = {
    sourceIds: matrix(source),
    sourceMask: matrix(mask),
    targetIds: matrix(batch.targets ?? labels.map((row) => shiftRight(config, row))),
    labels: matrix(labels),
    key: hostTensor('i32', [2], [3, 4]),
  };
  if (segments) Object.assign(given, { sources: matrix(segments.source), targets: matrix(segments.target) });
  if (positions) Object.assign(given, { sourceAt: matrix(positions.source), targetAt: matrix(positions.target) });
  const specs = parameterSpecs(config);
  const inputs: Record<string, ValueType> = {};
  for (const [name, { dtype, shape }] of Object.entries(given)) inputs[name] = { dtype, shape };
  for (const [name, { shape }] of Object.entries(specs)) inputs[name] = { dtype: 'f32', shape };
  const graph = trace('sequence-to-sequence', inputs, (all) => {
    const t = all as Record<string, Tensor>;
    const { mean, logits } = sequenceToSequenceLoss(config, t, {
      sourceIds: t.sourceIds,
      sourceMask: t.sourceMask,
      targetIds: t.targetIds,
      labels: t.labels,
      ...(segments ? { segments: { source: t.sources, target: t.targets } } : {}),
      ...(positions ? { sourcePositions: t.sourceAt, targetPositions: t.targetAt } : {}),
      ...(wanted.dropout === undefined ? {} : { dropout: { rate: wanted.dropout, key: t.key } }),
      ...(wanted.linear ? { linear: wanted.linear } : {}),
    });
    const { hidden } = encodeSource(config, t, { ids: t.sourceIds, mask: t.sourceMask });
    const outputs: Record<string, Tensor> = { mean, logits, hidden };
    if (wanted.gradients) {
      const found = gradients(
        mean,
        Object.keys(specs).map((name) => t[name]),
      );
      Object.keys(specs).forEach((name, i) => (outputs[`d.${name}`] = found[i]));
    }
    return outputs;
  });
  return { graph, feeds: given };
}

async function run(
  executor: Executor,
  config: EncoderDecoderConfig,
  params: Params<HostTensor>,
  batch: Batch,
  wanted: Wanted = {},
): Promise<Record<string, HostTensor>> {
  const { graph, feeds } = lossGraph(config, batch, wanted);
  const program = await executor.load(graph);
  const fetch = graph.outputs.map(({ name }) => name);
  const result = await executor.run({ program, feeds: { ...params, ...feeds }, fetch });
  await executor.unload(program);
  return result;
}

const numbers = (tensor: HostTensor) => Array.from(tensor.data as Float32Array);
const worst = (actual: readonly number[], expected: readonly number[]) => {
  expect(actual.length).toBe(expected.length);
  return Math.max(...expected.map((value, i) => Math.abs(value - (actual[i] as number))));
};

describe.each(names)('%s made by transformers', (name) => {
  it.each(['interpreter', 'onnxruntime'])('gives its states, logits, loss and gradients on %s', async (kind) => {
    const expected = await json<Expected>(name, 'expected.json');
    const { config, params } = await loadModel(join(golden, name), 'encoder-decoder');
    const executor = kind === 'interpreter' ? createInterpreter() : ort;
    const result = await run(executor, config, params, expected, { gradients: true });
    expect(worst(numbers(result.hidden), expected.encoder.flat(2))).toBeLessThan(1e-4);
    expect(worst(numbers(result.logits), expected.logits.flat(2))).toBeLessThan(1e-4);
    expect(result.mean.data[0]).toBeCloseTo(expected.loss, 5);
    const found = Object.fromEntries(
      Object.keys(params).map((key) => [key, Math.hypot(...numbers(result[`d.${key}`] as HostTensor))]),
    );
    // A row of biases that transformers keeps out of its parameters.
    if (config.family === 'bart') {
      expect(found.final_logits_bias).toBe(0);
      delete found.final_logits_bias;
    }
    expect(Object.keys(found).sort()).toEqual(Object.keys(expected.gradientNorms).sort());
    for (const [key, norm] of Object.entries(expected.gradientNorms)) {
      expect(Math.abs((found[key] as number) - norm), key).toBeLessThan(1e-5 + 1e-4 * norm);
    }
  });

  it('has the gradients of finite differences', async () => {
    const { source, mask, labels } = await json<Expected>(name, 'expected.json');
    const batch = { source: source.slice(1), mask: mask.slice(1), labels: labels.slice(1) };
    const { config, params } = await loadModel(join(golden, name), 'encoder-decoder');
    const precise = createInterpreter({ precision: 'f64' });
    const slopes = await run(precise, config, params, batch, { gradients: true });
    const { graph, feeds } = lossGraph(config, batch);
    const program = await precise.load(graph);
    const lossAt = async (key: string, index: number, by: number) => {
      const { shape, data } = params[key] as HostTensor;
      const moved = Float64Array.from(data as Float32Array);
      moved[index] = (moved[index] as number) + by;
      const point = { ...params, ...feeds, [key]: { dtype: 'f64' as const, shape, data: moved } };
      return (await precise.run({ program, feeds: point, fetch: ['mean'] })).mean.data[0] as number;
    };
    for (const key of Object.keys(params).filter((key) => key !== 'final_logits_bias')) {
      const slope = slopes[`d.${key}`] as HostTensor;
      // The element that matters most, so that a missing path shows.
      const sizes = Array.from(slope.data as Float64Array, Math.abs);
      const index = sizes.indexOf(Math.max(...sizes));
      const difference = ((await lossAt(key, index, 1e-5)) - (await lossAt(key, index, -1e-5))) / 2e-5;
      expect(Math.abs(difference - (slope.data[index] as number)), key).toBeLessThan(1e-7 + 1e-5 * sizes[index]);
    }
  });

  it('is written as transformers was seen to read it', async () => {
    const path = join(folder, name);
    const { config, params } = await loadModel(join(golden, name), 'encoder-decoder');
    await saveModel(path, config, params);
    const before = await readSafetensorsFile(join(golden, name, 'model.safetensors'));
    expect(await readSafetensorsFile(join(path, 'model.safetensors'))).toEqual(before);
    expect((await loadModel(path)).config).toEqual(config);
    // check.py wrote these sums after it had loaded the very files and found the same logits.
    const { files } = await json<{ files: Record<string, Record<string, string>> }>('written.json');
    for (const [file, sum] of Object.entries(files[name] as Record<string, string>)) {
      const bytes = await readFile(join(path, file));
      expect(createHash('sha256').update(bytes).digest('hex'), `${name}/${file}`).toBe(sum);
    }
  });
});

const small = { vocabSize: 31, contextLength: 16, hiddenSize: 16, numLayers: 2, numHeads: 2 };
const configs = {
  t5: encoderDecoderConfig({ ...small, family: 't5', relativeBuckets: 8, relativeMaxDistance: 10 }),
  bart: encoderDecoderConfig({ ...small, family: 'bart', initializerRange: 0.3 }),
};

describe.each(Object.values(configs))('$family', (config) => {
  const params = initialize(config, 5);
  const interpreter = createInterpreter();
  const ones = (rows: number[][]) => rows.map((row) => row.map(() => 1));
  const rowsOf = ({ logits }: Record<string, HostTensor>) => {
    const data = numbers(logits);
    return Array.from({ length: data.length / 31 }, (_, i) => data.slice(31 * i, 31 * (i + 1)));
  };

  it('keeps packed documents apart', async () => {
    const [a, b] = [
      { source: [3, 9, 4, 8], labels: [7, 6, 5] },
      { source: [21, 11, 12, 13, 14], labels: [19, 17] },
    ];
    const alone = async ({ source, labels }: typeof a) =>
      rowsOf(await run(interpreter, config, params, { source: [source], mask: ones([source]), labels: [labels] }));
    const packed = rowsOf(
      await run(interpreter, config, params, {
        source: [[...a.source, ...b.source]],
        mask: ones([[...a.source, ...b.source]]),
        labels: [[...a.labels, ...b.labels]],
        targets: [[...shiftRight(config, a.labels), ...shiftRight(config, b.labels)]],
        segments: { source: [[1, 1, 1, 1, 2, 2, 2, 2, 2]], target: [[1, 1, 1, 2, 2]] },
        positions: { source: [[0, 1, 2, 3, 0, 1, 2, 3, 4]], target: [[0, 1, 2, 0, 1]] },
      }),
    );
    const expected = [...(await alone(a)), ...(await alone(b))];
    packed.forEach((row, i) => expect(worst(row, expected[i] as number[])).toBeLessThan(1e-5));
  });

  it('looks at the whole source but never ahead in the target', async () => {
    const logits = async (source: number[], labels: number[]) =>
      rowsOf(await run(interpreter, config, params, { source: [source], mask: ones([source]), labels: [labels] }));
    const first = await logits([3, 4, 5, 6], [7, 8, 9]);
    const laterTarget = await logits([3, 4, 5, 6], [7, 20, 9]);
    expect(worst(laterTarget.slice(0, 2).flat(), first.slice(0, 2).flat())).toBeLessThan(1e-6);
    expect(worst(laterTarget[2] as number[], first[2] as number[])).toBeGreaterThan(1e-3);
    const laterSource = await logits([3, 4, 5, 20], [7, 8, 9]);
    expect(worst(laterSource[0] as number[], first[0] as number[])).toBeGreaterThan(1e-3);
  });

  it('drops out only when told to, and lets a hook see every linear map by its name', async () => {
    const batch = { source: [[3, 4, 5]], mask: [[1, 1, 1]], labels: [[7, 8]] };
    const seen: string[] = [];
    const linear: LinearHook = (name, _, apply) => {
      seen.push(name);
      return apply();
    };
    const plain = rowsOf(await run(interpreter, config, params, batch)).flat();
    const dropped = async (rate: number, hook?: LinearHook) =>
      rowsOf(
        await run(interpreter, config, params, { ...batch }, { dropout: rate, ...(hook ? { linear: hook } : {}) }),
      ).flat();
    expect(await dropped(0, linear)).toEqual(plain);
    expect(worst(await dropped(0.5), plain)).toBeGreaterThan(1e-3);
    const matrices = Object.entries(parameterSpecs(config)).filter(([, { kind }]) => kind === 'matrix');
    expect(seen.sort()).toEqual([...matrices.map(([name]) => name), 'lm_head.weight'].sort());
  });

  it('counts operations as six for each weight and token, plus attention', () => {
    const { source, target, training } = sequenceToSequenceFlops(config, { sourceLength: 8, targetLength: 4 });
    expect(training).toBe(source.training + target.training);
    expect(source.training).toBe(3 * source.forward);
    const matrices = Object.entries(parameterSpecs(config)).filter(([, { kind }]) => kind === 'matrix');
    const size = (filter: (name: string) => boolean) =>
      matrices.filter(([name]) => filter(name)).reduce((sum, [, { shape }]) => sum + shape.reduce((a, b) => a * b), 0);
    const memory = size((name) => /decoder.*(EncDecAttention\.[kv]|encoder_attn\.[kv]_proj)/.test(name));
    const encoder = size((name) => /(^|\.)encoder\./.test(name));
    const vectors = countParameters(config).nonEmbedding - size(() => true);
    // Norms and biases count as weights too: the difference is their share.
    const attention = 4 * 2 * 16 * 8;
    expect(source.forward).toBeGreaterThanOrEqual(8 * (2 * (encoder + memory) + attention));
    expect(source.forward).toBeLessThanOrEqual(8 * (2 * (encoder + memory + vectors) + attention));
    const even = sequenceToSequenceFlops(config, { sourceLength: 6, targetLength: 6 });
    expect(flopsPerToken(config, 6).training).toBeCloseTo(even.training / 12, 5);
  });

  it('reads its own config.json', () => {
    expect(modelConfigFromHf(modelConfigToHf(config))).toEqual(config);
  });
});

it('reads mT5 as T5 1.1', async () => {
  const { config } = await loadModel(join(golden, 't5-1.1'), 'encoder-decoder');
  const { scale_decoder_outputs: _, feed_forward_proj: __, ...rest } = modelConfigToHf(config);
  expect(modelConfigFromHf({ ...rest, model_type: 'mt5', tie_word_embeddings: false })).toEqual(config);
  expect(modelConfigFromHf({ ...rest, model_type: 'mt5', tie_word_embeddings: true })).toMatchObject({
    gated: true,
    scaleHead: false,
    tieEmbeddings: true,
  });
});

describe('bad configurations', () => {
  const t5 = { ...modelConfigToHf(configs.t5) };
  const bart = { ...modelConfigToHf(configs.bart) };
  it.each([
    ['an unknown feed-forward', { ...t5, feed_forward_proj: 'gated-mish' }, 'gated-gelu'],
    ['an unknown activation', { ...bart, activation_function: 'mish' }, 'activation_function'],
    ['halves of different width', { ...bart, decoder_ffn_dim: 7 }, 'decoder_ffn_dim'],
    ['heads that do not divide', { ...bart, encoder_attention_heads: 3, decoder_attention_heads: 3 }, 'headSize'],
    ['buckets without logarithms', { ...t5, relative_attention_max_distance: 4 }, 'maxDistance'],
    ['too many decoder layers', { ...t5, num_decoder_layers: 1e9 }, 'numDecoderLayers'],
    ['sinusoidal positions', { ...bart, static_position_embeddings: true }, 'static_position_embeddings'],
    ['no width', { ...t5, d_model: undefined }, 'd_model'],
  ])('%s', (_, config, message) => {
    expect(() => modelConfigFromHf(config)).toThrow(message);
  });

  it('asks for what cannot be derived or written', () => {
    expect(() => encoderDecoderConfig({ ...small, family: 't5', pad: null })).toThrow('decoderStart');
    expect(() => encoderDecoderConfig({ ...small, family: 'bart', normEpsilon: 1e-6 })).toThrow('normEpsilon');
    const exact = encoderDecoderConfig({ ...small, family: 't5', gated: true, activation: 'gelu' });
    expect(() => modelConfigToHf(exact)).toThrow('exact gelu');
  });
});
