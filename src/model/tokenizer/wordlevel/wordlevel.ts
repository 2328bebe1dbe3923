import { InvalidInput } from '../../../base/core/index.js';
import { CachedModel } from '../cached-model.js';
import { type SubwordModel, Symbols } from '../model.js';
import type { Fields } from '../reader.js';
import { readVocab } from '../vocab.js';

/** A token for each word; others are unknown. */
class WordLevelModel extends CachedModel {
  readonly vocab: ReadonlyMap<string, number>;
  readonly unkId: number | undefined;
  readonly #unkToken: string;
  readonly #symbols = new Symbols();

  constructor(vocab: ReadonlyMap<string, number>, unkToken: string) {
    super();
    this.vocab = vocab;
    this.#unkToken = unkToken;
    this.unkId = vocab.get(unkToken);
  }

  symbols(text: string, start: number, end: number): Symbols {
    const id = this.vocab.get(text.slice(start, end)) ?? this.unkId;
    if (id === undefined) {
      throw new InvalidInput(
        'tokenizer.unknown',
        `encode: expected words of the vocabulary, or a token ${this.#unkToken} for others, got neither; add the token`,
      );
    }
    this.#symbols.length = 0;
    this.#symbols.push(id, start, end);
    return this.#symbols;
  }
}

/** The WordLevel model of a file. */
export function readWordLevel(model: Fields): SubwordModel {
  return new WordLevelModel(readVocab(model), model.string('unk_token', '<unk>'));
}
