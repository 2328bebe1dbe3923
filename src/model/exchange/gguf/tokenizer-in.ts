import { InvalidInput } from '../../../base/core/index.js';
import type { Json } from '../../../base/core/index.js';
import { addedToken, sentencePieceJson, templateProcessing } from '../sentence-piece.js';
import { MetadataReader } from './metadata.js';
import type { GgufMetadata } from './metadata.js';
import { preTokenizerJson, preTokenizerOf } from './pre-tokenizers.js';
import type { PreTokenizerRow } from './pre-tokenizers.js';
import { bytePiece, ggufTokenizers, tokenTypes } from './tokenizer-types.js';
import type { GgufTokenizerModel } from './tokenizer-types.js';
import { unigramJson } from './unigram.js';
import { fromPhantom, wordPieceJson } from './word-piece.js';

/** A tokenizer out of a GGUF file, for the files of a Hugging Face folder. */
export interface GgufTokenizer {
  /** tokenizer.json. */
  readonly json: { readonly [key: string]: Json };
  /** Names of special tokens, and the chat template. */
  readonly names: { readonly [name: string]: string };
  readonly bos: number | null;
  readonly eos: number | null;
  /** Every token that ends a text or a turn. */
  readonly endIds: readonly number[];
}

function refuse(message: string, fields: Record<string, unknown> = {}): never {
  throw new InvalidInput('gguf.tokenizer', `gguf: ${message}`, fields);
}

const key = (name: string) => `tokenizer.ggml.${name}`;

/** Token texts without the padding at the end, which only fills up the embedding. */
function readTokens(
  reader: MetadataReader,
  kind: GgufTokenizerModel,
): { tokens: string[]; types: Float64Array; scores?: Float64Array } {
  const all = reader.strings(key('tokens'));
  if (all.length === 0) refuse('expected tokenizer.ggml.tokens to hold tokens, got none');
  const types = reader.optionalNumbers(key('token_type'), all.length) ?? new Float64Array(all.length).fill(1);
  const scores = reader.optionalNumbers(key('scores'), all.length);
  let length = all.length;
  while (length > 1 && types[length - 1] === tokenTypes.unused) length--;
  const seen = new Map<string, number>();
  const tokens = all.slice(0, length).map((token, id) => {
    // llama.cpp's own name for a token without text.
    const named = token === '' ? `[EMPTY_${id}]` : token;
    const name = kind === 'bert' ? fromPhantom(named) : named;
    const twin = seen.get(name);
    if (twin !== undefined)
      refuse(`expected each token once, got ${JSON.stringify(name.slice(0, 40))} as ${twin} and ${id}`);
    seen.set(name, id);
    return name;
  });
  return { tokens, types, ...(scores && { scores }) };
}

function splitMerges(merges: readonly string[]): Json[] {
  return merges.map((merge, i) => {
    const space = merge.indexOf(' ', 1);
    if (space < 0 || space === merge.length - 1) {
      refuse(`expected merge ${i} to be two tokens with a space between, got ${JSON.stringify(merge.slice(0, 80))}`);
    }
    return [merge.slice(0, space), merge.slice(space + 1)];
  });
}

/**
 * The tokenizer in a file's metadata; `undefined` where the file has none.
 *
 * @throws InvalidInput for tokenizers of other kinds and pre-tokenizers that are not known (naming those that are), and
 * for metadata that contradicts itself.
 */
