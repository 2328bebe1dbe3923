import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { callCli } from '../../../../test/cli.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'abovo-cli-extract-'));
  const page =
    '<html lang="de"><title>Größe</title><meta name="author" content="A. Huhn"><nav><a href="/">Start</a></nav><p>Die Größe des Eis ist gut, sagen alle, die es wissen.</p>';
  await writeFile(join(folder, 'good.html'), Buffer.from(page, 'latin1'));
  await writeFile(join(folder, 'deep.html'), '<div>'.repeat(10_000));
  const records = [
    { id: 1, text: 'schÃ¶n\u200b  ', kept: true },
    { id: 2, text: 'fine' },
  ];
  await writeFile(
    join(folder, 'texts.jsonl'),
    `${records.map((record) => JSON.stringify(record)).join('\n')}\n{"text": 3}\n`,
  );
});
afterAll(() => rm(folder, { recursive: true }));

const call = (...argv: string[]) => callCli('data', ...argv);

it('data extract prints a line for each page, and says which it refused', async () => {
  const { code, lines, stderr } = await call('extract', join(folder, 'good.html'), join(folder, 'deep.html'), '--json');
  expect(code).toBe(1);
  expect(lines).toHaveLength(2);
  expect(lines[0]).toMatchObject({
    text: 'Die Größe des Eis ist gut, sagen alle, die es wissen.',
    title: 'Größe',
    byline: 'A. Huhn',
    language: 'de',
    encoding: 'windows-1252',
  });
  expect(lines[0]!.id).toMatch(/good\.html$/);
  expect(lines[1]).toEqual({ ok: false, pages: 1, empty: 0, rejected: 1 });
  expect(stderr).toMatch(/deep\.html: extract: expected a page of at most 512 elements deep/);
});

it('data extract refuses files that are not there', async () => {
  expect((await call('extract', join(folder, 'none.html'), '--json')).code).toBe(2);
});

it('data normalize mends the text of records and keeps the rest of them', async () => {
  const { code, lines, stderr } = await call('normalize', '--input', join(folder, 'texts.jsonl'), '--json');
  expect(code).toBe(1);
  expect(lines).toEqual([
    { id: 1, text: 'schön', kept: true },
    { id: 2, text: 'fine' },
    { ok: false, records: 2, changed: 1, rejected: 1 },
  ]);
  expect(stderr).toMatch(/texts\.jsonl:3: expected a text in "text"/);
  const raw = await call(
    'normalize',
    '--input',
    join(folder, 'texts.jsonl'),
    '--no-mojibake',
    '--no-zero-width',
    '--lower-case',
    '--whitespace',
    'keep',
    '--json',
  );
  expect(raw.lines[0]!.text).toBe('schã¶n\u200b  ');
});
