import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { basename, dirname, extname, isAbsolute, join, relative, resolve } from 'node:path';
import { InvalidInput, messageOf } from '../../../base/core/index.js';
import { type Command, oneOf } from '../command.js';

interface Options {
  readonly math: 'keep' | 'drop';
  readonly tables: 'keep' | 'drop';
  readonly licence?: string;
}

/** Reads `\input` files beneath the folder of the main file, and nowhere else: links that lead out are not followed. */
function inputsBeneath(folder: string): (name: string) => string | undefined {
  const root = realpathSync(folder);
  return (name) => {
    for (const candidate of extname(name) === '' ? [`${name}.tex`, name] : [name, `${name}.tex`]) {
      const path = resolve(folder, candidate);
      if (!existsSync(path)) continue;
      const inside = relative(root, realpathSync(path));
      if (!inside.startsWith('..') && !isAbsolute(inside)) return readFileSync(path, 'utf8');
    }
    return undefined;
  };
}

export const latex: Command<Options> = {
  name: 'latex',
  summary: 'Turn LaTeX sources into text: macros expanded, files joined, formulas kept or dropped.',
  example: 'abovo data latex paper/main.tex --math keep --json',
  arguments: [{ name: '<files...>', description: 'main files; what they \\input is read from their folders' }],
  options: [
    { flags: '--math <how>', description: 'keep (as LaTeX) or drop', parse: oneOf('keep', 'drop'), default: 'keep' },
    { flags: '--tables <how>', description: 'keep or drop', parse: oneOf('keep', 'drop'), default: 'keep' },
    { flags: '--licence <expression>', description: 'SPDX expression of the documents' },
  ],
  async run({ args, options, cwd, signal, emit, note }) {
    const { TexError, latexToText } = await import('../../../stages/data/latex/index.js');
    let documents = 0;
    let rejected = 0;
    for (const name of args) {
      signal.throwIfAborted();
      const path = resolve(cwd, name);
      let source: string;
      try {
        source = readFileSync(path, 'utf8');
      } catch (error) {
        throw new InvalidInput(
          'data.missing',
          `read ${name}: expected a LaTeX file, ${messageOf(error)}`,
          { path },
          error,
        );
      }
      try {
        const { math, tables, licence } = options;
        const { text, title, authors } = latexToText(source, { math, tables, input: inputsBeneath(dirname(path)) });
        emit({
          id: basename(path),
          text,
          source: join(dirname(name), basename(name)),
          ...(title ? { title } : {}),
          ...(licence ? { licence } : {}),
          ...(authors ? { metadata: { authors } } : {}),
        });
        documents++;
      } catch (error) {
        if (!(error instanceof TexError)) throw error;
        rejected++;
        note(`${name}: ${error.message}`);
      }
    }
    return { exitCode: rejected > 0 ? 1 : 0, result: { ok: rejected === 0, documents, rejected } };
  },
};
