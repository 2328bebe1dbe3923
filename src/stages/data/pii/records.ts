import { messageOf } from '../../../base/core/index.js';
import type { Reject } from '../document.js';
import { resolveFiles } from '../formats/index.js';
import { byteLines } from '../lines.js';

/** A record of a file of JSON lines, with the text that is looked at. */
export interface TextRecord {
  readonly record: Readonly<Record<string, unknown>>;
  readonly text: string;
}

/**
 * Records of JSON lines, plain or in gzip. A line that is no UTF-8, no JSON or has no text costs itself alone. Errors: `InvalidInput`
 * where a file is missing, `Error` where one ends in the middle of its gzip or a line has more than 256 MB.
 */
export async function* readRecords(
  files: readonly string[],
  {
    folder,
    textField = 'text',
    signal,
    onReject,
  }: {
    readonly folder: string;
    readonly textField?: string;
    readonly signal?: AbortSignal;
    readonly onReject: (reject: Reject) => void;
  },
): AsyncGenerator<TextRecord> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  for (const path of await resolveFiles(files, folder)) {
    let line = 0;
    for await (const bytes of byteLines(path)) {
      signal?.throwIfAborted();
      line++;
      try {
        const json = decoder.decode(bytes);
        if (json.trim() === '') continue;
        const record = JSON.parse(json) as Record<string, unknown> | null;
        const text = record?.[textField];
        if (typeof text !== 'string')
          throw new Error(
            `expected text in the field ${textField}, got ${text === undefined ? 'nothing' : typeof text}`,
          );
        yield { record: record as Record<string, unknown>, text };
      } catch (error) {
        if (signal?.aborted) throw error;
        onReject({ source: path, line, reason: messageOf(error) });
      }
    }
  }
}
