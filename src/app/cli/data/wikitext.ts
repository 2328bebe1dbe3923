import { basename, resolve } from 'node:path';
import { readFile } from 'node:fs/promises';
import { InvalidInput, messageOf } from '../../../base/core/index.js';
import { type Command, integer, oneOf } from '../command.js';

interface Options {
  readonly tables: 'keep' | 'drop';
  readonly math: 'keep' | 'drop';
  readonly index?: string;
  readonly max?: number;
}

export const wikitext: Command<Options> = {
  name: 'wikitext',
  summary: 'Turn MediaWiki dumps (XML, .bz2, .gz) or single pages of wikitext into clean text.',
  example: 'abovo data wikitext enwiki-latest-pages-articles.xml.bz2 --max 100 --json',
  arguments: [
    { name: '<files...>', description: 'dumps (.xml, .xml.bz2, .xml.gz), or files with the wikitext of a page' },
  ],
  options: [
    { flags: '--tables <how>', description: 'keep or drop', parse: oneOf('keep', 'drop'), default: 'keep' },
    { flags: '--math <how>', description: 'keep or drop', parse: oneOf('keep', 'drop'), default: 'keep' },
    { flags: '--index <file>', description: 'index of a multistream dump' },
    { flags: '--max <n>', description: 'stop after so many articles', parse: integer(1) },
  ],
  async run({ args, options, cwd, signal, emit, note, onProgress }) {
    const { wikipediaOptions, wikipediaSource, wikitextToText } = await import(
      '../../../stages/data/wikipedia/index.js'
    );
    const { tables, math, index, max = Number.POSITIVE_INFINITY } = options;
    let documents = 0;
    let rejected = 0;
    const onReject = ({ source, reason }: { source: string; reason: string }): void => {
      rejected++;
      note(`${source}: ${reason}`);
    };
    for (const name of args) {
      const path = resolve(cwd, name);
      if (!/\.xml(\.bz2|\.gz)?$/i.test(name)) {
        const source = await readFile(path, 'utf8').catch((error: unknown) => {
          throw new InvalidInput('data.missing', `read ${name}: expected a file, ${messageOf(error)}`, { path }, error);
        });
        const { text, categories } = wikitextToText(source, { tables, math });
        emit({ id: basename(name), text, source: name, metadata: { categories } });
        documents++;
        continue;
      }
      const given = wikipediaOptions.parse({
        dump: path,
        tables,
        math,
        ...(index === undefined ? {} : { index: resolve(cwd, index) }),
      });
      const source = await wikipediaSource.create(given, { folder: cwd });
      const tasks = await source.tasks(signal);
      for (const [done, task] of tasks.entries()) {
        for await (const { document } of source.read(task, { onReject, signal })) {
          emit(document);
          documents++;
          if (documents % 100 === 0)
            onProgress({
              stage: 'wikitext',
              done,
              total: tasks.length,
              unit: 'tasks',
              figures: { articles: String(documents) },
            });
          if (documents >= max)
            return { exitCode: rejected > 0 ? 1 : 0, result: { ok: rejected === 0, documents, rejected } };
        }
      }
    }
    return { exitCode: rejected > 0 ? 1 : 0, result: { ok: rejected === 0, documents, rejected } };
  },
};
