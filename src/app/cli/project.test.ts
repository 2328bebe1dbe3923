import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, expect, it } from 'vitest';
import { main } from './main.js';

const root = mkdtempSync(join(tmpdir(), 'abovo-cli-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

async function abovo(...argv: string[]) {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const code = await main(argv, { stdout, stderr });
  const text = String(stdout.read() ?? '');
  const last = text.trim().split('\n').at(-1) ?? '';
  const json = argv.includes('--json') ? (JSON.parse(last) as Record<string, unknown>) : {};
  return { code, text, json, stderr: String(stderr.read() ?? '') };
}

const demo = join(root, 'demo');

it('new makes a demonstration, and never overwrites', async () => {
  const made = await abovo('new', demo, '--json');
  expect(made.json).toMatchObject({ ok: true, files: ['abovo.yaml', 'text.txt'] });
  expect(readFileSync(join(demo, 'abovo.yaml'), 'utf8')).toMatch(/^# yaml-language-server: \$schema=\.abovo\//);
  expect(existsSync(join(demo, '.abovo', 'abovo.schema.json'))).toBe(true);
  const again = await abovo('new', demo, '--json');
  expect(again.code).toBe(2);
  expect(again.json).toMatchObject({ ok: false, error: { code: 'project.exists' } });
  const absent = await abovo('new', join(root, 'own'), '--data', join(root, 'absent.txt'));
  expect(absent.code).toBe(2);
  expect(absent.stderr).toMatch(/absent\.txt: there is no such file/);
  expect(existsSync(join(root, 'own'))).toBe(false);
});

it('plan prints settings with origin, controls, stages and totals, and builds nothing', {
  timeout: 120_000,
}, async () => {
  const shown = await abovo('plan', demo);
  expect(shown.code).toBe(0);
  expect(shown.text).toMatch(/architecture\.hiddenSize\s+64\s+derived: 32·depth/);
  expect(shown.text).toMatch(/ISO 27001 A\.5\.32 .*evidence: corpus/);
  expect(shown.text).toMatch(/base\s+\S+\s+\S+\s+\S+ \S+\s+to do\s+base-/);
  const { json } = await abovo('plan', demo, '--json');
  expect(json).toMatchObject({ ok: true, name: 'demo', totals: { seconds: expect.any(Number) } });
  expect((await abovo('artifacts', 'list', demo, '--json')).json).toMatchObject({ ok: true, artifacts: [] });
});

it('a project with mistakes is refused with all of them', async () => {
  const folder = join(root, 'bad');
  await abovo('new', folder);
  const path = join(folder, 'abovo.yaml');
  writeFileSync(path, `${readFileSync(path, 'utf8')}\ntrainign: 1\nevaluation: {sample: 1}\n`);
  for (const verb of ['plan', 'run', 'serve']) {
    const { code, json, stderr } = await abovo(verb, folder, '--json');
    expect(code).toBe(2);
    expect((json.error as { problems: unknown[] }).problems).toHaveLength(2);
    expect(stderr).toMatch(/trainign: unknown key; did you mean "training"\?/);
  }
});

it('a folder that is no project, an unknown stage and a first lineage are the caller’s mistakes', async () => {
  for (const argv of [
    ['plan', root],
    ['run', join(root, 'nowhere')],
    ['run', demo, '--only', 'bse'],
    ['run', demo, '--minutes', 'many'],
    ['lineage', demo],
    ['lineage', demo, '--of', 'base-1'],
    ['artifacts', 'prune', demo],
    ['generate', demo, '--prompt', 'x'],
  ]) {
    const { code, json } = await abovo(...argv, '--json');
    expect(code, argv.join(' ')).toBe(2);
    expect(json.ok).toBe(false);
  }
});
