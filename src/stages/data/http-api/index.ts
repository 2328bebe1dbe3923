/**
 * HTTP services that answer with JSON: pages by number, offset, cursor, key or link; items by path; text by template.
 *
 * @module
 * @example
 * ```ts
 * import { fillFromItem, parsePath, pathTemplate, selectAll } from 'abovo/data/http-api';
 * const answer = { results: [{ title: 'Egg', tags: ['a', 'b'] }] };
 * selectAll(answer, parsePath('$.results[*].title')); // ['Egg']
 * fillFromItem(pathTemplate('{title}: {tags[*]}'), answer.results[0]!); // 'Egg: a, b'
 * ```
 */
import type { SourceDefinition } from '../pipeline/index.js';
import { httpApiSource } from './source.js';

/** Source kinds of this room. */
export const sources: readonly SourceDefinition[] = [httpApiSource];

export { httpApiSource };
export { nextLink } from './pages.js';
export type { Pagination } from './pages.js';
export { fillFromItem, parsePath, pathTemplate, selectAll, selectOne, textOf } from './select.js';
export type { Path, Template } from './select.js';
