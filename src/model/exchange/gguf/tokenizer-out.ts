import { InvalidInput } from '../../../base/core/index.js';
import type { Tokenizer } from '../../tokenizer/index.js';
import { splitsOf } from '../sentence-piece.js';
import type { GgufValue } from './metadata.js';
import { preTokenizerFor } from './pre-tokenizers.js';
import { bytePiece, ggufTokenizers, tokenTypes } from './tokenizer-types.js';

/** A tokenizer with what its folder says about it. */
export interface TokenizerToWrite {
  readonly tokenizer: Tokenizer;
  readonly bos: number | null;
  readonly eos: number | null;
  readonly pad: number | null;
  readonly unk: number | null;
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

interface Described {
  readonly model: keyof typeof ggufTokenizers;
  readonly metadata: Readonly<Record<string, GgufValue>>;
  readonly typeOf: (token: string, id: number) => number;
  readonly scores?: Float32Array;
  readonly notes: readonly string[];
}

type Part = { readonly [key: string]: unknown } | null | undefined;

const flatten = (value: unknown, items: string): Part[] => {
  const part = value as Part;
  if (part === null || part === undefined) return [];
  return part.type === 'Sequence' && Array.isArray(part[items])
    ? (part[items] as unknown[]).flatMap((inner) => flatten(inner, items))
    : [part];
};

/** Where a SentencePiece-style tokenizer puts a space: before every piece of text, before the first one, or nowhere. */
function spaceBefore(json: Record<string, unknown>): 'always' | 'first' | 'never' | undefined {
  const steps = flatten(json.normalizer, 'normalizers').map((step) => JSON.stringify(step));
  const cuts = flatten(json.pre_tokenizer, 'pretokenizers');
  const spaces = JSON.stringify({ type: 'Replace', pattern: { String: ' ' }, content: '▁' });
  const prepend = JSON.stringify({ type: 'Prepend', prepend: '▁' });
  if (cuts.length === 0 && steps.join() === [prepend, spaces].join()) return 'always';
  if (cuts.length === 0 && steps.join() === spaces) return 'never';
  const [metaspace] = cuts;
  if (steps.length > 0 || cuts.length !== 1 || metaspace?.type !== 'Metaspace') return undefined;
  if ((metaspace.replacement ?? '▁') !== '▁') return undefined;
  const scheme = metaspace.prepend_scheme ?? (metaspace.add_prefix_space === false ? 'never' : 'always');
  return scheme === 'always' || scheme === 'first' || scheme === 'never' ? scheme : undefined;
}

/**
 * Scores that make llama.cpp join pairs as the merges do: the piece that the first merge makes has the highest. It joins any two
 * neighbours that are a piece together, so every split of a piece must be among the merges, and those of one piece together.
 */
function scoresOf(
  tokens: readonly (string | undefined)[],
  merges: readonly (readonly [string, string])[],
  isAdded: (id: number) => boolean,
) {
  const ids = new Map<string, number>();
  tokens.forEach((token, id) => token !== undefined && ids.set(token, id));
  const scores = new Float32Array(tokens.length);
  const listed = new Set<string>();
  const seen = new Set<string>();
  let last = '';
  let apart = 0;
  for (const [left, right] of merges) {
    const piece = left + right;
    listed.add(`${left}\n${right}`);
    if (piece === last) continue;
    last = piece;
    if (seen.has(piece)) apart++;
    else scores[ids.get(piece) as number] = -seen.size;
    seen.add(piece);
  }
  let missing = 0;
  const joins = (id: number) => !isAdded(id) && !bytePiece.test(tokens[id] as string);
  for (const { left, right } of splitsOf(tokens, joins)) if (!listed.has(`${left}\n${right}`)) missing++;
  // Characters follow behind the pieces that are made of them.
  let next = -seen.size;
  tokens.forEach((token, id) => {
    if (token !== undefined && !seen.has(token) && joins(id)) scores[id] = next--;
  });
  return { scores, missing, apart };
}

function mergesOf(model: Record<string, unknown>): (readonly [string, string])[] {
  return ((model.merges ?? []) as (string | [string, string])[]).map((merge) => {
    if (typeof merge !== 'string') return merge;
    const space = merge.indexOf(' ');
    return [merge.slice(0, space), merge.slice(space + 1)] as const;
  });
}

function describe(input: TokenizerToWrite, tokens: readonly (string | undefined)[]): Described {
  const json = input.tokenizer.toJson();
  const model = json.model as Record<string, unknown>;
  const kinds = Object.values(ggufTokenizers).join(' or ');
  const type = model.type ?? 'BPE';
  if (type !== 'BPE') refuse(`expected a tokenizer that is ${kinds}, got ${String(type)}`, { type });
  for (const affix of ['continuing_subword_prefix', 'end_of_word_suffix']) {
    if (model[affix]) refuse(`expected a tokenizer without ${affix}, got ${JSON.stringify(model[affix])}`);
  }
  const added = new Map(input.tokenizer.addedTokens.map((token) => [token.id, token]));
  const base = (id: number) => {
    const token = added.get(id);
    return token === undefined ? tokenTypes.normal : token.special ? tokenTypes.control : tokenTypes.userDefined;
  };
  const stripping = [...added.values()].filter((token) => token.lstrip || token.rstrip || token.singleWord);
  const notes =
    stripping.length > 0
      ? [
          `llama.cpp leaves spaces around ${stripping.map((token) => token.content).join(', ')}; this tokenizer takes them`,
        ]
      : [];
  const merges = mergesOf(model);
  if (flatten(json.pre_tokenizer, 'pretokenizers').some((step) => step?.type === 'ByteLevel')) {
    const normalizers = flatten(json.normalizer, 'normalizers').map((step) => step?.type);
    if (normalizers.some((name) => name !== 'NFC'))
      refuse(`expected a byte-level tokenizer without normalizer, got ${normalizers.join(', ')}`);
    if (normalizers.length > 0)
      notes.push('llama.cpp does not bring texts to NFC before it encodes them; this tokenizer does');
    const row = preTokenizerFor(json.pre_tokenizer, model.ignore_merges === true);
    return {
      model: 'gpt2',
      metadata: {
        'tokenizer.ggml.pre': { type: 'string', value: row.names[0] },
        'tokenizer.ggml.merges': { type: 'array', of: 'string', value: merges.map((pair) => pair.join(' ')) },
      },
      typeOf: (_, id) => base(id),
      notes,
    };
  }
  const scheme = spaceBefore(json);
  if (scheme === undefined || model.byte_fallback !== true) {
    refuse(`expected a tokenizer that is ${kinds}, got another normalizer or pre-tokenizer`);
  }
  const bytes = tokens.filter((token) => token !== undefined && bytePiece.test(token)).length;
  if (bytes !== 256) refuse(`expected pieces for 256 bytes (<0x00> to <0xFF>), got ${bytes}`);
  const { scores, missing, apart } = scoresOf(tokens, merges, (id) => added.has(id));
  if (missing + apart > 0) {
    const how = `joins ${missing} pairs that this tokenizer does not, and ${apart} in another order`;
    if (!input.approximate) {
      refuse(
        `expected merges that hold every split of a piece, as SentencePiece's do; llama.cpp ${how} (--approximate-tokenizer writes it all the same)`,
        { missing, apart },
      );
    }
    notes.push(`llama.cpp ${how}: some texts will have other tokens there`);
  }
  if (scheme === 'first')
    notes.push('llama.cpp puts a space after special tokens too; this tokenizer only before a text');
  return {
    model: 'llama',
    metadata: {
      'tokenizer.ggml.pre': { type: 'string', value: 'default' },
      'tokenizer.ggml.add_space_prefix': { type: 'bool', value: scheme !== 'never' },
    },
    typeOf: (token, id) => (id === input.unk ? tokenTypes.unknown : bytePiece.test(token) ? tokenTypes.byte : base(id)),
    scores,
    notes,
  };
}

/** Tokens that the tokenizer puts around a text: none, or `bos` before and `eos` after it. */
function around({ tokenizer, bos, eos }: TokenizerToWrite): { before?: number; after?: number } {
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
  const { model, metadata, typeOf, scores, notes } = describe(input, tokens);
  const { before, after } = around(input);
  const names = new Set(tokens);
  const types = new Int32Array(vocabSize);
  const texts = Array.from({ length: vocabSize }, (_, id) => {
    const token = tokens[id];
    if (token !== undefined) {
      types[id] = typeOf(token, id);
      return token;
    }
    // A row of the embedding without a token.
    types[id] = tokenTypes.unused;
    let name = `[PAD${id}]`;
    while (names.has(name)) name = `[${name}]`;
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
  const bos = input.bos ?? before ?? null;
  const eos = input.eos ?? after ?? null;
  const ids = { bos, eos, padding: input.pad, unknown: input.unk, eot: input.ends.find((id) => id !== eos) ?? null };
  for (const [role, id] of Object.entries(ids)) {
    if (id !== null) out.set(`tokenizer.ggml.${role}_token_id`, { type: 'u32', value: id });
  }
  out.set('tokenizer.ggml.add_bos_token', { type: 'bool', value: before !== undefined });
  out.set('tokenizer.ggml.add_eos_token', { type: 'bool', value: after !== undefined });
  if (input.chatTemplate !== undefined)
    out.set('tokenizer.chat_template', { type: 'string', value: input.chatTemplate });
  const absent = [...(bos === null ? ['begins'] : []), ...(eos === null ? ['ends'] : [])];
  const silent =
    absent.length > 0
      ? [`no token ${absent.join(' or ')} a text here; llama.cpp takes one of its own choice for it`]
      : [];
  return { metadata: out, notes: [...notes, ...silent] };
}
