import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { repositoryRoot } from '../../../test/support.js';
import { trace } from '../../compiler/ir/index.js';
import type { Tensor, ValueType } from '../../compiler/ir/index.js';
import { lowerToModel } from '../../compiler/onnx/index.js';
import { createInterpreter } from '../../compiler/runtime/index.js';
import { hostTensor } from '../../compiler/tensor/index.js';
import {
  decoderConfig,
  forward,
  initialize,
  parameterSpecs,
  portableDecoderGraph,
  portableEncoderGraph,
} from './index.js';
import { loadModel } from './index.node.js';

const size = { vocabSize: 11, contextLength: 8, hiddenSize: 8, numLayers: 2, numHeads: 2, initializerRange: 0.3 };
const decoders = [
  decoderConfig({ ...size, family: 'gpt2' }),
  decoderConfig({ ...size, family: 'llama', numKvHeads: 1, tieEmbeddings: false }),
  decoderConfig({ ...size, family: 'bloom' }),
  decoderConfig({
    ...size,
    family: 'llama',
    positions: 'alibi',
    gemmaScales: true,
    postNorms: true,
    window: 2,
    globalLayers: [1],
    attentionScalar: 7,
    attentionSoftcap: 1.5,
    logitSoftcap: 3,
  }),
  decoderConfig({
    ...size,
    family: 'llama',
    qkNorm: true,
    window: 2,
    globalLayers: [0],
    localRopeTheta: 500,
    ropeScaling: { type: 'linear', factor: 3 },
  }),
];
const encoders = ['bert', 'bert-mlm', 'roberta-classify', 'modernbert-mlm'];
const golden = (name: string) => join(repositoryRoot, 'test/golden/hf-encoders', name);

/** Operators that ONNX Runtime keeps in ONNX's own domain although ONNX has none of the name at this version. */
const foreign = new Set(['SimplifiedLayerNormalization', 'SkipLayerNormalization']);

describe.each(decoders)('$modelType in the layout of Optimum', (config) => {
  it('computes with a cache what the decoder computes without one, padding on the left included', async () => {
    const params = initialize(config, 3);
    const executor = createInterpreter();
    const program = await executor.load(portableDecoderGraph(config));
    // The first text has a place of padding on its left.
    const ids = [
      [0, 3, 1, 4, 1],
      [5, 9, 2, 6, 5],
    ];
    const mask = [
      [0, 1, 1, 1, 1],
      [1, 1, 1, 1, 1],
    ];
    const positions = mask.map((row) =>
      row.map((_, t) => Math.max(0, row.slice(0, t + 1).reduce((a, b) => a + b) - 1)),
    );
    const i64 = (rows: number[][]) => hostTensor('i64', [rows.length, rows[0]!.length], rows.flat());
    let past = Object.fromEntries(
      Array.from({ length: config.numLayers }, (_, n) =>
        ['key', 'value'].map((kind) => [
          `past_key_values.${n}.${kind}`,
          hostTensor('f32', [2, config.numKvHeads, 0, config.headSize], []),
        ]),
      ).flat(),
    );
    const rows: number[][] = [];
    for (const [from, to] of [
      [0, 3],
      [3, 4],
      [4, 5],
    ] as const) {
      const part = (all: number[][]) => i64(all.map((row) => row.slice(from, to)));
      const names = Object.keys(past).map((name) => name.replace('past_key_values', 'present'));
      const out = await executor.run({
        program,
        feeds: {
          ...params,
          ...past,
          input_ids: part(ids),
          position_ids: part(positions),
          attention_mask: i64(mask.map((row) => row.slice(0, to))),
        },
        fetch: ['logits', ...names],
      });
      const logits = Array.from(out.logits!.data as Float32Array);
      expect(out.logits!.shape).toEqual([2, to - from, 11]);
      for (let i = 0; i < logits.length; i += 11) rows.push(logits.slice(i, i + 11));
      past = Object.fromEntries(names.map((name) => [name.replace('present', 'past_key_values'), out[name]!]));
      expect(past['past_key_values.0.key']!.shape).toEqual([2, config.numKvHeads, to, config.headSize]);
    }
    const plain = async (text: number[]) => {
      const type: ValueType = { dtype: 'i32', shape: [1, text.length] };
      const inputs: Record<string, ValueType> = { ids: type, positions: type };
      for (const [name, spec] of Object.entries(parameterSpecs(config)))
        inputs[name] = { dtype: 'f32', shape: spec.shape };
      const graph = trace('plain', inputs, (t) => ({
        logits: forward(config, t, { ids: t.ids as Tensor, positions: t.positions as Tensor }).logits,
      }));
      const tensor = (data: number[]) => hostTensor('i32', [1, text.length], data);
      const { logits } = await executor.run({
        program: await executor.load(graph),
        feeds: { ...params, ids: tensor(text), positions: tensor(text.map((_, t) => t)) },
        fetch: ['logits'],
      });
      return Array.from(logits!.data as Float32Array);
    };
    // Rows come step by step: three tokens of each text, then one, then one.
    const of = (text: number, token: number) =>
      (token < 3 ? rows[3 * text + token] : rows[6 + 2 * (token - 3) + text])!;
    const [first, second] = [await plain([3, 1, 4, 1]), await plain(ids[1]!)];
    for (let t = 0; t < 4; t++) {
      of(0, t + 1).forEach((value, v) => expect(value).toBeCloseTo(first[t * 11 + v]!, 4));
    }
    for (let t = 0; t < 5; t++) of(1, t).forEach((value, v) => expect(value).toBeCloseTo(second[t * 11 + v]!, 4));
  });

  it('needs operators of ONNX alone', () => {
    const { nodes } = lowerToModel(portableDecoderGraph(config), { constants: initialize(config, 1), portable: true });
    expect(nodes.filter(({ domain, op }) => domain !== '' || foreign.has(op))).toEqual([]);
  });
});

it.each(encoders)('the encoder %s needs operators of ONNX alone', async (name) => {
  const { config, params } = await loadModel(golden(name), 'encoder');
  const { nodes, inputs, outputs } = lowerToModel(portableEncoderGraph(config), { constants: params, portable: true });
  expect(nodes.filter(({ domain, op }) => domain !== '' || foreign.has(op))).toEqual([]);
  const types = config.family === 'bert' ? ['token_type_ids'] : [];
  expect(inputs.map((input) => input.name)).toEqual(['input_ids', 'attention_mask', ...types]);
  const wanted = config.head === 'none' ? ['last_hidden_state', 'pooler_output'] : ['logits'];
  expect(outputs.map((output) => output.name)).toEqual(wanted);
});
