import { basename, resolve } from 'node:path';
import { InvalidInput } from '../../base/core/index.js';
import { RowEngine } from '../inference/index.js';
import { openSearch } from '../inference/index.node.js';
import type { OpenEngineOptions } from '../inference/index.node.js';
import { loadTokenizer } from '../tokenizer/index.node.js';
import { LanguageModel } from './language-model.js';
import { TextSearch } from './text-search.js';

export interface OpenTextSearchOptions extends Pick<OpenEngineOptions, 'device' | 'threads'> {
  /** Default: the folder's name. */
  readonly name?: string;
}

/**
 * Opens a Hugging Face folder of an encoder-decoder, or of a decoder, for search on ONNX Runtime.
 *
 * @throws InvalidInput for a folder that is not a model that writes, or whose tokenizer has more tokens than the model.
 */
export async function openTextSearch(folder: string, options: OpenTextSearchOptions = {}): Promise<TextSearch> {
  const { name = basename(resolve(folder)), ...runtime } = options;
  const { tokenizer } = await loadTokenizer(folder);
  const { vocabSize, ...opened } = await openSearch(folder, runtime);
  if (tokenizer.vocabSize > vocabSize) {
    await opened.close();
    throw new InvalidInput(
      'generation.vocabulary',
      `open ${folder}: expected a tokenizer of at most ${vocabSize} tokens (the model's vocabulary), got ${tokenizer.vocabSize}`,
      { folder },
    );
  }
  return new TextSearch({ ...opened, name, tokenizer });
}

/**
 * Opens a Hugging Face folder of an encoder-decoder to write token by token, one request after the other: what a server
 * streams. Beams and several answers at once are `openTextSearch`'s.
 *
 * @throws InvalidInput for a folder of another kind of model, or whose tokenizer has more tokens than the model.
 */
export async function openRewriter(folder: string, options: OpenTextSearchOptions = {}): Promise<LanguageModel> {
  const { name = basename(resolve(folder)), ...runtime } = options;
  const { tokenizer, bosTokenId, eosTokenId } = await loadTokenizer(folder);
  const opened = await openSearch(folder, runtime);
  const { vocabSize, contextLength, kind, model, defaults, parameterCount } = opened;
  const fail = async (code: string, why: string): Promise<never> => {
    await opened.close();
    throw new InvalidInput(code, `open ${folder}: ${why}`, { folder });
  };
  if (kind !== 'encoder-decoder') await fail('model.kind', 'expected an encoder-decoder, got a decoder');
  if (tokenizer.vocabSize > vocabSize) {
    const got = `got ${tokenizer.vocabSize}`;
    await fail(
      'generation.vocabulary',
      `expected a tokenizer of at most ${vocabSize} tokens (the model's vocabulary), ${got}`,
    );
  }
  const engine = new RowEngine({ model, contextLength, defaults });
  const ends = [...(defaults.stopTokenIds ?? []), eosTokenId, model.eos ?? undefined];
  return new LanguageModel({
    name,
    tokenizer,
    engine,
    parameterCount,
    rewrites: true,
    ...(bosTokenId === undefined ? {} : { bosTokenId }),
    eosTokenIds: [...new Set(ends)].filter((id) => id !== undefined).filter((id) => id < tokenizer.vocabSize),
    close: async () => {
      await engine.close();
      await opened.close();
    },
  });
}
