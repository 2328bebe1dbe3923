import type { Reject } from '../document.js';
import { resolveFiles } from '../formats/index.js';
import { jsonLines } from '../lines.js';

/** A record of a file of JSON lines, with the text that is looked at. */
export interface TextRecord {
  readonly record: Readonly<Record<string, unknown>>;
  readonly text: string;
}

/**
 * Records of JSON lines, packed or not. A line that is no UTF-8, no JSON, too long or has no text costs itself alone. Errors: `InvalidInput`
 * where a file is missing, `Error` where one ends in the middle of its archive.
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
  for (const path of await resolveFiles(files, folder)) {
    for await (const item of jsonLines(path, signal)) {
      const { line } = item;
      if (item.error !== undefined) {
        onReject({ source: path, line, reason: item.error });
        continue;
      }
      const record = item.value as Record<string, unknown> | null;
      const text = record?.[textField];
      if (typeof text === 'string') yield { record: record as Record<string, unknown>, text };
      else {
        const reason = `expected text in the field ${textField}, got ${text === undefined ? 'nothing' : typeof text}`;
        onReject({ source: path, line, reason });
      }
    }
  }
}
