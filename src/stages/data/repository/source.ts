import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { isAbsolute, join, resolve } from 'node:path';
import { z } from 'zod';
import { InvalidInput, type Json, messageOf } from '../../../base/core/index.js';
import { sha256 } from '../../../base/core/index.node.js';
import type { Document } from '../document.js';
import { globPattern } from '../formats/index.js';
import { type ReadContext, type Source, type SourceItem, defineSource } from '../pipeline/index.js';
import { type Repository, type RepositoryFile, cloneRepository, openRepository } from './git.js';
import { languageOf } from './languages.js';
import { licenceFile, licenceOfHeader, licenceOfText } from './licences.js';
import { unwantedPath, unwantedText } from './unwanted.js';

export const repositoryOptions = z.strictObject({
  repositories: z
    .array(z.string().min(1))
    .min(1)
    .describe(
      'Folders of git repositories (bare ones too), or https addresses that are cloned once into .abovo/repositories.',
    ),
  ref: z.string().min(1).optional().describe('Branch, tag or commit; default: HEAD.'),
  include: z
    .array(z.string().min(1))
    .optional()
    .describe('Globs over paths; default: all files in a language that is known.'),
  exclude: z.array(z.string().min(1)).default([]),
  languages: z.array(z.string()).optional().describe("Programming languages by linguist's names; default: all."),
  maxFileBytes: z.int().min(1).default(1_000_000).describe('Larger files are left out.'),
  documents: z
    .enum(['file', 'repository'])
    .default('file')
    .describe('A document a file, or the files of a repository one after the other, each under its path.'),
  documentBytes: z.int().min(1000).default(1_000_000).describe('Most bytes of a document of several files.'),
  licence: z.string().min(1).optional().describe('SPDX expression of files of which nothing else is found.'),
  access: z.enum(['public', 'internal', 'confidential', 'personal']).optional(),
  allowHosts: z
    .array(z.string())
    .default([])
    .describe('Hosts and networks that may be cloned from although they are not public.'),
});
export type RepositoryOptions = z.infer<typeof repositoryOptions>;

const isAddress = (path: string) => /^https:\/\//i.test(path);

/** SPDX of the nearest licence file at or above a file's folder. */
class LicenceFinder {
  readonly #byFolder = new Map<string, string>();

