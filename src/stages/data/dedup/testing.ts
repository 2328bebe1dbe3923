import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { Random } from '../../../base/core/index.js';
import type { Document } from '../document.js';

/** For tests: the records of a JSONL file, gzipped or not, as documents. */
export function jsonDocuments(path: string): Document[] {
  const bytes = readFileSync(path);
  const text = (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
  return text
    .split('\n')
    .filter(Boolean)
    .map((line, i) => ({ id: `${i}`, source: path, text: (JSON.parse(line) as { text: string }).text }));
}

/** For tests: the text with a share of its words replaced by others of it. */
export function perturbed(text: string, share: number, random: Random): string {
  const words = text.split(' ');
  return words
    .map((word) => (random.float() < share ? random.pick(words) + madeUpWord(random.int(1000)) : word))
    .join(' ');
}

/** For tests: the n-th word of letters alone. Digits would not do: every number counts as `0`. */
export function madeUpWord(n: number): string {
  let word = '';
  for (let rest = n + 1; rest > 0; rest = Math.floor(rest / 26)) word += String.fromCharCode(97 + (rest % 26));
  return `x${word}`;
}
