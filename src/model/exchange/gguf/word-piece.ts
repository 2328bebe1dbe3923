import type { Json } from '../../../base/core/index.js';
import { addedToken } from '../sentence-piece.js';

// GGUF writes a piece that begins a word with ▁ before it and one that goes on without mark; WordPiece marks the latter, by ##.
// Names in brackets ([CLS], [unused0]) stay as they are.

const isBracketed = (token: string) => token.startsWith('[') && token.endsWith(']');

/** A piece of tokenizer.json as GGUF spells it. */
export function toPhantom(token: string): string {
  if (isBracketed(token)) return token;
  return token.startsWith('##') ? token.slice(2) : `▁${token}`;
}

/** The way back. */
export function fromPhantom(token: string): string {
  if (isBracketed(token)) return token;
  return token.startsWith('▁') ? token.slice(1) : `##${token}`;
}

/** What a WordPiece tokenizer.json is made of. */
export interface WordPieces {
  /** Pieces by id, in tokenizer.json's spelling, each once. */
  readonly pieces: readonly string[];
  readonly special: readonly number[];
  readonly unk: number;
  readonly cls: number;
  readonly sep: number;
}

/** tokenizer.json of BERT's kind: what llama.cpp does with such a vocabulary (lower case, no accents). */
export function wordPieceJson({ pieces, special, unk, cls, sep }: WordPieces): { [key: string]: Json } {
  const token = (id: number, type: number) => ({ SpecialToken: { id: pieces[id], type_id: type } });
  const single = [token(cls, 0), { Sequence: { id: 'A', type_id: 0 } }, token(sep, 0)];
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: special.map((id) => addedToken(id, pieces[id], true)),
    normalizer: {
      type: 'BertNormalizer',
      clean_text: true,
      handle_chinese_chars: true,
      strip_accents: null,
      lowercase: true,
    },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: {
      type: 'TemplateProcessing',
      single,
      pair: [...single, { Sequence: { id: 'B', type_id: 1 } }, token(sep, 1)],
      special_tokens: Object.fromEntries(
        [cls, sep].map((id) => [pieces[id], { id: pieces[id], ids: [id], tokens: [pieces[id]] }]),
      ),
    },
    decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
    model: {
      type: 'WordPiece',
      unk_token: pieces[unk],
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
      vocab: Object.fromEntries(pieces.map((piece, id) => [piece, id])),
    },
  };
}
