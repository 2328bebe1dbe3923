import { copyFile, mkdir, readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { InvalidInput } from '../../base/core/index.js';
import { countParameters } from '../architecture/index.js';
import type { ModelConfig } from '../architecture/index.js';
import { loadModel, saveModel } from '../architecture/index.node.js';
import { Tokenizer } from '../tokenizer/index.js';
import { loadTokenizer, saveTokenizer } from '../tokenizer/index.node.js';
import { parseLlama2cCheckpoint } from './llama2c-checkpoint.js';
import { llama2cTokenizerJson, parseLlama2cTokenizer } from './llama2c-tokenizer.js';

export interface ImportOptions {
  /** tokenizer.bin of llama2.c, or a tokenizer.json (or a folder with one). */
  readonly tokenizer?: string;
  /** Folder to write. */
  readonly out: string;
}

export interface ImportedModel {
  readonly format: 'llama2c' | 'huggingface';
  readonly out: string;
  readonly config: ModelConfig;
  readonly parameters: number;
  readonly tokenizer: boolean;
}

/** What Node reads at once. */
const largestCheckpoint = 2 ** 31 - 1;
const largestTokenizer = 64e6;

async function readBounded(path: string, most: number): Promise<Uint8Array> {
  const info = await stat(path).catch((cause: unknown) => {
    throw new InvalidInput('import.source', `import: expected a readable file ${path}, got none`, { path }, cause);
  });
  if (!info.isFile() || info.size > most) {
    throw new InvalidInput('import.source', `import: expected ${path} to be a file of at most ${most} bytes`, { path });
  }
  return readFile(path);
}

async function importTokenizer(path: string, out: string, config: ModelConfig): Promise<void> {
  const isBinary = (await stat(path).catch(() => undefined))?.isFile() && !path.endsWith('.json');
  const vocabSize = config.vocabSize;
  if (isBinary) {
    const vocabulary = parseLlama2cTokenizer(await readBounded(path, largestTokenizer), vocabSize);
    const tokenizer = Tokenizer.fromJson(llama2cTokenizerJson(vocabulary));
    const tokens = { bosToken: '<s>', eosToken: '</s>', unkToken: '<unk>' };
    await saveTokenizer(out, tokenizer, { ...tokens, contextLength: config.contextLength });
    return;
  }
  const { tokenizer, ...tokens } = await loadTokenizer(path);
  if (tokenizer.vocabSize > vocabSize) {
    throw new InvalidInput(
      'import.tokenizer',
      `import: expected a tokenizer of at most ${vocabSize} tokens (the model's), got ${tokenizer.vocabSize}`,
      { vocabSize, got: tokenizer.vocabSize },
    );
  }
  await saveTokenizer(out, tokenizer, { ...tokens, contextLength: config.contextLength });
}

/**
 * Turns a foreign model into a Hugging Face folder: a llama2.c checkpoint (`.bin`) with its tokenizer, or a Hugging
 * Face folder, which is checked and written again in f32.
 *
 * @throws InvalidInput for files that are missing, damaged or of another format; nothing is left behind that looks
 * like a model (config.json comes last).
 */
export async function importModel(source: string, { tokenizer, out }: ImportOptions): Promise<ImportedModel> {
  const info = await stat(source).catch(() => undefined);
  if (!info)
    throw new InvalidInput('import.source', `import: expected a file or folder ${source}, got none`, { source });
  if (resolve(source) === resolve(out)) {
    throw new InvalidInput('import.out', 'import: expected another folder for the result than the source', { out });
  }
  const format = info.isDirectory() ? 'huggingface' : 'llama2c';
  const { config, params } = info.isDirectory()
    ? await loadModel(source)
    : parseLlama2cCheckpoint(await readBounded(source, largestCheckpoint));
  await mkdir(out, { recursive: true });
  const own = join(source, 'tokenizer.json');
  const from = tokenizer ?? (info.isDirectory() && (await stat(own).catch(() => undefined)) ? source : undefined);
  if (from !== undefined) await importTokenizer(from, out, config);
  await saveModel(out, config, params);
  if (info.isDirectory()) {
    // The source's own generation settings (several eos ids, sampling defaults) say more than ours.
    await copyFile(join(source, 'generation_config.json'), join(out, 'generation_config.json')).catch(() => undefined);
  }
  return { format, out, config, parameters: countParameters(config).total, tokenizer: from !== undefined };
}
