import { InvalidInput } from '../../../base/core/index.js';
import type { Json } from '../../../base/core/index.js';
import { addedToken, sentencePieceJson, templateProcessing } from '../sentence-piece.js';
import { MetadataReader } from './metadata.js';
import type { GgufMetadata } from './metadata.js';
import { preTokenizerJson, preTokenizerOf } from './pre-tokenizers.js';
import { bytePiece, ggufTokenizers, tokenTypes } from './tokenizer-types.js';

/** A tokenizer out of a GGUF file, for the files of a Hugging Face folder. */
export interface GgufTokenizer {
  /** tokenizer.json. */
  readonly json: { readonly [key: string]: Json };
  readonly bosToken?: string;
  readonly eosToken?: string;
  readonly padToken?: string;
  readonly unkToken?: string;
  readonly bos: number | null;
  readonly eos: number | null;
  /** Every token that ends a text or a turn. */
  readonly endIds: readonly number[];
  readonly chatTemplate?: string;
}

function refuse(message: string, fields: Record<string, unknown> = {}): never {
  throw new InvalidInput('gguf.tokenizer', `gguf: ${message}`, fields);
}

const key = (name: string) => `tokenizer.ggml.${name}`;

/** Token texts without the padding at the end, which only fills up the embedding. */
function readTokens(reader: MetadataReader): { tokens: string[]; types: Float64Array; scores?: Float64Array } {
  const all = reader.strings(key('tokens'));
  if (all.length === 0) refuse('expected tokenizer.ggml.tokens to hold tokens, got none');
  const types = reader.optionalNumbers(key('token_type'), all.length) ?? new Float64Array(all.length).fill(1);
  const scores = reader.optionalNumbers(key('scores'), all.length);
  let length = all.length;
  while (length > 1 && types[length - 1] === tokenTypes.unused) length--;
  const seen = new Map<string, number>();
  const tokens = all.slice(0, length).map((token, id) => {
    // llama.cpp's own name for a token without text.
    const name = token === '' ? `[EMPTY_${id}]` : token;
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
  const isLlama = model === 'llama';
  const { tokens, types, scores } = readTokens(reader);
  const id = (name: string, fallback?: number) => {
    const value = reader.optionalNumber(key(`${name}_token_id`)) ?? fallback;
    return value !== undefined && Number.isSafeInteger(value) && value >= 0 && value < tokens.length ? value : null;
  };
  // llama.cpp's defaults for SentencePiece; for BPE it takes 11, which means nothing.
  const bos = id('bos', isLlama ? 1 : undefined);
  const eos = id('eos', isLlama ? 2 : undefined);
  const pad = id('padding');
  const unk = id('unknown', isLlama ? 0 : undefined);
  const row = isLlama ? undefined : preTokenizerOf(reader.optionalString(key('pre')));
  const addBos = reader.boolean(key('add_bos_token'), row ? row.addBos : true);
  const addEos = reader.boolean(key('add_eos_token'), false);
  if ((addBos && bos === null) || (addEos && eos === null))
    refuse('expected an id of the token that is put around a text, got none');
  const before = addBos ? [bos as number] : [];
  const after = addEos ? [eos as number] : [];
  const added: { id: number; special: boolean }[] = [];
  types.subarray(0, tokens.length).forEach((type, token) => {
    const special = type === tokenTypes.control || type === tokenTypes.unknown;
    if (special || type === tokenTypes.userDefined) added.push({ id: token, special });
  });
  let json: GgufTokenizer['json'];
  if (row) {
    const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true };
    json = {
      version: '1.0',
      truncation: null,
      padding: null,
      added_tokens: added.map((token) => addedToken(token.id, tokens[token.id], token.special)),
      normalizer: null,
      pre_tokenizer: preTokenizerJson(row),
      post_processor: templateProcessing((token) => tokens[token], before, after),
      decoder: byteLevel,
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
  } else {
    if (!scores) refuse('expected tokenizer.ggml.scores beside the tokens, got none');
    const isByte = (n: number) => types[n] === tokenTypes.byte || bytePiece.test(tokens[n]);
    json = sentencePieceJson({
      pieces: tokens,
      scores,
      joins: (n) => types[n] === tokenTypes.normal && !isByte(n),
      added,
      ...(unk !== null && { unk }),
      spaceBefore: reader.boolean(key('add_space_prefix'), true),
      before,
      after,
    });
  }
  const name = (token: number | null) => (token === null ? undefined : tokens[token]);
  const chatTemplate = reader.optionalString('tokenizer.chat_template');
  const ends = [eos, id('eot'), id('eom')].filter((end) => end !== null);
  return {
    json,
    ...withoutAbsent({
      bosToken: name(bos),
      eosToken: name(eos),
      padToken: name(pad),
      unkToken: name(unk),
      chatTemplate,
    }),
    bos,
    eos,
    endIds: [...new Set(ends)],
  };
}

function withoutAbsent<T extends object>(values: T): { [K in keyof T]?: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never;
}
