import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { callCli } from '../../../../test/cli.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'abovo-cli-privacy-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function call(...argv: string[]) {
  const { code, text, stderr } = await callCli('data', ...argv);
  return { code, lines: text.split('\n').filter(Boolean), stderr };
}

describe('data pii', () => {
  it('prints spans in code points and the text after the action', async () => {
    const path = join(folder, 'a.jsonl.gz');
    await writeFile(path, gzipSync('{"id":1,"text":"👋 ada@example.org"}\n{"text":"none"}\n'));
    const { code, lines } = await call('pii', '--input', path, '--json');
    expect(code).toBe(0);
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      { id: 1, spans: [{ start: 2, end: 17, type: 'EMAIL_ADDRESS', score: 0.95 }], text: '👋 <EMAIL_ADDRESS>' },
      { spans: [], text: 'none' },
      { ok: true, records: 2, rejected: 0, types: { EMAIL_ADDRESS: 1 } },
    ]);
  });

  it('leaves out broken records alone and says so', async () => {
    const path = join(folder, 'b.jsonl');
    await writeFile(
      path,
      Buffer.concat([
        Buffer.from('{"text":"a"}\n{"text":'),
        Buffer.from([0xff, 10]),
        Buffer.from('{"text":5}\n[]\n{"text":"8.8.8.8"}\n'),
      ]),
    );
    const { code, lines, stderr } = await call('pii', '--input', path, '--preset', 'fineweb', '--json');
    expect(code).toBe(1);
    expect(stderr).toMatch(/b\.jsonl:2: left out[\s\S]*b\.jsonl:3: left out[\s\S]*b\.jsonl:4: left out/);
    expect(JSON.parse(lines[1]!)).toMatchObject({ text: '<IP_ADDRESS>' });
  });

  it('takes rules, actions and a key', async () => {
    const path = join(folder, 'c.jsonl');
    const rules = join(folder, 'rules.json');
    await writeFile(path, '{"body":"Blue Egg, ada@example.org"}\n');
    await writeFile(rules, '[{"type":"PROJECT","words":["Blue Egg"]}]');
    process.env.ABOVO_TEST_KEY = 'k';
    const common = [
      'pii',
      '--input',
      path,
      '--text-field',
      'body',
      '--recognizers',
      rules,
      '--types',
      'EMAIL_ADDRESS',
      'PROJECT',
    ];
    const { lines } = await call(
      ...common,
      '--action',
      'hash',
      '--action-for',
      'PROJECT=mask',
      '--key-env',
      'ABOVO_TEST_KEY',
    );
    expect((JSON.parse(lines[0]!) as { text: string }).text).toMatch(/^\*{4} \*{3}, <EMAIL_ADDRESS:[0-9a-f]{16}>$/);
    expect((await call(...common, '--action', 'hash')).code).toBe(2);
    expect((await call(...common, '--action-for', 'PROJECT')).code).toBe(2);
  });
});

describe('data erase', () => {
  it('tells, then takes out', async () => {
    const path = join(folder, 'raw.jsonl');
    await writeFile(path, '{"text":"a","email":"ada@example.org"}\n{"text":"b"}\n');
    const common = ['erase', folder, '--subject', 'ADA@example.org', '--files', path];
    const dry = await call(...common, '--dry-run', '--json');
    expect(JSON.parse(dry.lines.at(-1)!)).toMatchObject({ ok: true, dryRun: true, files: [{ records: 1 }] });
    expect((await call(...common, '--json')).code).toBe(0);
    expect(await readFile(path, 'utf8')).toBe('{"text":"b"}\n');
    expect((await call('erase', folder)).code).toBe(2);
  });
});
