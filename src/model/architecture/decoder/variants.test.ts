import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { repositoryRoot } from '../../../../test/support.js';
import { gradients } from '../../../compiler/autodiff/index.js';
import { crossEntropy, reduceSum, trace } from '../../../compiler/ir/index.js';
import type { Tensor, ValueType } from '../../../compiler/ir/index.js';
import { createInterpreter } from '../../../compiler/runtime/index.js';
import { hostTensor } from '../../../compiler/tensor/index.js';
import type { HostTensor } from '../../../compiler/tensor/index.js';
import { alibiSlopes, sinusoidalTable } from '../../nn/index.js';
import { decoderConfig, forward, modelConfigFromHf, modelConfigToHf, parameterSpecs } from '../index.js';
import { loadModel } from '../index.node.js';

interface Expected {
  readonly ids: number[][];
  readonly logits: number[][][];
  readonly gradientNorms: Record<string, number>;
}

const folder = (name: string) => join(repositoryRoot, 'test/golden/hf-decoders', name);
const names = [
  'mistral',
  'qwen2',
  'qwen3',
  'gemma',
  'gemma2',
  'gemma3',
  'bloom',
  'llama-biased',
  'llama-linear',
  'llama-dynamic',
  'llama-dynamic-long',
  'llama-yarn',
  'llama-yarn-mscale',
  'llama-llama3',
];

describe.each(names)('%s', (name) => {
  const open = async () => {
    const expected = JSON.parse(await readFile(join(folder(name), 'logits.json'), 'utf8')) as Expected;
    const { config, params } = await loadModel(folder(name), 'decoder');
    // Dynamic scaling is by the length of the text, which is here that of the context.
    const contextLength = Math.max(config.contextLength, expected.ids[0]!.length);
    return { config: decoderConfig({ ...config, contextLength }), params, expected };
  };

  it('has the logits and gradients that transformers computes, whatever the sizes of the batch', async () => {
    const { config, params, expected } = await open();
    const [B, T] = [expected.ids.length, expected.ids[0]!.length];
    const specs = parameterSpecs(config);
    for (const symbolic of [false, true]) {
      const type: ValueType = { dtype: 'i32', shape: symbolic ? ['B', 'T'] : [B, T] };
      const inputs: Record<string, ValueType> = { ids: type, positions: type };
      if (!symbolic) inputs.targets = { dtype: 'i32', shape: [B * T] };
      for (const [key, spec] of Object.entries(specs)) inputs[key] = { dtype: 'f32', shape: spec.shape };
      const graph = trace('variant', inputs, (t) => {
        const { logits } = forward(config, t, { ids: t.ids as Tensor, positions: t.positions as Tensor });
        if (symbolic) return { logits };
        const wrt = Object.keys(specs);
        const found = gradients(
          reduceSum(crossEntropy(logits, t.targets as Tensor).loss),
          wrt.map((key) => t[key] as Tensor),
        );
        return { logits, ...Object.fromEntries(wrt.map((key, i) => [`d.${key}`, found[i] as Tensor])) };
      });
      const matrix = (rows: number[][]) => hostTensor('i32', [B, T], rows.flat());
      const targets = expected.ids.flatMap((row) => [...row.slice(1), -100]);
      const feeds: Record<string, HostTensor> = {
        ...params,
        ids: matrix(expected.ids),
        positions: matrix(expected.ids.map((row) => row.map((_, i) => i))),
        ...(symbolic ? {} : { targets: hostTensor('i32', [B * T], targets) }),
      };
      const executor = createInterpreter();
      const fetch = graph.outputs.map((output) => output.name);
      const out = await executor.run({ program: await executor.load(graph), feeds, fetch });
      const logits = out.logits!.data as Float32Array;
      expected.logits.flat(2).forEach((value, i) => expect(Math.abs(logits[i]! - value)).toBeLessThan(1e-4));
      if (symbolic) continue;
      for (const [key, norm] of Object.entries(expected.gradientNorms)) {
        const own = Math.hypot(...(out[`d.${key}`]!.data as Float32Array));
        expect(Math.abs(own - norm), key).toBeLessThan(1e-3 * (1 + norm));
      }
    }
  });

  it('writes the config.json it reads', async () => {
    const { config } = await open();
    expect(modelConfigFromHf(JSON.parse(JSON.stringify(modelConfigToHf(config))))).toEqual(config);
  });
});

it('names what it does not compute', () => {
  const json = { model_type: 'llama', vocab_size: 9, hidden_size: 8, num_attention_heads: 2, num_hidden_layers: 1 };
  const read = (more: object) => () => modelConfigFromHf({ ...json, intermediate_size: 8, ...more });
  expect(read({ rope_scaling: { rope_type: 'longrope', factor: 2 } })).toThrow(
    'rope_type to be one of default, linear, dynamic, yarn, llama3, got "longrope"',
  );
  expect(
    read({
      model_type: 'qwen3',
      layer_types: ['sliding_attention', 'chunked_attention'],
      use_sliding_window: true,
      num_hidden_layers: 2,
      max_position_embeddings: 8,
    }),
  ).toThrow('layer_types to be 2 times');
  expect(read({ model_type: 'gemma4' })).toThrow('expected model_type to be one of');
});

it('has the fixed positions of transformers', async () => {
  const { slopes, sinusoids } = JSON.parse(await readFile(folder('positions.json'), 'utf8')) as {
    slopes: Record<string, number[]>;
    sinusoids: number[][];
  };
  for (const [heads, wanted] of Object.entries(slopes)) {
    alibiSlopes(Number(heads)).forEach((slope, h) => expect(slope / wanted[h]!).toBeCloseTo(1, 6));
  }
  // Press et al. 2022: 8 heads have 1/2 … 1/256.
  expect(Array.from(alibiSlopes(8))).toEqual([1, 2, 3, 4, 5, 6, 7, 8].map((n) => 2 ** -n));
  const table = sinusoidalTable(sinusoids.length, sinusoids[0]!.length).data as Float32Array;
  sinusoids.flat().forEach((value, i) => expect(table[i]).toBeCloseTo(value, 5));
});
