import fs from 'node:fs';
import { basename } from 'node:path';
import { InvalidInput, Unavailable, messageOf } from '../../../base/core/index.js';

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

/** Clones the newest commit of a branch into a folder. Errors: `Unavailable` where it cannot be had. */
export async function cloneRepository(url: string, folder: string, ref: string | undefined): Promise<void> {
  const [{ default: git }, { default: http }] = await Promise.all([
    import('isomorphic-git'),
    import('isomorphic-git/http/node'),
  ]);
  try {
    await git.clone({
      fs,
      http,
      dir: folder,
      url,
      singleBranch: true,
      depth: 1,
      noCheckout: true,
      noTags: true,
      ...(ref ? { ref } : {}),
    });
  } catch (error) {
    throw new Unavailable(
      'repository.clone',
      `repository: clone ${new URL(url).host}: ${messageOf(error)}`,
      { host: new URL(url).host },
      error,
    );
  }
}
