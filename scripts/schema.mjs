// `npm run schema`: writes what is generated from the compiled sources: the JSON Schema of abovo.yaml and the tables of
// docs/project-file.md and docs/cli.md.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build, root } from './setup.mjs';

build();
const load = (path) => import(new URL(`../dist/${path}`, import.meta.url).href);
const { keyReference, projectJsonSchema } = await load('app/recipes/index.js');
const { verbReference } = await load('app/cli/index.js');
mkdirSync(join(root, 'schema'), { recursive: true });
writeFileSync(join(root, 'schema', 'abovo.schema.json'), `${JSON.stringify(projectJsonSchema(), null, 2)}\n`);

/** Replaces what stands between the generated marks of a page. */
function fill(name, table) {
  const path = join(root, 'docs', name);
  const text = readFileSync(path, 'utf8');
  writeFileSync(
    path,
    text.replace(/(<!-- generated -->\n)[\s\S]*?(\n<!-- end -->)/, (_, a, b) => a + table + b),
  );
}
fill('project-file.md', keyReference());
fill('cli.md', await verbReference());
