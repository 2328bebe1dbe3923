import { gpt2Pattern } from '../patterns.js';

/** A tokenizer.json under construction. */
export interface TokenizerJson {
  version: string;
  added_tokens: object[];
  normalizer: object | null;
  pre_tokenizer: object | null;
  post_processor: object | null;
  decoder: object | null;
  model: Record<string, unknown>;
}

function emptyModel(values: Record<string, unknown>): Record<string, unknown> {
  return {
    type: 'BPE',
    dropout: null,
    unk_token: null,
    continuing_subword_prefix: null,
    end_of_word_suffix: null,
    fuse_unk: false,
    byte_fallback: false,
    ignore_merges: false,
    ...values,
  };
}

/** A byte-level tokenizer without vocabulary. */
export function byteLevelJson(pattern: string): TokenizerJson {
  const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true };
  const split = { type: 'Split', pattern: { Regex: pattern }, behavior: 'Isolated', invert: false };
  return {
    version: '1.0',
    added_tokens: [],
    normalizer: null,
    pre_tokenizer:
      pattern === gpt2Pattern
        ? { ...byteLevel, use_regex: true }
        : { type: 'Sequence', pretokenizers: [split, { ...byteLevel, use_regex: false }] },
    post_processor: null,
    decoder: { ...byteLevel, use_regex: true },
    model: emptyModel({}),
  };
}

/** A SentencePiece-style tokenizer without vocabulary. */
export function sentencePieceJson(addPrefixSpace: boolean, specials: readonly string[]): TokenizerJson {
  const steps: object[] = [
    { type: 'Replace', pattern: { String: '▁' }, content: ' ' },
    { type: 'ByteFallback' },
    { type: 'Fuse' },
  ];
  if (addPrefixSpace) steps.push({ type: 'Strip', content: ' ', start: 1, stop: 0 });
  return {
    version: '1.0',
    added_tokens: [],
    normalizer: null,
    pre_tokenizer: {
      type: 'Metaspace',
      replacement: '▁',
      prepend_scheme: addPrefixSpace ? 'first' : 'never',
      split: true,
    },
    post_processor: null,
    decoder: { type: 'Sequence', decoders: steps },
    model: emptyModel({
      unk_token: specials.includes('<unk>') ? '<unk>' : null,
      fuse_unk: true,
      byte_fallback: true,
    }),
  };
}

export type Normalization = 'nmt_nfkc' | 'nfkc' | 'identity';

const normalizers: Readonly<Record<Normalization, object | null>> = {
  // The rules that SentencePiece calls so, as steps that any reader of tokenizer.json knows.
  nmt_nfkc: {
    type: 'Sequence',
    normalizers: [{ type: 'Nmt' }, { type: 'NFKC' }, { type: 'Replace', pattern: { Regex: ' {2,}' }, content: ' ' }],
  },
  nfkc: { type: 'NFKC' },
  identity: null,
};

/** A Unigram tokenizer without vocabulary, as SentencePiece's. */
export function unigramJson(normalization: Normalization, byteFallback: boolean): TokenizerJson {
  // A space put before a text cannot be told from one of its own.
  const prefix = normalization !== 'identity';
  const metaspace = { type: 'Metaspace', replacement: '▁', prepend_scheme: prefix ? 'first' : 'never', split: true };
  return {
    version: '1.0',
    added_tokens: [],
    normalizer: normalizers[normalization],
    pre_tokenizer: metaspace,
    post_processor: null,
    decoder: byteFallback ? sentencePieceJson(prefix, []).decoder : metaspace,
    model: { type: 'Unigram', unk_id: null, vocab: [], byte_fallback: byteFallback },
  };
}

/** A WordPiece tokenizer without vocabulary, as BERT's. */
export function wordPieceJson(
  lowercase: boolean,
  prefix: string,
  unkToken: string,
  wrap?: { readonly cls: [string, number]; readonly sep: [string, number] },
): TokenizerJson {
  const special = (id: string, type_id: number) => ({ SpecialToken: { id, type_id } });
  const text = (id: string, type_id: number) => ({ Sequence: { id, type_id } });
  const entry = ([token, id]: [string, number]) => ({ id: token, ids: [id], tokens: [token] });
  return {
    version: '1.0',
    added_tokens: [],
    normalizer: {
      type: 'BertNormalizer',
      clean_text: true,
      handle_chinese_chars: true,
      strip_accents: null,
      lowercase,
    },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: wrap
      ? {
          type: 'TemplateProcessing',
          single: [special(wrap.cls[0], 0), text('A', 0), special(wrap.sep[0], 0)],
          pair: [special(wrap.cls[0], 0), text('A', 0), special(wrap.sep[0], 0), text('B', 1), special(wrap.sep[0], 1)],
          special_tokens: { [wrap.cls[0]]: entry(wrap.cls), [wrap.sep[0]]: entry(wrap.sep) },
        }
      : null,
    decoder: { type: 'WordPiece', prefix, cleanup: true },
    model: {
      type: 'WordPiece',
      unk_token: unkToken,
      continuing_subword_prefix: prefix,
      max_input_chars_per_word: 100,
    },
  };
}
