import fc from 'fast-check';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { AbovoError } from '../../../base/core/index.js';
import { countParameters, decoderConfig, initialize, modelConfigFromHf, modelConfigToHf } from '../index.js';
import type { DecoderConfig, DecoderOptions } from '../index.js';
import { loadModel, saveModel } from '../index.node.js';

const size = { vocabSize: 61, contextLength: 16, hiddenSize: 16, numLayers: 3, numHeads: 4 };
const llama: DecoderOptions = { ...size, family: 'llama', numKvHeads: 2 };
const gemma2 = { gemmaScales: true, postNorms: true, window: 4, globalLayers: [1], attentionSoftcap: 50 } as const;
const gemma3 = { gemmaScales: true, postNorms: true, qkNorm: true, localRopeTheta: 1e4, window: 4 } as const;

const asJson = (config: DecoderConfig) =>
  JSON.parse(JSON.stringify(modelConfigToHf(config))) as Record<string, unknown>;

/** Switches, and the model type whose class computes them. */
const named: readonly (readonly [string, Partial<DecoderOptions>])[] = [
  ['gpt2', { family: 'gpt2', numKvHeads: 4 }],
  ['bloom', { family: 'bloom', numKvHeads: 4 }],
  ['llama', {}],
  ['llama', { attentionBias: 'all', mlpBias: true, ropeScaling: { type: 'linear', factor: 2 } }],
  ['mistral', { window: 4 }],
  ['qwen2', { attentionBias: 'qkv' }],
  ['qwen2', { attentionBias: 'qkv', window: 4, globalLayers: [0, 2] }],
  ['qwen3', { qkNorm: true, attentionBias: 'all' }],
  ['gemma', { gemmaScales: true, activation: 'gelu-tanh' }],
  ['gemma2', gemma2],
  ['gemma2', { ...gemma2, window: null, globalLayers: [], attentionScalar: 9, logitSoftcap: 30 }],
  ['gemma3_text', { ...gemma3, ropeTheta: 1e6, ropeScaling: { type: 'linear', factor: 8 } }],
  ['abovo', { positions: 'alibi' }],
  ['abovo', { positions: 'learned', qkNorm: true, window: 3, ropeTheta: 500 }],
  ['abovo', { family: 'gpt2', numKvHeads: 4, positions: 'none' }],
  ['abovo', { qkNorm: true, attentionBias: 'qkv' }],
  ['abovo', { window: 4, globalLayers: [1] }],
  ['llama', { contextLength: 32, ropeScaling: { type: 'dynamic', factor: 2, original: 16 } }],
];

it.each(named)('calls itself %s: %j', async (modelType, switches) => {
  const config = decoderConfig({ ...llama, bos: 1, eos: 2, pad: 0, ...switches });
  expect(config.modelType).toBe(modelType);
  expect(modelConfigFromHf(asJson(config))).toEqual(config);
  const folder = await mkdtemp(join(tmpdir(), 'abovo-decoder-'));
  await saveModel(folder, config, initialize(config, 1));
  expect(await loadModel(folder, 'decoder')).toEqual({ config, params: initialize(config, 1) });
  await rm(folder, { recursive: true });
});

it('takes the spellings of transformers 4', () => {
  const read = (json: object) => modelConfigFromHf({ ...base, ...json });
  const {
    rope_parameters: _,
    rope_theta: __,
    layer_types: ___,
    ...base
  } = asJson(decoderConfig({ ...llama, attentionBias: 'qkv' }));
  expect(read({})).toMatchObject({ modelType: 'qwen2', ropeTheta: 10_000, ropeScaling: null, window: null });
  const stretched = { rope_theta: 500, rope_scaling: { type: 'linear', factor: 2 } };
  expect(read(stretched)).toMatchObject({ ropeTheta: 500, ropeScaling: { type: 'linear', factor: 2 } });
  const scaling = { rope_type: 'yarn', factor: 4, original_max_position_embeddings: 4 };
  expect(read({ rope_scaling: scaling })).toMatchObject({
    ropeScaling: { type: 'yarn', factor: 4, original: 4, attentionFactor: 0.1 * Math.log(4) + 1, truncate: true },
  });
  expect(read({ rope_scaling: { ...scaling, factor: null } })).toMatchObject({ ropeScaling: { factor: 4 } });
  const windows = { use_sliding_window: true, sliding_window: 5, max_window_layers: 2 };
  expect(read(windows)).toMatchObject({ window: 5, globalLayers: [0, 1] });
  expect(read({ ...windows, max_window_layers: 28 })).toMatchObject({ window: null, globalLayers: [] });
  expect(read({ ...windows, use_sliding_window: false })).toMatchObject({ window: null });
  expect(read({ model_type: 'mistral', sliding_window: null })).toMatchObject({ window: null, modelType: 'mistral' });
  const { sliding_window: ____, ...windowless } = base;
  expect(modelConfigFromHf({ ...windowless, model_type: 'mistral' })).toMatchObject({ window: 4096 });
  expect(read({ model_type: 'gemma', hidden_act: 'gelu' })).toMatchObject({ activation: 'gelu-tanh' });
  expect(read({ model_type: 'gemma2', sliding_window: 8 })).toMatchObject({
    window: 8,
    globalLayers: [1],
    attentionScalar: 256,
    attentionSoftcap: 50,
    logitSoftcap: 30,
  });
  expect(read({ model_type: 'gemma2', attn_logit_softcapping: null })).toMatchObject({ attentionSoftcap: null });
  const gemma3 = { model_type: 'gemma3_text', sliding_window: 8, sliding_window_pattern: 2, rope_local_base_freq: 77 };
  expect(read(gemma3)).toMatchObject({ window: 8, globalLayers: [1], ropeTheta: 1e6, localRopeTheta: 77 });
});

