import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { callCli } from '../../../../test/cli.js';
import { testData } from '../../../../test/support.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'abovo-cli-convert-'));
  const records = [
    { instruction: 'q', output: 'a' },
    { prompt: 'q', chosen: 'a', rejected: 'b' },
    { prompt: 'q', responses: ['x', 'y', 'z'], scores: [1, 3, 2] },
    { messages: [{ role: 'user', content: 'q' }] },
    { text: 'Only text.' },
  ];
  await writeFile(join(folder, 'all.jsonl'), `${records.map((record) => JSON.stringify(record)).join('\n')}\n{bad\n`);
});
afterAll(() => rm(folder, { recursive: true }));

async function call(input: string, ...argv: string[]) {
  const { code, lines, stderr } = await callCli('data', 'convert', '--input', input, ...argv, '--json');
  return { code, lines, result: lines.at(-1)!, stderr };
}

describe('abovo data convert', () => {
  it('prints records as messages, what it found and what it left out', async () => {
    const rejects = join(folder, 'rejects.jsonl');
    const { code, lines, result } = await call(join(folder, 'all.jsonl'), '--pairs', '--rejects', rejects);
    expect(code).toBe(1);
    expect(lines.slice(0, -1).map(({ kind }) => kind)).toEqual([
      'chat',
      'preference',
      'preference',
      'preference',
      'preference',
      'text',
    ]);
    expect(lines[0]).toEqual({
      kind: 'chat',
      format: 'alpaca',
      id: 'all.jsonl:1',
      messages: [
        { role: 'user', content: 'q' },
        { role: 'assistant', content: 'a' },
      ],
    });
    expect(result).toMatchObject({
      ok: false,
      records: 5,
      converted: 6,
      formats: { alpaca: 1, 'chosen-rejected': 1, ranked: 1, text: 1 },
      rejected: 2,
      reasons: { 'not JSON': 1, 'the last turn is not an answer': 1 },
    });
    expect((await readFile(rejects, 'utf8')).trim().split('\n').length).toBe(2);
  });

  it('splits so that near-duplicates stay together', async (context) => {
    const { code, lines, result } = await call(
      testData(context, 'preference/llama-factory-demo/dpo_en_demo.json'),
      '--held-out',
      '0.2',
    );
    expect(code).toBe(0);
    const splits = result.splits as Record<string, number>;
    expect(splits.heldOut! + splits.train!).toBe(300);
    expect(splits.heldOut).toBeGreaterThanOrEqual(60);
    expect(splits.heldOut).toBeLessThan(75);
    expect(lines.filter(({ split }) => split === 'heldOut').length).toBe(splits.heldOut);
  });

  it('refuses a form it does not know', async () => {
    const { code, stderr } = await call(join(folder, 'all.jsonl'), '--format', 'yaml');
    expect(code).toBe(2);
    expect(stderr).toMatch(/expected auto or one of/);
  });
});
