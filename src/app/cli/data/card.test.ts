import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { callCli } from '../../../../test/cli.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'abovo-cli-card-'));
  const records = [
    { id: 'a', text: 'The hen laid an egg.', license: 'CC-BY-4.0', language: 'en', url: 'https://example.org/a' },
    { id: 'b', text: 'Das Huhn legte ein Ei.', licence: 'CC-BY-NC-4.0', language: 'de', access: 'internal' },
  ];
  await writeFile(join(folder, 'eggs.jsonl'), records.map((record) => `${JSON.stringify(record)}\n`).join(''));
  const step = {
    name: 'language',
    in: 5,
    inBytes: 50,
    out: 2,
    outBytes: 20,
    dropped: { languageScore: 3 },
    kind: 'document',
  };
  await writeFile(join(folder, 'report.json'), JSON.stringify({ documents: 2, steps: [step] }));
});
afterAll(() => rm(folder, { recursive: true }));

async function call(...argv: string[]) {
  const files = ['--input', join(folder, 'eggs.jsonl'), '--out', join(folder, 'pages/card.html')];
  const { code, lines, stderr } = await callCli('data', 'card', ...files, ...argv, '--json');
  return { code, result: lines.at(-1) ?? {}, stderr };
}

describe('abovo data card', () => {
  it('writes the page and the JSON-LD', async () => {
    const croissant = join(folder, 'pages/card.json');
    const { code, result } = await call(
      '--croissant',
      croissant,
      '--report',
      join(folder, 'report.json'),
      '--title',
      'Eggs',
    );
    expect(code).toBe(0);
    expect(result).toMatchObject({
      ok: true,
      documents: 2,
      words: 10,
      languages: { de: 1, en: 1 },
      access: { public: 1, internal: 1 },
    });
    const html = await readFile(join(folder, 'pages/card.html'), 'utf8');
    expect(html).toContain('<title>Eggs</title>');
    expect(html).toContain('languageScore');
    expect(html).not.toContain('Das Huhn');
    const json = JSON.parse(await readFile(croissant, 'utf8'));
    expect(json.distribution[0]).toMatchObject({
      contentUrl: '../eggs.jsonl',
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(json.recordSet[0].field.map(({ name }: { name: string }) => name)).toEqual([
      'id',
      'text',
      'license',
      'language',
      'url',
      'licence',
      'access',
    ]);
    expect(json.license).toEqual([
      'https://spdx.org/licenses/CC-BY-4.0.html',
      'https://spdx.org/licenses/CC-BY-NC-4.0.html',
    ]);
  });

  it('exits 1 where a licence forbids the use', async () => {
    const { code, result, stderr } = await call('--commercial');
    expect(code).toBe(1);
    expect(result.findings).toMatchObject([{ licence: 'CC-BY-NC-4.0', severity: 'stop', documents: 1 }]);
    expect(stderr).toMatch(/conflict: CC-BY-NC-4.0/);
  });

  it('refuses a report that is none', async () => {
    const { code, stderr } = await call('--report', join(folder, 'eggs.jsonl'));
    expect(code).toBe(2);
    expect(stderr).toMatch(/expected the report.json of a pipeline/);
  });
});
