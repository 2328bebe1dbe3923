import { copyFile, mkdir, open, readFile, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { InvalidInput } from '../../base/core/index.js';
import { writeFileAtomic } from '../../base/core/index.node.js';
import type { HostTensor } from '../../compiler/tensor/index.js';
import { countParameters } from '../architecture/index.js';
import type { ModelConfig, Params } from '../architecture/index.js';
import { loadModel, refusePickle, saveModel } from '../architecture/index.node.js';
import type { WriteWeightsOptions } from '../architecture/index.node.js';
import { Tokenizer } from '../tokenizer/index.js';
import { loadTokenizer, saveTokenizer } from '../tokenizer/index.node.js';
import type { LoadedTokenizer, SaveTokenizerOptions } from '../tokenizer/index.node.js';
import { readGguf, writePooling } from './gguf/index.node.js';
import type { GgufPooling } from './gguf/index.node.js';
import { parseLlama2cCheckpoint } from './llama2c-checkpoint.js';
import { llama2cTokenizerJson, parseLlama2cTokenizer } from './llama2c-tokenizer.js';

export interface ImportOptions extends WriteWeightsOptions {
  /** tokenizer.bin of llama2.c, or a tokenizer.json (or a folder with one); it goes before the source's own. */
  readonly tokenizer?: string;
  /** Folder to write. */
  readonly out: string;
}

export type ImportFormat = 'llama2c' | 'gguf' | 'huggingface';

/** The formats that models are read from, and what of each. */
export const importFormats: Readonly<Record<ImportFormat, string>> = {
  huggingface: 'folder: one safetensors file or shards, f32, f16 or bf16',
  gguf: 'file, version 2 or 3, little-endian, all types below',
  llama2c: 'checkpoint of version 0 (.bin), f32, with tokenizer.bin',
};

export interface ImportedModel {
  readonly format: ImportFormat;
  readonly out: string;
  readonly config: ModelConfig;
  readonly parameters: number;
  readonly tokenizer: boolean;
}

/** What a source gives, before anything is written. */
interface Source {
  readonly format: ImportFormat;
  readonly config: ModelConfig;
  readonly params: Params<HostTensor>;
  readonly tokenizer?: Vocabulary;
  /** generation_config.json where the source says more than ours. */
  readonly generation?: Record<string, unknown>;
  readonly pooling?: GgufPooling;
}

interface Vocabulary {
  readonly tokenizer: Tokenizer;
  readonly options: SaveTokenizerOptions;
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

function loaded({ tokenizer, ...options }: LoadedTokenizer): Vocabulary {
  return { tokenizer, options };
}

/** A tokenizer of its own file: llama2.c's, or tokenizer.json (a folder with it). */
async function readTokenizer(path: string, config: ModelConfig): Promise<Vocabulary> {
  const isBinary = (await stat(path).catch(() => undefined))?.isFile() && !path.endsWith('.json');
  if (!isBinary) return loaded(await loadTokenizer(path));
  const vocabulary = parseLlama2cTokenizer(await readBounded(path, largestTokenizer), config.vocabSize);
  const tokenizer = Tokenizer.fromJson(llama2cTokenizerJson(vocabulary));
  return { tokenizer, options: { bosToken: '<s>', eosToken: '</s>', unkToken: '<unk>' } };
}

async function fromFolder(source: string, withTokenizer: boolean): Promise<Source> {
  const { config, params } = await loadModel(source);
  const own = (await stat(join(source, 'tokenizer.json')).catch(() => undefined)) !== undefined;
  const tokenizer = withTokenizer && own ? loaded(await loadTokenizer(source)) : undefined;
  return { format: 'huggingface', config, params, ...(tokenizer && { tokenizer }) };
}

async function fromGguf(source: string, withTokenizer: boolean): Promise<Source> {
  const { tokenizer, types: _types, ...model } = await readGguf(source, { withTokenizer });
  if (!tokenizer) return { format: 'gguf', ...model };
  const { json, bos, endIds, names } = tokenizer;
  return {
    format: 'gguf',
    ...model,
    tokenizer: { tokenizer: Tokenizer.fromJson(json), options: names },
    ...(endIds.length > 1 && { generation: { bos_token_id: bos, eos_token_id: endIds } }),
  };
}

/** The first bytes of a file tell its format. */
async function fromFile(source: string, withTokenizer: boolean): Promise<Source> {
  const handle = await open(source, 'r');
  const { buffer } = await handle.read(Buffer.alloc(4), 0, 4, 0).finally(() => handle.close());
  if (buffer.toString('latin1') === 'GGUF') return fromGguf(source, withTokenizer);
  // A zip (torch.save) or a bare pickle of protocol 2 or later.
  const isPickle =
    (buffer[0] === 0x80 && buffer[1] >= 2 && buffer[1] <= 5) || buffer.toString('latin1') === 'PK\x03\x04';
  if (isPickle) refusePickle(source);
  return { format: 'llama2c', ...parseLlama2cCheckpoint(await readBounded(source, largestCheckpoint)) };
}

/** Small files that say what config.json does not: several ends and sampling defaults, pooling of sentence-transformers. */
const companions = [
  'generation_config.json',
  'modules.json',
  'sentence_bert_config.json',
  'config_sentence_transformers.json',
  '1_Pooling/config.json',
];

async function copyCompanions(source: string, out: string): Promise<void> {
  for (const name of companions) {
    const from = join(source, name);
    if (!(await stat(from).catch(() => undefined))?.isFile()) continue;
    await mkdir(dirname(join(out, name)), { recursive: true });
    await copyFile(from, join(out, name));
  }
}

function checkVocabulary({ tokenizer }: Vocabulary, { vocabSize }: ModelConfig): void {
  if (tokenizer.vocabSize <= vocabSize) return;
  throw new InvalidInput(
    'import.tokenizer',
    `import: expected a tokenizer of at most ${vocabSize} tokens (the model's embedding), got ${tokenizer.vocabSize}`,
    { vocabSize, got: tokenizer.vocabSize },
  );
}

/**
 * Turns a foreign model into a Hugging Face folder: a llama2.c checkpoint (`.bin`) with its tokenizer, a GGUF file, or a
 * Hugging Face folder, which is checked and written again in the element type asked for.
 *
 * @throws InvalidInput for files that are missing, damaged or of another format, and for tokenizers larger than the
 * model's vocabulary; nothing is left behind that looks like a model (config.json comes last).
 */
export async function importModel(source: string, options: ImportOptions): Promise<ImportedModel> {
  const { tokenizer: path, out, ...weights } = options;
  const info = await stat(source).catch(() => undefined);
  if (!info)
    throw new InvalidInput('import.source', `import: expected a file or folder ${source}, got none`, { source });
  if (resolve(source) === resolve(out)) {
    throw new InvalidInput('import.out', 'import: expected another folder for the result than the source', { out });
  }
  const { format, config, params, generation, pooling, ...own } = await (info.isDirectory() ? fromFolder : fromFile)(
    source,
    path === undefined,
  );
  const vocabulary = path === undefined ? own.tokenizer : await readTokenizer(path, config);
  if (vocabulary) checkVocabulary(vocabulary, config);
  await mkdir(out, { recursive: true });
  if (vocabulary) {
    await saveTokenizer(out, vocabulary.tokenizer, { ...vocabulary.options, contextLength: config.contextLength });
  }
  if (pooling) await writePooling(out, pooling, config.hiddenSize);
  await saveModel(out, config, params, weights);
  if (info.isDirectory()) await copyCompanions(source, out);
  if (generation) {
    await writeFileAtomic(join(out, 'generation_config.json'), `${JSON.stringify(generation, undefined, 2)}\n`);
  }
  return { format, out, config, parameters: countParameters(config).total, tokenizer: vocabulary !== undefined };
}
