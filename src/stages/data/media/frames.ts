import { spawn } from 'node:child_process';
import { InvalidInput, Unavailable, messageOf } from '../../../base/core/index.js';

/** A picture of a video. */
export interface Frame {
  readonly second: number;
  /** A PNG file. */
  readonly bytes: Uint8Array;
}

export interface FrameOptions {
  /** Pictures a second of video. */
  readonly rate: number;
  /** Wider frames are scaled down to so many pixels. */
  readonly maxWidth: number;
  readonly maxFrames: number;
  readonly timeLimitMs: number;
  readonly signal?: AbortSignal;
}

/** What takes pictures from a video; `ffmpegFrames` is one, tests and other programs bring others. */
export type FrameReader = (path: string, options: FrameOptions) => AsyncIterable<Frame>;

const pngEnd = Buffer.from([0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82]);
const mostPng = 64 * 1024 ** 2;

/** PNG files that follow each other in a stream. */
export async function* splitPngs(parts: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let buffer: Buffer = Buffer.alloc(0);
  let searched = 0;
  for await (const part of parts) {
    buffer = buffer.length === 0 ? Buffer.from(part) : Buffer.concat([buffer, part]);
    for (;;) {
      const end = buffer.indexOf(pngEnd, Math.max(0, searched - pngEnd.length));
      if (end < 0) break;
      yield buffer.subarray(0, end + pngEnd.length);
      buffer = buffer.subarray(end + pngEnd.length);
      searched = 0;
    }
    searched = buffer.length;
    if (buffer.length > mostPng) throw new InvalidInput('media.frame', `a frame of more than ${mostPng} bytes`);
  }
}

/**
 * Frames by the program `ffmpeg` on PATH (or another one's path). It may read the file alone, no addresses that a playlist names.
 * Errors: `Unavailable` where there is no such program, `InvalidInput` where it cannot read the file or takes too long.
 */
export function ffmpegFrames(program = 'ffmpeg'): FrameReader {
  return async function* (path, { rate, maxWidth, maxFrames, timeLimitMs, signal }) {
    const filter = `fps=${rate},scale='min(${maxWidth},iw)':-2`;
    const child = spawn(
      program,
      [
        '-nostdin',
        '-v',
        'error',
        '-protocol_whitelist',
        'file,pipe',
        '-i',
        `file:${path}`,
        '-an',
        '-sn',
        '-vf',
        filter,
      ].concat(['-frames:v', String(maxFrames), '-f', 'image2pipe', '-c:v', 'png', 'pipe:1']),
      { stdio: ['ignore', 'pipe', 'pipe'] },
    );
    let errors = '';
    let late = false;
    child.stderr.on('data', (chunk: Buffer) => {
      if (errors.length < 2000) errors += chunk.toString();
    });
    const ended = new Promise<number | Error>((resolve) => {
      child.on('error', resolve);
      child.on('close', (code) => resolve(code ?? -1));
    });
    const timer = setTimeout(() => {
      late = true;
      child.kill('SIGKILL');
    }, timeLimitMs);
    const stop = () => child.kill('SIGKILL');
    signal?.addEventListener('abort', stop, { once: true });
    try {
      let number = 0;
      for await (const bytes of splitPngs(child.stdout)) yield { second: number++ / rate, bytes };
      const end = await ended;
      signal?.throwIfAborted();
      if (late) throw new InvalidInput('media.video', `frames took longer than ${timeLimitMs} ms`);
      if (end instanceof Error) {
        throw new Unavailable(
          'media.ffmpeg',
          `video: expected the program ${program}: ${messageOf(end)}; install ffmpeg`,
        );
      }
      if (end !== 0) throw new InvalidInput('media.video', `no video that can be read: ${errors.trim().slice(0, 300)}`);
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', stop);
      child.kill('SIGKILL');
    }
  };
}
