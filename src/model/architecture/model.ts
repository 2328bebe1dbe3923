import type { Json } from '../../base/core/index.js';
import type { Tensor } from '../../compiler/ir/index.js';
import type { Activation } from '../nn/index.js';
import type { DecoderConfig } from './decoder/index.js';
import type { EncoderDecoderConfig } from './encoder-decoder/index.js';
import type { EncoderConfig } from './encoder/index.js';
import type { Fields } from './fields.js';
import type { ParameterSpecs } from './specs.js';

/** What a model does with its input: continues it, encodes it, or writes another text. */
export type ModelKind = 'decoder' | 'encoder' | 'encoder-decoder';

/** Every model's configuration, told apart by `family`. */
export type ModelConfig = DecoderConfig | EncoderConfig | EncoderDecoderConfig;

/** The configuration of a model of kind `K`. */
export type ConfigOf<K extends ModelKind> = Extract<ModelConfig, { readonly kind: K }>;

/** What the configurations of all kinds have. */
export interface CommonConfig {
  readonly kind: ModelKind;
  readonly vocabSize: number;
  /** Longest sequence, in tokens. */
  readonly contextLength: number;
  readonly hiddenSize: number;
  readonly intermediateSize: number;
  readonly numLayers: number;
  readonly numHeads: number;
  readonly headSize: number;
  readonly normEpsilon: number;
  /** Between the two halves of the feed-forward. */
  readonly activation: Activation;
  /** The head multiplies by the embedding table instead of a matrix of its own. */
  readonly tieEmbeddings: boolean;
  /** Standard deviation of fresh weights. */
  readonly initializerRange: number;
  readonly bos: number | null;
  readonly eos: number | null;
  readonly pad: number | null;
}

/** Floating-point operations for one token. */
export interface FlopsPerToken {
  readonly forward: number;
  readonly training: number;
}

/** What a family is: how its config.json reads and writes, which tensors it has, what it costs. */
export interface Family<Config extends ModelConfig = ModelConfig> {
  readonly kind: Config['kind'];
  /** Values of `model_type` in a config.json that this family reads. */
  readonly modelTypes: readonly string[];
  /** Throws `InvalidInput` (code `model.config`) naming field, expectation and value. */
  fromHf(json: Fields): Config;
  /** The config.json that transformers reads. */
  toHf(config: Config): Record<string, Json>;
  /** What generation_config.json says besides the ends of a text. */
  generation?(config: Config): Record<string, Json>;
  /** Every tensor in the order of computation, under the names of Hugging Face. */
  parameterSpecs(config: Config): ParameterSpecs;
  /** The name of a tensor here, from what another file calls it. */
  alias?(stored: string, config: Config): string;
  /** A tensor that files may carry beside the weights. */
  isExtra?(stored: string, config: Config): boolean;
  /** The value of a tensor that files may lack. */
  fill?(name: string, config: Config): number | undefined;
  /** The configuration, where the names of a file's tensors say more than its config.json. */
  withStored?(config: Config, stored: ReadonlySet<string>): Config;
  flopsPerToken(config: Config, sequenceLength: number): FlopsPerToken;
}

/** Replaces or extends a linear map: gets the parameter's name, the input, and the map itself. Adapters enter here. */
export type LinearHook = (name: string, x: Tensor, apply: () => Tensor) => Tensor;
