import { readFile, stat } from 'node:fs/promises';
import { relative } from 'node:path';
import { InvalidInput, messageOf } from '../../../base/core/index.js';
import { type Command, oneOf } from '../command.js';

interface Options {
  readonly favour: 'precision' | 'balanced' | 'recall';
  readonly format: 'text' | 'markdown';
  readonly charset?: string;
}

/** Larger files are no pages. */
const largestFile = 64 * 1024 * 1024;

/** What is printed of a page: the asked fields always, the others where the page has them. */
export const command: Command<Options> = {
  name: 'extract',
  summary: 'Find the main text of HTML pages, with title, author, language, date, licence and the owner’s wishes.',
  example: 'abovo data extract pages/*.html --json',
  arguments: [{ name: '<files...>', description: 'HTML files, folders and globs' }],
  options: [
    {
      flags: '--favour <which>',
      description: 'precision (clean text), balanced or recall (all of the text)',
      parse: oneOf('precision', 'balanced', 'recall'),
      default: 'balanced',
    },
    { flags: '--format <name>', description: 'text or markdown', parse: oneOf('text', 'markdown'), default: 'text' },
    { flags: '--charset <name>', description: 'encoding that the server declared (default: found in the bytes)' },
  ],
  async run({ args, options, cwd, signal, emit, note, onProgress }) {
    const { resolveFiles } = await import('../../../stages/data/index.js');
    const { extractHtml } = await import('../../../stages/data/extract/index.js');
    const { decodeText } = await import('../../../stages/data/normalize/index.js');
    const files = await resolveFiles(args, cwd);
    let pages = 0;
    let rejected = 0;
    let empty = 0;
    for (const [index, path] of files.entries()) {
      signal.throwIfAborted();
      const id = relative(cwd, path) || path;
      try {
        const { size } = await stat(path);
        if (size > largestFile) {
          throw new InvalidInput('html.size', `extract: expected a file of at most ${largestFile} bytes, got ${size}`);
        }
        const decoded = decodeText(await readFile(path), { charset: options.charset, markup: true });
        const { text, title, byline, language, ...rest } = extractHtml(decoded.text, options);
        const found = { title: title ?? null, byline: byline ?? null, language: language ?? null };
        emit({ id, text, ...found, ...rest, encoding: decoded.encoding });
        pages++;
        if (text === '') empty++;
      } catch (error) {
        rejected++;
        note(`${id}: ${messageOf(error)}`);
      }
      onProgress({ stage: 'extract', done: index + 1, total: files.length, unit: 'pages' });
    }
    return { exitCode: rejected > 0 ? 1 : 0, result: { ok: rejected === 0, pages, empty, rejected } };
  },
};
