import { InternalError } from '../../../base/core/index.js';
import type { Document } from '../document.js';
import type { Verdict } from './step.js';

/** The text without its ranges, [start, end) in UTF-16 units, ascending and apart. Errors: `InternalError` where they are not. */
export function withoutRanges(text: string, remove: ReadonlyArray<readonly [number, number]>): string {
  let out = '';
  let from = 0;
  for (const [start, end] of remove) {
    if (!(start >= from && end >= start && end <= text.length)) {
      throw new InternalError('pipeline.verdict', `stretch ${start}-${end} is out of order or range`);
    }
    out += text.slice(from, start);
    from = end;
  }
  return out + text.slice(from);
}

/** The document a verdict leaves: the same object where there is nothing to do. */
export function applyVerdict(document: Document, verdict: Verdict | undefined): Document {
  if (!verdict || (!verdict.remove?.length && !verdict.metadata)) return document;
  const text = withoutRanges(document.text, verdict.remove ?? []);
  return { ...document, text, ...(verdict.metadata && { metadata: { ...document.metadata, ...verdict.metadata } }) };
}
