import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AbovoError } from '../../base/core/index.js';
import {
  countParameters,
  decoderConfig,
  modelConfigFromHf,
  modelConfigToHf,
  flopsPerToken,
  initialize,
  parameterSpecs,
} from './index.js';

const gpt2 = decoderConfig({
  family: 'gpt2',
  vocabSize: 50257,
  contextLength: 1024,
  hiddenSize: 768,
  numLayers: 12,
  numHeads: 12,
});
const llama = decoderConfig({
  family: 'llama',
  vocabSize: 61,
  contextLength: 16,
  hiddenSize: 16,
  intermediateSize: 24,
  numLayers: 2,
  numHeads: 4,
  numKvHeads: 2,
  tieEmbeddings: false,
});

describe('decoder configuration', () => {
  it('counts the parameters that GPT-2 is known for', () => {
    expect(countParameters(gpt2)).toEqual({ total: 124_439_808, nonEmbedding: 85_056_000 });
  });

  it('counts 6 operations per weight and token, the tied head included', () => {
    const flops = flopsPerToken(gpt2, 1024);
    expect(flops.training).toBe(6 * (85_056_000 + 50257 * 768) + 12 * 12 * 768 * 1024);
    expect(flops.training).toBe(3 * flops.forward);
  });

  it('survives config.json', () => {
    for (const config of [gpt2, { ...gpt2, tieEmbeddings: false, bos: 3, eos: 4 }, llama]) {
      const read = modelConfigFromHf(JSON.parse(JSON.stringify(modelConfigToHf(config))));
      expect(read).toEqual(config);
    }
  });

  it('reads both spellings of theta and drops ids outside the vocabulary', () => {
    const json = modelConfigToHf(llama);
    expect(modelConfigFromHf({ ...json, rope_parameters: undefined, rope_theta: 5000 })).toMatchObject({
      ropeTheta: 5000,
    });
    expect(modelConfigFromHf({ ...json, rope_parameters: { rope_theta: 7 } })).toMatchObject({ ropeTheta: 7 });
    expect(modelConfigFromHf({ ...json, bos_token_id: 50256, eos_token_id: [2, 3] })).toMatchObject({
      bos: null,
      eos: 2,
    });
  });

  it.each([
    [{ numKvHeads: 3 }, 'numKvHeads'],
    [{ headSize: 5 }, 'headSize'],
    [{ numLayers: 0 }, 'numLayers'],
    [{ numLayers: 5000 }, 'numLayers'],
    [{ vocabSize: 2 ** 40 }, 'vocabSize'],
    [{ normEpsilon: Number.NaN }, 'normEpsilon'],
    [{ eos: 61 }, 'eos'],
  ])('refuses %j', (change, field) => {
    expect(() => decoderConfig({ ...llama, ...change })).toThrow(field);
  });

  it.each([
    [{ rope_parameters: { rope_type: 'longrope', factor: 2 } }, 'rope_type'],
    [{ mlp_bias: 1 }, 'mlp_bias'],
    [{ hidden_act: 'mish' }, 'gelu_new'],
    [{ model_type: 'mamba' }, 'gpt2, llama, mistral'],
    [{ vocab_size: '61' }, 'vocab_size'],
  ])('refuses config.json with %j', (change, field) => {
    expect(() => modelConfigFromHf({ ...modelConfigToHf(llama), ...change })).toThrow(field);
  });
});

it('answers any config.json with a configuration or an error of the caller', () => {
  const value = fc.oneof(
    fc.jsonValue(),
    fc.integer(),
    fc.double(),
    fc.constantFrom(1e300, -1, 0, null, [], {}, 'llama'),
  );
  const base = modelConfigToHf(llama);
  fc.assert(
    fc.property(fc.constantFrom(...Object.keys(base)), value, fc.jsonValue(), (field, changed, other) => {
      for (const json of [{ ...base, [field]: changed }, { ...modelConfigToHf(gpt2), [field]: changed }, other]) {
        try {
          countParameters(modelConfigFromHf(json));
        } catch (error) {
          expect((error as AbovoError).kind).toBe('caller');
        }
      }
    }),
    { numRuns: 300 },
  );
});

describe('initialisation', () => {
  it('depends on seed and name alone', () => {
    const small = initialize({ ...llama, numLayers: 1 }, 7);
    const large = initialize(llama, 7);
    for (const name of Object.keys(small)) {
      if (!/o_proj|down_proj/.test(name)) expect(large[name]).toEqual(small[name]);
    }
    expect(initialize(llama, 8)['lm_head.weight']).not.toEqual(large['lm_head.weight']);
  });

  it('has the promised spread', () => {
    const config = decoderConfig({
      family: 'gpt2',
      vocabSize: 512,
      contextLength: 32,
      hiddenSize: 96,
      numLayers: 8,
      numHeads: 4,
    });
    const params = initialize(config, 1);
    for (const [name, spec] of Object.entries(parameterSpecs(config))) {
      const data = params[name]?.data as Float32Array;
      const mean = data.reduce((a, b) => a + b, 0) / data.length;
      const std = Math.sqrt(data.reduce((a, b) => a + (b - mean) ** 2, 0) / data.length);
      if ('normal' in spec.init) {
        expect(Math.abs(mean)).toBeLessThan((5 * spec.init.normal) / Math.sqrt(data.length));
        expect(std / spec.init.normal).toBeCloseTo(1, 1);
      } else {
        expect([mean, std]).toEqual([spec.init.value, 0]);
      }
    }
    expect(parameterSpecs(config)['transformer.h.0.mlp.c_proj.weight']?.init).toEqual({ normal: 0.02 / 4 });
  });
});
