import { open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { syncFolder, writeFileAtomic } from '../../../base/core/index.node.js';
import type { Tokenizer } from '../../../model/tokenizer/index.js';
import { byteLength } from '../document.js';
import { openShards, type Shards } from '../open-shards.js';
import { manifestName, type Shard } from '../shards.js';

/** Documents of shards whose tokens are those of one of the texts: copies are found wherever they stand. */
export function findInShards(shards: Shards, texts: readonly string[], tokenizer: Tokenizer): number[] {
  const { bos, eos } = shards.manifest;
  const wanted = new Map<number, number[][]>();
  for (const text of texts) {
    const ids = [...tokenizer.encode(text, { addSpecialTokens: false, parseSpecial: false })];
    if (bos !== undefined) ids.unshift(bos);
    if (eos !== undefined) ids.push(eos);
    const size = byteLength(text);
    wanted.set(size, [...(wanted.get(size) ?? []), ids]);
  }
  const found: number[] = [];
  for (let document = 0; document < shards.count; document++) {
    const candidates = wanted.get(shards.bytesOf(document))?.filter((ids) => ids.length === shards.lengthOf(document));
    if (!candidates?.length) continue;
    const tokens = new Int32Array(shards.lengthOf(document));
    shards.copy(document, 0, tokens.length, tokens, 0);
    if (candidates.some((ids) => ids.every((id, i) => id === tokens[i]))) found.push(document);
  }
  return found;
}

/**
 * Writes shards anew without some documents. New files get new numbers, then the manifest changes to them at once, then the old
 * files go: a kill leaves the old shards or the new ones. What such a kill left over is removed.
 */
export async function dropFromShards(folder: string, drop: readonly number[]): Promise<void> {
  const shards = openShards(folder);
  const { manifest } = shards;
  const gone = new Set(drop);
  try {
    const numbers = (await readdir(folder))
      .flatMap((name) => /^(?:tokens|documents)-(\d+)\.bin/.exec(name)?.[1] ?? [])
      .map(Number);
    let number = Math.max(-1, ...numbers) + 1;
    const written: Shard[] = [];
    let first = 0;
    for (const shard of manifest.shards) {
      const documents = Array.from({ length: shard.documents }, (_, i) => first + i);
      first += shard.documents;
      const kept = documents.filter((document) => !gone.has(document));
      if (kept.length === shard.documents) written.push(shard);
      else if (kept.length > 0) written.push(await writeShard(folder, number++, shards, kept));
    }
    const sum = (key: 'documents' | 'tokens' | 'bytes'): number =>
      written.reduce((total, shard) => total + shard[key], 0);
    const changed = {
      ...manifest,
      documents: sum('documents'),
      tokens: sum('tokens'),
      bytes: sum('bytes'),
      shards: written,
    };
    await syncFolder(folder);
    await writeFileAtomic(join(folder, manifestName), `${JSON.stringify(changed, undefined, 2)}\n`);
    await removeLeftovers(folder, written);
  } finally {
    shards.close();
  }
}

async function removeLeftovers(folder: string, shards: readonly Shard[]): Promise<void> {
  const named = new Set(shards.flatMap(({ tokenFile, documentFile }) => [tokenFile, documentFile]));
  for (const name of await readdir(folder)) {
    if (/^(?:tokens|documents)-\d+\.bin/.test(name) && !named.has(name)) await rm(join(folder, name));
  }
}

async function writeShard(
  folder: string,
  number: number,
  shards: Shards,
  documents: readonly number[],
): Promise<Shard> {
  const name = String(number).padStart(5, '0');
  const tokenFile = `tokens-${name}.bin`;
  const documentFile = `documents-${name}.bin`;
  const width = shards.manifest.tokenWidth;
  const index = Buffer.alloc(documents.length * 8);
  let tokens = 0;
  let bytes = 0;
  const handle = await open(join(folder, tokenFile), 'w');
  try {
    for (const [i, document] of documents.entries()) {
      const ids = new Int32Array(shards.lengthOf(document));
      shards.copy(document, 0, ids.length, ids, 0);
      const data = Buffer.alloc(ids.length * width);
      ids.forEach((id, k) => (width === 2 ? data.writeUInt16LE(id, 2 * k) : data.writeUInt32LE(id >>> 0, 4 * k)));
      await handle.writeFile(data);
      index.writeUInt32LE(ids.length, 8 * i);
      index.writeUInt32LE(shards.bytesOf(document), 8 * i + 4);
      tokens += ids.length;
      bytes += shards.bytesOf(document);
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
  await writeFileAtomic(join(folder, documentFile), index);
  return { tokenFile, documentFile, documents: documents.length, tokens, bytes };
}
