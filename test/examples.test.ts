import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { repositoryRoot } from './support.js';

const exportsOf = (
  JSON.parse(readFileSync(join(repositoryRoot, 'package.json'), 'utf8')) as {
    exports: Record<string, { default?: string }>;
  }
).exports;
const folder = join(repositoryRoot, 'test', '.examples');

/** `abovo/core` → the source file that stands behind this export of the package. */
function sourceOf(specifier: string): string {
  const entry = exportsOf[specifier.replace(/^abovo/, '.')]?.default;
  if (!entry) throw new Error(`${specifier} is not exported by the package`);
  return join(repositoryRoot, entry.replace(/^\.\/dist\//, 'src/').replace(/\.js$/, '.ts'));
}

/** TypeScript blocks of a file: Markdown fences, or fences in the first comment of an index. A fence `ts no-run` is left out. */
function blocks(path: string): string[] {
  const text = readFileSync(path, 'utf8');
  const body = path.endsWith('.md') ? text : (/^\/\*\*([\s\S]*?)\*\//.exec(text)?.[1] ?? '').replace(/^ \* ?/gm, '');
  return [...body.matchAll(/^```ts\n([\s\S]*?)^```/gm)].map((match) => match[1] as string);
}

const files = [
  ...readdirSync(join(repositoryRoot, 'src'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /^index(\.node)?\.ts$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name)),
  join(repositoryRoot, 'README.md'),
  ...readdirSync(join(repositoryRoot, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(repositoryRoot, 'docs', name)),
];

/** Runs a block as a module; `expression; // value` lines are checked against the value in the comment. */
async function run(code: string, name: string): Promise<void> {
  const checked = code
    .replace(/from '(abovo\/[^']+)'/g, (_, specifier: string) => `from '${sourceOf(specifier)}'`)
    .replace(
      /^(?!import|const|let|var|type|interface|\/\/|\s|\}|for|await |export)(.+?);\s*\/\/ (.+)$/gm,
      (_, expression: string, value: string) => `__check(${expression}, ${JSON.stringify(value)});`,
    );
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${name}.ts`);
  const check = (value: unknown, expected: string): void => {
    let wanted: unknown;
    try {
      wanted = new Function(`return (${expected})`)();
    } catch {
      return; // The comment is a remark, not a value.
    }
    expect(value).toEqual(wanted);
  };
  (globalThis as { __check?: typeof check }).__check = check;
  writeFileSync(path, `declare const __check: (value: unknown, expected: string) => void;\n${checked}\nexport {};\n`);
  await import(/* @vite-ignore */ path);
}

describe('examples in the documentation run', () => {
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  for (const file of files) {
    const name = relative(repositoryRoot, file);
    blocks(file).forEach((code, index) => {
      it(`${name} ${index + 1}`, () => run(code, `${name.replace(/\W+/g, '-')}-${index + 1}`));
    });
  }
});
