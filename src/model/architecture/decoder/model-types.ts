import type { Activation, PositionScheme } from '../../nn/index.js';
import type { AttentionBias, DecoderConfig, DecoderFamilyName } from './config.js';

/** Layers that a window may limit: none, all of them, or any of them. */
type Windows = 'none' | 'all' | 'any';

/** What the class of transformers behind a `model_type` computes: the value of each switch, or those it may take. */
export interface DecoderModelType {
  readonly family: DecoderFamilyName;
  readonly className: string;
  readonly positions: PositionScheme;
  /** Absent means any. */
  readonly activations?: readonly Activation[];
  readonly attentionBias: readonly AttentionBias[];
  readonly mlpBias: readonly boolean[];
  readonly qkNorm: boolean;
  readonly gemmaScales: boolean;
  readonly postNorms: boolean;
  readonly windows: Windows;
  /** The scores' scale may be another than 1/√headSize. */
  readonly scaled: boolean;
  readonly attentionSoftcap: boolean;
  readonly logitSoftcap: boolean;
  /** Layers with a window turn by frequencies of their own. */
  readonly localTheta: boolean;
}

const llama: DecoderModelType = {
  family: 'llama',
  className: 'LlamaForCausalLM',
  positions: 'rope',
  attentionBias: ['none', 'all'],
  mlpBias: [false, true],
  qkNorm: false,
  gemmaScales: false,
  postNorms: false,
  windows: 'none',
  scaled: false,
  attentionSoftcap: false,
  logitSoftcap: false,
  localTheta: false,
};
const unbiased = { attentionBias: ['none'], mlpBias: [false] } as const;
const gemma: DecoderModelType = {
  ...llama,
  className: 'GemmaForCausalLM',
  attentionBias: ['none', 'all'],
  mlpBias: [false],
  gemmaScales: true,
  // The exact GELU of its first files is read as the approximation that its code takes.
  activations: ['gelu-tanh', 'relu', 'silu'],
};
const qwen = { ...llama, mlpBias: [false], windows: 'any' } as const;

/** The model types of transformers that decoders here read and write; one row each. */
export const decoderModelTypes = {
  gpt2: { ...llama, ...unbiased, family: 'gpt2', className: 'GPT2LMHeadModel', positions: 'learned' },
  bloom: {
    ...llama,
    ...unbiased,
    family: 'bloom',
    className: 'BloomForCausalLM',
    positions: 'alibi',
    activations: ['gelu-tanh'],
  },
  llama,
  mistral: { ...llama, ...unbiased, className: 'MistralForCausalLM', windows: 'all' },
  qwen2: { ...qwen, className: 'Qwen2ForCausalLM', attentionBias: ['qkv'] },
  qwen3: { ...qwen, className: 'Qwen3ForCausalLM', qkNorm: true },
  gemma,
  gemma2: {
    ...gemma,
    className: 'Gemma2ForCausalLM',
    postNorms: true,
    windows: 'any',
    scaled: true,
    attentionSoftcap: true,
    logitSoftcap: true,
  },
  gemma3_text: {
    ...gemma,
    className: 'Gemma3ForCausalLM',
    qkNorm: true,
    postNorms: true,
    windows: 'any',
    scaled: true,
    logitSoftcap: true,
    localTheta: true,
  },
} as const satisfies Readonly<Record<string, DecoderModelType>>;

export type KnownModelType = keyof typeof decoderModelTypes;

/** The `model_type` of a config.json whose model no class of transformers computes: it says everything in fields of its own. */
export const ownModelType = 'abovo';

export type DecoderModelTypeName = KnownModelType | typeof ownModelType;

/** The fields that decide whether a class of transformers computes a model. */
export type Switches = Pick<
  DecoderConfig,
  | 'family'
  | 'positions'
  | 'activation'
  | 'attentionBias'
  | 'mlpBias'
  | 'qkNorm'
  | 'gemmaScales'
  | 'postNorms'
  | 'window'
  | 'globalLayers'
  | 'attentionScalar'
  | 'attentionSoftcap'
  | 'logitSoftcap'
  | 'localRopeTheta'
>;

/** The first switch that the class of `name` does not compute, with what it would. */
export function misfit(
  name: KnownModelType,
  config: Switches,
): { field: keyof Switches; expected: string } | undefined {
  const type: DecoderModelType = decoderModelTypes[name];
  const quoted = (values: readonly unknown[]) => values.map((value) => JSON.stringify(value)).join(' or ');
  const one = (field: 'family' | 'positions' | 'qkNorm' | 'gemmaScales' | 'postNorms') =>
    config[field] === type[field] ? undefined : { field, expected: JSON.stringify(type[field]) };
  const among = (field: 'attentionBias' | 'mlpBias') =>
    (type[field] as readonly unknown[]).includes(config[field]) ? undefined : { field, expected: quoted(type[field]) };
  const absent = (field: 'attentionScalar' | 'attentionSoftcap' | 'logitSoftcap', may: boolean) =>
    may || config[field] === null ? undefined : { field, expected: 'null' };
  const windows = () => {
    if (type.windows === 'none' && config.window !== null) return { field: 'window', expected: 'null' } as const;
    const some = config.window !== null && config.globalLayers.length > 0;
    return type.windows === 'all' && some ? ({ field: 'globalLayers', expected: 'no layers' } as const) : undefined;
  };
  const activation =
    type.activations && !type.activations.includes(config.activation)
      ? ({ field: 'activation', expected: quoted(type.activations) } as const)
      : undefined;
  const localTheta =
    (config.localRopeTheta !== null) === type.localTheta
      ? undefined
      : ({ field: 'localRopeTheta', expected: type.localTheta ? 'a number' : 'null' } as const);
  return (
    one('family') ??
    one('positions') ??
    activation ??
    among('attentionBias') ??
    among('mlpBias') ??
    one('qkNorm') ??
    one('gemmaScales') ??
    one('postNorms') ??
    windows() ??
    absent('attentionScalar', type.scaled) ??
    absent('attentionSoftcap', type.attentionSoftcap) ??
    absent('logitSoftcap', type.logitSoftcap) ??
    localTheta
  );
}

/** The `model_type` whose class computes the switches, or `abovo`. */
export function modelTypeOf(config: Switches): DecoderModelTypeName {
  const names = Object.keys(decoderModelTypes) as KnownModelType[];
  return names.find((name) => misfit(name, config) === undefined) ?? ownModelType;
}
