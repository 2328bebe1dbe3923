import type { Tokenizer } from '../../model/tokenizer/index.js';
import { type Document, byteLength } from './document.js';

/** What a corpus amounts to; stands in the report. */
export interface TextMeasure {
  readonly documents: number;
  /** UTF-8 bytes of raw text: what bits per byte divides by. */
  readonly bytes: number;
  readonly characters: number;
  readonly tokens?: number;
  readonly bytesPerToken?: number;
  /** By licence, most bytes first. */
  readonly licences: readonly { readonly licence: string; readonly documents: number; readonly bytes: number }[];
}

/** Counts documents, bytes, characters and (with a tokenizer) tokens. */
export async function measureText(
  documents: Iterable<Document> | AsyncIterable<Document>,
  tokenizer?: Tokenizer,
): Promise<TextMeasure> {
  let count = 0;
  let bytes = 0;
  let characters = 0;
  let tokens = 0;
  const licences = new Map<string, { documents: number; bytes: number }>();
  for await (const { text, licence = 'NOASSERTION' } of documents) {
    const size = byteLength(text);
    count++;
    bytes += size;
    for (const _ of text) characters++;
    if (tokenizer) tokens += tokenizer.encode(text, { addSpecialTokens: false, parseSpecial: false }).length;
    const sum = licences.get(licence) ?? { documents: 0, bytes: 0 };
    licences.set(licence, { documents: sum.documents + 1, bytes: sum.bytes + size });
  }
  return {
    documents: count,
    bytes,
    characters,
    ...(tokenizer && { tokens, bytesPerToken: tokens > 0 ? bytes / tokens : 0 }),
    licences: [...licences].map(([licence, sum]) => ({ licence, ...sum })).sort((a, b) => b.bytes - a.bytes),
  };
}
