import { readFile, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { InvalidInput } from '../../../base/core/index.js';
import { writeFileAtomic } from '../../../base/core/index.node.js';
import { countParameters } from '../../architecture/index.js';
import type { ModelConfig } from '../../architecture/index.js';
import { loadModel } from '../../architecture/index.node.js';
import { loadTokenizer } from '../../tokenizer/index.node.js';
import { ggufModel } from './model.js';
import type { GgufWriteType } from './model.js';
import { poolingNumber, readPooling } from './pooling.node.js';
import { ggufTokenizerMetadata } from './tokenizer-out.js';
import { encodeGguf } from './write.js';

export interface ExportGgufOptions {
  /** What matrices are written in (default f16). Vectors stay in f32. */
  readonly type?: GgufWriteType;
  /** `general.name` (default: the folder's name). */
  readonly name?: string;
  /** Write a vocabulary that llama.cpp joins a little differently. */
  readonly approximateTokenizer?: boolean;
}

export interface ExportedGguf {
  readonly format: 'gguf';
  readonly out: string;
  readonly config: ModelConfig;
  readonly parameters: number;
  readonly bytes: number;
  /** What the file's readers do differently, and tensors of another type than the one asked for. */
  readonly notes: readonly string[];
}

/** End-of-text ids of generation_config.json, which `loadModel` leaves aside. */
async function endIds(folder: string): Promise<number[]> {
  const text = await readFile(join(folder, 'generation_config.json'), 'utf8').catch(() => '{}');
  let value: unknown;
  try {
    value = (JSON.parse(text) as { eos_token_id?: unknown } | null)?.eos_token_id;
  } catch (cause) {
    throw new InvalidInput(
      'export.generation',
      `read ${join(folder, 'generation_config.json')}: expected JSON`,
      {},
      cause,
    );
  }
  return (Array.isArray(value) ? value : [value]).filter((id): id is number => Number.isSafeInteger(id));
}

/**
 * Writes a model folder as one GGUF file, tokenizer and chat template included.
 *
 * @throws InvalidInput for families, configurations and tokenizers that the format or llama.cpp does not have, naming
 * those that they have.
 */
export async function exportGguf(folder: string, out: string, options: ExportGgufOptions = {}): Promise<ExportedGguf> {
  const { type = 'f16', name = basename(resolve(folder)), approximateTokenizer: approximate = false } = options;
  const { config, params } = await loadModel(folder);
  const model = ggufModel(config, params, type, name);
  const { tokenizer, chatTemplate, ...tokens } = await loadTokenizer(folder);
  const idOf = (token: string | undefined) => (token === undefined ? undefined : tokenizer.tokenToId(token)) ?? null;
  const vocabulary = ggufTokenizerMetadata({
    tokenizer,
    ids: {
      bos: idOf(tokens.bosToken) ?? config.bos,
      eos: idOf(tokens.eosToken) ?? config.eos,
      pad: idOf(tokens.padToken),
      unk: idOf(tokens.unkToken),
      cls: idOf(tokens.clsToken),
      sep: idOf(tokens.sepToken),
      mask: idOf(tokens.maskToken),
    },
    ends: (await endIds(folder)).filter((id) => id < tokenizer.vocabSize),
    vocabSize: config.vocabSize,
    approximate,
    ...(chatTemplate && { chatTemplate: chatTemplate.source }),
  });
  const metadata = new Map([...model.metadata, ...vocabulary.metadata]);
  if (config.kind === 'encoder') {
    const value = poolingNumber(await readPooling(folder));
    metadata.set(`${model.architecture}.pooling_type`, { type: 'u32', value });
  }
  await writeFileAtomic(out, encodeGguf(metadata, model.tensors));
  const { size: bytes } = await stat(out);
  const notes = [...vocabulary.notes, ...model.notes];
  return { format: 'gguf', out, config, parameters: countParameters(config).total, bytes, notes };
}
