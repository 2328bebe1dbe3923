import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AbovoError } from '../../../base/core/index.js';
import { decoderConfig, encoderConfig, initialize, parameterSpecs } from '../../architecture/index.js';
import type { ModelConfig } from '../../architecture/index.js';
import { ggufFamilies } from './families.js';
import type { GgufValue } from './metadata.js';
import { ggufModel, planGgufModel, toHuggingFace } from './model.js';
import type { GgufWriteType } from './model.js';
import { decodeGgufTensor, parseGgufHeader } from './parse.js';
import type { GgufHeader } from './parse.js';
import { ropeFactors as ropeFactorsOf, scalingOf } from './rope-factors.js';
import { encodeGguf } from './write.js';

const size = { vocabSize: 40, contextLength: 16, hiddenSize: 32, numLayers: 2, numHeads: 4 };
const llama = decoderConfig({ ...size, family: 'llama', numKvHeads: 2, intermediateSize: 64, tieEmbeddings: false });
const gemma = { family: 'llama', activation: 'gelu-tanh', gemmaScales: true } as const;
const gemma2 = { postNorms: true, window: 5, globalLayers: [1], attentionSoftcap: 30, logitSoftcap: 15 };
const gemma3 = { postNorms: true, qkNorm: true, window: 5, globalLayers: [], localRopeTheta: 10_000, ropeTheta: 1e6 };
const configs: Record<string, ModelConfig> = {
  llama,
  gpt2: decoderConfig({ ...size, family: 'gpt2', eos: 3 }),
  qwen2: decoderConfig({ ...size, family: 'llama', modelType: 'qwen2', attentionBias: 'qkv' }),
  qwen3: decoderConfig({
    ...size,
    family: 'llama',
    modelType: 'qwen3',
    qkNorm: true,
    headSize: 16,
    tieEmbeddings: false,
  }),
  gemma: decoderConfig({ ...size, ...gemma, headSize: 16, numKvHeads: 1 }),
  gemma2: decoderConfig({ ...size, ...gemma, ...gemma2 }),
  gemma3: decoderConfig({ ...size, ...gemma, ...gemma3, ropeScaling: { type: 'linear', factor: 8 } }),
  bert: encoderConfig({ ...size, family: 'bert', head: 'none', pooler: false }),
};

function file(
  config: ModelConfig,
  type: GgufWriteType = 'f32',
  change: (metadata: Map<string, GgufValue>) => void = () => {},
) {
  const { metadata, tensors } = ggufModel(config, initialize(config, 1), type, 'test');
  const changed = new Map(metadata);
  change(changed);
  return new Uint8Array(Buffer.concat([...encodeGguf(changed, tensors)]));
}
const parse = (bytes: Uint8Array) => parseGgufHeader(bytes, bytes.length) as GgufHeader;
const tokens = { bos: null, eos: null };
const plan = (...parts: Parameters<typeof file>) => planGgufModel(parse(file(...parts)), tokens);
const u32 = (value: number): GgufValue => ({ type: 'u32', value });

