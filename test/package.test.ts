import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { repositoryRoot } from './support.js';

const { exports } = JSON.parse(readFileSync(join(repositoryRoot, 'package.json'), 'utf8')) as {
  exports: Record<string, string | { default: string; types: string }>;
};

it('every index of every room is exported, and every export exists', () => {
  const exported = Object.values(exports)
    .flatMap((entry) => (typeof entry === 'string' ? [] : [entry.default]))
    .map((path) => path.replace(/^\.\/dist\//, 'src/').replace(/\.js$/, '.ts'))
    .sort();
  const indexes = ['base', 'compiler', 'model', 'stages', 'service', 'app'].flatMap((storey) =>
    readdirSync(join(repositoryRoot, 'src', storey)).flatMap((room) =>
      ['index.ts', 'index.node.ts']
        .map((file) => `src/${storey}/${room}/${file}`)
        .filter((file) => existsSync(join(repositoryRoot, file))),
    ),
  );
  expect(exported).toEqual(expect.arrayContaining(indexes));
  for (const path of exported) expect(existsSync(join(repositoryRoot, path)), path).toBe(true);
});
