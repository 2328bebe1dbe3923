/// <reference lib="es2024.string" />
import type { ModelContext } from '../model.js';
import { type Fields, refuse } from '../reader.js';
import { mostTokens } from '../vocab.js';
import { UnigramModel } from './model.js';

// Each place of a text looks this far ahead for pieces, so it bounds the time that a text can take.
const longestPiece = 1000;
/** Larger ones would lose the differences between pieces in the sums. */
const largestScore = 1e9;

/**
 * The Unigram model of a file. Special tokens are never the outcome of text, not even of text that a normalizer turns into their spelling.
 * `hidden_ids` is a field of this room's own, which other readers pass over: more pieces that no text is cut into.
 */
export function readUnigram(model: Fields, { specials }: ModelContext): UnigramModel {
  const list = model.list('vocab', mostTokens);
  if (list.length === 0) refuse(model.at('vocab'), 'at least one piece', list);
  const hidden = new Set<number>();
  const pieces = list.map((item, id): [string, number] => {
    const [piece, score] = Array.isArray(item) && item.length === 2 ? (item as unknown[]) : [];
    const path = `${model.at('vocab')}[${id}]`;
    if (typeof piece !== 'string' || typeof score !== 'number') refuse(path, 'a piece and its score', item);
    if (piece.length > longestPiece) refuse(path, `a piece of at most ${longestPiece} characters`, piece);
    // A lone surrogate stands for a byte in this room, and no text in UTF-8 has one.
    if (!piece.isWellFormed()) refuse(path, 'a piece of whole characters', piece);
    if (!(Math.abs(score) <= largestScore)) refuse(path, `a score from -${largestScore} to ${largestScore}`, score);
    if (specials.has(piece)) hidden.add(id);
    return [piece, score];
  });
  for (const id of model.list('hidden_ids', mostTokens)) {
    if (typeof id !== 'number' || !(id in pieces)) refuse(model.at('hidden_ids'), 'ids of pieces', id);
    hidden.add(id);
  }
  const unkId = model.raw('unk_id') === undefined ? undefined : model.count('unk_id', pieces.length - 1);
  return new UnigramModel({ pieces, unkId, byteFallback: model.boolean('byte_fallback', false), hidden });
}
