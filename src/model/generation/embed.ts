import { InvalidInput } from '../../base/core/index.js';
import type { Embedder, Pooling, TokenSequence } from '../inference/index.js';
import type { TextTokenizer } from './engine.js';
import type { Prompt } from './request.js';

export interface EmbedTextOptions {
  /** Layer of the hidden states; -1 is the last. */
  readonly layer?: number;
  /** Default: what the folder says, else `last` for decoders and `mean` for others. */
  readonly pooling?: Pooling;
  /** Scale vectors to length 1; default: what the folder says, else true. */
  readonly normalize?: boolean;
  /** Cut texts that are too long instead of refusing them; special tokens at their end are kept. Default false. */
  readonly truncate?: boolean;
  readonly signal?: AbortSignal;
}

export interface EmbeddedTexts {
  /** One vector [dimensions] per text. */
  readonly vectors: readonly Float32Array[];
  /** Tokens read, special ones included. */
  readonly tokens: number;
}

/** Texts to vectors. What servers and the command line talk to. */
export interface TextEmbedder {
  readonly name: string;
  readonly dimensions: number;
  /** Longest text in tokens, special ones included. */
  readonly maxTokens: number;
  /** Tokens of a text, special ones included. */
  countTokens(text: Prompt): number;
  embed(texts: readonly Prompt[], options?: EmbedTextOptions): Promise<EmbeddedTexts>;
  close(): Promise<void>;
}

export interface TextEmbedderParts {
  readonly name: string;
  readonly tokenizer: TextTokenizer;
  readonly config: { readonly hiddenSize: number; readonly contextLength: number };
  /** Called when the first text comes. */
  readonly embedder: () => Promise<Embedder>;
  /** Shorter than the model's own context where the folder says so. */
  readonly maxTokens?: number;
  readonly pooling?: Pooling;
  readonly normalize?: boolean;
  readonly close: () => Promise<void>;
}

/** Joins a tokenizer and an embedder. */
export function textEmbedder(parts: TextEmbedderParts): TextEmbedder {
  const { name, tokenizer, config } = parts;
  const maxTokens = Math.min(parts.maxTokens ?? Number.POSITIVE_INFINITY, config.contextLength);

  const allIds = (text: Prompt): number[] => Array.from(typeof text === 'string' ? tokenizer.encode(text) : text);

  const idsOf = (text: Prompt, truncate: boolean): number[] => {
    const ids = allIds(text);
    if (ids.length === 0)
      throw new InvalidInput('embedding.empty', 'embed: expected texts of one token or more, got an empty one');
    if (ids.length <= maxTokens) return ids;
    if (!truncate) {
      throw new InvalidInput(
        'embedding.length',
        `embed: expected texts of at most ${maxTokens} tokens, got ${ids.length}; shorten them or let them be cut`,
        { length: ids.length, maxTokens },
      );
    }
    const suffix =
      typeof text === 'string' ? endOf(ids, Array.from(tokenizer.encode(text, { addSpecialTokens: false }))) : 0;
    return [...ids.slice(0, maxTokens - suffix), ...ids.slice(ids.length - suffix)];
  };

  return {
    name,
    dimensions: config.hiddenSize,
    maxTokens,
    countTokens: (text) => allIds(text).length,
    async embed(texts, options = {}) {
      const { layer, truncate = false, signal, pooling = parts.pooling, normalize = parts.normalize } = options;
      const sequences: TokenSequence[] = texts.map((text) => ({ ids: idsOf(text, truncate) }));
      const embedder = await parts.embedder();
      const vectors = await embedder.embed(sequences, {
        ...(layer === undefined ? {} : { layer }),
        ...(pooling === undefined ? {} : { pooling }),
        ...(normalize === undefined ? {} : { normalize }),
        ...(signal ? { signal } : {}),
      });
      return { vectors, tokens: sequences.reduce((sum, { ids }) => sum + ids.length, 0) };
    },
    close: parts.close,
  };
}

/** How many special tokens stand behind the text's own ones. */
function endOf(ids: readonly number[], own: readonly number[]): number {
  const special = ids.length - own.length;
  for (let before = 0; before <= special; before++) {
    if (own.every((id, i) => ids[before + i] === id)) return special - before;
  }
  return 0;
}
