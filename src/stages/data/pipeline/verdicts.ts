import { closeSync, openSync, readSync } from 'node:fs';
import { Unavailable, messageOf } from '../../../base/core/index.js';
import type { Document } from '../document.js';
import type { PartVerdicts } from './protocol.js';
import type { Verdict } from './step.js';

/** A document the pipeline wrote itself. */
export function parseDocument(bytes: Buffer, path: string): Document {
  try {
    return JSON.parse(bytes.toString('utf8')) as Document;
  } catch (error) {
    throw new Unavailable(
      'pipeline.state',
      `read ${path}: ${messageOf(error)}; delete the folder of the run and run again`,
    );
  }
}

/** Walks over the verdicts of a part beside its documents. */
export class VerdictLayer {
  readonly from: PartVerdicts;
  readonly #lines: string[];
  #index: number;
  #at = 0;
  #head: Verdict | undefined;

  constructor(from: PartVerdicts, path: string) {
    this.from = from;
    this.#index = from.first;
    const bytes = Buffer.allocUnsafe(from.bytes);
    if (from.bytes > 0) {
      const file = openSync(path, 'r');
      try {
        readSync(file, bytes, 0, from.bytes, from.offset);
      } finally {
        closeSync(file);
      }
    }
    this.#lines = from.bytes > 0 ? bytes.toString().trimEnd().split('\n') : [];
    this.#advance();
  }

  #advance(): void {
    const line = this.#lines[this.#at++];
    this.#head = line === undefined ? undefined : (JSON.parse(line) as Verdict);
  }

  /** Verdict on the next document. */
  next(): Verdict | undefined {
    const head = this.#head;
    if (head?.index !== this.#index++) return undefined;
    this.#advance();
    return head;
  }
}
