import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { appendFile, mkdir, mkdtemp, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createGunzip } from 'node:zlib';
import { InvalidInput, Unavailable, messageOf } from '../../../base/core/index.js';
import { syncFolder } from '../../../base/core/index.node.js';
import { readFastText, writeFastText } from '../fasttext/index.js';
import type { FastTextModel } from '../fasttext/index.js';
import { readVectors, trainGlove, writeVectors } from '../vectors/index.js';
import type {
  GloveOptions,
  ReadVectorsOptions,
  Sentences,
  SpillStore,
  TrainedVectors,
  WordVectors,
  WriteVectorsOptions,
} from '../vectors/index.js';

/** What a file holds: vectors of words, or a fastText model that composes vectors of any word. */
export type LoadedVectors =
  | { readonly kind: 'words'; readonly vectors: WordVectors }
  | { readonly kind: 'fasttext'; readonly model: FastTextModel };

const chunkBytes = 1 << 20;
/** First bytes of a fastText model. */
const fastTextStart = Buffer.from([0xba, 0x16, 0x4f, 0x2f]);

async function* chunksOf(path: string, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
  const file = createReadStream(path, { highWaterMark: chunkBytes, signal });
  if (!/\.gz$/i.test(path)) {
    yield* file as AsyncIterable<Uint8Array>;
    return;
  }
  const unpacked = createGunzip({ chunkSize: chunkBytes });
  file.on('error', (error) => unpacked.destroy(error));
  try {
    yield* file.pipe(unpacked) as AsyncIterable<Uint8Array>;
  } catch (error) {
    throw new InvalidInput('vectors.file', `${path}: expected gzip data, ${messageOf(error)}`, { path }, error);
  }
}

/** A stream whose first chunk was looked at already. */
async function* resumed(first: Uint8Array, rest: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield first;
  yield* rest;
}

/**
 * Reads a file of vectors of any format known here: word2vec text and binary, GloVe text, fastText `.vec`, fastText models
 * (`.bin`, `.ftz`); gzip where the name ends in `.gz`.
 *
 * @throws InvalidInput where the file is missing or damaged; the message says at which byte.
 */
export async function loadVectors(
  path: string,
  options: Omit<ReadVectorsOptions, 'size' | 'name'> = {},
): Promise<LoadedVectors> {
  const info = await stat(path).catch(() => undefined);
  if (!info?.isFile()) {
    throw new InvalidInput('vectors.file', `vectors: expected a file ${path}, got none; check the path`, { path });
  }
  const size = /\.gz$/i.test(path) ? undefined : info.size;
  const chunks = chunksOf(path, options.signal);
  // A first chunk may be short where it is unpacked: four bytes are waited for.
  let first: Uint8Array = new Uint8Array(0);
  while (first.length < 4) {
    const next = await chunks.next();
    if (next.done) break;
    first = Buffer.concat([first, next.value]);
  }
  const all = resumed(first, chunks);
  if (!options.format && fastTextStart.equals(first.subarray(0, 4))) {
    return { kind: 'fasttext', model: await readFastText(all, { name: path, size }) };
  }
  return { kind: 'words', vectors: await readVectors(all, { ...options, name: path, size }) };
}

/** Writes pieces so that a reader sees the old file or the whole new one. */
async function writePieces(path: string, pieces: Iterable<Uint8Array>): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}.${randomBytes(4).toString('hex')}.tmp`;
  try {
    const handle = await open(temporary, 'w');
    try {
      for (const piece of pieces) await handle.writeFile(piece);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
    await syncFolder(dirname(path));
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    throw new Unavailable('vectors.write', `write ${path}: ${messageOf(error)}`, { path }, error);
  }
}

/** Writes vectors in word2vec's format. See `writeVectors`. */
export function saveVectors(
  path: string,
  vectors: WordVectors,
  format: 'text' | 'binary',
  options: WriteVectorsOptions = {},
): Promise<void> {
  return writePieces(path, writeVectors(vectors, format, options));
}

/** Writes a fastText model. */
export function saveFastText(path: string, model: FastTextModel): Promise<void> {
  return writePieces(path, writeFastText(model));
}

/** Byte strings under numbers as files of a folder. */
export function folderSpill(folder: string): SpillStore {
  const path = (bucket: number): string => join(folder, `pairs-${bucket}`);
  return {
    append: (bucket, bytes) => appendFile(path(bucket), bytes),
    read: (bucket) =>
      readFile(path(bucket)).catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return new Uint8Array(0);
        throw error;
      }),
    replace: (bucket, bytes) => writeFile(path(bucket), bytes),
  };
}

/** `trainGlove` in bounded memory: pairs of words that do not fit go to a temporary folder, which is removed in the end. */
export async function trainGloveOnDisk(sentences: Sentences, options: GloveOptions = {}): Promise<TrainedVectors> {
  const folder = await mkdtemp(join(tmpdir(), 'abovo-glove-'));
  try {
    return await trainGlove(sentences, { spill: folderSpill(folder), ...options });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
