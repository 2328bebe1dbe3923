import { basename, dirname } from 'node:path';
import { readRecords } from '../chats/index.js';
import { resolveFiles } from '../formats/index.js';
import type { Reject } from '../document.js';
import type { EvaluationItem } from './contamination-index.js';

/** Files of an evaluation set. */
export interface EvaluationFiles {
  /** Paths, folders and globs: .jsonl, .json (an array of records, or an object of such) or .txt (an item a line), gzipped or not. */
  readonly files: readonly string[];
  /** Name in reports. Default: the file's, with its folder's where that is `test`, `val` or the like. */
  readonly name?: string;
  /** Fields whose text counts. Default: every string of a record, in the order of the file. */
  readonly fields?: readonly string[];
}

const mostDepth = 8;

/**
 * Items of evaluation sets. A record that is none goes to `onReject`.
 * Errors: `InvalidInput` where a file is missing, larger than 512 MB unpacked, or not in the named format.
 */
export async function* readEvaluationItems(
  sets: readonly EvaluationFiles[],
  { folder, onReject }: { readonly folder: string; readonly onReject?: (reject: Reject) => void },
): AsyncGenerator<EvaluationItem> {
  for (const { files, name, fields } of sets) {
    for (const path of await resolveFiles(files, folder)) {
      const set = name ?? setName(path);
      for (const { value, line: number } of await readRecords(path, onReject)) {
        const text = textOf(value, fields);
        if (text === '') onReject?.({ source: path, line: number, reason: 'no text' });
        else yield { set, id: idOf(value) ?? `${basename(path)}:${number}`, text };
      }
    }
  }
}

/** The file's name, with its folder's where it says nothing: `mmlu/test`. */
function setName(path: string): string {
  const stem = basename(path).replace(/\.(jsonl|json|txt|ndjson)(\.gz)?$/i, '');
  const says = !/^(?:train|test|dev|val|valid|validation|data|questions)$/i.test(stem);
  return says ? stem : `${basename(dirname(path))}/${stem}`;
}

function textOf(value: unknown, fields?: readonly string[]): string {
  const parts: string[] = [];
  const walk = (item: unknown, depth: number): void => {
    if (typeof item === 'string') parts.push(item);
    else if (typeof item === 'object' && item !== null && depth < mostDepth) {
      for (const inner of Object.values(item)) walk(inner, depth + 1);
    }
  };
  if (fields && typeof value === 'object' && value !== null) {
    for (const field of fields) {
      if (Object.hasOwn(value, field)) walk((value as Record<string, unknown>)[field], 0);
    }
  } else walk(value, 0);
  return parts.join('\n').trim();
}

function idOf(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  for (const name of ['id', 'task_id', 'idx', 'question_id', 'uid']) {
    const id = Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;
    if (typeof id === 'string' || typeof id === 'number') return String(id);
  }
  return undefined;
}
