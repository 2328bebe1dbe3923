import { ByteStream, Fields, firstNotFinite } from '../bytes/index.js';
import type { Chunks } from '../bytes/index.js';
import { Dictionary } from './dictionary.js';
import { FastTextModel } from './model.js';
import { readQuantized } from './quantized.js';
import { losses, models } from './settings.js';
import type { FastTextSettings } from './settings.js';

/** First four bytes of a model. */
export const magic = 793712314;
const version = 12;
const int32Max = 2 ** 31 - 1;
const mostEntries = 100_000_000;
const longestEntry = 100_000;

export interface ReadFastTextOptions {
  /** Bytes in all, where they are known: a header that promises more is then refused at once. */
  readonly size?: number;
  /** For error messages. */
  readonly name?: string;
}

function named<T extends string>(
  stream: ByteStream,
  names: Readonly<Record<T, number>>,
  value: number,
  what: string,
): T {
  const found = (Object.keys(names) as T[]).find((name) => names[name] === value);
  return found ?? stream.refuse(`expected ${what} from 1 to ${Object.keys(names).length}, got ${value}`);
}

async function readSettings(stream: ByteStream, fields: Fields, fileVersion: number): Promise<FastTextSettings> {
  const dim = await fields.whole(4, 1, 65_536, 'dim');
  const window = await fields.whole(4, 0, int32Max, 'ws');
  const epochs = await fields.whole(4, 0, int32Max, 'epoch');
  const minCount = await fields.whole(4, 0, int32Max, 'minCount');
  const negative = await fields.whole(4, 0, int32Max, 'neg');
  const wordNgrams = await fields.whole(4, 0, 1000, 'wordNgrams');
  const loss = named(stream, losses, await fields.whole(4, 1, 4, 'loss'), 'loss');
  const model = named(stream, models, await fields.whole(4, 1, 3, 'model'), 'model');
  const buckets = await fields.whole(4, 0, int32Max, 'bucket');
  const minn = await fields.whole(4, 0, 1000, 'minn');
  const maxn = await fields.whole(4, 0, 1000, 'maxn');
  const rateEvery = await fields.whole(4, 0, int32Max, 'lrUpdateRate');
  const sample = await fields.real('t');
  return {
    model,
    loss,
    dim,
    window,
    epochs,
    minCount,
    negative,
    wordNgrams,
    buckets,
    minn,
    // Classifiers of version 11 had no n-grams of characters, whatever their file says.
    maxn: fileVersion === 11 && model === 'supervised' ? 0 : maxn,
    rateEvery,
    sample,
  };
}

async function readDictionary(stream: ByteStream, fields: Fields, settings: FastTextSettings): Promise<Dictionary> {
  const size = await fields.whole(4, 0, mostEntries, 'entries of the dictionary');
  const numWords = await fields.whole(4, 0, size, 'words');
  const numLabels = await fields.whole(4, 0, size, 'labels');
  if (numWords + numLabels !== size) {
    stream.refuse(`expected ${size} words and labels, got ${numWords} and ${numLabels}`);
  }
  const tokens = await fields.whole(8, 0, Number.MAX_SAFE_INTEGER, 'tokens');
  const pruned = await fields.whole(8, -1, mostEntries, 'pruned n-grams');
  stream.expect(10 * size, `${size} entries`);
  const [words, labels]: [string[], string[]] = [[], []];
  const counts: number[] = [];
  const raw = new Map<number, Uint8Array>();
  const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const lenient = new TextDecoder('utf-8', { ignoreBOM: true });
  for (let i = 0; i < size; i++) {
    const bytes = await stream.until(0, longestEntry, `entry ${i}`);
    if (!bytes) stream.refuse(`expected ${size} entries of the dictionary, got ${i} and then the end`);
    let text: string;
    try {
      text = strict.decode(bytes);
    } catch {
      text = lenient.decode(bytes);
      raw.set(i, bytes.slice());
    }
    counts.push(await fields.whole(8, 0, Number.MAX_SAFE_INTEGER, `count of entry ${i}`));
    // Words come first: their places are rows of the input matrix.
    const isLabel = (await fields.whole(1, 0, 1, `type of entry ${i}`)) === 1;
    if (isLabel !== i >= numWords)
      stream.refuse(`expected ${numWords} words and then labels, got another order at ${i}`);
    (isLabel ? labels : words).push(text);
  }
  let kept: Map<number, number> | undefined;
  if (pruned >= 0) {
    stream.expect(8 * pruned, `${pruned} pruned n-grams`);
    kept = new Map();
    for (let i = 0; i < pruned; i++) {
      const bucket = await fields.whole(4, 0, int32Max, 'pruned n-gram');
      kept.set(bucket, await fields.whole(4, 0, Math.max(0, pruned - 1), 'row of a pruned n-gram'));
    }
  }
  const wordCounts = Float64Array.from(counts.slice(0, numWords));
  const labelCounts = Float64Array.from(counts.slice(numWords));
  return new Dictionary({ words, wordCounts, labels, labelCounts, tokens, raw, kept }, settings);
}

/** Rows of a matrix, plain or quantized; the file must agree with `rows` and `dim`. */
async function readMatrix(
  stream: ByteStream,
  fields: Fields,
  quantized: boolean,
  rows: number,
  dim: number,
  what: string,
): Promise<Float32Array> {
  if (quantized) return readQuantized(stream, fields, rows, dim, what);
  await fields.whole(8, rows, rows, `rows of the ${what} matrix`);
  await fields.whole(8, dim, dim, `columns of the ${what} matrix`);
  stream.expect(4 * rows * dim, `the ${what} matrix`);
  const data = new Float32Array(rows * dim);
  await stream.readInto(new Uint8Array(data.buffer), `the ${what} matrix`);
  const bad = firstNotFinite(data);
  if (bad >= 0)
    stream.refuse(`expected finite numbers in the ${what} matrix, got ${data[bad]} in row ${Math.floor(bad / dim)}`);
  return data;
}

/**
 * Reads a fastText model (`.bin`, or quantized `.ftz`, whose rows are computed from their codes): versions 11 and 12.
 *
 * @throws InvalidInput `fasttext.file` that says at which byte what was expected.
 */
export async function readFastText(chunks: Chunks, options: ReadFastTextOptions = {}): Promise<FastTextModel> {
  const { name = 'fastText model', size } = options;
  const stream = new ByteStream(chunks, { name, code: 'fasttext.file', size });
  const fields = new Fields(stream);
  await fields.whole(4, magic, magic, 'the magic number of fastText');
  const fileVersion = await fields.whole(4, 11, version, 'version');
  const settings = await readSettings(stream, fields, fileVersion);
  const dictionary = await readDictionary(stream, fields, settings);
  const { words, labels, kept } = dictionary.entries;
  const { dim, model } = settings;
  const quantized = (await fields.whole(1, 0, 1, 'whether the input matrix is quantized')) === 1;
  const rows = words.length + (kept ? kept.size : settings.buckets);
  const input = await readMatrix(stream, fields, quantized, rows, dim, 'input');
  const outputQuantized = (await fields.whole(1, 0, 1, 'whether the output matrix is quantized')) === 1;
  const outputs = model === 'supervised' ? labels.length : words.length;
  if (model === 'supervised' && outputs === 0)
    stream.refuse('expected labels in the dictionary of a classifier, got none');
  const output = await readMatrix(stream, fields, quantized && outputQuantized, outputs, dim, 'output');
  if (!(await stream.atEnd())) stream.refuse('expected the end after the output matrix, got more bytes');
  return new FastTextModel(settings, dictionary, input, output);
}
