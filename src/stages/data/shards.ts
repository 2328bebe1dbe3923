import { type FileHandle, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { OnProgress } from '../../base/contract/index.js';
import { InvalidInput, Unavailable, messageOf } from '../../base/core/index.js';
import { sha256, syncFolder, writeFileAtomic } from '../../base/core/index.node.js';
import type { Tokenizer } from '../../model/tokenizer/index.js';
import { byteLength } from './document.js';

/** Version of the shard format. */
export const shardVersion = 1;
export const manifestName = 'shards.json';

/** One pair of files: tokens, and for each document its number of tokens and of raw bytes (two uint32, little-endian). */
export interface Shard {
  readonly tokenFile: string;
  readonly documentFile: string;
  readonly documents: number;
  readonly tokens: number;
  readonly bytes: number;
}

export interface ShardManifest {
  readonly version: number;
  /** Bytes of one token in the files, little-endian: 2 where the vocabulary allows, else 4. */
  readonly tokenWidth: 2 | 4;
  readonly vocabSize: number;
  /** Hash of the tokenizer.json that made the tokens. */
  readonly tokenizer: string;
  readonly bos?: number;
  readonly eos?: number;
  readonly documents: number;
  readonly tokens: number;
  readonly bytes: number;
  readonly shards: readonly Shard[];
}

export interface TokenizeOptions {
  /** Where the shards go; what an earlier, unfinished call left there is removed. */
  readonly folder: string;
  /** Put before and after each document. */
  readonly bos?: number;
  readonly eos?: number;
  /** Most tokens of a shard (a document is never cut). Default 16 Mi. */
  readonly shardTokens?: number;
  readonly onProgress?: OnProgress;
  readonly signal?: AbortSignal;
}

const flushTokens = 1 << 17;

/**
 * Tokenizes documents into shards, streaming: memory holds one document and a buffer. A special token spelled out in a
 * document is plain text. The manifest is written last, so a folder with a manifest is complete.
 * Errors: `InvalidInput` without documents, `Unavailable` where the disk is full.
 */
export async function tokenizeToShards(
  documents: Iterable<{ readonly text: string }> | AsyncIterable<{ readonly text: string }>,
  tokenizer: Tokenizer,
  { folder, bos, eos, shardTokens = 1 << 24, onProgress, signal }: TokenizeOptions,
): Promise<ShardManifest> {
  await mkdir(folder, { recursive: true });
  for (const name of await readdir(folder)) {
    if (name === manifestName || /^(tokens|documents)-\d+\.bin(\.tmp)?$/.test(name)) await rm(join(folder, name));
  }
  const tokenWidth = tokenizer.vocabSize <= 65536 ? 2 : 4;
  const shards: Shard[] = [];
  let writer: ShardWriter | undefined;
  try {
    for await (const { text } of documents) {
      signal?.throwIfAborted();
      const ids = tokenizer.encode(text, { addSpecialTokens: false, parseSpecial: false });
      if (ids.length === 0) continue;
      if (bos !== undefined) ids.unshift(bos);
      if (eos !== undefined) ids.push(eos);
      if (writer && writer.tokens + ids.length > shardTokens) {
        shards.push(await writer.finish());
        writer = undefined;
      }
      writer ??= await ShardWriter.open(folder, shards.length, tokenWidth);
      if (writer.add(ids, byteLength(text))) {
        await writer.flush();
        const done = shards.reduce((sum, shard) => sum + shard.bytes, writer.bytes);
        onProgress?.({ stage: 'tokenize', done, total: done, unit: 'bytes' });
      }
    }
    if (!writer) throw new InvalidInput('data.empty', 'tokenize: expected documents with text, got none');
    shards.push(await writer.finish());
    writer = undefined;
  } catch (error) {
    await writer?.abandon();
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOSPC' || code === 'EDQUOT') {
      throw new Unavailable(
        'disk.full',
        `tokenize: ${messageOf(error)}; free some space in ${folder}`,
        { folder },
        error,
      );
    }
    throw error;
  }
  await syncFolder(folder);
  const sum = (key: 'documents' | 'tokens' | 'bytes') => shards.reduce((total, shard) => total + shard[key], 0);
  const manifest: ShardManifest = {
    version: shardVersion,
    tokenWidth,
    vocabSize: tokenizer.vocabSize,
    tokenizer: sha256(JSON.stringify(tokenizer.toJson())),
    ...(bos !== undefined && { bos }),
    ...(eos !== undefined && { eos }),
    documents: sum('documents'),
    tokens: sum('tokens'),
    bytes: sum('bytes'),
    shards,
  };
  await writeFileAtomic(join(folder, manifestName), `${JSON.stringify(manifest, undefined, 2)}\n`);
  return manifest;
}

/** Writes one shard under temporary names; `finish` gives it its own. */
class ShardWriter {
  readonly #folder: string;
  readonly #number: string;
  readonly #width: 2 | 4;
  readonly #tokenHandle: FileHandle;
  readonly #documentHandle: FileHandle;
  #pending: number[] = [];
  #lengths: number[] = [];
  documents = 0;
  tokens = 0;
  bytes = 0;

  private constructor(
    folder: string,
    number: string,
    width: 2 | 4,
    tokenHandle: FileHandle,
    documentHandle: FileHandle,
  ) {
    this.#folder = folder;
    this.#number = number;
    this.#width = width;
    this.#tokenHandle = tokenHandle;
    this.#documentHandle = documentHandle;
  }

  static async open(folder: string, index: number, width: 2 | 4): Promise<ShardWriter> {
    const number = String(index).padStart(5, '0');
    const tokens = await open(join(folder, `tokens-${number}.bin.tmp`), 'w');
    const documents = await open(join(folder, `documents-${number}.bin.tmp`), 'w');
    return new ShardWriter(folder, number, width, tokens, documents);
  }

  /** True when it is time to flush. */
  add(ids: readonly number[], bytes: number): boolean {
    for (const id of ids) this.#pending.push(id);
    this.#lengths.push(ids.length, bytes);
    this.documents++;
    this.tokens += ids.length;
    this.bytes += bytes;
    return this.#pending.length >= flushTokens;
  }

  async flush(): Promise<void> {
    const tokens = Buffer.alloc(this.#pending.length * this.#width);
    for (const [i, id] of this.#pending.entries()) {
      if (this.#width === 2) tokens.writeUInt16LE(id, 2 * i);
      else tokens.writeUInt32LE(id, 4 * i);
    }
    const lengths = Buffer.alloc(this.#lengths.length * 4);
    for (const [i, value] of this.#lengths.entries()) lengths.writeUInt32LE(value, 4 * i);
    await this.#tokenHandle.writeFile(tokens);
    await this.#documentHandle.writeFile(lengths);
    this.#pending = [];
    this.#lengths = [];
  }

  async finish(): Promise<Shard> {
    await this.flush();
    for (const handle of [this.#tokenHandle, this.#documentHandle]) {
      await handle.sync();
      await handle.close();
    }
    const tokenFile = `tokens-${this.#number}.bin`;
    const documentFile = `documents-${this.#number}.bin`;
    for (const name of [tokenFile, documentFile]) {
      await rename(join(this.#folder, `${name}.tmp`), join(this.#folder, name));
    }
    return { tokenFile, documentFile, documents: this.documents, tokens: this.tokens, bytes: this.bytes };
  }

  async abandon(): Promise<void> {
    await this.#tokenHandle.close().catch(() => undefined);
    await this.#documentHandle.close().catch(() => undefined);
  }
}