describe('models in GGUF', () => {
  it.each(Object.keys(ggufFamilies))('%s: metadata and tensors lead back to configuration and weights', (name) => {
    const config = configs[name];
    const bytes = file(config);
    const header = parse(bytes);
    const { config: read, rows } = planGgufModel(header, { bos: null, eos: config.eos });
    expect(read).toEqual(config);
    expect(rows.map(({ hf }) => hf).sort()).toEqual(Object.keys(parameterSpecs(config)).sort());
    const params = initialize(config, 1);
    for (const row of rows) {
      const info = header.tensors.get(row.gguf) as NonNullable<ReturnType<GgufHeader['tensors']['get']>>;
      const tensor = decodeGgufTensor(info, bytes.subarray(info.start, info.start + info.bytes));
      expect(toHuggingFace(row, config, tensor), row.hf).toEqual(params[row.hf]);
    }
  });

  it('stores vectors and positions in f32, the head of q4_0 in q8_0, and rows without whole blocks in f16', () => {
    const typeOf = (config: ModelConfig, type: GgufWriteType, name: string) =>
      parse(file(config, type)).tensors.get(name)?.type;
    expect(typeOf(llama, 'q4_0', 'blk.0.attn_q.weight')).toBe('Q4_0');
    expect(typeOf(llama, 'q4_0', 'output.weight')).toBe('Q8_0');
    expect(typeOf(llama, 'q4_0', 'token_embd.weight')).toBe('Q4_0');
    expect(typeOf(llama, 'q8_0', 'output_norm.weight')).toBe('F32');
    expect(typeOf(configs.gpt2, 'f16', 'position_embd.weight')).toBe('F32');
    expect(typeOf(configs.gpt2, 'q4_0', 'token_embd.weight')).toBe('Q8_0');
    const odd = decoderConfig({ ...size, family: 'llama', intermediateSize: 48 });
    expect(typeOf(odd, 'q8_0', 'blk.0.ffn_down.weight')).toBe('F16');
    expect(ggufModel(odd, initialize(odd, 1), 'q8_0', 'odd').notes).toEqual([
      expect.stringContaining('blk.0.ffn_down.weight, blk.1.ffn_down.weight'),
    ]);
  });

  it('names the families there are where another is asked for', () => {
    const other = plan.bind(undefined, llama, 'f32', (metadata) =>
      metadata.set('general.architecture', { type: 'string', value: 'mamba' }),
    );
    expect(other).toThrow(
      'general.architecture to be one of llama, qwen2, qwen3, gemma, gemma2, gemma3, gpt2, bert, got "mamba"',
    );
    const roberta = encoderConfig({ ...size, family: 'roberta', pad: 1 });
    expect(() => ggufModel(roberta, {}, 'f32', 'x')).toThrow(
      'a model of family llama, qwen2, qwen3, gemma, gemma2, gemma3, gpt2, bert, got roberta',
    );
  });

  it('keeps stretched positions and biases of Llama', () => {
    const llama3 = { type: 'llama3', factor: 32, original: 8192, lowFactor: 1, highFactor: 4 } as const;
    for (const ropeScaling of [{ type: 'linear', factor: 4 } as const, llama3]) {
      const config = decoderConfig({
        ...size,
        family: 'llama',
        ropeTheta: 500_000,
        headSize: 64,
        ropeScaling,
        attentionBias: 'all',
      });
      const header = parse(file(config));
      const ropeFactors = ropeScaling === llama3 ? { ropeFactors: ropeFactorsOf(64, 500_000, llama3) } : {};
      expect(planGgufModel(header, { ...tokens, ...ropeFactors }).config).toEqual(config);
    }
    const mistral = decoderConfig({ ...size, family: 'llama', modelType: 'mistral' });
    expect(plan(mistral).config).toEqual({ ...mistral, modelType: 'llama' });
    expect(() => scalingOf(Float32Array.of(1, 2, 3), 6, 10_000)).toThrow('as Llama 3 stretches positions');
  });

  it('refuses configurations that the keys cannot say', () => {
    const windowed = decoderConfig({ ...size, family: 'llama', modelType: 'mistral', window: 8 });
    expect(() => ggufModel(windowed, {}, 'f32', 'x')).toThrow('llama in GGUF can describe, got one with window 8');
    const bloom = decoderConfig({ ...size, family: 'bloom' });
    expect(() => ggufModel(bloom, {}, 'f32', 'x')).toThrow('got bloom');
    // llama.cpp knows which layers of Gemma have a window, and how their scores are scaled.
    const odd = (more: object) => ggufModel(decoderConfig({ ...size, ...gemma, ...gemma2, ...more }), {}, 'f32', 'x');
    expect(() => odd({ globalLayers: [0] })).toThrow('gemma2 in GGUF can describe, got one with globalLayers [0]');
    expect(() => odd({ attentionScalar: 20 })).toThrow('got one with attentionScalar 20');
    expect(() => odd({ logitSoftcap: null })).toThrow('got one with logitSoftcap null');
    const yarn = {
      type: 'yarn',
      factor: 4,
      original: 16,
      betaFast: 32,
      betaSlow: 1,
      attentionFactor: 1.1,
      truncate: true,
    } as const;
    const stretched = decoderConfig({ ...size, family: 'llama', ropeScaling: yarn });
    expect(() => ggufModel(stretched, {}, 'f32', 'x')).toThrow('one with ropeScaling {"type":"yarn"');
    const classes = encoderConfig({ ...size, family: 'bert', head: 'sequence-classification', labels: ['a', 'b'] });
    expect(() => ggufModel(classes, {}, 'f32', 'x')).toThrow('labels ["a","b"]');
    const masked = encoderConfig({ ...size, family: 'bert', head: 'mlm' });
    expect(ggufModel(masked, initialize(masked, 1), 'f32', 'x').notes).toEqual([
      expect.stringContaining('masked-LM head'),
    ]);
  });

  it('refuses keys that may change what a model computes', () => {
    const withKey = (key: string, value: GgufValue) => () => plan(llama, 'f32', (metadata) => metadata.set(key, value));
    expect(withKey('llama.attention.sliding_window', u32(64))).toThrow(
      'got llama.attention.sliding_window: they may change',
    );
    expect(withKey('llama.rope.scaling.type', { type: 'string', value: 'yarn' })).toThrow(
      'to be none or linear (nothing else is supported), got yarn',
    );
    expect(withKey('llama.expert_count', u32(8))).toThrow('llama.expert_count to be 0');
    expect(withKey('llama.vocab_size', u32(41))).toThrow('llama.vocab_size to be 40');
    expect(withKey('llama.rope.dimension_count', u32(4))).toThrow('to be 8');
    expect(withKey('llama.block_count', u32(2 ** 20))).toThrow('numLayers');
    expect(withKey('llama.block_count', { type: 'string', value: 'two' })).toThrow(
      'expected llama.block_count to be a number, got two',
    );
    expect(withKey('split.count', { type: 'u16', value: 3 })).toThrow('llama-gguf-split --merge');
    expect(withKey('general.url', { type: 'string', value: 'x' })).not.toThrow();
  });

  it('lists missing, unknown and misshapen tensors at once', () => {
    const { metadata, tensors } = ggufModel(llama, initialize(llama, 1), 'f32', 'x');
    const broken = tensors
      .filter(({ name }) => name !== 'blk.1.attn_k.weight')
      .map((tensor) =>
        tensor.name === 'blk.0.ffn_up.weight'
          ? { ...tensor, name: 'rope_freqs.weight' }
          : tensor.name === 'output_norm.weight'
            ? { ...tensor, shape: [31], values: () => new Float32Array(31) }
            : tensor,
      );
    const bytes = new Uint8Array(Buffer.concat([...encodeGguf(metadata, broken)]));
    expect(() => planGgufModel(parse(bytes), tokens)).toThrow(
      'expected the tensors of a llama model, got none for blk.0.ffn_up.weight, blk.1.attn_k.weight; unknown ones: rope_freqs.weight; others of another shape: output_norm.weight (expected [32], found [31])',
    );
  });

  it('answers any values of its keys with a plan or an error of the caller', () => {
    const keys = [
      'vocab_size',
      'context_length',
      'embedding_length',
      'block_count',
      'feed_forward_length',
      'attention.head_count',
      'attention.head_count_kv',
      'attention.key_length',
      'rope.freq_base',
    ];
    const value: fc.Arbitrary<GgufValue> = fc.oneof(
      fc.nat(64).map(u32),
      fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }).map((big) => ({ type: 'u64', value: big }) as const),
      fc.float().map((float) => ({ type: 'f32', value: float }) as const),
      fc.constant({ type: 'string', value: '2' } as const),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom(...keys), value), { maxLength: 3 }), (changes) => {
        try {
          plan(llama, 'f32', (metadata) => {
            for (const [key, changed] of changes) metadata.set(`llama.${key}`, changed);
          });
        } catch (error) {
          expect(error).toBeInstanceOf(AbovoError);
          expect((error as AbovoError).kind).toBe('caller');
        }
      }),
      { numRuns: 300 },
    );
  });
});
