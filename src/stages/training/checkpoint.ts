import { createHash, randomBytes } from 'node:crypto';
import { mkdir, open, readFile, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { AbovoError, InvalidInput, Unavailable, canonicalJson, messageOf } from '../../base/core/index.js';
import { sha256, syncFolder, writeFileAtomic } from '../../base/core/index.node.js';
import { allocate, numElements, sizeOf } from '../../compiler/tensor/index.js';
import type { HostTensor } from '../../compiler/tensor/index.js';

/** What a run must know, besides its tensors, to go on exactly where it stood. */
export interface CheckpointState {
  /** Optimizer steps done. */
  readonly step: number;
  /** Tokens seen. */
  readonly tokens: number;
  /** Length of metrics.jsonl at this step; lines beyond it belong to steps that will be done again. */
  readonly metricsBytes: number;
  /** Loss of the last step, nats. */
  readonly loss: number | null;
  readonly validation: { readonly step: number; readonly loss: number } | null;
  readonly bestValidation: { readonly step: number; readonly loss: number } | null;
  /** Divergence watch: best training loss so far and consecutive bad steps. */
  readonly bestLoss: number | null;
  readonly badSteps: number;
}

export interface Checkpoint {
  readonly state: CheckpointState;
  readonly tensors: Readonly<Record<string, HostTensor>>;
}

const measured = z.strictObject({ step: z.int().min(0), loss: z.number() }).nullable();

const schema = z.strictObject({
  format: z.literal(1),
  fingerprint: z.string(),
  state: z.strictObject({
    step: z.int().min(0),
    tokens: z.int().min(0),
    metricsBytes: z.int().min(0),
    loss: z.number().nullable(),
    validation: measured,
    bestValidation: measured,
    bestLoss: z.number().nullable(),
    badSteps: z.int().min(0),
  }),
  /** In the order of their bytes in tensors.bin, little-endian, without gaps. */
  tensors: z.array(
    z.strictObject({ name: z.string(), dtype: z.literal(['f32', 'i32']), shape: z.array(z.int().min(0)) }),
  ),
  bytes: z.int().min(0),
  sha256: z.string(),
});

const folderName = /^step-(\d{10})$/;

/** Splits a tensor's bytes, so that a large one is neither copied nor hashed in one piece. */
function* chunks(data: HostTensor['data']): Iterable<Uint8Array> {
  const size = 1 << 24;
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size);
}

/**
 * Writes a checkpoint that is valid or absent: into a temporary folder, flushed, then renamed. Older checkpoints beyond
 * `keep` are removed afterwards, so a full disk never costs the last good one.
 *
 * @throws Unavailable `disk.*` when the disk is full or read-only.
 */
export async function writeCheckpoint(
  folder: string,
  fingerprint: string,
  checkpoint: Checkpoint,
  keep: number,
): Promise<string> {
  const name = `step-${String(checkpoint.state.step).padStart(10, '0')}`;
  const path = join(folder, name);
  const temporary = join(folder, `.${name}.${process.pid}.${randomBytes(4).toString('hex')}.tmp`);
  try {
    await mkdir(temporary, { recursive: true });
    const hash = createHash('sha256');
    let bytes = 0;
    const file = await open(join(temporary, 'tensors.bin'), 'w');
    try {
      for (const tensor of Object.values(checkpoint.tensors)) {
        for (const chunk of chunks(tensor.data)) {
          hash.update(chunk);
          bytes += chunk.length;
          await file.writeFile(chunk);
        }
      }
      await file.sync();
    } finally {
      await file.close();
    }
    const manifest: z.infer<typeof schema> = {
      format: 1,
      fingerprint,
      state: checkpoint.state,
      tensors: Object.entries(checkpoint.tensors).map(([key, { dtype, shape }]) => ({
        name: key,
        dtype: dtype as 'f32' | 'i32',
        shape: [...shape],
      })),
      bytes,
      sha256: hash.digest('hex'),
    };
    const text = canonicalJson(manifest);
    await writeFileAtomic(join(temporary, 'checkpoint.json'), `${text}\n${sha256(text)}\n`);
    await syncFolder(temporary);
    await rm(path, { recursive: true, force: true });
    await rename(temporary, path);
    await syncFolder(folder);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true }).catch(() => undefined);
    throw diskError(error, `write checkpoint ${path}`);
  }
  const steps = await checkpointSteps(folder);
  for (const step of steps.slice(keep)) await rm(join(folder, step), { recursive: true, force: true });
  return path;
}

