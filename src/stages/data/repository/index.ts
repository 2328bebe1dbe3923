/**
 * Code of git repositories as documents: languages, licences, nothing that a machine wrote.
 *
 * @module
 * @example
 * ```ts
 * import { licenceOfHeader, unwantedPath } from 'abovo/data/repository';
 * licenceOfHeader('// SPDX-License-Identifier: MIT\nlet egg = 1;'); // 'MIT'
 * unwantedPath('node_modules/egg/index.js'); // 'vendored'
 * ```
 */
import { repositorySource } from './source.js';

export { openRepository } from './git.js';
export type { Repository, RepositoryFile } from './git.js';
export { languageOf } from './languages.js';
export { licenceOfHeader, licenceOfText } from './licences.js';
export { repositoryOptions, repositorySource } from './source.js';
export type { RepositoryOptions } from './source.js';
export { unwantedPath, unwantedText } from './unwanted.js';

/** Kinds of sources in this room, for the pipeline's table. */
export const sources = [repositorySource] as const;
