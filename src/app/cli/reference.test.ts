import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { repositoryRoot } from '../../../test/support.js';
import { keyReference } from '../recipes/index.js';
import { verbReference } from './reference.js';

function generated(name: string): string | undefined {
  const text = readFileSync(join(repositoryRoot, 'docs', name), 'utf8');
  return /<!-- generated -->\n([\s\S]*?)\n<!-- end -->/.exec(text)?.[1];
}

it('the tables in the documentation are current (npm run schema)', async () => {
  expect(generated('cli.md')).toBe(await verbReference());
  expect(generated('project-file.md')).toBe(keyReference());
});
