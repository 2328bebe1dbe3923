import { wholeOf } from './bytes.js';
import { decodeText, utf8Input } from './encoding.js';
import { type FormatOptions, type FormatReader, type Found } from './reader.js';
import { groupParagraphs, paragraphStart, separatorStart, splitAtSeparator } from './text.js';
import type { Input } from './bytes.js';
import { headOf } from './bytes.js';

/** `auto` asks the first 4 MiB for the separator, so that every part of a large file is split alike. */
async function splitOf(input: Input, options: FormatOptions): Promise<'file' | 'paragraphs' | 'separator'> {
  if (options.split !== 'auto') return options.split;
  const head = Buffer.from(await headOf(input, 4 * 1024 ** 2));
  return head.includes(options.separator) ? 'separator' : 'paragraphs';
}

export const plainText: FormatReader = {
  summary: 'plain text, and whatever no other row knows',
  extensions: ['txt', 'text', 'log', 'srt', 'vtt', 'rst', 'tex'],
  documents:
    'at `<|endoftext|>` where the first 4 MiB have it, else paragraphs grouped up to `documentBytes`; `split: file` takes it whole',
  cursor: 'byte',
  divisible: true,
  async partStart(input, place, options) {
    const split = await splitOf(input, options);
    if (split === 'separator') return separatorStart(input, place, options.separator);
    return split === 'paragraphs' ? paragraphStart(input, place) : place <= 0 ? 0 : (input.size ?? 0);
  },
  async *read(file, { options, cursor, part, reject, signal }): AsyncGenerator<Found> {
    const input = await utf8Input(file, options.encoding);
    const split = await splitOf(input, options);
    if (split === 'file') {
      if (cursor !== undefined) return;
      const result = decodeText(await wholeOf(input, options.limits.fileBytes));
      if ('text' in result) yield { text: result.text };
      else reject(result.problem);
      return;
    }
    const start = typeof cursor === 'number' ? cursor : (part?.[0] ?? 0);
    if (part && start >= part[1]) return;
    const parts = input.stream(start, part?.[1]);
    const spans =
      split === 'separator'
        ? splitAtSeparator(parts, options.separator, options.limits.recordBytes, start)
        : groupParagraphs(parts, options.documentBytes, start);
    for await (const { bytes, offset, end } of spans) {
      signal?.throwIfAborted();
      if (!bytes) {
        reject(`a document of more than ${options.limits.recordBytes} bytes at byte ${offset}`);
        continue;
      }
      const result = decodeText(bytes);
      if ('problem' in result) reject(offset === 0 ? result.problem : `${result.problem} at byte ${offset}`);
      else yield { text: result.text, place: offset, cursor: end };
    }
  },
};
