import { spawnSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import sharp, { type Sharp } from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { InvalidInput } from '../../../base/core/index.js';
import type { Document, Reject } from '../document.js';
import type { CorpusStep, CorpusStepDefinition, Summary, Verdict } from '../pipeline/index.js';
import { imageCopies, imageDuplicates } from './duplicates.js';
import { type FrameReader, ffmpegFrames, splitPngs } from './frames.js';
import { hashDistance } from './hashes.js';
import { type StoredImage, storeImage } from './image.js';
import { mediaOptionsSchema, mediaSource } from './source.js';
import { parseSubtitles } from './subtitles.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'abovo-media-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** A picture with shapes of its own for each seed. */
function picture(seed: number, width = 320, height = 240): Sharp {
  const shapes = Array.from({ length: 6 }, (_, i) => {
    const at = (k: number) => Math.abs(Math.sin(seed * 12.9 + i * 7.7 + k) * 1000) % 1;
    const colour = `rgb(${Math.floor(at(1) * 256)},${Math.floor(at(2) * 256)},${Math.floor(at(3) * 256)})`;
    return `<circle cx="${at(4) * width}" cy="${at(5) * height}" r="${10 + at(6) * height * 0.4}" fill="${colour}"/>`;
  });
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><rect width="100%" height="100%" fill="#888"/>${shapes.join('')}</svg>`;
  return sharp(Buffer.from(svg));
}

async function read(options: Parameters<typeof mediaSource>[0], frames?: FrameReader) {
  const source = mediaSource(options, { folder, ...(frames ? { frames } : {}) });
  const documents: Document[] = [];
  const rejects: Reject[] = [];
  for (const task of await source.tasks()) {
    for await (const { document } of source.read(task, { onReject: (reject) => rejects.push(reject) })) {
      documents.push(document);
    }
  }
  return { documents, rejects };
}

const imagesOf = (document: Document) => document.metadata!.images as unknown as StoredImage[];

describe('images', () => {
  it('are stored upright by hash, without EXIF, with captions from beside them', async () => {
    const photo = await picture(1)
      .jpeg()
      .withExif({ IFD0: { Make: 'Henphone' }, IFD3: { GPSLatitude: '52/1 31/1 0/1' } })
      .withMetadata({ orientation: 6 })
      .toBuffer();
    expect((await sharp(photo).metadata()).exif!.includes('Henphone')).toBe(true);
    await mkdir(join(folder, 'photos'));
    await writeFile(join(folder, 'photos', 'hen.jpg'), photo);
    await writeFile(join(folder, 'photos', 'hen.txt'), 'A hen on the roof.\n');
    await picture(2)
      .png()
      .toFile(join(folder, 'photos', 'owl.png'));
    await writeFile(
      join(folder, 'photos', 'owl.json'),
      '{"caption":"An owl.","license":"CC0-1.0","url":"https://example.org/owl"}',
    );
    await picture(3)
      .png()
      .toFile(join(folder, 'photos', 'silent.png'));
    await picture(4, 20, 20)
      .png()
      .toFile(join(folder, 'photos', 'icon.png'));
    await writeFile(join(folder, 'photos', 'icon.txt'), 'An icon.');
    await writeFile(join(folder, 'photos', 'broken.jpg'), photo.subarray(0, 900));
    await writeFile(join(folder, 'photos', 'broken.txt'), 'Half a hen.');
    const { documents, rejects } = await read({ files: 'photos', licence: 'CC-BY-4.0', access: 'internal' });
    expect(documents.map(({ id, text, licence, url, access }) => [id, text, licence, url, access])).toEqual([
      ['photos/hen.jpg', 'A hen on the roof.', 'CC-BY-4.0', undefined, 'internal'],
      ['photos/owl.png', 'An owl.', 'CC0-1.0', 'https://example.org/owl', 'internal'],
    ]);
    expect(rejects.map(({ source, reason }) => [source, reason.slice(0, 24)])).toEqual([
      ['photos/broken.jpg', 'no picture that can be r'],
      ['photos/icon.png', '20 x 20: a side below 64'],
      ['photos/silent.png', 'no caption (silent.png.t'],
    ]);
    const [image] = imagesOf(documents[0]!);
    // Turned by its orientation: what was wide is high.
    expect([image!.width, image!.height, image!.format]).toEqual([240, 320, 'jpeg']);
    const stored = await readFile(join(folder, 'media', image!.file));
    expect((await sharp(stored).metadata()).exif).toBeUndefined();
    expect(stored.includes('Henphone')).toBe(false);
    expect(image!.file).toBe(join(image!.sha256.slice(0, 2), `${image!.sha256}.jpg`));
  });

  it('on pages, with their alternative texts; nothing outside of the project', async () => {
    await mkdir(join(folder, 'site'));
    await picture(5)
      .webp()
      .toFile(join(folder, 'site', 'a b.webp'));
    await writeFile(
      join(folder, 'site', 'index.html'),
      '<p><img src="a%20b.webp?v=1" alt="Two  eggs"><img src="../../../../etc/x.png" alt="no"><img src="https://x/y.png" alt="far"><img src="gone.png" alt="gone"><img src="a b.webp" alt="">',
    );
    const { documents, rejects } = await read({ files: 'site/*.html' });
    expect(documents).toMatchObject([
      { id: 'site/index.html#site/a b.webp', text: 'Two eggs', source: 'site/index.html' },
    ]);
    expect(imagesOf(documents[0]!)[0]!.alt).toBe('Two eggs');
    expect(rejects.map(({ reason }) => reason)).toEqual([
      expect.stringMatching(/a picture outside of the project/),
      expect.stringMatching(/gone\.png: ENOENT/),
    ]);
  });

  it('that look alike are found whatever their size, format and quality; others are not', async () => {
    const options = { store: join(folder, 'alike'), minSide: 1, maxPixels: 1e7 };
    const near: number[][] = [];
    const far: number[][] = [];
    const originals: StoredImage[] = [];
    for (let seed = 0; seed < 12; seed++) {
      const original = await storeImage(await picture(seed).png().toBuffer(), options);
      for (const changed of [
        picture(seed).jpeg({ quality: 40 }),
        picture(seed).resize(160, 120).webp(),
        picture(seed).modulate({ brightness: 1.1 }).jpeg(),
      ]) {
        const copy = await storeImage(await changed.toBuffer(), options);
        near.push([hashDistance(original.dhash, copy.dhash), hashDistance(original.phash, copy.phash)]);
      }
      for (const other of originals) {
        far.push([hashDistance(original.dhash, other.dhash), hashDistance(original.phash, other.phash)]);
      }
      originals.push(original);
    }
    const most = (i: number) => Math.max(...near.map((pair) => pair[i]!));
    const least = (i: number) => Math.min(...far.map((pair) => pair[i]!));
    // Synthetic pictures with flat areas, the hard case: low frequencies part copies from others by far, neighbours just so.
    expect(most(1)).toBeLessThanOrEqual(4);
    expect(least(1)).toBeGreaterThanOrEqual(16);
    expect(most(0)).toBeLessThan(least(0));
  });

  it('duplicates: the largest stays, whatever the order; the bands miss none', async () => {
    const property = fc.property(
      fc.array(fc.tuple(fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }), fc.array(fc.nat(63), { maxLength: 6 })), {
        maxLength: 20,
      }),
      fc.integer({ min: 0, max: 15 }),
      (seeds, distance) => {
        const known = seeds.flatMap(([hash, flips], i) => [
          { index: 2 * i, id: `${i}`, hash, pixels: i * 10 },
          {
            index: 2 * i + 1,
            id: `${i}'`,
            hash: flips.reduce((bits, at) => bits ^ (1n << BigInt(at)), hash),
            pixels: i * 7,
          },
        ]);
        const copies = imageCopies(known, distance);
        const kept = known.filter((item) => !copies.has(item.index));
        const close = (a: bigint, b: bigint) => hashDistance(a.toString(16), b.toString(16)) <= distance;
        for (const a of kept) for (const b of kept) expect(a === b || !close(a.hash, b.hash)).toBe(true);
        for (const [index, original] of copies) {
          const copy = known[index]!;
          expect(close(copy.hash, original.hash) && original.pixels >= copy.pixels).toBe(true);
        }
      },
    );
    fc.assert(property, { numRuns: 100 });
    const definition = imageDuplicates as CorpusStepDefinition;
    const step = (await definition.create(definition.options.parse({}), { folder, seed: 1 })) as CorpusStep;
    const document = (dhash: string, width: number): Document =>
      ({
        id: dhash + width,
        text: '',
        source: '',
        metadata: { images: [{ dhash, phash: dhash, width, height: 10 }] },
      }) as never;
    const documents = [
      document('00000000000000ff', 10),
      document('00000000000000fe', 90),
      document('ffffffff00000000', 5),
    ];
    async function* summaries(): AsyncGenerator<Summary> {
      for (const [index, item] of [...documents, { id: 'text', text: 'x', source: '' }].entries()) {
        yield { index, id: item.id, source: '', bytes: step.summarize(item) };
      }
    }
    const verdicts: Verdict[] = [];
    for await (const verdict of step.decide(summaries, { documents: 4, folder })) verdicts.push(verdict);
    expect(verdicts).toEqual([{ index: 0, drop: 'imageDuplicate', detail: 'looks like 00000000000000fe90' }]);
  });

  it('any bytes give a picture or a reason', async () => {
    const seeds = [
      await picture(1).png().toBuffer(),
      await picture(1).jpeg().toBuffer(),
      await picture(1).webp().toBuffer(),
    ];
    const options = { store: join(folder, 'fuzz'), minSide: 1, maxPixels: 1e6 };
    const property = fc.asyncProperty(
      fc.nat(2),
      fc.array(fc.tuple(fc.nat(5000), fc.nat(255)), { maxLength: 20 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      async (which, flips, cut) => {
        const bytes = Buffer.from(seeds[which]!);
        for (const [at, value] of flips) bytes[at % bytes.length] = value;
        const result = await storeImage(bytes.subarray(0, Math.ceil(cut * 1.3 * bytes.length)), options).catch(
          (error) => error,
        );
        expect(result instanceof InvalidInput || typeof result.sha256 === 'string').toBe(true);
      },
    );
    await fc.assert(property, { numRuns: 60 });
    const large = await sharp({ create: { width: 2000, height: 1000, channels: 3, background: '#fff' } })
      .png()
      .toBuffer();
    await expect(storeImage(large, options)).rejects.toThrow(/2000 x 1000: more than 1000000 pixels/);
  });
});

