import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Unavailable, messageOf } from '../../../base/core/index.js';

/** Path of a file that an installed package brings; its entry is found first, so that any layout of node_modules will do. */
export function packageFile(name: string, ...parts: string[]): string {
  try {
    const require = createRequire(import.meta.url);
    for (const folder of require.resolve.paths(name) ?? []) {
      const found = join(folder, name);
      try {
        require.resolve(join(found, 'package.json'));
        return join(found, ...parts);
      } catch {
        // Not in this node_modules: look further up.
      }
    }
    return join(dirname(fileURLToPath(import.meta.resolve(name))), ...parts);
  } catch (error) {
    throw new Unavailable(
      'language.data',
      `language: expected the package ${name} beside abovo (npm i ${name}), ${messageOf(error)}`,
      { package: name },
      error,
    );
  }
}
