import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { callCli } from '../../../../test/cli.js';
import { testData } from '../../../../test/support.js';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'abovo-cli-data-'));
});
afterAll(() => rm(root, { recursive: true }));

async function call(...argv: string[]) {
  const { code, text, stderr } = await callCli('data', ...argv);
  return { code, text, lines: text.split('\n').filter(Boolean), stderr };
}

describe('abovo data run and inspect', () => {
  it('cleans real pages and shows what was taken out', async (context) => {
    const c4 = testData(context, 'pretrain', 'web-and-wiki-demo', 'c4_demo.jsonl');
    const yaml = join(root, 'web.yaml');
    await writeFile(
      yaml,
      `sources: [{ kind: files, files: [${JSON.stringify(c4)}], licence: ODC-By-1.0 }]
steps: [{ length: { minWords: 100 } }]
workers: 0
`,
    );
    const out = join(root, 'out');
    const { code, lines, stderr } = await call('run', yaml, '--out', out, '--json', '--gzip');
    expect(code, stderr).toBe(0);
    const result = JSON.parse(lines.at(-1)!) as Record<string, never>;
    expect(result).toMatchObject({ ok: true, failures: 0, read: { documents: 240, rejects: 0 } });
    const [step] = result.steps as { in: number; out: number; dropped: { minWords: number } }[];
    expect(step.in).toBe(240);
    expect(step.out + step.dropped.minWords).toBe(240);
    expect(step.dropped.minWords).toBeGreaterThan(10);
    expect(existsSync(join(out, 'shards/000000-0000.jsonl.gz'))).toBe(true);

    const looked = await call('inspect', yaml, '--rule', 'minWords', '--sample', '2', '--json');
    expect(looked.code).toBe(0);
    expect(JSON.parse(looked.lines[0]!)).toMatchObject({
      steps: [{ step: 'length', outcome: 'dropped', rule: 'minWords' }],
    });
    expect(JSON.parse(looked.lines.at(-1)!)).toEqual({ ok: true, documents: 2 });
    const page = join(root, 'look.html');
    expect((await call('inspect', yaml, '--sample', '3', '--html', page)).code).toBe(0);
    const html = await readFile(page, 'utf8');
    expect(html).toContain('<!doctype html>');
    expect(html).not.toMatch(/<script|https?:\/\/[^"\s<]*\.(?:js|css)/);
  });

  it('exits 1 where records were lost, and 2 where the pipeline is wrong', async () => {
    const yaml = join(root, 'bad.yaml');
    await writeFile(join(root, 'bad.jsonl'), '{"text":"one"}\nnot json\n');
    await writeFile(yaml, 'sources: [{ kind: files, files: [bad.jsonl] }]\nworkers: 0\n');
    const lost = await call('run', yaml, '--out', join(root, 'bad'), '--json');
    expect(lost.code).toBe(1);
    expect(JSON.parse(lost.lines.at(-1)!)).toMatchObject({ ok: false, failures: 1, documents: 1 });
    expect(lost.stderr).toContain('1 records could not be read');
    await writeFile(yaml, 'sources: [{ kind: files }]\nsteps: [lenght]\n');
    const wrong = await call('run', yaml);
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toMatch(/2 problems[\s\S]*did you mean "length"/);
    expect((await call('run', yaml, '--shard', '3/2')).stderr).toContain('i from 1 to n');
  });
});
