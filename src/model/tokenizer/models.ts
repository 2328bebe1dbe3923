import { readBpe } from './bpe/index.js';
import type { ModelContext, SubwordModel } from './model.js';
import { type Fields, refuse } from './reader.js';
import { readUnigram } from './unigram/index.js';
import { readWordLevel } from './wordlevel/index.js';
import { readWordPiece } from './wordpiece/index.js';

export type ModelType = 'BPE' | 'WordPiece' | 'Unigram' | 'WordLevel';

interface ModelReader {
  /** What it takes into account, for the docs. */
  readonly fields: string;
  readonly read: (fields: Fields, context: ModelContext) => SubwordModel;
}

/** How the `model` of tokenizer.json is read, by its `type`. */
export const modelReaders: Readonly<Record<ModelType, ModelReader>> = {
  BPE: {
    fields:
      'vocab merges unk_token continuing_subword_prefix end_of_word_suffix fuse_unk byte_fallback ignore_merges dropout',
    read: readBpe,
  },
  Unigram: { fields: 'vocab unk_id byte_fallback hidden_ids', read: readUnigram },
  WordLevel: { fields: 'vocab unk_token', read: readWordLevel },
  WordPiece: { fields: 'vocab unk_token continuing_subword_prefix max_input_chars_per_word', read: readWordPiece },
};

const types = Object.keys(modelReaders) as ModelType[];

/** Files written before 2020 name no type; a model is then known by its fields. */
function guess(model: Fields): ModelType | undefined {
  if (model.raw('merges') !== undefined) return 'BPE';
  if (Array.isArray(model.raw('vocab'))) return 'Unigram';
  if (model.raw('max_input_chars_per_word') !== undefined) return 'WordPiece';
  return model.raw('unk_token') === undefined ? undefined : 'WordLevel';
}

/** The model of a file. */
export function readModel(model: Fields, context: ModelContext): SubwordModel {
  const named = model.raw('type') ?? guess(model);
  const type = types.find((known) => known === named);
  if (type === undefined) refuse(model.at('type'), types.map((known) => JSON.stringify(known)).join(', '), named);
  return modelReaders[type].read(model, context);
}
