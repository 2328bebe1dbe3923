/** Numbers of `tokenizer.ggml.token_type`. */
export const tokenTypes = { normal: 1, unknown: 2, control: 3, userDefined: 4, unused: 5, byte: 6 } as const;

/** `<0x41>`: the piece of a byte. */
export const bytePiece = /^<0x([0-9A-F]{2})>$/;

/** Kinds of tokenizers that GGUF files hold here, with what tokenizer.json calls them. */
export const ggufTokenizers = {
  gpt2: 'byte-level BPE',
  llama: 'SentencePiece-style BPE with byte fallback',
  bert: 'WordPiece of BERT (uncased)',
  t5: 'Unigram of SentencePiece',
} as const;
export type GgufTokenizerModel = keyof typeof ggufTokenizers;
