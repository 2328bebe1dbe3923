import { readFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { InvalidInput, messageOf } from '../../base/core/index.js';
import { openEmbedder, readModelConfig } from '../inference/index.node.js';
import type { OpenEngineOptions, OpenedEmbedder } from '../inference/index.node.js';
import type { Pooling } from '../inference/index.js';
import { loadTokenizer } from '../tokenizer/index.node.js';
import { textEmbedder } from './embed.js';
import type { TextEmbedder } from './embed.js';

export interface OpenTextEmbedderOptions extends Pick<OpenEngineOptions, 'device' | 'threads'> {
  /** What clients call it; default: the folder's name. */
  readonly name?: string;
  /** Load the weights when the first text comes. Default false. */
  readonly lazy?: boolean;
}

async function readJson(path: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new InvalidInput('generation.file', `read ${path}: expected JSON: ${messageOf(error)}`, { path }, error);
  }
}

const poolingKeys: Readonly<Record<string, Pooling>> = {
  pooling_mode_cls_token: 'cls',
  pooling_mode_mean_tokens: 'mean',
  pooling_mode_lasttoken: 'last',
};

/** Pooling, normalization and length as sentence-transformers writes them beside a model; empty where it did not. */
async function sentenceSettings(
  folder: string,
): Promise<{ pooling?: Pooling; normalize?: boolean; maxTokens?: number }> {
  const modules = await readJson(join(folder, 'modules.json'));
  if (!Array.isArray(modules)) return {};
  const kinds = modules as { readonly type?: unknown; readonly path?: unknown }[];
  const isA = (end: string) => kinds.find(({ type }) => typeof type === 'string' && type.endsWith(`.${end}`));
  const unknown = kinds.find(({ type }) => !/\.(?:Transformer|Pooling|Normalize)$/.test(String(type)));
  if (unknown) {
    throw new InvalidInput(
      'generation.file',
      `read ${join(folder, 'modules.json')}: expected modules Transformer, Pooling and Normalize, got ${JSON.stringify(unknown.type)}`,
      { folder },
    );
  }
  const pool = isA('Pooling');
  const path = typeof pool?.path === 'string' && basename(pool.path) === pool.path ? pool.path : '1_Pooling';
  const settings = ((await readJson(join(folder, path, 'config.json'))) ?? {}) as Record<string, unknown>;
  const on = Object.entries(settings).filter(([key, value]) => key.startsWith('pooling_mode') && value === true);
  const name = typeof settings.pooling_mode === 'string' ? `pooling_mode_${settings.pooling_mode}_token` : on[0]?.[0];
  const pooling = name === undefined ? undefined : (poolingKeys[name] ?? poolingKeys[`${name}s`]);
  if (pool && (on.length > 1 || (name !== undefined && !pooling))) {
    const modes = on.map(([key]) => key).join(', ') || String(name);
    throw new InvalidInput(
      'generation.file',
      `read ${join(folder, path, 'config.json')}: expected one pooling mode of ${Object.keys(poolingKeys).join(', ')}, got ${modes}`,
      { folder },
    );
  }
  const length = (await readJson(join(folder, 'sentence_bert_config.json'))) as
    | { max_seq_length?: unknown }
    | undefined;
  const most = length?.max_seq_length;
  return {
    ...(pooling ? { pooling } : {}),
    normalize: isA('Normalize') !== undefined,
    ...(typeof most === 'number' && most > 0 ? { maxTokens: most } : {}),
  };
}

/**
 * Opens a Hugging Face folder of any kind (sentence-transformers' files beside it are honoured) to make vectors of texts
 * on ONNX Runtime.
 *
 * @throws InvalidInput for a folder that is not a model abovo knows, or whose tokenizer has more tokens than the model.
 */
export async function openTextEmbedder(folder: string, options: OpenTextEmbedderOptions = {}): Promise<TextEmbedder> {
  const { name = basename(resolve(folder)), lazy: _lazy, ...runtime } = options;
  const { tokenizer } = await loadTokenizer(folder);
  const settings = await sentenceSettings(folder);
  const config = await readModelConfig(folder);
  if (tokenizer.vocabSize > config.vocabSize) {
    throw new InvalidInput(
      'generation.vocabulary',
      `open ${folder}: expected a tokenizer of at most ${config.vocabSize} tokens (the model's vocabulary), got ${tokenizer.vocabSize}`,
      { folder },
    );
  }
  let opened: Promise<OpenedEmbedder> | undefined;
  const open = () => {
    opened ??= openEmbedder(folder, runtime);
    opened.catch(() => (opened = undefined));
    return opened;
  };
  if (!options.lazy) await open();
  return textEmbedder({
    name,
    tokenizer,
    config,
    embedder: async () => (await open()).embedder,
    close: async () => (await opened)?.close(),
    ...settings,
  });
}
