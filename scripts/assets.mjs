// Copies what tsc leaves behind (HTML, CSS, browser scripts) from src to dist.
import { cpSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './setup.mjs';

for (const entry of readdirSync(join(root, 'src'), { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || /\.(ts|tsx)$/.test(entry.name)) continue;
  const from = join(entry.parentPath ?? entry.path, entry.name);
  cpSync(from, join(root, 'dist', from.slice(join(root, 'src').length)));
}
