// `npm test`: sets up a fresh clone, compiles, checks types and runs every test.
import { join } from 'node:path';
import { build, root, run } from './setup.mjs';

build();
run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.json', '--noEmit']);
run(process.execPath, [join(root, 'node_modules/vitest/vitest.mjs'), 'run', ...process.argv.slice(2)]);
