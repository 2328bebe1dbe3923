import { Tokenizer } from './tokenizer.js';
import { specialEntries, wordPieceJson } from './training/index.js';

/** A byte-level tokenizer of GPT-2's vocab.json and the lines of its merges.txt. */
export function tokenizerOfGpt2(vocab: Record<string, unknown>, merges: string): Tokenizer {
  const lines = merges.split(/\r?\n/).filter((line, i) => line !== '' && !(i === 0 && line.startsWith('#version')));
  const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true };
  const tokenizer = Tokenizer.fromJson({
    version: '1.0',
    added_tokens: [],
    normalizer: null,
    pre_tokenizer: byteLevel,
    post_processor: null,
    decoder: byteLevel,
    model: { type: 'BPE', vocab, merges: lines },
  });
  // These files do not say which tokens are special; this one is, in every vocabulary that has it.
  const end = '<|endoftext|>';
  return tokenizer.tokenToId(end) === undefined ? tokenizer : tokenizer.withSpecialTokens([end]);
}

const bertTokens = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'];

/**
 * A WordPiece tokenizer of BERT's vocab.txt, a token a line. `do_lower_case` (default true), `strip_accents` and
 * `tokenize_chinese_chars` of tokenizer_config.json say how texts are normalized.
 */
export function tokenizerOfBert(vocab: string, config: Record<string, unknown>): Tokenizer {
  const lines = vocab.split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  const ids = new Map(lines.map((token, id) => [token, id]));
  const entry = (token: string): [string, number] => [token, ids.get(token) as number];
  const wrap = ids.has('[CLS]') && ids.has('[SEP]') ? { cls: entry('[CLS]'), sep: entry('[SEP]') } : undefined;
  const json = wordPieceJson(config.do_lower_case !== false, '##', '[UNK]', wrap);
  json.normalizer = {
    ...json.normalizer,
    strip_accents: typeof config.strip_accents === 'boolean' ? config.strip_accents : null,
    handle_chinese_chars: config.tokenize_chinese_chars !== false,
  };
  json.model.vocab = Object.fromEntries(ids);
  json.added_tokens = specialEntries(bertTokens.filter((token) => ids.has(token))).map((added) => {
    const { content } = added as { content: string };
    return { ...added, id: ids.get(content) };
  });
  return Tokenizer.fromJson(json);
}
