import type sharpModule from 'sharp';
import { InvalidInput, Unavailable, messageOf } from '../../../base/core/index.js';
import { sha256, writeFileAtomic } from '../../../base/core/index.node.js';
import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type ImageHash, differenceHash, frequencyHash } from './hashes.js';

/** A picture that is stored beside the text; `metadata.images` is a list of these. */
export interface StoredImage {
  /** Path in the store: two letters of the hash, the hash, the format. */
  readonly file: string;
  readonly sha256: string;
  readonly width: number;
  readonly height: number;
  readonly format: string;
  readonly bytes: number;
  readonly dhash: ImageHash;
  readonly phash: ImageHash;
  /** Text that stands for it on its page. */
  readonly alt?: string;
  /** Second of the video that it was taken from. */
  readonly second?: number;
}

export interface ImageOptions {
  /** Folder of the store. */
  readonly store: string;
  /** Smaller pictures (icons, spacers) are left out. */
  readonly minSide: number;
  /** More pixels than this are not decoded. */
  readonly maxPixels: number;
}

type Sharp = typeof sharpModule;
let loaded: Promise<Sharp> | undefined;

/** The picture library, an optional peer. Errors: `Unavailable` with what to install. */
function sharp(): Promise<Sharp> {
  loaded ??= import('sharp').then(
    (module) => module.default,
    (error: unknown) => {
      loaded = undefined;
      throw new Unavailable('media.sharp', 'images: expected the package sharp; npm i sharp', {}, error);
    },
  );
  return loaded;
}

/** Formats that are written as they came in; others become PNG. */
const kept = new Set(['jpeg', 'png', 'webp', 'avif', 'gif']);

/**
 * Stores a picture by the hash of its bytes, turned upright and without EXIF (place, camera, preview), and says what it is like.
 * Errors: `InvalidInput` where the bytes are no picture, too small or too large.
 */
export async function storeImage(bytes: Uint8Array, { store, minSide, maxPixels }: ImageOptions): Promise<StoredImage> {
  const open = await sharp();
  const refuse = (why: string, cause?: unknown) => new InvalidInput('media.image', why, {}, cause);
  // The decoder itself is held to the limit: what a header claims is not what it unpacks to.
  const load = () => open(bytes, { limitInputPixels: maxPixels, failOn: 'error', animated: false });
  try {
    // The header alone: nothing is decoded yet.
    const { format, width, height } = await open(bytes, { limitInputPixels: false }).metadata();
    if (width * height > maxPixels) throw refuse(`${width} x ${height}: more than ${maxPixels} pixels`);
    if (Math.min(width, height) < minSide) throw refuse(`${width} x ${height}: a side below ${minSide} pixels`);
    // Turned by what EXIF says before EXIF goes; the colour profile becomes sRGB.
    const upright = load().rotate();
    const target = kept.has(format) ? format : 'png';
    const { data, info } = await upright.toFormat(target as 'png').toBuffer({ resolveWithObject: true });
    const grey = (x: number, y: number) =>
      open(data).flatten({ background: '#ffffff' }).greyscale().resize(x, y, { fit: 'fill' }).raw().toBuffer();
    const [small, large] = await Promise.all([grey(9, 8), grey(32, 32)]);
    const hash = sha256(data);
    const file = join(hash.slice(0, 2), `${hash}.${target === 'jpeg' ? 'jpg' : target}`);
    await keep(store, file, data);
    return {
      file,
      sha256: hash,
      width: info.width,
      height: info.height,
      format: target,
      bytes: data.length,
      dhash: differenceHash(small),
      phash: frequencyHash(large),
    };
  } catch (error) {
    if (error instanceof InvalidInput || error instanceof Unavailable) throw error;
    throw refuse(`no picture that can be read: ${messageOf(error).split('\n')[0]}`, error);
  }
}

async function keep(store: string, file: string, data: Uint8Array): Promise<void> {
  const path = join(store, file);
  const there = await stat(path).catch(() => undefined);
  if (there?.size === data.length) return;
  await mkdir(join(path, '..'), { recursive: true });
  await writeFileAtomic(path, data);
}
