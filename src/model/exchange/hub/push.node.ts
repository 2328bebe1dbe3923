import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { InvalidInput, messageOf } from '../../../base/core/index.js';
import { createRepo, uploadFiles } from '@huggingface/hub';
import { loadModel } from '../../architecture/index.node.js';
import { isWanted, patternOf } from './files.js';
import { checkRepository, hubError } from './pull.node.js';
import type { HubOptions } from './pull.node.js';

export interface PushOptions extends HubOptions {
  /** Make the repository where it does not exist; default true. */
  readonly create?: boolean;
  /** Default true: what leaves the machine is shown to nobody unless told so. */
  readonly private?: boolean;
  readonly message?: string;
  /** Further files to send, as globs. */
  readonly include?: readonly string[];
}

export interface PushedModel {
  readonly repository: string;
  readonly files: readonly string[];
  readonly bytes: number;
  /** The commit on the hub. */
  readonly commit: string;
}

/**
 * Sends a model folder to the hub in one commit. The folder must be a model that loads: what others pull works.
 *
 * @throws InvalidInput `hub.token` without a token, `hub.name`, `hub.refused`; Unavailable `hub.unreachable`, `hub.failed`.
 */
export async function pushModel(folder: string, name: string, options: PushOptions = {}): Promise<PushedModel> {
  const repository = checkRepository(name);
  const { token, signal, create = true } = options;
  if (!token) {
    throw new InvalidInput(
      'hub.token',
      `push ${repository}: expected an access token with the right to write in the environment variable HF_TOKEN, got none`,
    );
  }
  await loadModel(folder);
  const include = (options.include ?? []).map(patternOf);
  const listed = await readdir(folder, { recursive: true, withFileTypes: true });
  const files: string[] = [];
  let bytes = 0;
  for (const entry of listed) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name).slice(folder.length).replaceAll('\\', '/').replace(/^\/+/, '');
    if (!isWanted(path, include)) continue;
    files.push(path);
    bytes += (await stat(join(folder, path))).size;
  }
  files.sort();
  const common = {
    repo: { type: 'model' as const, name: repository },
    accessToken: token,
    ...(options.hub ? { hubUrl: options.hub } : {}),
  };
  const what = `push ${repository}`;
  if (create) {
    await createRepo({ ...common, private: options.private ?? true }).catch((error: unknown) => {
      // It is there already.
      if ((error as { statusCode?: unknown }).statusCode !== 409) throw hubError(what, error);
    });
  }
  try {
    const made = await uploadFiles({
      ...common,
      files: files.map((path) => ({ path, content: pathToFileURL(join(folder, path)) })),
      commitTitle: options.message ?? 'Upload model',
      useXet: false,
      ...(signal ? { abortSignal: signal } : {}),
    });
    return { repository, files, bytes, commit: made?.commit.oid ?? '' };
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    throw hubError(`${what} (${messageOf(error)})`, error);
  }
}
