import { ByteStream, firstNotFinite } from '../bytes/index.js';
import type { Chunks } from '../bytes/index.js';
import { parseFloatBytes } from './float-text.js';
import { WordVectors } from './word-vectors.js';

/** `text` and `binary` are word2vec's, with a header "words dim"; `glove` is text without one. */
export type VectorFormat = 'text' | 'binary' | 'glove';

export interface ReadVectorsOptions {
  /** Found out from the first bytes where it is not given. */
  readonly format?: VectorFormat;
  /** Read only the first so many words. */
  readonly limit?: number;
  /** Words that are not UTF-8: refuse the file (default), or put U+FFFD for what is broken. */
  readonly brokenText?: 'refuse' | 'replace';
  /** Bytes in all, where they are known: a header that promises more is then refused at once. */
  readonly size?: number;
  /** For error messages. */
  readonly name?: string;
  readonly signal?: AbortSignal;
}

const newline = 10;
const space = 32;
const longestWord = 10_000;
const mostWords = 100_000_000;
const mostDim = 65_536;
const isSpace = (byte: number | undefined): boolean => byte === space || byte === 9 || byte === 13;

/** Rows that come one by one, their number perhaps known. */
class Rows {
  readonly words: string[] = [];
  readonly dim: number;
  #data: Float32Array<ArrayBuffer>;

  constructor(dim: number, expected: number) {
    this.dim = dim;
    this.#data = new Float32Array(dim * Math.max(16, expected));
  }

