import { readdir } from 'node:fs/promises';
import { join, sep } from 'node:path';

/** Whether a path holds a wildcard: `*`, `?` or `{a,b}`. */
export function isPattern(path: string): boolean {
  return /[*?{]/.test(path);
}

/** Files and folders that match an absolute path with `*`, `?`, `{a,b}` and `**` in it, sorted. */
export async function matchPaths(pattern: string): Promise<string[]> {
  const parts = pattern.split(sep).join('/').split('/');
  const first = parts.findIndex(isPattern);
  if (first < 0) return [pattern];
  const root = parts.slice(0, first).join('/') || '/';
  const expression = new RegExp(
    `^${parts.slice(first).map(toExpression).join('/').replaceAll('(?:.*)?/', '(?:.*/)?')}$`,
  );
  const deep = parts.length - first > 1 || parts.slice(first).includes('**');
  const found: string[] = [];
  const visit = async (folder: string, prefix: string): Promise<void> => {
    for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
      if (entry.name.startsWith('.') || entry.name === 'node_modules') continue;
      const path = prefix ? `${prefix}/${entry.name}` : entry.name;
      if (expression.test(path)) found.push(join(root, path));
      if (entry.isDirectory() && deep) await visit(join(folder, entry.name), path);
    }
  };
  await visit(root, '');
  return found.sort();
}

function toExpression(part: string): string {
  if (part === '**') return '(?:.*)?';
  const literal = part.replace(/[.+^$()|[\]\\]/g, '\\$&');
  const braces = literal.replace(/\{([^{}]*)\}/g, (_, inner: string) => `(?:${inner.split(',').join('|')})`);
  return braces.replace(/\*+/g, '[^/]*').replace(/(^|[^)])\?(?!:)/g, '$1[^/]');
}
