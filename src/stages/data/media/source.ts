import { readFile, stat } from 'node:fs/promises';
import { basename, relative, resolve, sep } from 'node:path';
import { z } from 'zod';
import { InvalidInput, type Json, Unavailable, messageOf } from '../../../base/core/index.js';
import type { Document } from '../document.js';
import { resolveFiles } from '../formats/index.js';
import { type ReadContext, type Source, type SourceItem, type SourceTask, defineSource } from '../pipeline/index.js';
import { type Caption, altTexts, sidecarCaption } from './captions.js';
import { imageDuplicates } from './duplicates.js';
import { type FrameReader, ffmpegFrames } from './frames.js';
import { type StoredImage, storeImage } from './image.js';
import { type Cue, parseSubtitles } from './subtitles.js';

const imageEnding = /\.(jpe?g|png|webp|gif|avif|tiff?|bmp|heic)$/i;
const videoEnding = /\.(mp4|m4v|mkv|webm|mov|avi|mpe?g|ogv)$/i;
const pageEnding = /\.x?html?$/i;

export const mediaOptionsSchema = z.strictObject({
  files: z
    .union([z.string().min(1), z.array(z.string().min(1)).min(1)])
    .describe('images, videos and pages that show them: paths, folders, globs'),
  store: z.string().min(1).default('media').describe('folder that pictures are kept in, by hash'),
  captions: z
    .enum(['required', 'optional'])
    .default('required')
    .describe('whether pictures without any text are left out'),
  minSide: z.int().min(1).default(64).describe('least pixels of width and height'),
  maxPixels: z.int().positive().default(100_000_000).describe('most pixels of a picture'),
  maxBytes: z
    .int()
    .positive()
    .default(64 * 1024 ** 2)
    .describe('most bytes of a picture’s file'),
  frameRate: z.number().positive().max(60).default(1).describe('frames a second of video'),
  frameWidth: z.int().min(16).default(640).describe('wider frames are scaled down'),
  maxFrames: z.int().positive().default(3600).describe('most frames of one video'),
  seconds: z.number().positive().default(600).describe('most seconds that taking the frames of one video lasts'),
  licence: z.string().min(1).optional().describe('SPDX expression'),
  access: z.enum(['public', 'internal', 'confidential', 'personal']).optional().describe('who may see the records'),
  language: z.string().min(2).optional().describe('of the captions'),
});

export type MediaOptions = z.output<typeof mediaOptionsSchema>;

interface Spec {
  readonly name: string;
  readonly kind: 'image' | 'video' | 'page';
}

class MediaSource implements Source {
  constructor(
    private readonly options: MediaOptions,
    private readonly folder: string,
    private readonly frames: FrameReader,
  ) {}

  async tasks(): Promise<readonly SourceTask[]> {
    const { files } = this.options;
    const paths = await resolveFiles(typeof files === 'string' ? [files] : files, this.folder);
    const tasks: SourceTask[] = [];
    for (const path of paths) {
      const kind = imageEnding.test(path)
        ? 'image'
        : videoEnding.test(path)
          ? 'video'
          : pageEnding.test(path)
            ? 'page'
            : '';
      if (kind === '') continue;
      const name = relative(this.folder, path).split(sep).join('/');
      tasks.push({ id: name, spec: { name, kind }, bytes: (await stat(path)).size });
    }
    return tasks;
  }

  async *read(task: SourceTask, context: ReadContext): AsyncGenerator<SourceItem> {
    if (context.cursor !== undefined) return;
    const { name, kind } = task.spec as unknown as Spec;
    const path = resolve(this.folder, name);
    try {
      if (kind === 'image') yield* this.#image(path, name, context);
      else if (kind === 'page') yield* this.#page(path, name, context);
      else yield* this.#video(path, name, context);
    } catch (error) {
      if (error instanceof Unavailable || context.signal?.aborted) throw error;
      context.onReject({ source: name, reason: messageOf(error) });
    }
  }

