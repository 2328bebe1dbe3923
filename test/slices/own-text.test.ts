import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, describe, expect, it } from 'vitest';
import { main } from '../../src/app/cli/main.js';
import { testData } from '../support.js';

const root = mkdtempSync(join(tmpdir(), 'abovo-own-text-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

async function abovo(...argv: string[]) {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const code = await main([...argv, '--json'], { stdout, stderr });
  const last =
    String(stdout.read() ?? '')
      .trim()
      .split('\n')
      .at(-1) ?? '';
  return { code, result: JSON.parse(last || 'null'), stderr: String(stderr.read() ?? '') };
}

interface RunLine {
  ok: boolean;
  artifacts: Record<string, string>;
  metrics: { base: { bitsPerByte: number }; baselines: { kneserNey5BitsPerByte: number } };
  seconds: Record<string, number>;
}

describe('a user’s own text', () => {
  it('may be a page', { timeout: 120_000 }, async () => {
    const file = join(root, 'page.txt');
    writeFileSync(file, Array.from({ length: 20 }, (_, i) => `Line ${i} of a page that says little.`).join('\n\n'));
    const folder = join(root, 'page');
    expect((await abovo('new', folder, '--data', file)).code).toBe(0);
    const { code, stderr } = await abovo('run', folder, '--minutes', '0.005');
    expect(code, stderr).toBe(0);
  });

  it.for([
    ['tinyshakespeare', ['pretrain', 'tinyshakespeare', 'input.txt']],
    ['botchan', ['pretrain', 'novels', 'botchan.txt']],
    ['neko', ['pretrain', 'novels', 'wagahaiwa_nekodearu.txt']],
  ] as ReadonlyArray<[string, string[]]>)(
    '%s trains with nothing edited, and writes text',
    { timeout: 300_000 },
    async ([name, path], context) => {
      const file = testData(context, ...path);
      const folder = join(root, name);
      expect((await abovo('new', folder, '--data', file)).code).toBe(0);
      const { code, result, stderr } = await abovo('run', folder, '--minutes', '0.02');
      expect(code, stderr).toBe(0);
      const run = result as RunLine;
      expect(run.ok).toBe(true);
      expect(run.metrics.base.bitsPerByte).toBeGreaterThan(0.5);
      // Eight bits a byte is knowing nothing; a few steps already know the commonest tokens.
      expect(run.metrics.base.bitsPerByte).toBeLessThan(7);
      expect(run.metrics.baselines.kneserNey5BitsPerByte).toBeLessThan(4);
      const generated = await abovo(
        'generate',
        folder,
        '--prompt',
        readFileSync(file, 'utf8').trim().slice(0, 12),
        '--max-tokens',
        '8',
      );
      expect(generated.code, generated.stderr).toBe(0);
      expect((generated.result as { tokenIds: number[] }).tokenIds.length).toBeGreaterThan(0);
    },
  );
});
