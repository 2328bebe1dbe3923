import { InvalidInput } from '../../../base/core/index.js';
import type { Tokenizer } from '../../tokenizer/index.js';
import type { GgufValue } from './metadata.js';
import { describeTokenizer } from './tokenizer-describe.js';
import { tokenTypes } from './tokenizer-types.js';

/** A tokenizer with what its folder says about it. */
export interface TokenizerToWrite {
  readonly tokenizer: Tokenizer;
  readonly ids: Readonly<Record<'bos' | 'eos' | 'pad' | 'unk' | 'cls' | 'sep' | 'mask', number | null>>;
  /** Tokens besides `eos` that end a turn. */
  readonly ends: readonly number[];
  readonly chatTemplate?: string;
  /** Rows of the model's embedding. */
  readonly vocabSize: number;
  /** Write a vocabulary that llama.cpp joins a little differently. */
  readonly approximate: boolean;
}

function refuse(message: string, fields: Record<string, unknown> = {}): never {
  throw new InvalidInput('gguf.tokenizer', `gguf: ${message}`, fields);
}

/** Tokens that the tokenizer puts around a text: none, or `bos` before and `eos` after it. */
function around(tokenizer: Tokenizer, bos: number | null, eos: number | null): { before?: number; after?: number } {
  const plain = tokenizer.encode('a', { addSpecialTokens: false });
  const whole = tokenizer.encode('a');
  const at = whole.findIndex((_, i) => plain.every((id, j) => whole[i + j] === id));
  const before = whole.slice(0, at);
  const after = whole.slice(at + plain.length);
  if (
    before.length > 1 ||
    after.length > 1 ||
    (before.length === 1 && bos !== null && before[0] !== bos) ||
    (after.length === 1 && eos !== null && after[0] !== eos)
  ) {
    refuse(
      `expected a tokenizer that puts its bos before a text and its eos after it, or nothing, got ids ${whole.join(' ')} for "a"`,
    );
  }
  return { ...(before.length === 1 && { before: before[0] }), ...(after.length === 1 && { after: after[0] }) };
}

/**
 * Metadata of a tokenizer (`tokenizer.ggml.…`, chat template), and notes on what llama.cpp does differently with it.
 *
 * @throws InvalidInput for tokenizers larger than the model's vocabulary, and those that llama.cpp cannot follow.
 */
export function ggufTokenizerMetadata(input: TokenizerToWrite): {
  readonly metadata: ReadonlyMap<string, GgufValue>;
  readonly notes: readonly string[];
} {
  const { tokenizer, vocabSize } = input;
  if (tokenizer.vocabSize > vocabSize) {
    refuse(`expected a tokenizer of at most ${vocabSize} tokens (the model's embedding), got ${tokenizer.vocabSize}`);
  }
  const tokens = Array.from({ length: tokenizer.vocabSize }, (_, id) => tokenizer.idToToken(id));
  const { model, metadata, typeOf, textOf, scores, notes } = describeTokenizer({
    json: tokenizer.toJson(),
    tokens,
    added: new Map(tokenizer.addedTokens.map((token) => [token.id, token])),
    unk: input.ids.unk,
    approximate: input.approximate,
  });
  const { bos: first, eos: last, cls, sep, mask, pad, unk } = input.ids;
  const { before, after } = around(tokenizer, first ?? cls, last ?? sep);
  const known = new Set(tokens);
  const names = new Set<string>();
  const types = new Int32Array(vocabSize);
  const texts = Array.from({ length: vocabSize }, (_, id) => {
    const token = tokens[id];
    if (token !== undefined) {
      types[id] = typeOf(token, id);
      const name = textOf?.(token) ?? token;
      if (names.has(name)) refuse(`expected tokens that differ as GGUF spells them, got ${JSON.stringify(name)} twice`);
      names.add(name);
      return name;
    }
    // A row of the embedding without a token.
    types[id] = tokenTypes.unused;
    let name = `[PAD${id}]`;
    while (known.has(name)) name = `[${name}]`;
    return name;
  });
  const out = new Map<string, GgufValue>([
    ['tokenizer.ggml.model', { type: 'string', value: model }],
    ['tokenizer.ggml.tokens', { type: 'array', of: 'string', value: texts }],
    ['tokenizer.ggml.token_type', { type: 'array', of: 'i32', value: types }],
  ]);
  if (scores) {
    const all = new Float32Array(vocabSize);
    all.set(scores);
    out.set('tokenizer.ggml.scores', { type: 'array', of: 'f32', value: all });
  }
  for (const [key, value] of Object.entries(metadata)) out.set(key, value);
  const bos = first ?? cls ?? before ?? null;
  const eos = last ?? sep ?? after ?? null;
  const eot = input.ends.find((id) => id !== eos) ?? null;
  // `seperator` is how the format spells it.
  const ids = { bos, eos, eot, padding: pad, unknown: unk, cls, seperator: sep, mask };
  for (const [role, id] of Object.entries(ids)) {
    if (id !== null) out.set(`tokenizer.ggml.${role}_token_id`, { type: 'u32', value: id });
  }
  out.set('tokenizer.ggml.add_bos_token', { type: 'bool', value: before !== undefined });
  out.set('tokenizer.ggml.add_eos_token', { type: 'bool', value: after !== undefined });
  if (input.chatTemplate !== undefined)
    out.set('tokenizer.chat_template', { type: 'string', value: input.chatTemplate });
  const stripping = tokenizer.addedTokens.filter((token) => token.lstrip || token.rstrip || token.singleWord);
  const absent = [...(bos === null ? ['begins'] : []), ...(eos === null ? ['ends'] : [])];
  const differences = [
    ...notes,
    ...(stripping.length > 0
      ? [
          `llama.cpp leaves the text around ${stripping.map(({ content }) => content).join(', ')} as it is; this tokenizer does not`,
        ]
      : []),
    ...(absent.length > 0
      ? [`no token ${absent.join(' or ')} a text here; llama.cpp takes one of its own choice for it`]
      : []),
  ];
  return { metadata: out, notes: differences };
}
