/**
 * Wikipedia and other MediaWikis: dumps as a source, wikitext as text.
 *
 * @module
 * @example
 * ```ts
 * import { wikitextToText } from 'abovo/data/wikipedia';
 * wikitextToText("An '''egg''' is laid by a [[bird|hen]].{{citation needed}}").text; // 'An egg is laid by a hen.'
 * ```
 */
import { wikipediaSource } from './source.js';

export { streamOffsets } from './multistream.js';
export { PageReader } from './pages.js';
export type { DumpPage, PageOptions } from './pages.js';
export { wikipediaOptions, wikipediaSource } from './source.js';
export type { WikipediaOptions } from './source.js';
export { apparatus, wikitextDefaults, wikitextToText } from './wikitext.js';
export type { Article, WikitextOptions } from './wikitext.js';

/** Kinds of sources in this room, for the pipeline's table. */
export const sources = [wikipediaSource] as const;
