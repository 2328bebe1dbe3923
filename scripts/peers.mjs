// `node scripts/peers.mjs`: installs the programs that tests compare with (test/peers) beside the project, never into it.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root, run } from './setup.mjs';

const folder = join(root, 'test', 'peers');

if (process.platform !== 'linux' || process.arch !== 'x64') {
  console.error('abovo: the peers of the tests are installed on linux-x64 only; tests that need one are skipped here');
  process.exit(0);
}
const lock = createHash('sha256').update(readFileSync(join(folder, 'package-lock.json'))).digest('hex'); // biome-ignore format: one step
const stamp = join(folder, 'node_modules', '.abovo-lock');
if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) process.exit(0);
console.error('abovo: installing the peers of the tests');
// Optional packages are builds for other machines (hundreds of megabytes); scripts would compile or download more.
// Not `npm ci`: it refuses a lockfile where a registry has not all of those builds. The lockfile decides versions all the same.
const flags = ['--no-save', '--omit=optional', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
run('npm', ['install', ...flags, '--prefix', folder], { cwd: folder, stdio: ['ignore', 2, 2] });
writeFileSync(stamp, lock);
