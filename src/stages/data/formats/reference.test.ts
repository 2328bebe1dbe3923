import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { repositoryRoot } from '../../../../test/support.js';
import { formatReference, limitReference, optionReference } from './reference.js';

it('the tables in docs/data-sources-files.md are those of the code (ABOVO_WRITE_DOCS=1 writes them)', () => {
  const path = join(repositoryRoot, 'docs', 'data-sources-files.md');
  const page = readFileSync(path, 'utf8');
  const made = { formats: formatReference(), options: optionReference(), limits: limitReference() };
  let wanted = page;
  for (const [name, table] of Object.entries(made)) {
    const marks = new RegExp(`(<!-- generated ${name} -->\\n)[\\s\\S]*?(<!-- end -->)`);
    expect(marks.test(page), name).toBe(true);
    wanted = wanted.replace(marks, (_, open: string, close: string) => `${open}${table}\n${close}`);
  }
  if (process.env.ABOVO_WRITE_DOCS) writeFileSync(path, wanted);
  else expect(page).toBe(wanted);
});
