import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { loadVerb, main, verbNames } from './main.js';

async function call(...argv: string[]) {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const code = await main(argv, { stdout, stderr });
  return { code, stdout: String(stdout.read() ?? ''), stderr: String(stderr.read() ?? '') };
}

describe('main', () => {
  it('prints the version', async () => {
    const { code, stdout } = await call('--version');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it('refuses an unknown verb with a suggestion and exit code 2', async () => {
    const { code, stderr } = await call('docter');
    expect(code).toBe(2);
    expect(stderr).toMatch(/no verb "docter"; did you mean "doctor"\?/);
  });

  it('refuses an unknown option, and says so as JSON on the last line', async () => {
    const { code, stdout } = await call('doctor', '--jsn', '--json');
    expect(code).toBe(2);
    expect(JSON.parse(stdout.trim().split('\n').at(-1)!)).toMatchObject({
      ok: false,
      error: { code: 'usage.unknownOption' },
    });
  });

  it('gives every verb a summary, an example and help', async () => {
    for (const name of verbNames()) {
      const verb = await loadVerb(name);
      expect(verb.name).toBe(name);
      expect(verb.example, name).toContain(`abovo ${name}`);
      const { code, stdout } = await call(name, '--help');
      expect(code).toBe(0);
      expect(stdout).toContain(verb.summary.split(' ')[0]);
      expect(stdout).toContain('Example:');
    }
  });

  it('ends doctor --json with one object', async () => {
    const { stdout } = await call('doctor', '--json');
    expect(JSON.parse(stdout)).toHaveProperty('checks');
  });
});
