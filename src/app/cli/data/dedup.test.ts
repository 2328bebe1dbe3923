import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { callCli } from '../../../../test/cli.js';

let folder: string;
const more = ' But then the fox came and there was no more egg to be seen anywhere, neither in the nest nor behind it.';
const text = 'The hen laid an egg in the nest behind the barn, and nobody saw it for a week.';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'abovo-cli-dedup-'));
  const records = [
    { id: 'a', text, time: '2020-01-01', metadata: { score: 2 } },
    { id: 'b', text: text.toUpperCase(), time: '2024-01-01', metadata: { score: 1 } },
    { id: 'c', text: text + more },
    { id: 'd', text: 'Nothing of the kind has been seen here before, they said at once, and left.' },
  ];
  await writeFile(join(folder, 'a.jsonl'), records.map((record) => `${JSON.stringify(record)}\n`).join(''));
  await writeFile(join(folder, 'bad.jsonl'), `{"text":"good"}\n{"text":\n{"no":"text"}\n[1]\n\n{"text":"good"}`);
  await writeFile(join(folder, 'words.txt'), '3 2\nhen 1 0\nfox 0 1\nbefore 0.7 -0.7\n');
});
afterAll(() => rm(folder, { recursive: true }));

async function call(...argv: string[]) {
  const input = argv.includes('--input') ? [] : ['--input', join(folder, 'a.jsonl')];
  const { code, lines, stderr } = await callCli('data', 'dedup', ...input, ...argv, '--json');
  return { code, lines, result: lines.at(-1)!, stderr };
}

describe('abovo data dedup', () => {
  it('prints verdicts, then kept ids and clusters', async () => {
    const { code, lines, result } = await call('--keep', 'first');
    expect(code).toBe(0);
    expect(lines[0]).toEqual({ id: 'b', drop: 'nearDuplicate', detail: 'copy of a' });
    expect(result).toMatchObject({ ok: true, documents: 4, kept: ['a', 'c', 'd'], clusters: [['a', 'b']] });
  });

  it.each([
    [
      ['--method', 'exact', '--raw'],
      ['a', 'b', 'c', 'd'],
    ],
    [
      ['--method', 'exact', '--keep', 'newest'],
      ['b', 'c', 'd'],
    ],
    [
      ['--method', 'exact', '--keep', 'highest:score'],
      ['a', 'c', 'd'],
    ],
    [
      ['--preset', 'recall', '--verify', '0.9', '--keep', 'longest'],
      ['a', 'c', 'd'],
    ],
    [
      ['--method', 'semantic', '--vectors', 'words.txt', '--threshold', '0.9', '--keep', 'first'],
      ['a', 'c', 'd'],
    ],
  ])('%s', async (options, kept) => {
    const absolute = options.map((option) => (option === 'words.txt' ? join(folder, option) : option));
    expect((await call(...absolute)).result.kept).toEqual(kept);
  });

  it('cuts repeated passages and prints what is left', async () => {
    const { lines, result } = await call('--method', 'substring', '--length', '15', '--texts');
    expect(result).toMatchObject({ cut: 1, dropped: 1, removedCharacters: text.length - 1 });
    expect(lines.slice(0, -1).map(({ id }) => id)).toEqual(['a', 'c', 'd']);
    expect(lines[1]!.text).toBe(`.${more}`);
  });

  it('loses nothing but bad records, and says so', async () => {
    const { code, result, stderr } = await call('--input', join(folder, 'bad.jsonl'));
    expect(code).toBe(1);
    expect(result).toMatchObject({ ok: false, rejected: 3, documents: 2, kept: ['bad.jsonl:1'] });
    expect(stderr).toMatch(/bad\.jsonl:2: not JSON/);
  });

  it('says what is wrong with its options', async () => {
    const unknown = await call('--keep', 'nicest');
    expect(unknown.code).toBe(2);
    expect(unknown.stderr).toMatch(/--keep: expected longest/);
    expect((await call('--method', 'semantic')).code).toBe(2);
  });
});
