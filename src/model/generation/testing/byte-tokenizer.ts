import type { TextTokenizer } from '../engine.js';

/**
 * The plainest tokenizer there is: one token per byte (ids 0 to 255), then the special tokens. For tests and
 * simulations that need text without a trained vocabulary.
 */
export class ByteTokenizer implements TextTokenizer {
  readonly vocabSize: number;
  readonly #special: readonly string[];
  readonly #pattern: RegExp;
  readonly #bos: number | undefined;

  /** `special` are written as they are in texts; `bos`, one of them, is put before a text where special tokens are added. */
  constructor(special: readonly string[] = ['<s>', '</s>'], bos: string | undefined = '<s>') {
    this.#special = special;
    this.vocabSize = 256 + special.length;
    const escaped = special.map((token) => token.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
    this.#pattern = new RegExp(special.length > 0 ? `(${escaped.join('|')})` : '(?!)');
    this.#bos = bos === undefined ? undefined : this.tokenToId(bos);
  }

  encode(text: string, options: { addSpecialTokens?: boolean } = {}): number[] {
    return this.encodeWithOffsets(text, options).ids;
  }

  encodeWithOffsets(
    text: string,
    { addSpecialTokens = true }: { addSpecialTokens?: boolean } = {},
  ): { ids: number[]; offsets: Array<[number, number]> } {
    const ids: number[] = [];
    const offsets: Array<[number, number]> = [];
    if (addSpecialTokens && this.#bos !== undefined) {
      ids.push(this.#bos);
      offsets.push([0, 0]);
    }
    const encoder = new TextEncoder();
    let at = 0;
    for (const part of text.split(this.#pattern)) {
      const special = this.#special.indexOf(part);
      if (special >= 0) {
        ids.push(256 + special);
        offsets.push([at, at + part.length]);
        at += part.length;
        continue;
      }
      for (const character of part) {
        for (const byte of encoder.encode(character)) {
          ids.push(byte);
          offsets.push([at, at + 1]);
        }
        at++;
      }
    }
    return { ids, offsets };
  }

  decode(ids: readonly number[], { skipSpecialTokens = true }: { skipSpecialTokens?: boolean } = {}): string {
    const bytes: number[] = [];
    for (const id of ids) {
      if (id < 256) bytes.push(id);
      else if (!skipSpecialTokens) bytes.push(...new TextEncoder().encode(this.#special[id - 256]));
    }
    return new TextDecoder().decode(Uint8Array.from(bytes));
  }

  decodeBytes(ids: readonly number[]): Uint8Array {
    return Uint8Array.from(ids.filter((id) => id < 256));
  }

  decoder(): { push(id: number): string; end(): string } {
    const decoder = new TextDecoder();
    return {
      push: (id) => (id < 256 ? decoder.decode(Uint8Array.of(id), { stream: true }) : ''),
      end: () => decoder.decode(),
    };
  }

  idToToken(id: number): string | undefined {
    if (id >= 256) return this.#special[id - 256];
    return id >= 32 && id < 127 ? String.fromCharCode(id) : `<0x${id.toString(16).toUpperCase().padStart(2, '0')}>`;
  }

  tokenToId(token: string): number | undefined {
    const special = this.#special.indexOf(token);
    if (special >= 0) return 256 + special;
    if (token.length === 1 && token.charCodeAt(0) < 128) return token.charCodeAt(0);
    const byte = /^<0x([0-9A-F]{2})>$/.exec(token);
    return byte ? Number.parseInt(byte[1] as string, 16) : undefined;
  }
}
