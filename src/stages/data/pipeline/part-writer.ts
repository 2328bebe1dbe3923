import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { gzipSync } from 'node:zlib';
import { Unavailable, messageOf } from '../../../base/core/index.js';
import { syncFolder, writeFileAtomic } from '../../../base/core/index.node.js';
import type { Document } from '../document.js';
import type { RejectEntry } from './chain.js';
import type { Marker, Stretch } from './layout.js';
import { documentLine } from './lines.js';
import { SummaryEncoder } from './summaries.js';

/** Bytes that are gathered before they are written: also a member of a packed file. */
const blockBytes = 1 << 20;

/** Unreadable records of a part that are listed. */
const mostListed = 10_000;

/** A file that appears whole or not at all. What is written before is gathered in blocks. */
class PendingFile {
  readonly #path: string;
  readonly #temporary: string;
  readonly #gzip: boolean;
  #file: number | undefined;
  #block: Buffer | undefined;
  #filled = 0;
  size = 0;

  constructor(path: string, gzip = false) {
    this.#path = path;
    this.#temporary = `${path}.${process.pid}.${randomBytes(4).toString('hex')}.tmp`;
    this.#gzip = gzip;
  }

  add(piece: string | Uint8Array): void {
    // UTF-8 takes three bytes at most for a UTF-16 unit.
    const most = typeof piece === 'string' ? 3 * piece.length : piece.length;
    this.#block ??= Buffer.allocUnsafe(2 * blockBytes);
    if (this.#filled + most > this.#block.length) this.#flush();
    if (most > this.#block.length) {
      this.#write(Buffer.from(piece as string));
      return;
    }
    if (typeof piece === 'string') this.#filled += this.#block.write(piece, this.#filled);
    else {
      this.#block.set(piece, this.#filled);
      this.#filled += piece.length;
    }
    if (this.#filled >= blockBytes) this.#flush();
  }

  #flush(): void {
    if (this.#filled === 0) return;
    this.#write(this.#block!.subarray(0, this.#filled));
    this.#filled = 0;
  }

  #write(block: Buffer): void {
    // Every block is a member of its own: members behind one another are a gzip file too.
    const bytes = this.#gzip ? gzipSync(block, { level: 6 }) : block;
    this.#file ??= openSync(this.#temporary, 'w');
    for (let at = 0; at < bytes.length; ) at += writeSync(this.#file, bytes, at);
    this.size += bytes.length;
  }

  /** Gives the file its name, if anything was written. */
  publish(): void {
    this.#flush();
    if (this.#file === undefined) {
      rmSync(this.#path, { force: true });
      return;
    }
    fsyncSync(this.#file);
    closeSync(this.#file);
    this.#file = undefined;
    renameSync(this.#temporary, this.#path);
  }

  abandon(): void {
    this.#filled = 0;
    if (this.#file === undefined) return;
    closeSync(this.#file);
    this.#file = undefined;
    rmSync(this.#temporary, { force: true });
  }
}

/** Where a part's files go. */
export interface PartPaths {
  readonly documents?: string;
  readonly rejects: string;
  readonly summaries?: string;
  readonly marker: string;
  readonly gzip: boolean;
  /** Whether rejects keep the text. */
  readonly keepText: boolean;
}

/** Files of one part: documents, rejects, summaries; the marker, written last, makes them count. */
export class PartWriter {
  readonly #paths: PartPaths;
  readonly #documents: PendingFile | undefined;
  readonly #summaries: PendingFile | undefined;
  readonly #encoder = new SummaryEncoder();
  readonly #rejects = new Map<string, string[]>();
  documents = 0;
  bytes = 0;
  summaries = 0;

  constructor(paths: PartPaths) {
    this.#paths = paths;
    for (const path of [paths.documents, paths.marker]) if (path) mkdirSync(dirname(path), { recursive: true });
    this.#documents = paths.documents === undefined ? undefined : new PendingFile(paths.documents, paths.gzip);
    this.#summaries = paths.summaries === undefined ? undefined : new PendingFile(paths.summaries);
  }

  add(document: Document, bytes: number): void {
    if (!this.#documents) return;
    this.#documents.add(documentLine(document));
    this.documents++;
    this.bytes += bytes;
  }

  summary(document: Document, bytes: Uint8Array): void {
    this.#summaries?.add(this.#encoder.encode(document.id, document.source, bytes));
    this.summaries++;
  }

  reject(step: string, { text, ...entry }: RejectEntry): void {
    const lines = this.#rejects.get(step);
    const line = `${JSON.stringify(this.#paths.keepText ? { ...entry, text } : entry)}\n`;
    if (lines) lines.push(line);
    else this.#rejects.set(step, [line]);
  }

  /** A record that could not be read. Of very many only the first are listed; all are counted. */
  unreadable(step: string, entry: RejectEntry): void {
    if ((this.#rejects.get(step)?.length ?? 0) < mostListed) this.reject(step, entry);
  }

  /** Publishes the part. */
  async finish(rest: Omit<Marker, 'documents' | 'bytes' | 'size' | 'rejects' | 'summaries'>): Promise<Marker> {
    try {
      const stretches: Record<string, Stretch & { count: number }> = {};
      if (this.#rejects.size > 0) {
        const file = new PendingFile(this.#paths.rejects);
        let offset = 0;
        for (const [step, lines] of this.#rejects) {
          const bytes = Buffer.from(lines.join(''));
          stretches[step] = { offset, bytes: bytes.length, count: lines.length };
          offset += bytes.length;
          file.add(bytes);
        }
        file.publish();
      }
      this.#documents?.publish();
      this.#summaries?.publish();
      if (this.#paths.documents) await syncFolder(dirname(this.#paths.documents));
      const { documents, bytes, summaries } = this;
      const marker: Marker = {
        ...rest,
        documents,
        bytes,
        size: this.#documents?.size ?? 0,
        rejects: stretches,
        ...(this.#summaries && { summaries }),
      };
      await writeFileAtomic(this.#paths.marker, JSON.stringify(marker));
      return marker;
    } catch (error) {
      this.abandon();
      throw diskProblem(error, this.#paths.marker);
    }
  }

  abandon(): void {
    this.#documents?.abandon();
    this.#summaries?.abandon();
  }
}

/** Whether the files that a marker names are there as it says. */
export function partIsWhole(marker: Marker, documents: string): boolean {
  return marker.size === 0 || statSync(documents, { throwIfNoEntry: false })?.size === marker.size;
}

/** Errors of the disk as something a person can mend; others as they are. */
export function diskProblem(error: unknown, path: string): unknown {
  const code = (error as NodeJS.ErrnoException).code;
  if (!['ENOSPC', 'EDQUOT', 'EROFS', 'EACCES', 'EIO', 'EFBIG'].includes(code ?? '')) return error;
  return new Unavailable(
    `disk.${(code as string).toLowerCase()}`,
    `pipeline: write ${path}: ${messageOf(error)}; free space or mend the folder and run again: finished parts are kept`,
    { path },
    error,
  );
}
