import { InvalidInput } from '../../../base/core/index.js';
import type { AddedToken } from '../../tokenizer/index.js';
import { splitsOf } from '../sentence-piece.js';
import type { GgufValue } from './metadata.js';
import { preTokenizerFor } from './pre-tokenizers.js';
import { bytePiece, ggufTokenizers, tokenTypes } from './tokenizer-types.js';
import type { GgufTokenizerModel } from './tokenizer-types.js';
import { unigramMetadata, unigramSteps } from './unigram.js';
import { toPhantom } from './word-piece.js';

/** What a describer looks at. */
export interface TokenizerParts {
  /** tokenizer.json. */
  readonly json: Readonly<Record<string, unknown>>;
  /** Token of each id, `undefined` in gaps. */
  readonly tokens: readonly (string | undefined)[];
  readonly added: ReadonlyMap<number, AddedToken>;
  readonly unk: number | null;
  /** Write a vocabulary that llama.cpp joins a little differently. */
  readonly approximate: boolean;
}

/** A tokenizer in GGUF's terms. */
export interface DescribedTokenizer {
  readonly metadata: Readonly<Record<string, GgufValue>>;
  /** The token's type, and its text where the format spells it differently. */
  readonly typeOf: (token: string, id: number) => number;
  readonly textOf?: (token: string) => string;
  readonly scores?: Float32Array;
  readonly notes: readonly string[];
}

function refuse(message: string, fields: Record<string, unknown> = {}): never {
  throw new InvalidInput('gguf.tokenizer', `gguf: ${message}`, fields);
}

type Part = { readonly [key: string]: unknown } | null | undefined;

const flatten = (value: unknown, items: string): Part[] => {
  const part = value as Part;
  if (part === null || part === undefined) return [];
  return part.type === 'Sequence' && Array.isArray(part[items])
    ? (part[items] as unknown[]).flatMap((inner) => flatten(inner, items))
    : [part];
};

const modelOf = (json: TokenizerParts['json']) => json.model as Readonly<Record<string, unknown>>;
const isBpe = (json: TokenizerParts['json']) => (modelOf(json).type ?? 'BPE') === 'BPE';
const isByteLevel = ({ json }: TokenizerParts) =>
  flatten(json.pre_tokenizer, 'pretokenizers').some((step) => step?.type === 'ByteLevel');

function addedType(added: TokenizerParts['added'], id: number): number {
  const token = added.get(id);
  return token === undefined ? tokenTypes.normal : token.special ? tokenTypes.control : tokenTypes.userDefined;
}

function mergesOf(model: Readonly<Record<string, unknown>>): (readonly [string, string])[] {
  return ((model.merges ?? []) as (string | [string, string])[]).map((merge) => {
    if (typeof merge !== 'string') return merge;
    const space = merge.indexOf(' ');
    return [merge.slice(0, space), merge.slice(space + 1)] as const;
  });
}

function describeByteLevel(parts: TokenizerParts): DescribedTokenizer | undefined {
  const { json, added } = parts;
  if (!isBpe(json) || !isByteLevel(parts)) return undefined;
  const normalizers = flatten(json.normalizer, 'normalizers').map((step) => step?.type);
  if (normalizers.some((name) => name !== 'NFC')) {
    refuse(`expected a byte-level tokenizer without normalizer, got ${normalizers.join(', ')}`);
  }
  const model = modelOf(json);
  const row = preTokenizerFor(json.pre_tokenizer, model.ignore_merges === true);
  return {
    metadata: {
      'tokenizer.ggml.pre': { type: 'string', value: row.names[0] },
      'tokenizer.ggml.merges': { type: 'array', of: 'string', value: mergesOf(model).map((pair) => pair.join(' ')) },
    },
    typeOf: (_, id) => addedType(added, id),
    notes:
      normalizers.length > 0
        ? ['llama.cpp does not bring texts to NFC before it encodes them; this tokenizer does']
        : [],
  };
}