export function ggufTokenizer(metadata: GgufMetadata): GgufTokenizer | undefined {
  const reader = new MetadataReader(metadata);
  const model = reader.optionalString(key('model'));
  if (model === undefined || model === 'no_vocab' || model === 'none') return undefined;
  if (!Object.hasOwn(ggufTokenizers, model)) {
    refuse(
      `expected tokenizer.ggml.model to be one of ${Object.keys(ggufTokenizers).join(', ')}, got ${JSON.stringify(model)}; give the tokenizer of the original model (--tokenizer FOLDER)`,
    );
  }
  const kind = model as GgufTokenizerModel;
  const { tokens, types, scores } = readTokens(reader, kind);
  const id = (name: string, fallback?: number) => {
    const value = reader.optionalNumber(key(`${name}_token_id`)) ?? fallback;
    return value !== undefined && Number.isSafeInteger(value) && value >= 0 && value < tokens.length ? value : null;
  };
  // llama.cpp's defaults; for byte-level BPE it takes 11, which means nothing.
  const standard = {
    gpt2: {},
    llama: { bos: 1, eos: 2, unk: 0 },
    t5: { eos: 1, unk: 2, pad: 0 },
    bert: { bos: 101, eos: 102, unk: 100, pad: 0, mask: 103 },
  }[kind] as { readonly [role in 'bos' | 'eos' | 'unk' | 'pad' | 'mask']?: number };
  const isBert = kind === 'bert';
  const bos = (isBert ? id('cls') : null) ?? id('bos', standard.bos);
  const eos = (isBert ? (id('seperator') ?? id('separator')) : null) ?? id('eos', standard.eos);
  const pad = id('padding', standard.pad);
  const unk = id('unknown', standard.unk);
  const added: { id: number; special: boolean }[] = [];
  types.subarray(0, tokens.length).forEach((type, token) => {
    const special = type === tokenTypes.control || type === tokenTypes.unknown;
    if (special || type === tokenTypes.userDefined) added.push({ id: token, special });
  });
  const row = kind === 'gpt2' ? preTokenizerOf(reader.optionalString(key('pre'))) : undefined;
  const addBos = reader.boolean(key('add_bos_token'), row ? row.addBos : kind !== 't5');
  const addEos = reader.boolean(key('add_eos_token'), isBert || kind === 't5');
  if ((addBos && bos === null) || (addEos && eos === null)) {
    refuse('expected the id of the token that is put around a text, got none');
  }
  const parts: Parts = {
    reader,
    tokens,
    types,
    scores,
    added,
    unk,
    bos,
    eos,
    before: addBos ? [bos as number] : [],
    after: addEos ? [eos as number] : [],
  };
  const json = row
    ? byteLevelJson(parts, row)
    : kind === 'llama'
      ? scoredJson(parts)
      : kind === 't5'
        ? piecesJson(parts)
        : bertJson(parts);
  const name = (token: number | null) => (token === null ? undefined : tokens[token]);
  const chatTemplate = reader.optionalString('tokenizer.chat_template');
  const roles = isBert
    ? { clsToken: name(bos), sepToken: name(eos), maskToken: name(id('mask', standard.mask)) }
    : { bosToken: name(bos), eosToken: name(eos) };
  const ends = isBert ? [] : [eos, id('eot'), id('eom')].filter((end) => end !== null);
  return {
    json,
    names: withoutAbsent({ ...roles, padToken: name(pad), unkToken: name(unk), chatTemplate }),
    bos: isBert ? null : bos,
    eos: isBert ? null : eos,
    endIds: [...new Set(ends)],
  };
}

/** What the kinds are made from. */
interface Parts {
  readonly reader: MetadataReader;
  readonly tokens: readonly string[];
  readonly types: Float64Array;
  readonly scores: Float64Array | undefined;
  readonly added: readonly { readonly id: number; readonly special: boolean }[];
  readonly unk: number | null;
  readonly bos: number | null;
  readonly eos: number | null;
  readonly before: readonly number[];
  readonly after: readonly number[];
}

function byteLevelJson({ reader, tokens, added, before, after }: Parts, row: PreTokenizerRow): GgufTokenizer['json'] {
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: added.map((token) => addedToken(token.id, tokens[token.id], token.special)),
    normalizer: null,
    pre_tokenizer: preTokenizerJson(row),
    post_processor: templateProcessing((token) => tokens[token], before, after),
    decoder: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: row.ignoreMerges,
      vocab: Object.fromEntries(tokens.map((token, n) => [token, n])),
      merges: splitMerges(reader.strings(key('merges'))),
    },
  };
}

function scoredJson({ reader, tokens, types, scores, added, unk, before, after }: Parts): GgufTokenizer['json'] {
  if (!scores) refuse('expected tokenizer.ggml.scores beside the tokens, got none');
  return sentencePieceJson({
    pieces: tokens,
    scores,
    joins: (n) => types[n] === tokenTypes.normal && !bytePiece.test(tokens[n]),
    added,
    ...(unk !== null && { unk }),
    spaceBefore: reader.boolean(key('add_space_prefix'), true),
    before,
    after,
  });
}

function piecesJson({ reader, scores, ...parts }: Parts): GgufTokenizer['json'] {
  if (!scores) refuse('expected tokenizer.ggml.scores beside the tokens, got none');
  const charsmap = reader.optionalBytes(key('precompiled_charsmap'));
  return unigramJson({
    ...parts,
    scores,
    steps: {
      ...(charsmap && charsmap.length > 0 ? { charsmap } : {}),
      spaceBefore: reader.boolean(key('add_space_prefix'), true),
      trims: reader.boolean(key('remove_extra_whitespaces'), false),
    },
  });
}

function bertJson({ tokens, added, unk, bos, eos, before, after }: Parts): GgufTokenizer['json'] {
  if (unk === null || bos === null || eos === null || before.length + after.length !== 2) {
    refuse('expected ids of [UNK], [CLS] and [SEP], and the latter two around a text, got others');
  }
  // Older files mark none of these.
  const special = new Set([...added.filter((token) => token.special).map((token) => token.id), unk, bos, eos]);
  return wordPieceJson({ pieces: tokens, special: [...special].sort((a, b) => a - b), unk, cls: bos, sep: eos });
}

function withoutAbsent(values: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
