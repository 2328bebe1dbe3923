import { InvalidInput } from '../../base/core/index.js';
import { type AddedToken, readAddedTokens } from './added-tokens.js';
import type { Rewriter } from './align.js';
import type { BpeModelSpec } from './bpe.js';
import { type TokenDecoder, readDecoders } from './decoders.js';
import { readNormalizers } from './normalizers.js';
import { type PostProcessing, readPostProcessors } from './post-processors.js';
import { type PreTokenization, readPreTokenizers } from './pre-tokenizers.js';
import { Fields, refuse } from './reader.js';

const mostTokens = 4_000_000;
const mostMerges = 8_000_000;
const longestToken = 65_536;

/** A tokenizer.json, checked and resolved. */
export interface TokenizerSpec {
  readonly normalizers: readonly Rewriter[];
  readonly preTokenization: PreTokenization;
  readonly model: BpeModelSpec;
  readonly post: PostProcessing;
  readonly decoder: TokenDecoder;
  readonly added: readonly AddedToken[];
  /** Token of each id, `undefined` in gaps; added tokens included. */
  readonly tokens: readonly (string | undefined)[];
}

function readVocab(model: Fields): Map<string, number> {
  const entries = model.fields('vocab').entries();
  if (entries.length === 0) refuse('model.vocab', 'at least one token', 'an empty object');
  if (entries.length > mostTokens) refuse('model.vocab', `at most ${mostTokens} tokens`, entries);
  const vocab = new Map<string, number>();
  const seen = new Set<number>();
  for (const [token, id] of entries) {
    if (typeof id !== 'number' || !Number.isInteger(id) || id < 0 || id >= mostTokens * 2) {
      refuse(`model.vocab[${JSON.stringify(token.slice(0, 40))}]`, 'a whole number, 0 or more', id);
    }
    if (token.length > longestToken) refuse('model.vocab', `tokens of at most ${longestToken} characters`, token);
    if (seen.has(id)) refuse(`model.vocab[${JSON.stringify(token.slice(0, 40))}]`, 'an id of its own', id);
    seen.add(id);
    vocab.set(token, id);
  }
  return vocab;
}

function readMerges(model: Fields, vocab: ReadonlyMap<string, number>): Int32Array {
  const list = model.list('merges', mostMerges);
  const prefix = model.optionalString('continuing_subword_prefix') ?? '';
  const out = new Int32Array(list.length * 3);
  for (let i = 0; i < list.length; i++) {
    const item = list[i];
    let left: unknown;
    let right: unknown;
    if (typeof item === 'string') {
      const space = item.indexOf(' ');
      left = item.slice(0, space);
      right = item.slice(space + 1);
      if (space <= 0 || space === item.length - 1 || item.indexOf(' ', space + 1) >= 0) {
        refuse(`model.merges[${i}]`, 'two tokens with a space between', item);
      }
    } else if (Array.isArray(item) && item.length === 2) [left, right] = item as [unknown, unknown];
    if (typeof left !== 'string' || typeof right !== 'string') refuse(`model.merges[${i}]`, 'two tokens', item);
    const merged = left + (prefix && right.startsWith(prefix) ? right.slice(prefix.length) : right);
    for (const [j, token] of [left, right, merged].entries()) {
      const id = vocab.get(token);
      if (id === undefined) {
        const shown = JSON.stringify(token.slice(0, 40));
        refuse(`model.merges[${i}]`, 'tokens of the vocabulary', `${shown}, which is not in it`);
      }
      out[3 * i + j] = id;
    }
  }
  return out;
}

function readModel(root: Fields, byteLevel: boolean): BpeModelSpec {
  const model = root.fields('model');
  // Files written before 2020 name no type; a BPE model is known by its merges.
  const type = model.raw('type') ?? (model.raw('merges') === undefined ? undefined : 'BPE');
  if (type !== 'BPE') refuse('model.type', '"BPE" (WordPiece, Unigram and WordLevel are not supported)', type);
  const dropout = model.raw('dropout');
  if (dropout !== undefined && dropout !== 0) refuse('model.dropout', 'null: encoding here is deterministic', dropout);
  const vocab = readVocab(model);
  const unkToken = model.optionalString('unk_token');
  const affix = (name: string) => model.optionalString(name) || undefined;
  if (unkToken !== undefined && !vocab.has(unkToken) && !model.boolean('byte_fallback', false)) {
    refuse('model.unk_token', 'a token of the vocabulary', unkToken);
  }
  return {
    vocab,
    merges: readMerges(model, vocab),
    byteLevel,
    unkToken,
    continuingSubwordPrefix: affix('continuing_subword_prefix'),
    endOfWordSuffix: affix('end_of_word_suffix'),
    fuseUnk: model.boolean('fuse_unk', false),
    byteFallback: model.boolean('byte_fallback', false),
    ignoreMerges: model.boolean('ignore_merges', false),
  };
}

/** Checks a parsed tokenizer.json and resolves it; what is wrong or not supported is an `InvalidInput` that names the place. */
export function readSpec(json: unknown): TokenizerSpec {
  const root = new Fields(json, 'the file');
  const preTokenization = readPreTokenizers(root.raw('pre_tokenizer'));
  const model = readModel(root, preTokenization.byteLevel);
  const added = readAddedTokens(root);
  const most = Math.max(...largest(model.vocab.values()), ...largest(added.map((token) => token.id)));
  if (most > 2 * (model.vocab.size + added.length) + 1_000_000) refuse('model.vocab', 'ids without vast gaps', most);
  const tokens: (string | undefined)[] = Array.from({ length: most + 1 });
  for (const [token, id] of model.vocab) tokens[id] = token;
  for (const token of added) {
    const other = model.vocab.get(token.content);
    if (other !== undefined && other !== token.id) {
      refuse(
        `added_tokens: ${JSON.stringify(token.content)}`,
        `the id that the vocabulary gives it, ${other}`,
        token.id,
      );
    }
    if (other === undefined && tokens[token.id] !== undefined) {
      refuse(`added_tokens: ${JSON.stringify(token.content)}`, 'an id that is free', token.id);
    }
    tokens[token.id] = token.content;
  }
  return {
    normalizers: readNormalizers(root.raw('normalizer')),
    preTokenization,
    model,
    post: readPostProcessors(root.raw('post_processor'), tokens.length),
    decoder: readDecoders(root.raw('decoder')),
    added,
    tokens,
  };
}

function largest(ids: Iterable<number>): [number] {
  let most = 0;
  for (const id of ids) if (id > most) most = id;
  return [most];
}

const mostCharacters = 256 * 1024 * 1024;

/** Parses the text of a tokenizer.json; malformed, oversized and too deeply nested files are `InvalidInput`. */
export function parseTokenizerJson(text: string): unknown {
  if (text.length > mostCharacters) {
    throw new InvalidInput(
      'tokenizer.json',
      `tokenizer.json: expected at most ${mostCharacters} characters, got ${text.length}`,
    );
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new InvalidInput('tokenizer.json', `tokenizer.json: expected JSON: ${(error as Error).message}`, {}, error);
  }
}

/** A copy of a value that should be JSON data. */
export function copyJson(value: unknown): unknown {
  try {
    return structuredClone(value);
  } catch (error) {
    throw new InvalidInput(
      'tokenizer.json',
      `tokenizer.json: expected JSON data: ${(error as Error).message}`,
      {},
      error,
    );
  }
}
