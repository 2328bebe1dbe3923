import { bloom } from './bloom.js';
import type { DecoderConfig, DecoderFamilyName } from './config.js';
import type { DecoderFamily } from './family.js';
import { gpt2 } from './gpt2.js';
import { llama } from './llama.js';

/** One row per family of decoders. */
export const decoders: Readonly<Record<DecoderFamilyName, DecoderFamily>> = { gpt2, llama, bloom };

/** Prefix of the tensors of layer `n`, as Hugging Face names them. */
export function layerPrefix(config: DecoderConfig, n: number): string {
  return decoders[config.family].layerPrefix(n);
}

/** Name of the token embedding table [vocabSize, hiddenSize]. */
export function embeddingName(config: DecoderConfig): string {
  return decoders[config.family].embeddingName;
}

/** Name of the matrix that the head multiplies by: the embedding table where they are tied. */
export function headName(config: DecoderConfig): string {
  return config.tieEmbeddings ? embeddingName(config) : 'lm_head.weight';
}
