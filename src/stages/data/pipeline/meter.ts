import type { OnProgress } from '../../../base/contract/index.js';
import { formatCount } from '../../../base/core/index.js';
import type { Marker } from './layout.js';
import type { PartProgress } from './protocol.js';

const everyMs = 250;

/** Adds up what workers say of a pass and shows it: documents, MB/s, kept, removed by step. */
export class Meter {
  readonly #stage: string;
  readonly #total: number;
  readonly #unit: 'bytes' | 'units';
  readonly #onProgress: OnProgress;
  readonly #started = performance.now();
  readonly #current = new Map<number, PartProgress & { readonly left: number }>();
  /** Bytes of each unit that count as done. */
  readonly #units = new Map<string, number>();
  readonly #removed: Record<string, number> = {};
  #done = 0;
  #documents = 0;
  #read = 0;
  #kept = 0;
  #shown = 0;

  constructor(stage: string, total: number, unit: 'bytes' | 'units', onProgress: OnProgress) {
    this.#unit = unit;
    this.#stage = stage;
    this.#total = total;
    this.#onProgress = onProgress;
  }

  /** A unit that was finished earlier. */
  skip(bytes: number): void {
    this.#done += bytes;
  }

  /** A part of a unit was finished. `bytes` are those of the unit. */
  part(worker: number, marker: Marker, unit: string, bytes: number): void {
    this.#current.delete(worker);
    const before = this.#units.get(unit) ?? 0;
    const read = this.#unit === 'bytes' ? marker.read.bytes : 0;
    const after = marker.next ? Math.min(bytes, before + read) : bytes;
    this.#units.set(unit, after);
    this.#done += after - before;
    this.#documents += marker.read.documents;
    this.#read += marker.read.bytes;
    this.#kept += marker.documents;
    for (const [label, { dropped, failed }] of Object.entries(marker.steps)) {
      const count = failed + Object.values(dropped).reduce((sum, value) => sum + value, 0);
      this.#removed[label] = (this.#removed[label] ?? 0) + count;
    }
    this.show(true);
  }

  progress(worker: number, progress: PartProgress, unit: string, bytes: number): void {
    this.#current.set(worker, { ...progress, left: bytes - (this.#units.get(unit) ?? 0) });
    this.show();
  }

  /** Where the pass stands, for others that share the folder. */
  get state(): { readonly done: number; readonly total: number } {
    return { done: this.#position(), total: this.#total };
  }

  #position(): number {
    let done = this.#done;
    if (this.#unit === 'units') return done;
    for (const { bytes, left } of this.#current.values()) done += Math.min(bytes, left);
    return Math.min(done, this.#total);
  }

  show(now = false): void {
    const time = performance.now();
    if (!now && time - this.#shown < everyMs) return;
    this.#shown = time;
    let documents = this.#documents;
    let read = this.#read;
    let kept = this.#kept;
    const removed = { ...this.#removed };
    for (const current of this.#current.values()) {
      documents += current.documents;
      read += current.bytes;
      kept += current.kept;
      for (const [label, count] of Object.entries(current.removed)) removed[label] = (removed[label] ?? 0) + count;
    }
    const seconds = (time - this.#started) / 1000;
    const figures: Record<string, string> = {
      documents: formatCount(documents),
      'MB/s': (read / 1e6 / Math.max(seconds, 1e-3)).toFixed(1),
      kept: formatCount(kept),
    };
    for (const [label, count] of Object.entries(removed)) if (count > 0) figures[label] = `−${formatCount(count)}`;
    const done = this.#position();
    this.#onProgress({ stage: this.#stage, done, total: Math.max(this.#total, 1), unit: this.#unit, figures });
  }
}
