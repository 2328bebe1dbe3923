import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { matchPaths } from './glob.js';

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'abovo-glob-'));
  for (const path of ['a.txt', 'b.md', 'ab.txt', 'x/c.txt', 'x/y/d.txt', 'x/y/e.jsonl', '.hidden/f.txt', 'p(1).txt']) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), path);
  }
});
afterAll(() => rmSync(root, { recursive: true }));

it.each([
  ['*.txt', ['a.txt', 'ab.txt', 'p(1).txt']],
  ['?.txt', ['a.txt']],
  ['*.{md,txt}', ['a.txt', 'ab.txt', 'b.md', 'p(1).txt']],
  ['x/*.txt', ['x/c.txt']],
  ['**/*.txt', ['a.txt', 'ab.txt', 'p(1).txt', 'x/c.txt', 'x/y/d.txt']],
  ['x/**/*.jsonl', ['x/y/e.jsonl']],
  ['p(*).txt', ['p(1).txt']],
  ['none*', []],
])('%s', async (pattern, expected) => {
  expect((await matchPaths(join(root, pattern))).map((path) => relative(root, path))).toEqual(expected);
});
