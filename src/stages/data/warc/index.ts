/**
 * Web archives: WARC, WET, WAT and ARC read whatever their damage, WARC written, pages picked by a URL index.
 *
 * @module
 * @example
 * ```ts no-run
 * import { readWarcDocuments } from 'abovo/data/warc';
 * for await (const { document } of readWarcDocuments('crawl.warc.gz', { onReject: console.error })) {
 *   console.log(document.url, document.text.length);
 * }
 * ```
 */
import type { SourceDefinition } from '../pipeline/index.js';
import { commonCrawlSource } from './common-crawl.js';
import { warcSource } from './source.js';

/** Source kinds of this room. */
export const sources: readonly SourceDefinition[] = [warcSource, commonCrawlSource];

export { bytesFrom, rangeOf } from './bytes.js';
export { parseCapture } from './cdxj.js';
export type { Capture, CaptureFilter } from './cdxj.js';
export { charsetOf, decodeText } from './charset.js';
export { readIndex } from './common-crawl.js';
export { digestOf, hasDigest } from './digest.js';
export { digestProblem, documentOf, mediaTypeOf } from './documents.js';
export type { RecordFilter, RecordOutcome } from './documents.js';
export { bodyOf, dechunk, parseHttp } from './http-message.js';
export type { HttpMessage } from './http-message.js';
export { readWarc } from './reader.js';
export type { ReadWarcOptions } from './reader.js';
export type { Damage, Place, WarcRecord, WarcType } from './record.js';
export { commonCrawlSource, warcSource };
export { readWarcDocuments } from './source.js';
export type { WarcFileOptions } from './source.js';
export { parseWat } from './wat.js';
export type { WatLink, WatPage } from './wat.js';
export { encodeRecord, httpBlock, revisitProfiles, warcFields } from './writer.js';
export type { WarcEntry } from './writer.js';
