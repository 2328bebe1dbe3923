import { InvalidInput } from '../../../base/core/index.js';
import type { HostTensor } from '../../../compiler/tensor/index.js';
import type { ModelConfig, Params } from '../../architecture/index.js';
import { GgufFile } from './file.node.js';
import { MetadataReader } from './metadata.js';
import { planGgufModel, toHuggingFace } from './model.js';
import { poolingOf } from './pooling.node.js';
import type { GgufPooling } from './pooling.node.js';
import { ggufTokenizer } from './tokenizer-in.js';
import type { GgufTokenizer } from './tokenizer-in.js';

/** A model out of a GGUF file, in Hugging Face's layout. */
export interface GgufContents {
  readonly config: ModelConfig;
  readonly params: Params<HostTensor>;
  /** The file's tokenizer; absent where it has none, or was not asked for. */
  readonly tokenizer?: GgufTokenizer;
  /** How an encoder's hidden states become a vector, where the file says. */
  readonly pooling?: GgufPooling;
  /** Tensors by the type they were stored in. */
  readonly types: Readonly<Record<string, number>>;
}

/**
 * Reads a model from a GGUF file; weights become f32.
 *
 * @throws InvalidInput for files that are damaged or hold what is not supported (see `parseGgufHeader`,
 * `planGgufModel`, `ggufTokenizer`).
 */
export async function readGguf(path: string, { withTokenizer = true } = {}): Promise<GgufContents> {
  const file = await GgufFile.open(path);
  try {
    const tokenizer = withTokenizer ? ggufTokenizer(file.header.metadata) : undefined;
    const stretched = file.header.tensors.has('rope_freqs.weight') ? await file.read('rope_freqs.weight') : undefined;
    const { config, rows } = planGgufModel(file.header, {
      bos: tokenizer?.bos ?? null,
      eos: tokenizer?.eos ?? null,
      ...(stretched && { ropeFactors: stretched.data as Float32Array }),
    });
    const params: Record<string, HostTensor> = {};
    for (const row of rows) params[row.hf] = toHuggingFace(row, config, await file.read(row.gguf));
    const types: Record<string, number> = {};
    for (const { type } of file.header.tensors.values()) types[type] = (types[type] ?? 0) + 1;
    const reader = new MetadataReader(file.header.metadata);
    const pooling = poolingOf(reader.optionalNumber(`${reader.string('general.architecture')}.pooling_type`));
    return { config, params, types, ...(tokenizer && { tokenizer }), ...(pooling && { pooling }) };
  } catch (error) {
    if (error instanceof InvalidInput && !error.message.startsWith(path)) {
      throw new InvalidInput(error.code, `${path}: ${error.message}`, { ...error.fields, path }, error);
    }
    throw error;
  } finally {
    await file.close();
  }
}
