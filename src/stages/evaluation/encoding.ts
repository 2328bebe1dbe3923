import type { Message } from '../../base/contract/index.js';
import { InvalidInput } from '../../base/core/index.js';
import type { TextTokenizer } from '../../model/generation/index.js';

/** Ids to score: those from position `from` on belong to the text, the ones before are given. */
export interface ScoredIds {
  readonly ids: readonly number[];
  readonly from: number;
}

/** Ids of a text, and how many bytes of it the scored ones spell. */
export interface ScoredText extends ScoredIds {
  readonly bytes: number;
}

/** What of a language model turns texts and chats into ids; a `LanguageModel` is one. */
export interface EncodingModel {
  readonly tokenizer: Pick<TextTokenizer, 'encode' | 'encodeWithOffsets'>;
  readonly bosTokenId: number | undefined;
  readonly eosTokenIds: readonly number[];
  chatIds(messages: readonly Message[]): number[];
}

/**
 * Ids of `context + text`, opened by the model's beginning-of-text token (or, where it has none, its end-of-text token,
 * as in GPT-2). The two are tokenized as one string, the way a model reads them; a token that spans the border counts
 * as text.
 */
export function encodeText(model: EncodingModel, text: string, context = ''): ScoredText {
  const { ids, offsets } = model.tokenizer.encodeWithOffsets(context + text, { addSpecialTokens: false });
  const border = [...context].length;
  const first = offsets.findIndex(([, end]) => end > border);
  const from = first < 0 ? ids.length : first;
  const start = model.bosTokenId ?? model.eosTokenIds[0];
  if (start !== undefined) return { ids: [start, ...ids], from: from + 1, bytes: Buffer.byteLength(text) };
  if (from > 0 || ids.length === 0) return { ids, from: Math.max(1, from), bytes: Buffer.byteLength(text) };
  // Nothing precedes the first token: it is given, not predicted.
  const given = [...text].slice(0, Math.max(0, (offsets[0]?.[1] ?? 0) - border)).join('');
  return { ids, from: 1, bytes: Buffer.byteLength(text) - Buffer.byteLength(given) };
}

/** A chat up to the assistant's turn, and how that turn begins where the last message is the assistant's own. */
export function openTurn(messages: readonly Message[]): { readonly asked: readonly Message[]; readonly begun: string } {
  const last = messages.at(-1);
  return last?.role === 'assistant'
    ? { asked: messages.slice(0, -1), begun: last.content }
    : { asked: messages, begun: '' };
}

/**
 * Ids of a chat up to the assistant's turn, as the model is asked when it answers, followed by that answer. Where the
 * last message is the assistant's, the answer goes on with it; what is begun is given, not scored.
 */
export function encodeAnswer(model: EncodingModel, messages: readonly Message[], answer: string): ScoredIds {
  const { asked, begun } = openTurn(messages);
  const prompt = model.chatIds(asked);
  if (prompt.length === 0) {
    throw new InvalidInput(
      'evaluation.chat',
      'evaluate: expected a chat template that writes something, got no tokens',
    );
  }
  const { ids, offsets } = model.tokenizer.encodeWithOffsets(begun + answer, { addSpecialTokens: false });
  const border = [...begun].length;
  const first = offsets.findIndex(([, end]) => end > border);
  return { ids: [...prompt, ...ids], from: prompt.length + (first < 0 ? ids.length : first) };
}
