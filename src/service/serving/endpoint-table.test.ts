import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { repositoryRoot } from '../../../test/support.js';
import { endpointTable } from './endpoint-table.js';

it('the table of endpoints in the documentation is the one in the code', () => {
  const path = join(repositoryRoot, 'docs/serving.md');
  const text = readFileSync(path, 'utf8');
  const wanted = text.replace(
    /(<!-- endpoints:[^>]*-->\n)[\s\S]*?(<!-- \/endpoints -->)/,
    (_, begin: string, end: string) => `${begin}\n${endpointTable()}\n\n${end}`,
  );
  if (process.env.UPDATE_DOCS) writeFileSync(path, wanted);
  else expect(text).toBe(wanted);
});
