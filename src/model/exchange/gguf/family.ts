import { InvalidInput } from '../../../base/core/index.js';
import type { ModelConfig } from '../../architecture/index.js';
import type { GgufValue, MetadataReader } from './metadata.js';

/** What a tensor needs on its way between Hugging Face's layout and the format's. */
export type Turn = 'transpose' | 'pairs' | 'plusOne';

/** A tensor under both names. */
export interface GgufTensorRow {
  readonly gguf: string;
  readonly hf: string;
  readonly turn?: Turn;
  /** A table of positions: kept in f32, as llama.cpp's converter does. */
  readonly exact?: boolean;
}

/** A tensor that follows from the configuration. */
export interface GgufConstant {
  readonly name: string;
  readonly values: Float32Array;
}

/** What reading a configuration knows besides the family's keys. */
export interface GgufFacts {
  readonly vocabSize: number;
  readonly tied: boolean;
  readonly bos: number | null;
  readonly eos: number | null;
  /** Rows of the table of segment embeddings, where there is one. */
  readonly segments?: number;
  /** Whether the file has a tensor. */
  readonly has: (gguf: string) => boolean;
  /** Divisors of the rotary frequencies, where the file has some. */
  readonly ropeFactors?: Float32Array;
}

/** A family in GGUF: one row of the table below. Keys stand without the architecture's prefix. */
export interface GgufFamily<Config extends ModelConfig = ModelConfig> {
  /** `general.architecture`. */
  readonly architecture: string;
  /** Whether a configuration is this row's; whether its keys can say all of it is checked afterwards. */
  holds(config: ModelConfig): boolean;
  metadata(config: Config): Readonly<Record<string, GgufValue>>;
  /** Throws `InvalidInput` for values that the family does not compute. */
  config(keys: FamilyKeys, facts: GgufFacts): Config;
  tensors(config: Config): readonly GgufTensorRow[];
  /** Tensors that are no parameters. */
  constants?(config: Config): readonly GgufConstant[];
  /** Fields and tensors that the format has no place for, and what that means. */
  readonly leaves?: {
    readonly fields: readonly string[];
    isTensor?(hf: string): boolean;
    readonly note?: string;
  };
}

/** Reads the keys of one architecture. */
export class FamilyKeys {
  readonly #metadata: MetadataReader;
  readonly #prefix: string;

  constructor(metadata: MetadataReader, architecture: string) {
    this.#metadata = metadata;
    this.#prefix = `${architecture}.`;
  }

  number(key: string, fallback?: number): number {
    return this.#metadata.number(this.#prefix + key, fallback);
  }

  boolean(key: string, fallback: boolean): boolean {
    return this.#metadata.boolean(this.#prefix + key, fallback);
  }

  optionalNumber(key: string): number | undefined {
    return this.#metadata.optionalNumber(this.#prefix + key);
  }

  /** Refuses a model that computes something else than the family does. */
  only(key: string, ...allowed: readonly (number | string)[]): void {
    const full = this.#prefix + key;
    const found =
      typeof allowed[0] === 'string' ? this.#metadata.optionalString(full) : this.#metadata.optionalNumber(full);
    if (found !== undefined && !allowed.includes(found)) this.refuse(key, allowed.join(' or '), found);
  }

  refuse(key: string, expected: string, got: unknown): never {
    const full = this.#prefix + key;
    throw new InvalidInput(
      'gguf.family',
      `gguf: expected ${full} to be ${expected} (nothing else is supported), got ${String(got)}`,
      { key: full },
    );
  }

  /** Keys that say something about the model which nobody asked for. */
  unread(): string[] {
    return this.#metadata.unread(this.#prefix);
  }
}

export const u32 = (value: number): GgufValue => ({ type: 'u32', value });
export const f32 = (value: number): GgufValue => ({ type: 'f32', value });
export const layers = (config: ModelConfig, row: (n: number) => readonly GgufTensorRow[]) =>
  Array.from({ length: config.numLayers }, (_, n) => row(n)).flat();
export const head = (config: ModelConfig): GgufTensorRow[] =>
  config.tieEmbeddings ? [] : [{ gguf: 'output.weight', hf: 'lm_head.weight' }];
export const sizes = (config: ModelConfig) => ({
  vocab_size: u32(config.vocabSize),
  context_length: u32(config.contextLength),
  embedding_length: u32(config.hiddenSize),
  block_count: u32(config.numLayers),
  feed_forward_length: u32(config.intermediateSize),
  'attention.head_count': u32(config.numHeads),
});
/** Weight and bias of a map or a norm. */
export const pair = (gguf: string, hf: string, turn?: Turn): GgufTensorRow[] => [
  { gguf: `${gguf}.weight`, hf: `${hf}.weight`, ...(turn && { turn }) },
  { gguf: `${gguf}.bias`, hf: `${hf}.bias` },
];
export const sizesOf = (keys: FamilyKeys, { vocabSize, tied, bos, eos }: GgufFacts) => {
  keys.only('vocab_size', vocabSize);
  keys.only('expert_count', 0);
  keys.only('expert_used_count', 0);
  return {
    vocabSize,
    bos,
    eos,
    tieEmbeddings: tied,
    contextLength: keys.number('context_length'),
    hiddenSize: keys.number('embedding_length'),
    numLayers: keys.number('block_count'),
    intermediateSize: keys.number('feed_forward_length'),
    numHeads: keys.number('attention.head_count'),
  };
};
