import type { DecodeOptions, Tokenizer } from './tokenizer.js';

const overlap = 6;

/** Text of ids that come one by one. Incomplete UTF-8 waits for its rest. */
export class StreamDecoder {
  readonly #tokenizer: Tokenizer;
  readonly #options: DecodeOptions;
  readonly #utf8?: TextDecoder;
  #window: number[] = [];
  /** Text of the window's ids that was given out. */
  #given = '';

  constructor(tokenizer: Tokenizer, byteLevel: boolean, options: DecodeOptions) {
    this.#tokenizer = tokenizer;
    this.#options = options;
    if (byteLevel) this.#utf8 = new TextDecoder('utf-8', { ignoreBOM: true });
  }

  /** Takes the next id; returns the text that is now certain, perhaps none. */
  push(id: number): string {
    const { skipSpecialTokens = true } = this.#options;
    if (skipSpecialTokens && this.#tokenizer.specialIds.has(id)) return '';
    if (this.#utf8) {
      return this.#utf8.decode(this.#tokenizer.bytesOf(id), { stream: true });
    }
    this.#window.push(id);
    const text = this.#tokenizer.decode(this.#window, this.#options);
    // A run of byte tokens at the end may become another text with the next one: it is held back as a whole.
    if (isByteToken(this.#tokenizer.idToToken(id)) || text.length < this.#given.length) return '';
    const fresh = text.slice(this.#given.length);
    this.#given = text;
    this.#shorten();
    return fresh;
  }

  /** The rest, with U+FFFD for bytes that stayed incomplete. */
  end(): string {
    if (this.#utf8) return this.#utf8.decode();
    const text = this.#tokenizer.decode(this.#window, this.#options);
    const fresh = text.slice(this.#given.length);
    this.#window = [];
    this.#given = '';
    return fresh;
  }

  // Decoders look at neighbours and at the beginning, not far back: a few ids of context stand for all that went before.
  #shorten(): void {
    if (this.#window.length < 64) return;
    const kept = this.#window.slice(-overlap);
    if (kept.some((id) => isByteToken(this.#tokenizer.idToToken(id)))) return;
    this.#window = kept;
    this.#given = this.#tokenizer.decode(kept, this.#options);
  }
}

const isByteToken = (token: string | undefined) => token !== undefined && /^<0x[0-9A-Fa-f]{2}>$/.test(token);