/** Turns an error of a full or read-only disk into one that says what to do; leaves others alone. */
export function diskError(error: unknown, operation: string): unknown {
  if (error instanceof AbovoError && !error.code.startsWith('disk.')) return error;
  const code = (error as NodeJS.ErrnoException).code ?? '';
  const full = ['ENOSPC', 'EDQUOT', 'EFBIG', 'disk.enospc', 'disk.edquot', 'disk.efbig'].includes(code);
  if (!full && !['EROFS', 'EACCES', 'disk.erofs', 'disk.eacces'].includes(code)) return error;
  return new Unavailable(
    full ? 'disk.full' : 'disk.readonly',
    `${operation}: ${full ? 'the disk is full' : 'the folder is not writable'} (${messageOf(error)}); the last good checkpoint is kept: make room and run again to go on from there`,
    { operation },
    error,
  );
}

/** Names of checkpoint folders, newest first. */
async function checkpointSteps(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [] as string[];
    throw error;
  });
  return names
    .filter((name) => folderName.test(name))
    .sort()
    .reverse();
}

async function readOne(path: string): Promise<{ fingerprint: string; checkpoint: Checkpoint }> {
  const [text, digest] = (await readFile(join(path, 'checkpoint.json'), 'utf8')).split('\n');
  if (sha256(text) !== digest) throw new Error('checkpoint.json does not match its own sha256');
  const manifest = schema.parse(JSON.parse(text));
  const tensors: Record<string, HostTensor> = {};
  const hash = createHash('sha256');
  let total = 0;
  const file = await open(join(path, 'tensors.bin'), 'r');
  try {
    for (const { name, dtype, shape } of manifest.tensors) {
      total += numElements(shape) * sizeOf(dtype);
      if (total > manifest.bytes) throw new Error(`tensors.bin: expected ${manifest.bytes} bytes, tensors need more`);
      const data = allocate(dtype, numElements(shape));
      for (const chunk of chunks(data)) {
        const { bytesRead } = await file.read(chunk, 0, chunk.length);
        if (bytesRead !== chunk.length) throw new Error('tensors.bin is truncated');
        hash.update(chunk);
      }
      tensors[name] = { dtype, shape, data };
    }
  } finally {
    await file.close();
  }
  if (total !== manifest.bytes || hash.digest('hex') !== manifest.sha256) {
    throw new Error('tensors.bin does not match its sha256');
  }
  return { fingerprint: manifest.fingerprint, checkpoint: { state: manifest.state, tensors } };
}

/**
 * The newest valid checkpoint of a folder, or undefined. A corrupt one is skipped with a warning; leftovers of an
 * interrupted write are removed.
 *
 * @throws InvalidInput when the newest valid checkpoint belongs to a run with another fingerprint.
 */
export async function readNewestCheckpoint(
  folder: string,
  fingerprint: string,
  onWarning: (message: string) => void,
): Promise<Checkpoint | undefined> {
  for (const name of await readdir(folder).catch(() => [] as string[])) {
    if (name.startsWith('.step-') && name.endsWith('.tmp')) {
      await rm(join(folder, name), { recursive: true, force: true });
    }
  }
  for (const name of await checkpointSteps(folder)) {
    const path = join(folder, name);
    let found: Awaited<ReturnType<typeof readOne>>;
    try {
      found = await readOne(path);
    } catch (error) {
      onWarning(`resume: checkpoint ${path} is not valid (${messageOf(error)}); trying the one before`);
      continue;
    }
    if (found.fingerprint !== fingerprint) {
      throw new InvalidInput(
        'training.resume',
        `resume: ${path} belongs to a run with other settings, data or initial weights; use another folder or remove it`,
        { path },
      );
    }
    return found.checkpoint;
  }
  return undefined;
}
