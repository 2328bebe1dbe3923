import { closeSync, openSync, readSync, writeSync } from 'node:fs';

/** Where a worker is, as its last sign of life tells. */
export interface Position {
  /** Documents of the unit that were taken before the one it works on. */
  readonly ordinal: number;
  /** Step it works in; -1 while it reads. */
  readonly step: number;
  readonly task: number;
  /** Counts up while the worker's event loop turns. */
  readonly beat: number;
  /** Every document was announced, so this is the one it worked on. */
  readonly exact: boolean;
}

const size = 40;

/** Writes positions into a small file: it outlives the worker whatever ends it. */
export class SlotWriter {
  readonly #file: number;
  readonly #values = new Float64Array(5);
  readonly #bytes = new Uint8Array(this.#values.buffer);

  constructor(path: string) {
    this.#file = openSync(path, 'w');
  }

  write(ordinal: number, step: number, task: number, exact: boolean): void {
    const values = this.#values;
    values[0] = ordinal;
    values[1] = step;
    values[2] = task;
    values[4] = exact ? 1 : 0;
    writeSync(this.#file, this.#bytes, 0, size, 0);
  }

  /** A turn of the event loop, at a position. */
  beat(ordinal: number, step: number, task: number, exact: boolean): void {
    this.#values[3]++;
    this.write(ordinal, step, task, exact);
  }

  close(): void {
    closeSync(this.#file);
  }
}

/** Last position in a slot; undefined before the first. */
export function readSlot(path: string): Position | undefined {
  const values = new Float64Array(5);
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch {
    return undefined;
  }
  try {
    if (readSync(file, new Uint8Array(values.buffer), 0, size, 0) < size) return undefined;
  } finally {
    closeSync(file);
  }
  return { ordinal: values[0], step: values[1], task: values[2], beat: values[3], exact: values[4] === 1 };
}
