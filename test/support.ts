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
