import { closeSync, openSync, readSync } from 'node:fs';
import { Unavailable } from '../../../base/core/index.js';
import type { Summary } from './step.js';

/** Marks a source that is the same as the one before. */
const sameSource = 0xffffffff;

/** Turns what a corpus step remembers into records of a part's file: three uint32 lengths, then id, source and bytes. */
export class SummaryEncoder {
  #lastSource: string | undefined;

  encode(id: string, source: string, bytes: Uint8Array): Buffer {
    const idBytes = Buffer.from(id);
    const same = source === this.#lastSource;
    const sourceBytes = same ? undefined : Buffer.from(source);
    this.#lastSource = source;
    const record = Buffer.allocUnsafe(12 + idBytes.length + (sourceBytes?.length ?? 0) + bytes.length);
    record.writeUInt32LE(idBytes.length, 0);
    record.writeUInt32LE(sourceBytes?.length ?? sameSource, 4);
    record.writeUInt32LE(bytes.length, 8);
    let at = 12;
    at += idBytes.copy(record, at);
    if (sourceBytes) at += sourceBytes.copy(record, at);
    record.set(bytes, at);
    return record;
  }
}

/** Reads a part's file of summaries; `index` counts on from `first`. Each summary has bytes of its own. */
export function* readSummaries(path: string, first: number): Generator<Summary> {
  const file = openSync(path, 'r');
  try {
    let index = first;
    let source = '';
    let buffer = Buffer.alloc(0);
    let at = 0;
    let position = 0;
    /** Makes so many bytes available at `at`; false at the end of the file. */
    const need = (count: number): boolean => {
      if (buffer.length - at >= count) return true;
      const rest = buffer.subarray(at);
      const next = Buffer.allocUnsafe(Math.max(1 << 20, count));
      rest.copy(next);
      let filled = rest.length;
      while (filled < next.length) {
        const read = readSync(file, next, filled, next.length - filled, position);
        if (read === 0) break;
        filled += read;
        position += read;
      }
      buffer = next.subarray(0, filled);
      at = 0;
      return filled >= count;
    };
    while (need(12)) {
      const idLength = buffer.readUInt32LE(at);
      const sourceLength = buffer.readUInt32LE(at + 4);
      const length = buffer.readUInt32LE(at + 8);
      const size = idLength + (sourceLength === sameSource ? 0 : sourceLength) + length;
      at += 12;
      if (!need(size)) throw cutOff(path);
      const id = buffer.toString('utf8', at, at + idLength);
      at += idLength;
      if (sourceLength !== sameSource) {
        source = buffer.toString('utf8', at, at + sourceLength);
        at += sourceLength;
      }
      const bytes = new Uint8Array(length);
      bytes.set(buffer.subarray(at, at + length));
      at += length;
      yield { index: index++, id, source, bytes };
    }
    if (at < buffer.length) throw cutOff(path);
  } finally {
    closeSync(file);
  }
}

const cutOff = (path: string): Unavailable =>
  new Unavailable('pipeline.state', `read ${path}: it is cut off; delete the folder of the run and run again`, {
    path,
  });
