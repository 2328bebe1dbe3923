import { z } from 'zod';

/** How far a stranger's file is followed. Each limit costs the file or record that breaks it, nothing else. */
export const limitsSchema = z
  .strictObject({
    /** Bytes of a file that must be held as a whole: PDF, DOCX, XLSX, EPUB, XML, JSON. */
    fileBytes: z.int().positive().default(256 * 1024 ** 2),
    /** Bytes of one line, CSV record or document between separators. */
    recordBytes: z.int().positive().default(64 * 1024 ** 2),
    /** Bytes that a compressed file, or an archive in all, may unpack to. */
    unpackedBytes: z.int().positive().default(64 * 1024 ** 3),
    /** Bytes unpacked per byte packed, looked at after the first 16 MiB. Text seldom passes 20; deflate ends at 1032. */
    ratio: z.number().positive().default(200),
    /** Entries of an archive. */
    entries: z.int().positive().default(100_000),
    /** Archives and compressions inside each other. */
    nesting: z.int().positive().default(4),
    /** Depth of elements in XML and HTML. */
    depth: z.int().positive().default(256),
    /** Elements and texts of one XML or HTML file; cells of one workbook. */
    nodes: z.int().positive().default(5_000_000),
    /** Pages of a PDF. */
    pages: z.int().positive().default(10_000),
    /** Seconds that one PDF, DOCX, XLSX, EPUB or XML file may take. */
    seconds: z.number().positive().default(120),
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
