import fs from 'node:fs';
import { rm } from 'node:fs/promises';
import { basename } from 'node:path';
import { InvalidInput, Unavailable, messageOf } from '../../../base/core/index.js';
import { gitHttp } from './git-http.js';

/** A file of a commit. */
export interface RepositoryFile {
  readonly path: string;
  readonly oid: string;
}

/** What is read of a repository: a commit's files, and their bytes. */
export interface Repository {
  readonly name: string;
  readonly commit: string;
  /** Of the commit, ISO 8601. */
  readonly time: string;
  files(): Promise<readonly RepositoryFile[]>;
  bytes(file: RepositoryFile): Promise<Uint8Array>;
}

/** Opens a commit of a repository on disk, with a working tree or bare. Errors: `InvalidInput` where there is none. */
export async function openRepository(folder: string, ref: string): Promise<Repository> {
  const { default: git } = await import('isomorphic-git');
  const gitdir = fs.existsSync(`${folder}/.git`) ? `${folder}/.git` : folder;
  const where = { fs, gitdir, cache: {} };
  let commit: string;
  let time: string;
  try {
    commit = /^[0-9a-f]{40}$/.test(ref) ? ref : await git.resolveRef({ ...where, ref });
    const { commit: found } = await git.readCommit({ ...where, oid: commit });
    time = new Date(found.committer.timestamp * 1000).toISOString();
  } catch (error) {
    throw new InvalidInput(
      'repository.open',
      `repository: expected a git repository with ${ref} at ${folder}, got ${messageOf(error)}; give a folder that git cloned`,
      { folder, ref },
      error,
    );
  }
  return {
    name: basename(folder.replace(/\/+$/, '').replace(/\/?\.git$/, '')),
    commit,
    time,
    async files() {
      const found: RepositoryFile[] = [];
      const visit = async (oid: string, prefix: string, depth: number): Promise<void> => {
        if (depth > 128)
          throw new Unavailable('repository.depth', `repository: ${folder}: folders nested more than 128 deep`);
        const { tree } = await git.readTree({ ...where, oid });
        for (const entry of tree) {
          // Links and other repositories (submodules) are not followed.
          if (entry.type === 'tree') await visit(entry.oid, `${prefix}${entry.path}/`, depth + 1);
          else if (entry.type === 'blob' && entry.mode !== '120000')
            found.push({ path: prefix + entry.path, oid: entry.oid });
        }
      };
      await visit(commit, '', 0);
      // Order of UTF-16 units: the same everywhere.
      return found.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
    },
    bytes: async ({ oid }) => (await git.readBlob({ ...where, oid })).blob,
  };
}

/** What a clone may bring, and how long it may take. */
const cloneLimits = { bytes: 2 * 1024 ** 3, decodedBytes: 2 * 1024 ** 3 };
const cloneTimeouts = { total: 3_600_000 };

/**
 * Clones the newest commit of a branch into a folder. Errors: `Unavailable` where it cannot be had, `InvalidInput` where the
 * address leads into a private network and `allowHosts` does not name it.
 */
export async function cloneRepository(
  url: string,
  folder: string,
  ref: string | undefined,
  allowHosts: readonly string[],
): Promise<void> {
  const { createHttpClient } = await import('../../../base/net/index.node.js');
  const client = createHttpClient({ allowHosts, limits: cloneLimits, timeouts: cloneTimeouts });
  const { default: git } = await import('isomorphic-git');
  try {
    await git.clone({
      fs,
      http: gitHttp(client),
      dir: folder,
      url,
      singleBranch: true,
      depth: 1,
      noCheckout: true,
      noTags: true,
      ...(ref ? { ref } : {}),
    });
  } catch (error) {
    // Half a clone would be taken for a whole one by the next run.
    await rm(folder, { recursive: true, force: true });
    if (error instanceof InvalidInput) throw error;
    const { host } = new URL(url);
    throw new Unavailable('repository.clone', `repository: clone ${host}: ${messageOf(error)}`, { host }, error);
  } finally {
    await client.close();
  }
}