/** Where a SentencePiece-style tokenizer puts a space: before every piece of text, before the first one, or nowhere. */
function spaceBefore(json: TokenizerParts['json']): 'always' | 'first' | 'never' | undefined {
  const steps = flatten(json.normalizer, 'normalizers').map((step) => JSON.stringify(step));
  const merged = JSON.stringify({
    type: 'Split',
    pattern: { String: ' ' },
    behavior: 'MergedWithPrevious',
    invert: false,
  });
  // Gemma cuts at spaces of which its normalizer leaves none.
  const cuts = flatten(json.pre_tokenizer, 'pretokenizers').filter(
    (step) => steps.length === 0 || JSON.stringify(step) !== merged,
  );
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

function describeSentencePiece(parts: TokenizerParts): DescribedTokenizer | undefined {
  const { json, tokens, added, unk } = parts;
  const scheme = spaceBefore(json);
  if (!isBpe(json) || scheme === undefined || modelOf(json).byte_fallback !== true) return undefined;
  const bytes = tokens.filter((token) => token !== undefined && bytePiece.test(token)).length;
  if (bytes !== 256) refuse(`expected pieces for 256 bytes (<0x00> to <0xFF>), got ${bytes}`);
  const { scores, missing, apart } = scoresOf(tokens, mergesOf(modelOf(json)), (id) => added.has(id));
  const notes: string[] = [];
  if (missing + apart > 0) {
    const how = `joins ${missing} pairs that this tokenizer does not, and ${apart} in another order`;
    if (!parts.approximate) {
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
    metadata: {
      'tokenizer.ggml.pre': { type: 'string', value: 'default' },
      'tokenizer.ggml.add_space_prefix': { type: 'bool', value: scheme !== 'never' },
    },
    typeOf: (token, id) =>
      id === unk ? tokenTypes.unknown : bytePiece.test(token) ? tokenTypes.byte : addedType(added, id),
    scores,
    notes,
  };
}

function describeWordPiece({ json, added, unk, approximate }: TokenizerParts): DescribedTokenizer | undefined {
  const model = modelOf(json);
  if (model.type !== 'WordPiece') return undefined;
  const prefix = model.continuing_subword_prefix ?? '##';
  if (prefix !== '##') refuse(`expected a WordPiece vocabulary that marks pieces by ##, got ${JSON.stringify(prefix)}`);
  const normalizers = flatten(json.normalizer, 'normalizers');
  const cuts = flatten(json.pre_tokenizer, 'pretokenizers').map((step) => step?.type);
  const [bert] = normalizers;
  const asBert =
    normalizers.length === 1 &&
    bert?.type === 'BertNormalizer' &&
    bert.lowercase !== false &&
    bert.strip_accents !== false &&
    bert.clean_text !== false &&
    bert.handle_chinese_chars !== false &&
    cuts.join() === 'BertPreTokenizer';
  const notes = ['llama.cpp lower-cases, strips accents and cuts as BERT (uncased) does; this tokenizer does not'];
  if (!asBert && !approximate) {
    refuse(
      `expected BERT's normalizer and pre-tokenizer: ${notes[0]} (--approximate-tokenizer writes it all the same)`,
    );
  }
  return {
    metadata: { 'tokenizer.ggml.pre': { type: 'string', value: 'default' } },
    typeOf: (_, id) => (id === unk ? tokenTypes.unknown : addedType(added, id)),
    textOf: toPhantom,
    notes: asBert ? [] : notes,
  };
}

function describeUnigram({ json, added, unk, approximate, tokens }: TokenizerParts): DescribedTokenizer | undefined {
  const model = modelOf(json);
  if (model.type !== 'Unigram') return undefined;
  const notes: string[] = [];
  const differ = (how: string) => {
    if (!approximate)
      refuse(
        `expected a Unigram tokenizer as SentencePiece has it: ${how} (--approximate-tokenizer writes it all the same)`,
      );
    notes.push(`${how}: some texts will have other tokens there`);
  };
  const normalizers = flatten(json.normalizer, 'normalizers').map((step) => ({ ...step }));
  const cuts = flatten(json.pre_tokenizer, 'pretokenizers').map((step) => ({ ...step }));
  let steps = unigramSteps(normalizers, cuts);
  if (!steps) {
    differ('llama.cpp knows the normalizations of SentencePiece files alone, this tokenizer has another');
    steps = { spaceBefore: !JSON.stringify(cuts).includes('"never"'), trims: false };
  }
  if (model.byte_fallback === true) differ('llama.cpp gives unknown characters no bytes, this tokenizer does');
  const vocab = (model.vocab ?? []) as readonly (readonly [string, number])[];
  const hidden = new Set((model.hidden_ids ?? []) as readonly number[]);
  const scores = new Float32Array(tokens.length);
  vocab.forEach(([, score], id) => (scores[id] = score));
  const unknown = (model.unk_id ?? unk) as number | null;
  return {
    metadata: {
      ...unigramMetadata(steps),
      ...(unknown === null ? {} : { 'tokenizer.ggml.unknown_token_id': { type: 'u32' as const, value: unknown } }),
    },
    typeOf(token, id) {
      if (id === unknown) return tokenTypes.unknown;
      if (bytePiece.test(token)) return tokenTypes.byte;
      return hidden.has(id) ? tokenTypes.unused : addedType(added, id);
    },
    scores,
    notes,
  };
}

/** One describer for each kind of tokenizer; what is not its kind it leaves to the others. */
const describers: Readonly<Record<GgufTokenizerModel, (parts: TokenizerParts) => DescribedTokenizer | undefined>> = {
  gpt2: describeByteLevel,
  llama: describeSentencePiece,
  bert: describeWordPiece,
  t5: describeUnigram,
};

/**
 * A tokenizer in GGUF's terms.
 *
 * @throws InvalidInput for tokenizers that llama.cpp cannot follow, naming the kinds that it can.
 */
export function describeTokenizer(parts: TokenizerParts): DescribedTokenizer & { readonly model: GgufTokenizerModel } {
  const model = modelOf(parts.json);
  for (const affix of ['continuing_subword_prefix', 'end_of_word_suffix']) {
    if (isBpe(parts.json) && model[affix])
      refuse(`expected a tokenizer without ${affix}, got ${JSON.stringify(model[affix])}`);
  }
  for (const [name, describe] of Object.entries(describers)) {
    const found = describe(parts);
    if (found) return { ...found, model: name as GgufTokenizerModel };
  }
  const type = String(model.type ?? 'BPE');
  return refuse(
    `expected a tokenizer that is ${Object.values(ggufTokenizers).join(', or ')}, got ${
      type === 'BPE' ? 'BPE with another normalizer or pre-tokenizer' : type
    }`,
    { type },
  );
}