  async #store(path: string): Promise<StoredImage> {
    const { store, minSide, maxPixels, maxBytes } = this.options;
    const { size } = await stat(path);
    if (size > maxBytes) throw new InvalidInput('media.image', `${size} bytes: more than ${maxBytes}`);
    return storeImage(await readFile(path), { store: resolve(this.folder, store), minSide, maxPixels });
  }

  #item(
    id: string,
    source: string,
    caption: Caption | undefined,
    images: readonly StoredImage[],
    more: Record<string, Json> = {},
  ): SourceItem {
    const { licence, access, language } = this.options;
    const known = {
      licence: caption?.licence ?? licence,
      url: caption?.url,
      language: caption?.language ?? language,
      access,
    };
    const document: Document = {
      id,
      text: caption?.text ?? '',
      source,
      ...(Object.fromEntries(Object.entries(known).filter(([, value]) => value !== undefined)) as typeof known),
      metadata: { images: images as unknown as Json, ...more },
    };
    return { document };
  }

  async *#image(path: string, name: string, { onReject }: ReadContext): AsyncGenerator<SourceItem> {
    const caption = await sidecarCaption(path);
    if (!caption && this.options.captions === 'required') {
      onReject({ source: name, reason: `no caption (${basename(name)}.txt or .json beside it)` });
      return;
    }
    yield { ...this.#item(name, name, caption, [await this.#store(path)]), cursor: true };
  }

  /** Pictures on a page with their alternative texts. Only files below the project are opened. */
  async *#page(path: string, name: string, { onReject, signal }: ReadContext): AsyncGenerator<SourceItem> {
    for (const [picture, alt] of await altTexts(path)) {
      signal?.throwIfAborted();
      const inside = relative(this.folder, picture);
      try {
        if (inside.startsWith('..')) throw new InvalidInput('media.path', 'a picture outside of the project');
        const image = { ...(await this.#store(picture)), alt };
        yield this.#item(`${name}#${inside.split(sep).join('/')}`, name, { text: alt }, [image]);
      } catch (error) {
        if (error instanceof Unavailable) throw error;
        onReject({ source: name, reason: `${inside}: ${messageOf(error)}` });
      }
    }
  }

  /** A record for each cue of the subtitles with the frames that are shown while it is said; one for each frame where there are none. */
  async *#video(path: string, name: string, { onReject, signal }: ReadContext): AsyncGenerator<SourceItem> {
    const { frameRate: rate, frameWidth: maxWidth, maxFrames, seconds, captions } = this.options;
    const cues = await cuesOf(path);
    if (cues.length === 0 && captions === 'required') {
      onReject({ source: name, reason: 'no subtitles (.srt or .vtt beside it)' });
      return;
    }
    const store = { store: resolve(this.folder, this.options.store), minSide: 1, maxPixels: this.options.maxPixels };
    const options = { rate, maxWidth, maxFrames, timeLimitMs: seconds * 1000, signal };
    const shown = new Map<number, StoredImage[]>();
    for await (const { second, bytes } of this.frames(path, options)) {
      const image = { ...(await storeImage(bytes, store)), second };
      if (cues.length === 0) yield this.#item(`${name}@${second}`, name, undefined, [image], { start: second });
      for (const [i, cue] of cues.entries()) {
        // A cue between two frames gets the one before it.
        if (second + 1 / rate > cue.start && second < cue.end) shown.set(i, [...(shown.get(i) ?? []), image]);
      }
    }
    for (const [i, { start, end, text }] of cues.entries()) {
      const images = shown.get(i);
      if (images) yield this.#item(`${name}@${start}`, name, { text }, images, { start, end });
    }
  }
}

async function cuesOf(path: string): Promise<Cue[]> {
  const bare = path.replace(/\.[^./\\]+$/, '');
  for (const name of [`${bare}.srt`, `${bare}.vtt`, `${path}.srt`, `${path}.vtt`]) {
    const info = await stat(name).catch(() => undefined);
    if (info?.isFile() && info.size < 64 * 1024 ** 2) return parseSubtitles(await readFile(name, 'utf8'));
  }
  return [];
}

/** The source `media`; `frames` stands in for the program that takes pictures from videos. */
export function mediaSource(
  options: z.input<typeof mediaOptionsSchema>,
  { folder, frames = ffmpegFrames() }: { readonly folder: string; readonly frames?: FrameReader },
): Source {
  const parsed = mediaOptionsSchema.safeParse(options);
  if (!parsed.success) {
    throw new InvalidInput('data.media.options', `media: ${z.prettifyError(parsed.error)}`, {}, parsed.error);
  }
  return new MediaSource(parsed.data, folder, frames);
}

export const media = defineSource<MediaOptions>({
  kind: 'media',
  summary:
    'Images with captions and video frames with subtitles: text records whose pictures are stored beside them by hash.',
  version: 1,
  options: mediaOptionsSchema as unknown as z.ZodType<MediaOptions>,
  create: (options, { folder }) => new MediaSource(options, folder, ffmpegFrames()),
});

/** Sources and steps of this room, for the pipeline's tables. */
export const sources = [media] as const;
export const steps = [imageDuplicates] as const;
