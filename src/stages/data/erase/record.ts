import { createHmac, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { appendFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What is written down of an erasure: no key, no text, only a keyed hash that the same key finds again. */
export interface ErasureRecord {
  readonly at: string;
  /** HMAC-SHA-256 of the folded key, in hex. */
  readonly subject: string;
  readonly records: number;
  readonly documents: number;
  readonly mentions: number;
  readonly files: number;
  readonly artifacts: readonly string[];
  readonly retrain: readonly string[];
  readonly problems: number;
}

/** The project's secret for hashes of erased people; made on first use, readable by its owner only. */
export async function erasureKey(storeFolder: string): Promise<string> {
  const path = join(storeFolder, 'erasure.key');
  if (existsSync(path)) return (await readFile(path, 'utf8')).trim();
  const key = randomBytes(32).toString('hex');
  await mkdir(storeFolder, { recursive: true });
  await writeFile(path, `${key}\n`, { mode: 0o600, flag: 'wx' });
  return key;
}

export function hashSubject(key: string, subject: string): string {
  return createHmac('sha256', key).update(subject.normalize('NFKC').toLowerCase().trim()).digest('hex');
}

/** Adds a line to `erasures.jsonl` of the store. */
export async function appendRecord(storeFolder: string, record: ErasureRecord): Promise<void> {
  await mkdir(storeFolder, { recursive: true });
  await appendFile(join(storeFolder, 'erasures.jsonl'), `${JSON.stringify(record)}\n`);
}
