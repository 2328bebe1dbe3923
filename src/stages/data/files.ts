import { readdir, stat } from 'node:fs/promises';
import { isAbsolute, join, relative, resolve, sep } from 'node:path';
import { InvalidInput } from '../../base/core/index.js';

const isGlob = (pattern: string) => /[*?{[]/.test(pattern);

/** A glob as an expression over paths with `/`: `*` and `?` stay inside one name, `**` crosses folders, `{a,b}` chooses. */
export function globPattern(glob: string): RegExp {
  let source = '';
  let braces = 0;
  for (let i = 0; i < glob.length; i++) {
    const char = glob[i];
    if (glob.startsWith('**/', i)) {
      source += '(?:[^/]+/)*';
      i += 2;
    } else if (glob.startsWith('**', i)) {
      source += '.*';
      i++;
    } else if (char === '*') source += '[^/]*';
    else if (char === '?') source += '[^/]';
    else if (char === '{') {
      source += '(?:';
      braces++;
    } else if (char === '}' && braces > 0) {
      source += ')';
      braces--;
    } else if (char === ',' && braces > 0) source += '|';
    else source += char.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
  }
  if (braces > 0) {
    throw new InvalidInput('data.glob', `read: expected closed braces in ${JSON.stringify(glob)}`, { glob });
  }
  return new RegExp(`^${source}$`, 'u');
}

async function walk(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  return entries
    .filter((entry) => entry.isFile() || entry.isSymbolicLink())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter(
      (path) =>
        !relative(folder, path)
          .split(sep)
          .some((name) => name.startsWith('.') || name === 'node_modules'),
    );
}

/**
 * Files that paths, folders and globs name, each once and in the order of their names, so that a corpus does not depend
 * on the order in which a disk lists it. Errors: `InvalidInput` for a path that is missing and a glob that finds nothing.
 */
export async function resolveFiles(patterns: readonly string[], folder: string): Promise<string[]> {
  const found = new Set<string>();
  for (const pattern of patterns) {
    const path = isAbsolute(pattern) ? pattern : resolve(folder, pattern);
    const info = await stat(path).catch(() => undefined);
    let files: string[] = [];
    if (info?.isDirectory()) files = await walk(path);
    else if (info) files = [path];
    else if (isGlob(pattern)) {
      const names = path.split(sep);
      const at = names.findIndex(isGlob);
      const base = names.slice(0, at).join(sep) || sep;
      const expression = globPattern(names.slice(at).join('/'));
      files = (await walk(base).catch(() => [])).filter((file) =>
        expression.test(relative(base, file).split(sep).join('/')),
      );
    }
    if (files.length === 0) {
      const what = isGlob(pattern) || info ? 'files' : 'a file';
      throw new InvalidInput('data.missing', `read: expected ${what} at ${pattern}, got none; check the path`, {
        pattern,
      });
    }
    for (const file of files.sort()) found.add(file);
  }
  return [...found];
}
