import { closeSync, fstatSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { InvalidInput, messageOf } from '../../base/core/index.js';
import { type Shard, type ShardManifest, manifestName, shardVersion } from './shards.js';
import type { TokenDocuments } from './token-documents.js';

/** Shards opened for reading: 16 bytes of memory a document, tokens are read from the files as they are asked for. */
export interface Shards extends TokenDocuments {
  readonly manifest: ShardManifest;
  close(): void;
}

function refuse(folder: string, expected: string, got: unknown): never {
  throw new InvalidInput(
    'data.shards',
    `open shards in ${folder}: expected ${expected}, got ${String(got)}; tokenize again`,
    { folder },
  );
}

function readManifest(folder: string): ShardManifest {
  let manifest: ShardManifest;
  try {
    manifest = JSON.parse(readFileSync(join(folder, manifestName), 'utf8')) as ShardManifest;
  } catch (error) {
    return refuse(folder, `a readable ${manifestName}`, messageOf(error));
  }
  if (manifest?.version !== shardVersion) refuse(folder, `format version ${shardVersion}`, manifest?.version);
  if (manifest.tokenWidth !== 2 && manifest.tokenWidth !== 4)
    refuse(folder, 'tokens of 2 or 4 bytes', manifest.tokenWidth);
  if (!Array.isArray(manifest.shards) || manifest.shards.length === 0) refuse(folder, 'a list of shards', 'none');
  const isCount = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0;
  for (const counts of [manifest, ...manifest.shards]) {
    for (const name of ['documents', 'tokens', 'bytes'] as const) {
      if (!isCount(counts?.[name])) refuse(folder, `a count as ${name} in ${manifestName}`, counts?.[name]);
    }
  }
  for (const { tokenFile, documentFile } of manifest.shards) {
    // Names only: a manifest must not lead out of its folder.
    for (const [name, kind] of [
      [tokenFile, 'tokens'],
      [documentFile, 'documents'],
    ]) {
      if (typeof name !== 'string' || !new RegExp(`^${kind}-\\d{1,9}\\.bin$`).test(name))
        refuse(folder, `${kind}-N.bin`, name);
    }
  }
  for (const name of ['documents', 'tokens', 'bytes'] as const) {
    const sum = manifest.shards.reduce((total, shard) => total + shard[name], 0);
    if (sum !== manifest[name]) refuse(folder, `${manifest[name]} ${name} in all shards`, sum);
  }
  return manifest;
}

/** Opens what `tokenizeToShards` wrote. Errors: `InvalidInput` where the manifest or a file is missing, cut off or at odds. */
export function openShards(folder: string): Shards {
  const manifest = readManifest(folder);
  const count = manifest.documents;
  for (const shard of manifest.shards) {
    // Before arrays are made: the index must be as large as the manifest says.
    const size = statSync(join(folder, shard.documentFile), { throwIfNoEntry: false })?.size;
    if (size !== shard.documents * 8) refuse(folder, `${shard.documents * 8} bytes in ${shard.documentFile}`, size);
  }
  const lengths = new Uint32Array(count);
  const bytes = new Uint32Array(count);
  /** First token of each document within its shard. */
  const starts = new Float64Array(count);
  const firsts: number[] = [];
  const handles: number[] = [];
  const close = () => {
    for (const handle of handles.splice(0)) closeSync(handle);
  };
  try {
    let document = 0;
    for (const shard of manifest.shards) {
      firsts.push(document);
      document = readIndex(folder, shard, document, lengths, bytes, starts);
      const handle = openSync(join(folder, shard.tokenFile), 'r');
      handles.push(handle);
      const size = fstatSync(handle).size;
      const expected = shard.tokens * manifest.tokenWidth;
      if (size !== expected) refuse(folder, `${expected} bytes in ${shard.tokenFile}`, size);
    }
  } catch (error) {
    close();
    if (error instanceof InvalidInput) throw error;
    refuse(folder, 'readable shard files', messageOf(error));
  }
  let scratch = Buffer.alloc(1 << 16);
  const shardOf = (document: number) => {
    let low = 0;
    let high = firsts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (firsts[middle] <= document) low = middle;
      else high = middle - 1;
    }
    return low;
  };
  const width = manifest.tokenWidth;
  return {
    manifest,
    count,
    tokens: manifest.tokens,
    bytes: manifest.bytes,
    lengthOf: (document) => lengths[document],
    bytesOf: (document) => bytes[document],
    copy(document, from, to, target, at) {
      const size = (to - from) * width;
      if (scratch.length < size) scratch = Buffer.alloc(size * 2);
      const handle = handles[shardOf(document)];
      const read = readSync(handle, scratch, 0, size, (starts[document] + from) * width);
      if (read !== size) refuse(folder, `${size} bytes of document ${document}`, read);
      for (let i = 0; i < to - from; i++) {
        target[at + i] = width === 2 ? scratch.readUInt16LE(2 * i) : scratch.readUInt32LE(4 * i);
      }
    },
    close,
  };
}

function readIndex(
  folder: string,
  shard: Shard,
  first: number,
  lengths: Uint32Array,
  bytes: Uint32Array,
  starts: Float64Array,
): number {
  const index = readFileSync(join(folder, shard.documentFile));
  let start = 0;
  for (let i = 0; i < shard.documents; i++) {
    lengths[first + i] = index.readUInt32LE(8 * i);
    bytes[first + i] = index.readUInt32LE(8 * i + 4);
    starts[first + i] = start;
    start += lengths[first + i];
  }
  if (start !== shard.tokens) refuse(folder, `${shard.tokens} tokens in ${shard.documentFile}`, start);
  return first + shard.documents;
}
