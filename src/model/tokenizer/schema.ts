import { InvalidInput } from '../../base/core/index.js';
import { type AddedToken, readAddedTokens } from './added-tokens.js';
import { type TokenDecoder, readDecoders } from './decoders.js';
import type { SubwordModel } from './model.js';
import { readModel } from './models.js';
import { type Normalization, readNormalizers } from './normalizers.js';
import { type PostProcessing, readPostProcessors } from './post-processors.js';
import { type PreTokenization, bytesInText, readPreTokenizers } from './pre-tokenizers.js';
import { Fields, refuse } from './reader.js';

/** A tokenizer.json, checked and resolved. */
export interface TokenizerSpec {
  readonly normalization: Normalization;
  readonly preTokenization: PreTokenization;
  readonly model: SubwordModel;
  readonly post: PostProcessing;
  readonly decoder: TokenDecoder;
  readonly added: readonly AddedToken[];
  /** Token of each id, `undefined` in gaps; added tokens included. */
  readonly tokens: readonly (string | undefined)[];
}

/** Checks a parsed tokenizer.json and resolves it; what is wrong or not supported is an `InvalidInput` that names the place. */
export function readSpec(json: unknown): TokenizerSpec {
  const root = new Fields(json, 'the file');
  const before = readPreTokenizers(root.raw('pre_tokenizer'));
  const added = readAddedTokens(root);
  const specials = new Set(added.filter((token) => token.special).map((token) => token.content));
  const model = readModel(root.fields('model'), { byteLevel: before.byteLevel, specials });
  const preTokenization = model.takesBytes ? before : bytesInText(before);
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
    normalization: readNormalizers(root.raw('normalizer')),
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

const deepestJson = 64;
const mostValues = 40_000_000;

/** Parses the text of a tokenizer.json; malformed, oversized and too deeply nested files are `InvalidInput`. */
export function parseTokenizerJson(text: string): unknown {
  const refuseText = (expected: string, got: string, cause?: unknown) =>
    new InvalidInput('tokenizer.json', `tokenizer.json: expected ${expected}${got}`, {}, cause);
  if (text.length > mostCharacters) throw refuseText(`at most ${mostCharacters} characters`, `, got ${text.length}`);
  if (depthOf(text) > deepestJson) throw refuseText(`at most ${deepestJson} values within values`, ', got more');
  try {
    return JSON.parse(text);
  } catch (error) {
    throw refuseText('JSON', `: ${(error as Error).message}`, error);
  }
}

/** How deep brackets nest, strings aside. */
function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (quoted) {
      if (unit === 0x5c) i++;
      else if (unit === 0x22) quoted = false;
    } else if (unit === 0x22) quoted = true;
    else if (unit === 0x5b || unit === 0x7b) deepest = Math.max(deepest, ++depth);
    else if (unit === 0x5d || unit === 0x7d) depth--;
  }
  return deepest;
}

/** A copy of a value that should be JSON data. What leads back to itself is refused, as it is too deep. */
export function copyJson(value: unknown): unknown {
  let left = mostValues;
  const copy = (part: unknown, depth: number): unknown => {
    if (depth > deepestJson) refuse('the file', `at most ${deepestJson} values within values`, 'more');
    if (--left < 0) refuse('the file', `at most ${mostValues} values`, 'more');
    if (Array.isArray(part)) return part.map((item) => copy(item, depth + 1));
    if (typeof part !== 'object' || part === null) {
      if (typeof part === 'function' || typeof part === 'symbol' || typeof part === 'bigint') {
        refuse('the file', 'JSON data', typeof part);
      }
      return part;
    }
    return Object.fromEntries(Object.entries(part).map(([name, item]) => [name, copy(item, depth + 1)]));
  };
  return copy(value, 0);
}
