import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestContext } from 'vitest';

export const repositoryRoot = fileURLToPath(new URL('..', import.meta.url));

/** Folder of the shared development data: `ABOVO_TEST_DATA`, else `../shared/data` beside the checkout. */
export const testDataRoot = resolve(repositoryRoot, process.env.ABOVO_TEST_DATA ?? '../shared/data');

/** Path of one shared data file; skips the running test, with the reason, where it is missing. */
export function testData(context: Pick<TestContext, 'skip'>, ...parts: string[]): string {
  const path = resolve(testDataRoot, ...parts);
  if (!existsSync(path)) context.skip(`test data ${parts.join('/')} not found (set ABOVO_TEST_DATA)`);
  return path;
}

/** Path of a Chromium binary; skips the running test, with the reason, where there is none. */
export function chromium(context: Pick<TestContext, 'skip'>): string {
  const path = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((p) => existsSync(p));
  if (!path) context.skip('no Chromium found');
  return path as string;
}

/** Path of a script in test/peers whose packages are installed; skips the running test where they are not, fails in CI. */
export function peer(context: Pick<TestContext, 'skip'>, script: string, ...packages: string[]): string {
  const folder = resolve(repositoryRoot, 'test/peers');
  const absent = packages.filter((name) => !existsSync(resolve(folder, 'node_modules', name, 'package.json')));
  if (absent.length > 0) {
    const reason = `${absent.join(' and ')} not installed (node scripts/peers.mjs)`;
    if (process.env.CI && process.platform === 'linux' && process.arch === 'x64') throw new Error(reason);
    context.skip(reason);
  }
  return resolve(folder, script);
}
