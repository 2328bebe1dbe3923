import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { folderBytes } from './folders.js';
import type { Artifact } from './manifest.js';

export interface GarbageOptions {
  /** Addresses that stay, with everything they were made from. */
  readonly keep: readonly string[];
  /** Only tells what would go. */
  readonly dryRun?: boolean;
}

export interface GarbageReport {
  readonly kept: readonly string[];
  readonly removed: readonly string[];
  readonly bytes: number;
}

/** See `ArtifactStore.collectGarbage`, which holds the lock around this. */
export async function collectGarbage(
  store: { readonly folder: string; list(): Artifact[] },
  options: GarbageOptions,
): Promise<GarbageReport> {
  const all = store.list();
  const byAddress = new Map(all.map((artifact) => [artifact.address, artifact]));
  const kept = new Set<string>();
  const visit = (address: string): void => {
    if (kept.has(address)) return;
    kept.add(address);
    for (const parent of Object.values(byAddress.get(address)?.manifest.parents ?? {})) visit(parent);
  };
  for (const address of options.keep) visit(address);
  const removed: string[] = [];
  let bytes = 0;
  const remove = async (folder: string, label: string): Promise<void> => {
    bytes += await folderBytes(folder);
    removed.push(label);
    if (options.dryRun) return;
    // One rename takes it out of sight whole; a kill while deleting leaves rubbish in work, never half an artifact.
    await mkdir(join(store.folder, 'work'), { recursive: true });
    const doomed = join(store.folder, 'work', `removed-${label.replaceAll('/', '-')}`);
    await rm(doomed, { recursive: true, force: true });
    await rename(folder, doomed);
    await rm(doomed, { recursive: true, force: true });
  };
  // Descendants first: what stays never lacks a parent.
  const depth = (artifact: Artifact): number =>
    1 +
    Math.max(
      0,
      ...Object.values(artifact.manifest.parents).map((parent) => {
        const found = byAddress.get(parent);
        return found ? depth(found) : 0;
      }),
    );
  for (const artifact of all.sort((a, b) => depth(b) - depth(a))) {
    if (!kept.has(artifact.address)) await remove(artifact.folder, artifact.address);
  }
  const work = join(store.folder, 'work');
  for (const name of existsSync(work) ? await readdir(work) : []) {
    if (!kept.has(name)) await remove(join(work, name), `work/${name}`);
  }
  return { kept: all.map((a) => a.address).filter((address) => kept.has(address)), removed, bytes };
}
