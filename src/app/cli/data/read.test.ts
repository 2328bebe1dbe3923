import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { callCli } from '../../../../test/cli.js';
import { repositoryRoot } from '../../../../test/support.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'abovo-cli-read-'));
});
afterAll(() => rm(folder, { recursive: true }));

const call = (...argv: string[]) => callCli('data', ...argv, '--json');

describe('abovo data read and pdf', () => {
  it('documents as JSON lines, then the result; exit code 1 where something was left out', async () => {
    await writeFile(join(folder, 'a.csv'), 'title,body\nOne,first\nTwo\nThree,third\n');
    const { code, lines, stderr } = await call(
      'read',
      join(folder, 'a.csv'),
      '--template',
      '{title}: {body}',
      '--licence',
      'MIT',
    );
    expect(code).toBe(1);
    expect(lines.slice(0, 2)).toMatchObject([
      { text: 'One: first', licence: 'MIT', title: 'One' },
      { text: 'Three: third', title: 'Three' },
    ]);
    expect(lines.at(-1)).toMatchObject({ ok: false, files: 1, documents: 2, rejected: 1, rejects: [{ line: 3 }] });
    expect(stderr).toContain('a.csv:3: 1 fields where the table has 2 columns');
  });

  it('PDF text', async () => {
    const { code, lines } = await call('pdf', join(repositoryRoot, 'test/golden/files/columns.pdf'));
    expect(code).toBe(0);
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatchObject({ title: 'On Eggs', metadata: { author: 'A. Hen' } });
    expect(lines[1]).toMatchObject({ ok: true, documents: 1, rejected: 0 });
  });

  it("the caller's mistakes", async () => {
    expect((await call('read')).code).toBe(2);
    expect((await call('read', join(folder, 'nowhere'))).code).toBe(2);
    const { code, stderr } = await call('read', join(folder, 'a.csv'), '--format', 'word');
    expect([code, stderr]).toEqual([2, expect.stringMatching(/format/)]);
  });
});