  static async create(repository: Repository, files: readonly RepositoryFile[]): Promise<LicenceFinder> {
    const finder = new LicenceFinder();
    for (const file of files) {
      const slash = file.path.lastIndexOf('/');
      if (!licenceFile.test(file.path.slice(slash + 1))) continue;
      const folder = file.path.slice(0, Math.max(0, slash));
      const found = licenceOfText(Buffer.from(await repository.bytes(file)).toString('utf8'));
      if (found && !finder.#byFolder.has(folder)) finder.#byFolder.set(folder, found);
    }
    return finder;
  }

  find(path: string): string | undefined {
    for (
      let folder = path.slice(0, Math.max(0, path.lastIndexOf('/')));
      ;
      folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/')))
    ) {
      const found = this.#byFolder.get(folder);
      if (found !== undefined || folder === '') return found;
    }
  }
}

async function* readRepository(
  folder: string,
  commit: string,
  label: string,
  options: RepositoryOptions,
  context: ReadContext,
): AsyncGenerator<SourceItem> {
  const repository = await openRepository(folder, commit);
  const all = await repository.files();
  const licences = await LicenceFinder.create(repository, all);
  const include = options.include?.map(globPattern);
  const exclude = options.exclude.map(globPattern);
  const start = context.cursor === undefined ? 0 : Number((context.cursor as { file: number }).file);
  const skipped = (path: string, reason: string) => context.onReject({ source: `${label}/${path}`, reason });
  const base = (licence: string | undefined) => ({
    source: label,
    time: repository.time,
    ...(licence === undefined ? {} : { licence }),
    ...(options.access === undefined ? {} : { access: options.access }),
  });

  const textOf = async (
    file: RepositoryFile,
  ): Promise<{ text: string; language: string; licence: string | undefined } | undefined> => {
    const { path } = file;
    const language = languageOf(path);
    if (language === undefined || (options.languages && !options.languages.includes(language))) return undefined;
    if (include && !include.some((pattern) => pattern.test(path))) return undefined;
    // What nobody wrote by hand is passed over: it is no broken record.
    if (exclude.some((pattern) => pattern.test(path)) || unwantedPath(path)) return undefined;
    let bytes: Uint8Array;
    try {
      bytes = await repository.bytes(file);
    } catch (error) {
      skipped(path, messageOf(error));
      return undefined;
    }
    if (bytes.length > options.maxFileBytes || bytes.length === 0) return undefined;
    let text: string;
    try {
      text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    } catch {
      skipped(path, 'not UTF-8 text');
      return undefined;
    }
    if (text.trim() === '' || unwantedText(text)) return undefined;
    return { text, language, licence: licenceOfHeader(text) ?? licences.find(path) ?? options.licence };
  };
  const metadataOf = (rest: Record<string, Json>): Record<string, Json> => ({
    repository: label,
    commit: repository.commit,
    ...rest,
  });

  if (options.documents === 'file') {
    for (let i = start; i < all.length; i++) {
      context.signal?.throwIfAborted();
      const file = all[i] as RepositoryFile;
      const found = await textOf(file);
      if (!found) continue;
      const document: Document = {
        id: `${label}/${file.path}`,
        text: found.text,
        title: file.path,
        ...base(found.licence),
        metadata: metadataOf({ path: file.path, programmingLanguage: found.language }),
      };
      yield { document, cursor: { file: i + 1 } };
    }
    return;
  }
  // Files under one licence go together: a document has one.
  let parts: string[] = [];
  let size = 0;
  let number = start === 0 ? 0 : Number((context.cursor as { document: number }).document);
  let licence: string | undefined;
  let paths: string[] = [];
  const close = (next: number): SourceItem => {
    const document: Document = {
      id: `${label}#${number++}`,
      text: parts.join('\n\n'),
      title: label,
      ...base(licence),
      metadata: metadataOf({ paths }),
    };
    parts = [];
    paths = [];
    size = 0;
    return { document, cursor: { file: next, document: number } };
  };
  for (let i = start; i < all.length; i++) {
    context.signal?.throwIfAborted();
    const file = all[i] as RepositoryFile;
    const found = await textOf(file);
    if (!found) continue;
    const part = `# ${file.path}\n\n${found.text.trimEnd()}`;
    const bytes = Buffer.byteLength(part);
    if (parts.length > 0 && (size + bytes > options.documentBytes || found.licence !== licence)) yield close(i);
    licence = found.licence;
    parts.push(part);
    paths.push(file.path);
    size += bytes;
  }
  if (parts.length > 0) yield close(all.length);
}

/** Files of git repositories: what people wrote, with language and licence; see `unwantedPath` and `unwantedText`. */
export const repositorySource = defineSource({
  kind: 'repository',
  summary:
    'Code of git repositories, local or remote: language and licence of each file; generated, vendored and minified files left out.',
  version: 1,
  options: repositoryOptions,
  create(options, { folder }): Source {
    return {
      async tasks() {
        const tasks = [];
        for (const given of options.repositories) {
          let at = isAbsolute(given) ? given : resolve(folder, given);
          let label = given.replace(/\/+$/, '').replace(/\.git$/, '');
          if (isAddress(given)) {
            const { username, password } = new URL(given);
            if (username || password) {
              throw new InvalidInput('repository.secret', 'repository: expected an address without user and password');
            }
            label = label.replace(/^https:\/\//i, '');
            at = join(folder, '.abovo', 'repositories', sha256(given).slice(0, 16));
            if (!existsSync(at)) {
              await mkdir(join(folder, '.abovo', 'repositories'), { recursive: true });
              const partial = `${at}.partial`;
              await rm(partial, { recursive: true, force: true });
              await cloneRepository(given, partial, options.ref, options.allowHosts);
              // A clone is there whole or not at all.
              await rename(partial, at);
            }
          } else label = label.slice(label.lastIndexOf('/') + 1) || 'repository';
          const { commit } = await openRepository(at, options.ref ?? 'HEAD');
          // The commit is settled here: a run that goes on later reads the same files.
          tasks.push({ id: `${label}@${commit.slice(0, 12)}`, spec: { at, commit, label } });
        }
        return tasks;
      },
      read(task, context) {
        const { at, commit, label } = task.spec as { at: string; commit: string; label: string };
        return readRepository(at, commit, label, options, context);
      },
    };
  },
});
