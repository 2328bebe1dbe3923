/**
 * Finds the main text of a web page and what the page says about itself.
 *
 * @module
 * @example
 * ```ts
 * import { extractHtml } from 'abovo/data/extract';
 * const page = extractHtml(`<html lang="de"><title>Eier</title><nav><a href="/">Start</a></nav>
 *   <article><p>Das Ei war zuerst da, sagen die einen, und die anderen sagen, es war das Huhn.</p></article></html>`);
 * console.log(page.title, page.language, page.text);
 * ```
 */
import { extractHtmlStep } from './step.js';

export type { Favour } from './clean.js';
export { extractFragment, extractHtml } from './extract.js';
export type { ExtractedPage, ExtractOptions } from './extract.js';
export { spdxOfUrl } from './licence.js';
export { defaultLimits } from './limits.js';
export type { HtmlLimits } from './limits.js';
export { isoDate, languageOf } from './metadata.js';
export type { PageMetadata, RobotsWishes } from './metadata.js';
export type { TextFormat } from './render.js';
export { extractHtmlStep } from './step.js';

/** Steps of this room, for the pipeline's table. */
export const steps = [extractHtmlStep];
