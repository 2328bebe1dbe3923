/**
 * Text of PDF files in reading order: columns, notes, repeated headers and hyphens are told by where the letters stand.
 *
 * @module
 * @example
 * ```ts
 * import { pdfText } from 'abovo/data/formats';
 * await pdfText(new TextEncoder().encode('no PDF')).catch((error) => error.message); // 'no PDF header (%PDF-)'
 * ```
 */
export { pdf } from './reader.js';
export { pdfText } from './read.js';
export type { PdfText } from './read.js';
