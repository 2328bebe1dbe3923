import { z } from 'zod';
import { InvalidInput, Unavailable } from '../../../base/core/index.js';

const bytes = (value: number) => z.int().positive().default(value);

/** How far a stranger's file is followed. Each limit costs the file or record that breaks it, nothing else. */
export const limitsSchema = z
  .strictObject({
    fileBytes: bytes(256 * 1024 ** 2).describe('a file that must be held as a whole: PDF, DOCX, XLSX, EPUB, XML, JSON'),
    recordBytes: bytes(64 * 1024 ** 2).describe('one line, CSV record or document between separators'),
    unpackedBytes: bytes(64 * 1024 ** 3).describe('what a compressed file, or an archive in all, unpacks to'),
    ratio: z
      .number()
      .positive()
      .default(200)
      .describe('bytes unpacked per byte packed, after the first 16 MiB (text seldom passes 20, deflate ends at 1032)'),
    entries: z.int().positive().default(100_000).describe('entries of an archive'),
    nesting: z.int().positive().default(4).describe('archives and compressions inside each other'),
    depth: z.int().positive().default(256).describe('depth of elements in XML and HTML'),
    nodes: z
      .int()
      .positive()
      .default(5_000_000)
      .describe('elements and texts of one XML or HTML file; cells of one workbook'),
    pages: z.int().positive().default(10_000).describe('pages of a PDF'),
    seconds: z.number().positive().default(120).describe('seconds that one PDF, DOCX, XLSX, EPUB or XML file may take'),
  })
  .prefault({});

export type Limits = z.infer<typeof limitsSchema>;

export const defaultLimits: Limits = limitsSchema.parse({});

/** Why a file cannot be read, in words for the rejects file. */
export class Unreadable extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = 'Unreadable';
  }
}

/** Errors that are no file's fault: a mistake in the options, a store that does not answer. They end the task, which is resumed later. */
export const endsTask = (error: unknown): boolean => error instanceof InvalidInput || error instanceof Unavailable;
