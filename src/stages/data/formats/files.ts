import { readdir, realpath, stat } from 'node:fs/promises';
import { isAbsolute, join, relative, resolve, sep } from 'node:path';
import { InvalidInput } from '../../../base/core/index.js';
import type { Reject } from '../document.js';

export const isGlob = (pattern: string) => /[*?{[]/.test(pattern);

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

const skipped = (name: string) => name.startsWith('.') || name === 'node_modules';

/**
 * Files below a folder. Links are followed; a folder that was walked already (a link to it, or a loop) is not walked again, and
 * what is neither file nor folder (sockets, pipes, links that lead nowhere) is left out. `depth` 1 looks at the folder alone.
 */
async function walk(folder: string, onReject?: (reject: Reject) => void, depth = Infinity): Promise<string[]> {
  const files: string[] = [];
  const seen = new Set([await realpath(folder)]);
  const visit = async (at: string, below: number): Promise<void> => {
    const entries = await readdir(at, { withFileTypes: true });
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      if (skipped(entry.name)) continue;
      const path = join(at, entry.name);
      if (entry.isFile()) {
        files.push(path);
        continue;
      }
      const info = entry.isSymbolicLink() ? await stat(path).catch(() => undefined) : entry;
      if (info?.isFile()) files.push(path);
      else if (info?.isDirectory()) {
        if (below <= 1) continue;
        const real = await realpath(path);
        if (seen.has(real)) onReject?.({ source: path, reason: `a link to a folder that was read already: ${real}` });
        else {
          seen.add(real);
          await visit(path, below - 1);
        }
      } else if (entry.isSymbolicLink()) onReject?.({ source: path, reason: 'a link that leads to no file' });
    }
  };
  await visit(folder, depth);
  return files;
}

/**
 * Files that paths, folders and globs name, each once and in the order of their names, so that a corpus does not depend
 * on the order in which a disk lists it. Errors: `InvalidInput` for a path that is missing and a glob that finds nothing.
 */
export async function resolveFiles(
  patterns: readonly string[],
  folder: string,
  onReject?: (reject: Reject) => void,
): Promise<string[]> {
  const found = new Set<string>();
  for (const pattern of patterns) {
    const path = isAbsolute(pattern) ? pattern : resolve(folder, pattern);
    const info = await stat(path).catch(() => undefined);
    let files: string[] = [];
    if (info?.isDirectory()) files = await walk(path, onReject);
    else if (info?.isFile()) files = [path];
    else if (info) onReject?.({ source: path, reason: 'neither a file nor a folder' });
    else if (isGlob(pattern)) {
      const names = path.split(sep);
      const at = names.findIndex(isGlob);
      const base = names.slice(0, at).join(sep) || sep;
      const expression = globPattern(names.slice(at).join('/'));
      // A glob that crosses no folders looks no deeper than it has names.
      const depth = pattern.includes('**') ? Infinity : names.length - at;
      files = (await walk(base, onReject, depth).catch(() => [])).filter((file) =>
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
