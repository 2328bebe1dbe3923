import { readFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { InvalidInput, messageOf } from '../../base/core/index.js';
import { openEngine, type OpenEngineOptions } from '../inference/index.node.js';
import { loadTokenizer } from '../tokenizer/index.node.js';
import { LanguageModel } from './language-model.js';

export interface OpenLanguageModelOptions extends OpenEngineOptions {
  /** What clients call it; default: the folder's name. */
  readonly name?: string;
}

/** End-of-text ids of `generation_config.json`: one, or a list (of which some may end a turn only). */
async function stopIds(folder: string): Promise<number[]> {
  const path = join(folder, 'generation_config.json');
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  let value: unknown;
  try {
    value = (JSON.parse(text) as { eos_token_id?: unknown } | null)?.eos_token_id;
  } catch (error) {
    throw new InvalidInput('generation.file', `read ${path}: expected JSON: ${messageOf(error)}`, { path }, error);
  }
  const ids = value === null || value === undefined ? [] : Array.isArray(value) ? (value as unknown[]) : [value];
  const bad = ids.find((id) => !Number.isSafeInteger(id) || (id as number) < 0);
  if (bad !== undefined) {
    throw new InvalidInput(
      'generation.file',
      `read ${path}: eos_token_id: expected a token id or a list of them, got ${JSON.stringify(bad)}`,
      { path },
    );
  }
  return ids as number[];
}

/**
 * Opens a Hugging Face folder (config.json, model.safetensors, tokenizer.json and, where they are, the configurations
 * of tokenizer and generation) for text generation on ONNX Runtime.
 *
 * @throws InvalidInput for a folder that is not a model abovo knows, or whose tokenizer has more tokens than the model.
 */
export async function openLanguageModel(
  folder: string,
  options: OpenLanguageModelOptions = {},
): Promise<LanguageModel> {
  const { name = basename(resolve(folder)), device, threads, maxSequences, contextLength } = options;
  const { tokenizer, chatTemplate, bosTokenId, eosTokenId } = await loadTokenizer(folder);
  const eosIds = await stopIds(folder);
  const opened = await openEngine(folder, { device, threads, maxSequences, contextLength });
  const { config } = opened;
  try {
    if (tokenizer.vocabSize > config.vocabSize) {
      throw new InvalidInput(
        'generation.vocabulary',
        `open ${folder}: expected a tokenizer of at most ${config.vocabSize} tokens (the model's vocabulary), got ${tokenizer.vocabSize}`,
        { folder },
      );
    }
    const bos = bosTokenId ?? config.bos ?? undefined;
    const eosTokenIds = new Set([
      ...(eosTokenId === undefined ? [] : [eosTokenId]),
      ...eosIds,
      ...(config.eos === null ? [] : [config.eos]),
    ]);
    return new LanguageModel({
      name,
      tokenizer,
      engine: opened.engine,
      close: opened.close,
      parameterCount: opened.parameterCount,
      ...(bos === undefined ? {} : { bosTokenId: bos }),
      eosTokenIds: [...eosTokenIds].filter((id) => id < tokenizer.vocabSize),
      ...(chatTemplate
        ? {
            chatTemplate: {
              source: chatTemplate.source,
              render: (messages, rendering) => chatTemplate.render(messages, rendering),
              encode: (messages, rendering) => chatTemplate.encodePrompt(tokenizer, messages, rendering),
            },
          }
        : {}),
    });
  } catch (error) {
    await opened.close();
    throw error;
  }
}
