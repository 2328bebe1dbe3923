/**
 * Images and video as text records: captions, alternative texts and subtitles, the pictures stored beside them by hash.
 *
 * @module
 * @example
 * ```ts
 * import { differenceHash, hashDistance, parseSubtitles } from 'abovo/data/media';
 * parseSubtitles('1\n00:00:01,000 --> 00:00:02,500\n<i>An egg.</i>\n')[0].text; // 'An egg.'
 * const dark = Uint8Array.from({ length: 72 }, (_, i) => 9 * (i % 9));
 * hashDistance(differenceHash(dark), differenceHash(dark.map((grey) => grey + 100))); // 0
 * ```
 */
export { imageCopies, imageDuplicates } from './duplicates.js';
export { ffmpegFrames, splitPngs } from './frames.js';
export type { Frame, FrameOptions, FrameReader } from './frames.js';
export { differenceHash, frequencyHash, hashDistance } from './hashes.js';
export type { ImageHash } from './hashes.js';
export { storeImage } from './image.js';
export type { ImageOptions, StoredImage } from './image.js';
export { media, mediaOptionsSchema, mediaSource, sources, steps } from './source.js';
export type { MediaOptions } from './source.js';
export { parseSubtitles } from './subtitles.js';
export type { Cue } from './subtitles.js';
