/// <reference lib="es2024.string" />
import { type Fields, refuse } from './reader.js';

export const mostTokens = 4_000_000;
export const longestToken = 65_536;

/** The `vocab` object of a model: ids of tokens, each its own. */
export function readVocab(model: Fields): Map<string, number> {
  const entries = model.fields('vocab').entries();
  if (entries.length === 0) refuse('model.vocab', 'at least one token', 'an empty object');
  if (entries.length > mostTokens) refuse('model.vocab', `at most ${mostTokens} tokens`, entries);
  const vocab = new Map<string, number>();
  const seen = new Set<number>();
  for (const [token, id] of entries) {
    if (typeof id !== 'number' || !Number.isInteger(id) || id < 0 || id >= mostTokens * 2) {
      refuse(`model.vocab[${JSON.stringify(token.slice(0, 40))}]`, 'a whole number, 0 or more', id);
    }
    if (token.length > longestToken) refuse('model.vocab', `tokens of at most ${longestToken} characters`, token);
    // A lone surrogate stands for a byte in this room, and no text in UTF-8 has one.
    if (!token.isWellFormed()) refuse('model.vocab', 'tokens of whole characters', token);
    if (seen.has(id)) refuse(`model.vocab[${JSON.stringify(token.slice(0, 40))}]`, 'an id of its own', id);
    seen.add(id);
    vocab.set(token, id);
  }
  return vocab;
}