  /** Room for one more row. */
  next(): Float32Array<ArrayBuffer> {
    const from = this.words.length * this.dim;
    if (from + this.dim > this.#data.length) {
      const grown = new Float32Array(Math.ceil(this.#data.length * 1.5) + this.dim);
      grown.set(this.#data);
      this.#data = grown;
    }
    return this.#data.subarray(from, from + this.dim);
  }

  end(): WordVectors {
    const length = this.words.length * this.dim;
    return new WordVectors(
      this.words,
      this.dim,
      length === this.#data.length ? this.#data : this.#data.slice(0, length),
    );
  }
}

/**
 * Reads vectors of word2vec (text or binary, fastText's `.vec` too) or GloVe from chunks of bytes. In GloVe's text
 * a word may hold spaces: the last fields of a line are its numbers, as many as in the first line.
 *
 * @throws InvalidInput `vectors.file` that says at which byte and word what was expected: a header out of bounds or one
 * that the file does not keep, a number that is none or not finite, words that are not UTF-8, a file that ends too early.
 */
export async function readVectors(chunks: Chunks, options: ReadVectorsOptions = {}): Promise<WordVectors> {
  const { name = 'vectors', size, limit = mostWords } = options;
  const stream = new ByteStream(chunks, { name, code: 'vectors.file', size });
  const format = options.format ?? (await detect(stream));
  const decoder = new TextDecoder('utf-8', { fatal: options.brokenText !== 'replace', ignoreBOM: true });
  const decode = (bytes: Uint8Array, number: number): string => {
    try {
      return decoder.decode(bytes);
    } catch {
      return stream.refuse(
        `expected word ${number} to be UTF-8, got ${Array.from(bytes.subarray(0, 16), (b) => b.toString(16).padStart(2, '0')).join(' ')}; ask for broken text to be replaced`,
        { word: number },
      );
    }
  };
  if (format === 'glove') return readText(stream, undefined, decode, limit, options.signal);
  const header = await readHeader(stream);
  return format === 'text'
    ? readText(stream, header, decode, limit, options.signal)
    : readBinary(stream, header, decode, limit, options.signal);
}

interface Header {
  readonly words: number;
  readonly dim: number;
}

function parseHeader(line: Uint8Array): Header | undefined {
  const match = /^(\d{1,9})[ \t]+(\d{1,6})[ \t\r]*$/.exec(String.fromCharCode(...line.subarray(0, 64)));
  return match && line.length <= 64 ? { words: Number(match[1]), dim: Number(match[2]) } : undefined;
}

async function readHeader(stream: ByteStream): Promise<Header> {
  const line = await stream.until(newline, 64, 'a header line ("words dim")');
  const header = line && parseHeader(line);
  if (!header || header.words > mostWords || header.dim < 1 || header.dim > mostDim) {
    stream.refuse(`expected a header of at most ${mostWords} words and 1 to ${mostDim} floats ("words dim")`);
  }
  return header;
}

/** Text without a header is GloVe's; behind a header, a first record in which anything but a text line stands is binary. */
async function detect(stream: ByteStream): Promise<VectorFormat> {
  const start = await stream.peek(1 << 16);
  const end = start.indexOf(newline);
  const header = end < 0 ? undefined : parseHeader(start.subarray(0, end));
  if (!header) return 'glove';
  const record = start.subarray(end + 1);
  const stop = record.indexOf(newline, 1);
  const line = stop < 0 ? record : record.subarray(0, stop);
  const from = line.indexOf(space);
  const numbers = from < 0 ? line : line.subarray(from);
  return numbers.every((byte) => isSpace(byte) || (byte >= 43 && byte <= 57) || byte === 101 || byte === 69)
    ? 'text'
    : 'binary';
}

type Decode = (bytes: Uint8Array, number: number) => string;

async function readText(
  stream: ByteStream,
  header: Header | undefined,
  decode: Decode,
  limit: number,
  signal: AbortSignal | undefined,
): Promise<WordVectors> {
  if (header) stream.expect(2 * header.words * header.dim, `${header.words} words of ${header.dim} numbers`);
  const known = stream.size !== undefined && header ? Math.min(header.words, limit) : 0;
  let rows = header && new Rows(header.dim, known);
  const longestLine = longestWord + 64 * (header?.dim ?? mostDim);
  const most = Math.min(limit, header?.words ?? mostWords);
  for (let number = 1; number <= most; number++) {
    if (number % 1024 === 0) signal?.throwIfAborted();
    const line = (await stream.until(newline, longestLine, 'a line')) ?? (await stream.rest(longestLine, 'a line'));
    let end = line.length;
    while (end > 0 && isSpace(line[end - 1])) end--;
    if (end === 0) {
      if (await stream.atEnd()) break;
      stream.refuse(
        `expected a word and its numbers in line ${number}${header ? ' after the header' : ''}, got nothing`,
      );
    }
    rows ??= new Rows(countNumbers(stream, line, end), 0);
    // From the end, `dim` fields back: what is left is the word.
    const { dim } = rows;
    let at = fieldsBack(line, end, dim);
    let wordEnd = at;
    while (wordEnd > 0 && isSpace(line[wordEnd - 1])) wordEnd--;
    if (wordEnd === 0) {
      stream.refuse(`expected a word and ${dim} numbers in line ${number}, got fewer fields`, { line: number, dim });
    }
    // GloVe's files hold words with spaces; behind a header there are none.
    if (header && line.subarray(0, wordEnd).some(isSpace)) {
      stream.refuse(`expected a word and ${dim} numbers in line ${number} after the header, got more fields`, {
        line: number,
        dim,
      });
    }
    const row = rows.next();
    for (let i = 0; i < dim; i++) {
      let stop = at;
      while (stop < end && !isSpace(line[stop])) stop++;
      const value = parseFloatBytes(line, at, stop);
      row[i] = value;
      if (!Number.isFinite(row[i])) {
        const got = JSON.stringify(String.fromCharCode(...line.subarray(at, Math.min(stop, at + 40))));
        stream.refuse(`expected ${dim} finite numbers in line ${number}, got ${got} for the ${i + 1}th`, {
          line: number,
        });
      }
      at = stop;
      while (at < end && isSpace(line[at])) at++;
    }
    rows.words.push(decode(line.subarray(0, wordEnd), number));
  }
  return finish(stream, rows, header, limit);
}

/** Where the last `fields` fields of a line begin; 0 where there are fewer. */
function fieldsBack(line: Uint8Array, end: number, fields: number): number {
  let at = end;
  for (let left = fields; left > 0; left--) {
    while (at > 0 && isSpace(line[at - 1])) at--;
    while (at > 0 && !isSpace(line[at - 1])) at--;
  }
  return at;
}

async function readBinary(
  stream: ByteStream,
  header: Header,
  decode: Decode,
  limit: number,
  signal: AbortSignal | undefined,
): Promise<WordVectors> {
  stream.expect(header.words * (4 * header.dim + 1), `${header.words} words of ${header.dim} floats`);
  const most = Math.min(limit, header.words);
  const rows = new Rows(header.dim, stream.size === undefined ? 0 : most);
  for (let number = 1; number <= most; number++) {
    if (number % 1024 === 0) signal?.throwIfAborted();
    // word2vec ends a record with a line break, gensim does not.
    while ((await stream.peek(1))[0] === newline) await stream.take(1, 'a line break');
    const bytes = await stream.until(space, longestWord, `word ${number}`);
    if (!bytes) {
      stream.refuse(`expected ${header.words} words by the header, got ${number - 1} and then the end`, {
        expected: header.words,
        got: number - 1,
      });
    }
    const word = decode(bytes, number);
    const row = rows.next();
    await stream.readInto(new Uint8Array(row.buffer, row.byteOffset, row.byteLength), `floats of word ${number}`);
    const bad = firstNotFinite(row);
    if (bad >= 0) stream.refuse(`expected finite floats, got ${row[bad]} for word ${number}`, { word: number });
    rows.words.push(word);
  }
  return finish(stream, rows, header, limit);
}

/** Numbers at the end of the first line of a file without a header; its word has no spaces. */
function countNumbers(stream: ByteStream, line: Uint8Array, end: number): number {
  let fields = 0;
  for (let i = 1; i < end; i++) if (isSpace(line[i]) && !isSpace(line[i - 1])) fields++;
  if (fields < 1 || fields > mostDim) {
    stream.refuse(`expected a word and 1 to ${mostDim} numbers in the first line, got ${fields} numbers`);
  }
  return fields;
}

async function finish(
  stream: ByteStream,
  rows: Rows | undefined,
  header: Header | undefined,
  limit: number,
): Promise<WordVectors> {
  const got = rows?.words.length ?? 0;
  if (!rows || got === 0) stream.refuse('expected vectors, got none');
  if (header && got < Math.min(limit, header.words)) {
    stream.refuse(`expected ${header.words} words by the header, got ${got}`, { expected: header.words, got });
  }
  if (header && got === header.words) {
    while ((await stream.peek(1))[0] === newline) await stream.take(1, 'a line break');
    if (!(await stream.atEnd())) stream.refuse(`expected the end after ${header.words} words, got more bytes`);
  }
  return rows.end();
}
