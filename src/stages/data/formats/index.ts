/**
 * The source `files`: documents of text, tables, PDFs, office files, books and archives, packed or not, on disk or in a store.
 *
 * @module
 * @example
 * ```ts
 * import { mkdtemp, writeFile } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * import { filesSource } from 'abovo/data/formats';
 *
 * const folder = await mkdtemp(join(tmpdir(), 'abovo-files-'));
 * await writeFile(join(folder, 'eggs.csv'), 'name,text\nhen,"An egg, brown."\nowl,A white egg.\n');
 * const source = filesSource({ files: '*.csv', template: '{name}: {text}' }, { folder });
 * const texts: string[] = [];
 * for (const task of await source.tasks()) {
 *   for await (const { document } of source.read(task, { onReject: console.error })) texts.push(document.text);
 * }
 * texts; // ['hen: An egg, brown.', 'owl: A white egg.']
 * ```
 */
export { localInput, memoryInput, wholeOf } from './bytes.js';
export type { Input } from './bytes.js';
export { compressionOf, unpackedInput } from './decompress.js';
export type { Compression } from './decompress.js';
export { globPattern, resolveFiles } from './files.js';
export { defaultLimits, limitsSchema, Unreadable } from './limits.js';
export type { Limits } from './limits.js';
export { markdownTable, markupText } from './markup.js';
export { formatOptions, formatOptionsSchema } from './options.js';
export { pdfText } from './pdf/index.js';
export type { PdfText } from './pdf/index.js';
export { readInput } from './read-input.js';
export type { FoundIn, InputContext } from './read-input.js';
export type { FormatContext, FormatName, FormatOptions, FormatReader, Found } from './reader.js';
export { S3Store } from './s3.js';
export type { S3Environment, StoredObject } from './s3.js';
export { documentOf, files, filesOptionsSchema, filesSource, sources, strictest } from './source.js';
export type { DocumentDefaults, FilesOptions } from './source.js';
export { formatReference, limitReference, optionReference } from './reference.js';
export { formatNames, formats } from './table.js';
export { endOfText, groupParagraphs, lineBatches } from './text.js';
export { ZipArchive } from './zip.js';
export type { ZipEntry } from './zip.js';