describe('subtitles', () => {
  it('of both kinds, without marks, rolling lines said once', () => {
    expect(
      parseSubtitles(
        'WEBVTT - x\n\nNOTE no cue\n\nintro\n00:01.000 --> 00:02.500 align:start\n<v Ann>Hello &amp; hi</v>\n\n01:00:03.250 --> 01:00:04.000\n{\\an8}Hello &amp; hi\n- bye\n',
      ),
    ).toEqual([
      { start: 1, end: 2.5, text: 'Hello & hi' },
      { start: 3603.25, end: 3604, text: 'Hello & hi\n- bye'.split('\n')[1]! },
    ]);
    expect(
      parseSubtitles(
        '\ufeff1\r\n00:00:01,5 --> 00:00:02,000\r\na\r\nb\r\n\r\n2\r\n00:00:09,000 --> 00:00:03,000\r\nback\r\n',
      ),
    ).toEqual([{ start: 1.5, end: 2, text: 'a\nb' }]);
    fc.assert(fc.property(fc.string(), (text) => parseSubtitles(`${text} --> ${text}\n\n${text}`).length >= 0));
  });
});

describe('video', () => {
  const srt =
    '1\n00:00:00,000 --> 00:00:01,000\nfirst\n\n2\n00:00:01,200 --> 00:00:01,400\nshort\n\n3\n00:00:02,000 --> 00:00:04,000\nlast\n';

  it('gives a record for each cue with the frames that are shown while it is said', async () => {
    await mkdir(join(folder, 'film'));
    await writeFile(join(folder, 'film', 'a.mp4'), 'not looked at');
    await writeFile(join(folder, 'film', 'a.srt'), srt);
    await writeFile(join(folder, 'film', 'b.mp4'), '');
    const frames: FrameReader = async function* () {
      for (let second = 0; second < 4; second++)
        yield {
          second,
          bytes: await picture(20 + second, 64, 48)
            .png()
            .toBuffer(),
        };
    };
    const { documents, rejects } = await read({ files: 'film' }, frames);
    expect(documents.map(({ id, text, metadata }) => [id, text, metadata!.start, metadata!.end])).toEqual([
      ['film/a.mp4@0', 'first', 0, 1],
      ['film/a.mp4@1.2', 'short', 1.2, 1.4],
      ['film/a.mp4@2', 'last', 2, 4],
    ]);
    expect(documents.map((document) => imagesOf(document).map(({ second }) => second))).toEqual([[0], [1], [2, 3]]);
    expect(rejects).toEqual([{ source: 'film/b.mp4', reason: 'no subtitles (.srt or .vtt beside it)' }]);
  });

  it('splits PNG files however they are cut into chunks', async () => {
    const files = await Promise.all([1, 2, 3].map((seed) => picture(seed, 32, 32).png().toBuffer()));
    const stream = Buffer.concat(files);
    for (const size of [1, 7, 100, stream.length]) {
      async function* parts() {
        for (let at = 0; at < stream.length; at += size) yield stream.subarray(at, at + size);
      }
      const found: Uint8Array[] = [];
      for await (const file of splitPngs(parts())) found.push(Buffer.from(file));
      expect(found).toEqual(files);
    }
  });

  it('says what is wrong with the program', async () => {
    const all = async (program: string, timeLimitMs = 5000) => {
      const options = { rate: 1, maxWidth: 64, maxFrames: 5, timeLimitMs };
      let count = 0;
      for await (const _ of ffmpegFrames(program)('/x.mp4', options)) count++;
      return count;
    };
    await expect(all(join(folder, 'nowhere'))).rejects.toMatchObject({ code: 'media.ffmpeg' });
    const script = async (name: string, body: string) => {
      const path = join(folder, name);
      await writeFile(path, `#!/bin/sh\n${body}\n`);
      await chmod(path, 0o755);
      return path;
    };
    await expect(all(await script('bad', 'echo "moov atom not found" >&2; exit 1'))).rejects.toThrow(
      /no video that can be read: moov atom/,
    );
    await expect(all(await script('slow', 'exec sleep 20'), 200)).rejects.toThrow(/longer than 200 ms/);
  });

  // Nothing of abovo needs ffmpeg but this: where there is none (on PATH or in ABOVO_FFMPEG), there is no test of it.
  const program = process.env.ABOVO_FFMPEG ?? 'ffmpeg';
  const present = spawnSync(program, ['-version']).status === 0;
  (present ? it : () => undefined)('frames by a real ffmpeg', async () => {
    const film = join(folder, 'test.mp4');
    const make = [
      '-v',
      'error',
      '-f',
      'lavfi',
      '-i',
      'testsrc=size=320x240:rate=10',
      '-t',
      '4',
      '-pix_fmt',
      'yuv420p',
      film,
    ];
    expect(spawnSync(program, make).status).toBe(0);
    await writeFile(join(folder, 'test.srt'), srt);
    const { documents, rejects } = await read(
      { files: 'test.mp4', frameRate: 2, frameWidth: 160 },
      ffmpegFrames(program),
    );
    expect(rejects).toEqual([]);
    expect(documents.map(({ text }) => text)).toEqual(['first', 'short', 'last']);
    const last = imagesOf(documents[2]!);
    expect(last.map(({ second, width, height }) => [second, width, height])).toEqual(
      [2, 2.5, 3, 3.5].map((second) => [second, 160, 120]),
    );
    await writeFile(join(folder, 'test.mp4'), 'no film');
    expect((await read({ files: 'test.mp4' }, ffmpegFrames(program))).rejects[0]!.reason).toMatch(
      /no video that can be read/,
    );
  });

  it('names the mistake in its options', () => {
    expect(() => mediaSource({ files: 'x', frameRate: 0 } as never, { folder })).toThrow(/frameRate/);
    expect(mediaOptionsSchema.parse({ files: 'x' }).store).toBe('media');
  });
});
