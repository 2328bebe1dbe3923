import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { repositoryRoot } from '../../../../test/support.js';
import { typeReference } from './index.js';

it('docs/data-pii.md lists the types as they are', () => {
  const page = readFileSync(join(repositoryRoot, 'docs/data-pii.md'), 'utf8');
  expect(/<!-- generated -->\n([\s\S]*?)\n<!-- end -->/.exec(page)?.[1]).toBe(typeReference());
});
