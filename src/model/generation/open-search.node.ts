import { basename, resolve } from 'node:path';
import { InvalidInput } from '../../base/core/index.js';
import { openSearch } from '../inference/index.node.js';
import type { OpenEngineOptions } from '../inference/index.node.js';
import { loadTokenizer } from '../tokenizer/index.node.js';
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
