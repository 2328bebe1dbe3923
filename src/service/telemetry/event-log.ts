import { randomBytes } from 'node:crypto';
import { mkdir, open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '../../base/core/index.js';
import { syncFolder } from '../../base/core/index.node.js';
import { type RequestEvent, requestEventSchema } from './event.js';

export interface EventLogOptions {
  /** A segment that has grown beyond this is closed and the next begins. Default 64 MB. */
  readonly maxSegmentBytes?: number;
  /**
   * When a line is forced to the disk: `always` before `append` returns, `interval` once a second and on close (a power
   * cut may cost a second of events), `never` (left to the system). Default `interval`.
   */
  readonly fsync?: 'always' | 'interval' | 'never';
  /** Told once per failure streak; the service goes on without its log. */
  readonly onError?: (message: string) => void;
  readonly now?: () => Date;
}

/**
 * Append-only JSONL segments in one folder, `2026-11-23T06-37-00-123Z-1f2e3d4c.jsonl`, rotated by size and by UTC day. Every
 * writer begins segments of its own, so several processes may write at once and nothing is ever appended after a torn line.
 */
export class EventLog {
  readonly folder: string;
  readonly #options: EventLogOptions;
  #handle: FileHandle | undefined;
  #bytes = 0;
  #day = '';
  #dirty = false;
  #failing = false;
  #dropped = 0;
  #tail: Promise<void> = Promise.resolve();
  readonly #timer: NodeJS.Timeout | undefined;

  private constructor(folder: string, options: EventLogOptions) {
    this.folder = folder;
    this.#options = options;
    if ((options.fsync ?? 'interval') === 'interval') {
      this.#timer = setInterval(() => void this.flush(), 1000);
      this.#timer.unref();
    }
  }

  /** Opens a log in `folder`, which is created; the first event creates the first segment. */
  static async open(folder: string, options: EventLogOptions = {}): Promise<EventLog> {
    await mkdir(folder, { recursive: true });
    return new EventLog(folder, options);
  }

  /** Events that could not be written (disk full, folder gone) since the start. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Writes one event; resolves when the system has it (on disk with `fsync: 'always'`). Never rejects: see `onError`. */
  append(event: RequestEvent): Promise<void> {
    const step = this.#tail.then(() => this.#write(event));
    this.#tail = step;
    return step;
  }

  /** Forces what was written to the disk. */
  flush(): Promise<void> {
    const step = this.#tail.then(() => this.#sync());
    this.#tail = step;
    return step;
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#tail;
    await this.#endSegment();
  }

  async #write(event: RequestEvent): Promise<void> {
    try {
      const line = Buffer.from(`${JSON.stringify(requestEventSchema.parse(event))}\n`);
      const now = (this.#options.now ?? (() => new Date()))();
      const day = now.toISOString().slice(0, 10);
      const full = this.#bytes > 0 && this.#bytes + line.length > (this.#options.maxSegmentBytes ?? 64_000_000);
      if (!this.#handle || day !== this.#day || full) {
        await this.#endSegment();
        await this.#beginSegment(now, day);
      }
      const { bytesWritten } = await this.#handle!.write(line);
      this.#bytes += bytesWritten;
      this.#dirty = true;
      // A short write has torn the line: the next event goes to a fresh segment.
      if (bytesWritten < line.length) throw new Error(`wrote ${bytesWritten} of ${line.length} bytes`);
      if (this.#options.fsync === 'always') await this.#handle!.sync();
      this.#failing = false;
    } catch (error) {
      this.#dropped++;
      if (!this.#failing) {
        this.#options.onError?.(`event log ${this.folder}: an event was not written: ${messageOf(error)}`);
      }
      this.#failing = true;
      await this.#handle?.close().catch(() => undefined);
      this.#handle = undefined;
    }
  }

  async #beginSegment(now: Date, day: string): Promise<void> {
    const name = `${now.toISOString().replace(/[:.]/g, '-')}-${randomBytes(4).toString('hex')}.jsonl`;
    this.#handle = await open(join(this.folder, name), 'ax', 0o600);
    this.#bytes = 0;
    this.#day = day;
    if ((this.#options.fsync ?? 'interval') !== 'never') await syncFolder(this.folder);
  }

  async #endSegment(): Promise<void> {
    if ((this.#options.fsync ?? 'interval') !== 'never') await this.#sync();
    await this.#handle?.close().catch(() => undefined);
    this.#handle = undefined;
  }

  async #sync(): Promise<void> {
    if (!this.#dirty || !this.#handle) return;
    this.#dirty = false;
    await this.#handle.sync().catch((error: unknown) => this.#options.onError?.(`event log: ${messageOf(error)}`));
  }
}
