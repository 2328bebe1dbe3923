import { InvalidInput } from '../../../base/core/index.js';
import { countCodePoints } from '../bytes.js';
import { CachedModel } from '../cached-model.js';
import { Symbols } from '../model.js';
import { Trie } from '../trie.js';

/** What a WordPiece model is made of. */
export interface WordPieceSpec {
  readonly vocab: ReadonlyMap<string, number>;
  readonly unkToken: string;
  /** Stands before tokens that do not begin a word. */
  readonly prefix: string;
  /** Words of more code points are unknown. */
  readonly longestWord: number;
}

/** WordPiece: of each word the longest token that begins it, then the longest that goes on (Wu et al. 2016); else it is unknown as a whole. */
export class WordPieceModel extends CachedModel {
  readonly vocab: ReadonlyMap<string, number>;
  readonly #spec: WordPieceSpec;
  readonly #trie = new Trie();
  /** Where tokens that go on in a word begin. */
  readonly #inside: number;
  readonly unkId: number | undefined;
  readonly #symbols = new Symbols();

  constructor(spec: WordPieceSpec) {
    super();
    this.#spec = spec;
    this.vocab = spec.vocab;
    this.unkId = spec.vocab.get(spec.unkToken);
    for (const [token, id] of spec.vocab) this.#trie.add(token, id);
    let node = 0;
    for (let i = 0; i < spec.prefix.length && node >= 0; i++) node = this.#trie.step(node, spec.prefix.charCodeAt(i));
    this.#inside = node;
  }

  symbols(text: string, start: number, end: number): Symbols {
    const symbols = this.#symbols;
    const trie = this.#trie;
    symbols.length = 0;
    const { longestWord } = this.#spec;
    if (end - start > longestWord && countCodePoints(text, start, end) > longestWord) return this.#unknown(start, end);
    for (let at = start; at < end; ) {
      let node = at === start ? 0 : this.#inside;
      let id = -1;
      let stop = at;
      for (let next = at; next < end && node >= 0; ) {
        node = trie.step(node, text.charCodeAt(next++));
        if (node >= 0 && trie.idAt(node) >= 0) {
          id = trie.idAt(node);
          stop = next;
        }
      }
      if (id < 0) return this.#unknown(start, end);
      symbols.push(id, at, stop);
      at = stop;
    }
    return symbols;
  }

  #unknown(start: number, end: number): Symbols {
    if (this.unkId === undefined) {
      throw new InvalidInput(
        'tokenizer.unknown',
        `encode: expected words that the vocabulary can spell, or a token ${this.#spec.unkToken} for others, got neither; add the token`,
      );
    }
    this.#symbols.length = 0;
    this.#symbols.push(this.unkId, start, end);
    return this.#symbols;
  }
}
