// `npm run bench -- NAME [--json]`: compiles and runs bench/NAME.ts.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { build, root } from './setup.mjs';

build();
const [name, ...rest] = process.argv.slice(2);
const file = join(root, 'bench', `${name}.ts`);
if (!name || name.startsWith('-') || !existsSync(file)) {
  const names = readdirSync(join(root, 'bench'))
    .filter((f) => f.endsWith('.ts'))
    .map((f) => f.slice(0, -3));
  console.error(`usage: npm run bench -- NAME [--json]\nbenches: ${names.join(', ')}`);
  process.exit(2);
}
const result = spawnSync(process.execPath, ['--import', 'tsx', file, ...rest], { cwd: root, stdio: 'inherit' });
process.exit(result.status ?? 1);
