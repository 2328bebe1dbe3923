// `npm run schema`: writes the JSON Schema of abovo.yaml from the compiled sources.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build, root } from './setup.mjs';

build();
const { projectJsonSchema } = await import(new URL('../dist/app/recipes/index.js', import.meta.url).href);
mkdirSync(join(root, 'schema'), { recursive: true });
writeFileSync(join(root, 'schema', 'abovo.schema.json'), `${JSON.stringify(projectJsonSchema(), null, 2)}\n`);
