import fs, { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import git from 'isomorphic-git';
import { afterAll, expect, it } from 'vitest';
import { parse } from 'yaml';
import { readOutput, runPipeline } from '../src/stages/data/pipeline/index.js';
import { repositoryRoot } from './support.js';

const folder = mkdtempSync(join(tmpdir(), 'code-example-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('examples/code takes keys out of code, and each file once', async () => {
  const dir = join(folder, 'repository');
  const key = `AKIA${'QWERTYUIOP234567'}`;
  const files: Record<string, string> = {
    LICENSE: readFileSync(join(repositoryRoot, 'LICENSE'), 'utf8'),
    'src/a.ts': `export const client = connect("${key}");\n`,
    'src/b.ts': 'export const eggs = 12;\n',
    'src/c.ts': 'export const eggs = 12;\n',
    'notes/d.ts': 'export const left = "out by include";\n',
  };
  await git.init({ fs, dir });
  for (const [path, text] of Object.entries(files)) {
    fs.mkdirSync(join(dir, path, '..'), { recursive: true });
    writeFileSync(join(dir, path), text);
    await git.add({ fs, dir, filepath: path });
  }
  await git.commit({ fs, dir, message: 'Lay', author: { name: 'Hen', email: 'hen@example.com' } });
  const example = parse(readFileSync(join(repositoryRoot, 'examples/code/pipeline.yaml'), 'utf8')) as {
    sources: Array<Record<string, unknown>>;
    steps: never[];
  };
  expect(example.sources).toHaveLength(1);
  const sources = [{ ...example.sources[0], repositories: [dir] }] as never[];
  const out = join(folder, 'out');
  await runPipeline({ folder: out, projectFolder: folder, sources, steps: example.steps, workers: 1, seed: 1 });
  const documents = [];
  for await (const { title, text, licence } of readOutput(out)) documents.push({ title, text, licence });
  expect(documents.map(({ title }) => title)).toEqual(['src/a.ts', 'src/b.ts']);
  expect(documents.every(({ licence }) => licence === 'Apache-2.0')).toBe(true);
  expect(documents[0]?.text).not.toContain(key);
}, 60_000);
