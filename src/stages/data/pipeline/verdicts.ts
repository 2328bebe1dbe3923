import { closeSync, openSync, readSync } from 'node:fs';
import { InternalError, Unavailable, messageOf } from '../../../base/core/index.js';
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

/** The document a verdict leaves: the same object where there is nothing to do. */
export function applyVerdict(document: Document, verdict: Verdict | undefined): Document {
  if (!verdict || (!verdict.remove?.length && !verdict.metadata)) return document;
  let text = '';
  let at = 0;
  for (const [start, end] of verdict.remove ?? []) {
    if (!(start >= at && end >= start && end <= document.text.length)) {
      throw new InternalError('pipeline.verdict', `stretch ${start}-${end} of ${document.id} is out of order or range`);
    }
    text += document.text.slice(at, start);
    at = end;
  }
  text += document.text.slice(at);
  return { ...document, text, ...(verdict.metadata && { metadata: { ...document.metadata, ...verdict.metadata } }) };
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
