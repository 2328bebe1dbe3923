import { readFile, stat } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import { InvalidInput, messageOf } from '../../../base/core/index.js';
import type { Reject } from '../document.js';

const mostBytes = 512 * 1024 * 1024;

/**
 * Records of a file: .json (an array, or an object of arrays), .jsonl and .ndjson (one a line), anything else plain text (one a
 * line), gzipped or not. Numbers count from 1. A line that is no JSON goes to `onReject`.
 * Errors: `InvalidInput` where a file is larger than 512 MB unpacked, or not what its name says.
 */
export async function readRecords(
  path: string,
  onReject?: (reject: Reject) => void,
): Promise<{ readonly value: unknown; readonly line: number }[]> {
  const refuse = (problem: string, error?: unknown): never => {
    throw new InvalidInput('records.file', `read ${path}: expected records, ${problem}`, { path }, error);
  };
  if ((await stat(path)).size > mostBytes) refuse(`got more than ${mostBytes} bytes; split the file`);
  let bytes: Uint8Array = await readFile(path);
  if (/\.gz$/i.test(path)) {
    try {
      bytes = gunzipSync(bytes, { maxOutputLength: mostBytes });
    } catch (error) {
      refuse(`got no gzip: ${messageOf(error)}`, error);
    }
  }
  const text = new TextDecoder().decode(bytes);
  if (/\.json(\.gz)?$/i.test(path)) {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (error) {
      refuse(`got no JSON: ${messageOf(error)}; one record a line is .jsonl`, error);
    }
    const lists = Array.isArray(value) ? [value] : Object.values((value ?? {}) as object).filter(Array.isArray);
    const all = lists.length > 0 ? (lists as unknown[][]).flat() : [value];
    return all.map((item, i) => ({ value: item, line: i + 1 }));
  }
  const plain = !/\.(jsonl|ndjson)(\.gz)?$/i.test(path);
  return text.split('\n').flatMap((content, i) => {
    if (content.trim() === '') return [];
    if (plain) return [{ value: content, line: i + 1 }];
    try {
      return [{ value: JSON.parse(content) as unknown, line: i + 1 }];
    } catch (error) {
      onReject?.({ source: path, line: i + 1, reason: `not JSON: ${messageOf(error)}` });
      return [];
    }
  });
}
