// `npm start`: sets up a fresh clone and runs the example from raw text to a served model.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { build, root } from './setup.mjs';

build();
const child = spawn(process.execPath, [join(root, 'bin/abovo.js'), 'start', ...process.argv.slice(2)], {
  cwd: root,
  stdio: 'inherit',
});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => process.exit(code ?? (signal ? 1 : 0)));
