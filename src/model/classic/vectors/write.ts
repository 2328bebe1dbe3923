import { InvalidInput } from '../../../base/core/index.js';
import { floatText } from './float-text.js';
import type { WordVectors } from './word-vectors.js';

export interface WriteVectorsOptions {
  /** Words with white space cannot stand in either format: refuse them (default), or leave them out. */
  readonly spaced?: 'refuse' | 'skip';
}

const batch = 1024;

/**
 * Vectors in word2vec's format, in pieces: a header "words dim", then each word with its numbers as `text` (the shortest
 * that read back the same) or as `binary` little-endian floats and a line break. Throws `InvalidInput` for a word with
 * white space.
 */
export function* writeVectors(
  { words, dim, data }: WordVectors,
  format: 'text' | 'binary',
  { spaced = 'refuse' }: WriteVectorsOptions = {},
): Generator<Uint8Array> {
  const rows = words.map((_, i) => i).filter((i) => !/\s|^$/.test(words[i]!));
  if (rows.length < words.length && spaced === 'refuse') {
    const word = words.find((candidate) => /\s|^$/.test(candidate));
    throw new InvalidInput(
      'vectors.word',
      `write vectors: expected words without white space, got ${JSON.stringify(word)}; leave such words out`,
      { word },
    );
  }
  const encoder = new TextEncoder();
  yield encoder.encode(`${rows.length} ${dim}\n`);
  for (let first = 0; first < rows.length; first += batch) {
    const some = rows.slice(first, first + batch);
    if (format === 'text') {
      yield encoder.encode(
        some
          .map((i) => `${words[i]} ${Array.from(data.subarray(i * dim, (i + 1) * dim), floatText).join(' ')}\n`)
          .join(''),
      );
      continue;
    }
    const names = some.map((i) => encoder.encode(`${words[i]} `));
    const bytes = new Uint8Array(names.reduce((sum, name) => sum + name.length + 4 * dim + 1, 0));
    let at = 0;
    for (const [k, i] of some.entries()) {
      bytes.set(names[k]!, at);
      at += names[k]!.length;
      bytes.set(new Uint8Array(data.buffer, data.byteOffset + 4 * i * dim, 4 * dim), at);
      at += 4 * dim;
      bytes[at++] = 10;
    }
    yield bytes;
  }
}
