import type { TextTokenizer } from './engine.js';

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Text of bytes, or `bytes:\xNN…` where they are not UTF-8 by themselves. */
function display(bytes: Uint8Array): string {
  try {
    return strict.decode(bytes);
  } catch {
    return `bytes:${Array.from(bytes, (byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('')}`;
  }
}

export interface TokenText {
  readonly token: string;
  readonly bytes: readonly number[];
}

/** The text of single tokens, remembered: a decoder may treat the first token of a text differently from the others. */
export class TokenTexts {
  readonly #tokenizer: TextTokenizer;
  readonly #known = new Map<number, TokenText>();
  #anchor: number | undefined;
  #anchorLength = 0;

  constructor(tokenizer: TextTokenizer) {
    this.#tokenizer = tokenizer;
  }

  get(id: number): TokenText {
    let text = this.#known.get(id);
    if (!text) {
      text = this.#read(id);
      this.#known.set(id, text);
    }
    return text;
  }

  #read(id: number): TokenText {
    // SentencePiece-style decoders drop the space before the first token of a text; after an anchor nothing is first.
    if (this.#anchor === undefined) {
      this.#anchor = 0;
      for (let candidate = 0; candidate < this.#tokenizer.vocabSize; candidate++) {
        const bytes = this.#tokenizer.decodeBytes([candidate]);
        if (bytes.length === 0 || bytes.some((byte) => byte >= 128)) continue;
        this.#anchor = candidate;
        this.#anchorLength = bytes.length;
        break;
      }
    }
    const bytes = this.#tokenizer.decodeBytes([this.#anchor, id]).slice(this.#anchorLength);
    // Special tokens decode to nothing; their name says more than an empty string.
    if (bytes.length === 0) {
      const token = this.#tokenizer.idToToken(id) ?? '';
      return { token, bytes: Array.from(new TextEncoder().encode(token)) };
    }
    return { token: display(bytes), bytes: Array.from(bytes) };
  }
}

/** Length in Unicode code points. */
export function codePoints(text: string): number {
  let count = 0;
  for (let i = 0; i < text.length; i++) {
    count++;
    const unit = text.charCodeAt(i);
    if (unit >= 0xd800 && unit < 0xdc00 && i + 1 < text.length) i++;
  }
  return count;
}
