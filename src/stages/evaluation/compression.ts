import { spawn } from 'node:child_process';
import { brotliCompress, constants } from 'node:zlib';
import { promisify } from 'node:util';
import { Unavailable } from '../../base/core/index.js';
import type { HeldOutDocument } from './likelihood.js';

/** What a general compressor makes of held-out text after it has seen the training text. */
export interface CompressionResult {
  /** Command or library, with its settings. */
  readonly compressor: string;
  readonly bitsPerByte: number;
  /** Bytes of held-out text, without contexts and line ends. */
  readonly bytes: number;
}

/** Bytes that a compressor makes of a text. */
export type Compressor = (text: Buffer, signal?: AbortSignal) => Promise<number>;

/** `xz -9e` of the machine; `undefined` where there is no such program. */
export async function findXz(): Promise<Compressor | undefined> {
  const found = await new Promise<boolean>((resolve) => {
    const child = spawn('xz', ['--version'], { stdio: 'ignore' });
    child.on('error', () => resolve(false));
    child.on('close', (code) => resolve(code === 0));
  });
  return found ? xz : undefined;
}

function xz(text: Buffer, signal?: AbortSignal): Promise<number> {
  return new Promise((resolve, reject) => {
    // One thread: with more, xz cuts its input into blocks that do not see each other.
    const child = spawn('xz', ['-9e', '-T1', '--stdout'], {
      stdio: ['pipe', 'pipe', 'ignore'],
      ...(signal && { signal }),
    });
    let size = 0;
    child.stdout.on('data', (chunk: Buffer) => (size += chunk.length));
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(size);
      else reject(new Unavailable('xz.failed', `xz: expected exit code 0, got ${code}`));
    });
    // A broken pipe is reported by the exit code.
    child.stdin.on('error', () => undefined);
    child.stdin.end(text);
  });
}

const brotliAsync = promisify(brotliCompress);

/** Brotli at its highest quality with a window of 16 MB; part of Node, so there everywhere. */
export const brotli: Compressor = async (text) =>
  (
    await brotliAsync(text, {
      params: {
        [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
        [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
        [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
        [constants.BROTLI_PARAM_SIZE_HINT]: text.length,
      },
    })
  ).length;

/**
 * Bits per byte of held-out text given the training text: compress(training + held-out) - compress(training). Where
 * documents have contexts, the compressor is given them as a model is, and they are not counted: the second term is
 * then compress(training + contexts). One document per line in both.
 */
export async function compressionBitsPerByte(
  compressor: Compressor,
  training: readonly string[],
  heldOut: readonly HeldOutDocument[],
  signal?: AbortSignal,
): Promise<{ bitsPerByte: number; bytes: number }> {
  const before = training.map((text) => `${text}\n`).join('');
  const given = heldOut.map(({ context = '' }) => `${context}\n`).join('');
  const told = heldOut.map(({ context = '', text }) => `${context}${text}\n`).join('');
  const hasContext = heldOut.some(({ context }) => context);
  // A compressor uses one core: the two runs share the machine.
  const [less, more] = await Promise.all([
    compressor(Buffer.from(hasContext ? before + given : before), signal),
    compressor(Buffer.from(before + told), signal),
  ]);
  const bytes = heldOut.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0);
  return { bitsPerByte: (8 * (more - less)) / bytes, bytes };
}

/** The compression baseline with `xz -9e`, or with Brotli, under its own name, where the machine has no xz. */
export async function compressionBaseline(
  training: readonly string[],
  heldOut: readonly HeldOutDocument[],
  signal?: AbortSignal,
): Promise<CompressionResult> {
  const found = await findXz();
  const result = await compressionBitsPerByte(found ?? brotli, training, heldOut, signal);
  return { compressor: found ? 'xz -9e' : 'brotli -q 11 -w 24', ...result };
}
