import type { SubwordModel } from '../model.js';
import { type Fields, refuse } from '../reader.js';
import { readVocab } from '../vocab.js';
import { WordPieceModel } from './wordpiece.js';

// The longest match looks this far ahead at each place of a word, so it bounds the time that a text can take.
const longestPiece = 1000;

/** The WordPiece model of a file. */
export function readWordPiece(model: Fields): SubwordModel {
  const vocab = readVocab(model);
  for (const token of vocab.keys()) {
    if (token.length > longestPiece) refuse('model.vocab', `tokens of at most ${longestPiece} characters`, token);
  }
  return new WordPieceModel({
    vocab,
    unkToken: model.string('unk_token', '[UNK]'),
    prefix: model.string('continuing_subword_prefix', '##'),
    longestWord: model.count('max_input_chars_per_word', Number.MAX_SAFE_INTEGER, 100),
  });
}