describe('bad configurations', () => {
  it.each([
    [{ modelType: 'mistral', qkNorm: true }, 'expected qkNorm false for mistral, got true'],
    [{ modelType: 'llama', window: 4 }, 'window null for llama'],
    [{ modelType: 'mistral', window: 4, globalLayers: [0] }, 'globalLayers no layers for mistral'],
    [{ modelType: 'gemma3_text', ...gemma3, localRopeTheta: null }, 'localRopeTheta a number for gemma3_text'],
    [{ modelType: 'gpt4' }, 'modelType to be one of gpt2, bloom, llama'],
    [{ family: 'mamba' }, 'family to be one of gpt2, bloom, llama'],
    [{ activation: 'mish' }, 'activation to be one of gelu, gelu-tanh, relu, silu'],
    [{ positions: 'polar' }, 'positions to be one of none, sinusoidal, learned, rope, alibi'],
    [{ family: 'gpt2', numKvHeads: 4, qkNorm: true }, 'qkNorm false for gpt2'],
    [{ family: 'bloom', numKvHeads: 4, intermediateSize: 10 }, 'intermediateSize 4·hiddenSize for bloom'],
    [{ family: 'bloom', numKvHeads: 4, activation: 'silu' }, 'activation "gelu-tanh" for bloom'],
    [{ modelType: 'gemma', gemmaScales: true, activation: 'gelu' }, 'activation'],
    [{ globalLayers: [1] }, 'globalLayers'],
    [{ window: 4, globalLayers: [2, 1] }, 'globalLayers'],
    [{ window: 4, globalLayers: [3] }, 'globalLayers'],
    [{ window: 0 }, 'window'],
    [{ attentionSoftcap: -1 }, 'attentionSoftcap'],
    [{ mlpBias: 'yes' }, 'mlpBias'],
    [{ positions: 'alibi', ropeScaling: { type: 'linear', factor: 2 } }, 'ropeScaling'],
    [{ ropeScaling: { type: 'longrope', factor: 2 } }, 'type to be one of linear, dynamic, yarn, llama3'],
    [{ ropeScaling: { type: 'dynamic', factor: 2 } }, 'original above 0'],
    [{ ropeScaling: 'linear' }, 'rotary scaling'],
  ])('%j', (change, message) => {
    expect(() => decoderConfig({ ...llama, ...(change as Partial<DecoderOptions>) })).toThrow(message);
  });

  it('names the families that have a config.json of their own', () => {
    const json = asJson(decoderConfig({ ...llama, positions: 'alibi' }));
    expect(() => modelConfigFromHf({ ...json, family: 'bert' })).toThrow('family to be one of gpt2, llama, bloom');
  });

  it('answer any config.json with a configuration or an error of the caller', () => {
    const files = named.map(([, switches]) => asJson(decoderConfig({ ...llama, ...switches })));
    const fields = [...new Set(files.flatMap((json) => Object.keys(json)))];
    const value = fc.oneof(
      fc.jsonValue({ maxDepth: 2 }),
      fc.integer(),
      fc.constantFrom(1e300, -1, 0, 0.5, null, [], {}, 'yarn', ['full_attention'], { rope_type: 'yarn' }, [0, 1]),
    );
    fc.assert(
      fc.property(fc.constantFrom(...files), fc.constantFrom(...fields), value, (json, field, changed) => {
        try {
          const config = modelConfigFromHf({ ...json, [field]: changed });
          countParameters(config);
          modelConfigToHf(config);
        } catch (error) {
          expect((error as AbovoError).kind, String(error)).toBe('caller');
        }
      }),
      { numRuns: 3000 },
    );
  });
});
