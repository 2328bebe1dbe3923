import { createReadStream, createWriteStream } from 'node:fs';
import { open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { messageOf } from '../../../base/core/index.js';
import { syncFolder, writeFileAtomic } from '../../../base/core/index.node.js';
import { byteLines } from '../lines.js';
import type { Reason, SubjectMatcher } from './match.js';

/** What was found in a file. */
export interface FileFinding {
  readonly path: string;
  /** Records about or naming the person, by reason. */
  readonly records: number;
  readonly reasons: Readonly<Partial<Record<Reason, number>>>;
  /** Mentions in a file of plain text. */
  readonly mentions?: number;
  /** Why the file could not be looked through or rewritten. */
  readonly problem?: string;
}

export const isLines = (path: string): boolean => /\.(?:jsonl|ndjson)(?:\.gz)?$/i.test(path);
const isText = (path: string): boolean => /\.(?:txt|md|markdown|csv|tsv|json|html?|xml|ya?ml|tex)$/i.test(path);
const mostText = 256 * 1024 * 1024;

/** Decides for each line whether it goes; lines that are no JSON go where they name the person. */
function decide(bytes: Uint8Array, matcher: SubjectMatcher): { readonly reason?: Reason; readonly record?: unknown } {
  const text = Buffer.from(bytes).toString('utf8');
  if (text.trim() === '') return {};
  let record: unknown;
  try {
    record = JSON.parse(text);
  } catch {
    return matcher.mentions(text) ? { reason: 'mention' } : {};
  }
  return { reason: matcher.reasonOf(record), record };
}

/** Looks through a file for the person's records, and remembers their texts. Changes nothing. */
export async function searchFile(path: string, matcher: SubjectMatcher): Promise<FileFinding> {
  const reasons: Partial<Record<Reason, number>> = {};
  let records = 0;
  try {
    if (!isLines(path)) {
      if (!isText(path))
        return {
          path,
          records: 0,
          reasons,
          problem: 'not a format that is looked into: search and rewrite it yourself',
        };
      const text = await readText(path);
      return { path, records: 0, reasons, mentions: matcher.replaceMentions(text, '').count };
    }
    for await (const line of byteLines(path)) {
      const { reason, record } = decide(line, matcher);
      if (!reason) continue;
      records++;
      reasons[reason] = (reasons[reason] ?? 0) + 1;
      matcher.remember(record);
    }
    return { path, records, reasons };
  } catch (error) {
    return { path, records, reasons, problem: messageOf(error) };
  }
}

async function readText(path: string): Promise<string> {
  const bytes = await readFile(path);
  if (bytes.length > mostText) throw new Error(`${bytes.length} bytes: at most ${mostText} are looked through`);
  return bytes.toString('utf8');
}

/** Writes a file anew without the person's records: a reader sees the old file or the new one. Every other byte stays as it is. */
export async function rewriteFile(path: string, matcher: SubjectMatcher): Promise<void> {
  if (!isLines(path)) {
    const { text, count } = matcher.replaceMentions(await readText(path), '<ERASED>');
    if (count > 0) await writeFileAtomic(path, text);
    return;
  }
  const temporary = `${path}.${process.pid}.erase.tmp`;
  const newline = Buffer.from('\n');
  const kept = async function* (): AsyncGenerator<Uint8Array> {
    for await (const line of byteLines(path)) {
      if (decide(line, matcher).reason) continue;
      yield line;
      yield newline;
    }
  };
  try {
    const source = Readable.from(kept(), { objectMode: false });
    const target = createWriteStream(temporary);
    await (/\.gz$/i.test(path) ? pipeline(source, createGzip(), target) : pipeline(source, target));
    const handle = await open(temporary, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
    await syncFolder(dirname(path));
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Whether a binary or text file holds these bytes: a last look at what has been rewritten. */
export async function holds(path: string, needle: string): Promise<boolean> {
  const bytes = Buffer.from(needle, 'utf8');
  let tail = Buffer.alloc(0);
  for await (const chunk of createReadStream(path)) {
    const window = Buffer.concat([tail, chunk as Buffer]);
    if (window.includes(bytes)) return true;
    tail = window.subarray(Math.max(0, window.length - bytes.length + 1));
  }
  return false;
}
