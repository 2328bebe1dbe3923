import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { callCli } from '../../../../test/cli.js';

const question = 'How many eggs are left if the hen lays twelve and the fox takes seven of them?';
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'abovo-cli-decontaminate-'));
  await writeFile(join(folder, 'eggs.jsonl'), `${JSON.stringify({ id: 'q1', question, answer: '5' })}\n`);
  const documents = [`A page. ${question} The end.`, 'Nothing of it here.'];
  await writeFile(join(folder, 'a.jsonl'), documents.map((text, i) => `${JSON.stringify({ id: i, text })}\n`).join(''));
  await writeFile(join(folder, 'bad.jsonl'), 'nothing\n');
});
afterAll(() => rm(folder, { recursive: true }));

const call = (input: string, ...argv: string[]) =>
  callCli(
    'data',
    'decontaminate',
    '--input',
    join(folder, input),
    '--against',
    join(folder, 'eggs.jsonl'),
    ...argv,
    '--json',
  );

describe('abovo data decontaminate', () => {
  it('prints what leaked where, then the report', async () => {
    const { code, lines } = await call('a.jsonl');
    expect(code).toBe(0);
    expect(lines[0]).toMatchObject({ id: '0', set: 'eggs', item: 'q1', spans: [[8, 8 + question.length - 1]] });
    expect(lines.at(-1)).toMatchObject({
      ok: true,
      documents: 2,
      dropped: 1,
      sets: [{ set: 'eggs', items: 1, leaked: 1 }],
    });
  });

  it('prints what is left, and says when records were bad', async () => {
    const { lines } = await call('a.jsonl', '--action', 'cut', '--texts', '--fields', 'question');
    expect(lines.map(({ text }) => text).slice(0, 2)).toEqual(['A page. ? The end.', 'Nothing of it here.']);
    expect(lines.at(-1)).toMatchObject({ cut: 1, dropped: 0 });
    expect((await call('bad.jsonl')).code).toBe(1);
  });
});
