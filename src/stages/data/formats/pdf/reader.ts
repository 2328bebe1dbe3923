import { wholeOf } from '../bytes.js';
import type { FormatReader, Found } from '../reader.js';
import { isolatedPdfText } from './isolated.js';

export const pdf: FormatReader = {
  summary:
    'PDF: columns in reading order, repeated headers, footers and page numbers out, hyphens at line ends joined, notes after their column',
  extensions: ['pdf'],
  documents: 'one a file',
  cursor: 'none',
  async *read(input, { options, cursor, signal }): AsyncGenerator<Found> {
    if (cursor !== undefined) return;
    const bytes = await wholeOf(input, options.limits.fileBytes);
    const { text, pages, title, author, time } = await isolatedPdfText(bytes, options.limits, signal);
    yield { text, title, time, metadata: { pages, ...(author ? { author } : {}) }, cursor: true };
  },
};
