import { basename, dirname, resolve } from 'node:path';
import { InvalidInput } from '../../base/core/index.js';
import { type Tokenizer, TokenizerReport, type TokenizerReportRow } from '../../model/tokenizer/index.js';
import { loadTokenizer } from '../../model/tokenizer/index.node.js';
import { readDocuments, readJsonLines, resolveFiles } from '../../stages/data/index.js';
import type { Command } from './command.js';
import { table } from './table.js';

interface ReportOptions {
  readonly input: readonly string[];
}

interface Labelled {
  readonly text: string;
  readonly language: string;
  readonly domain: string;
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

/** Texts of files with their labels: fields of a JSON line, else the names of file and folder. */
async function* labelled(files: readonly string[], cwd: string): AsyncGenerator<Labelled> {
  for (const path of await resolveFiles(files, cwd)) {
    const name = basename(path).replace(/(\.(txt|jsonl|ndjson|gz))+$/i, '');
    const folder = basename(dirname(path));
    if (!/\.(jsonl|ndjson)(\.gz)?$/i.test(path)) {
      const read = readDocuments([{ files: [path], split: 'paragraphs', format: 'text' }]);
      for await (const { text } of read) yield { text, language: name, domain: folder };
      continue;
    }
    for await (const { value, line } of readJsonLines(path)) {
      const record = isRecord(value) ? value : { text: value };
      const { text } = record;
      if (typeof text !== 'string') {
        throw new InvalidInput('tokenizer.line', `report ${path}:${line}: expected {"text": …}`, { path, line });
      }
      const label = (...names: string[]) =>
        names.map((field) => record[field]).find((found) => typeof found === 'string');
      yield {
        text,
        language: (label('language', 'lang') as string | undefined) ?? name,
        domain: (label('domain') as string | undefined) ?? (label('language', 'lang') === undefined ? folder : name),
      };
    }
  }
}

/** Names of tokenizers, their paths shortened where that leaves them apart. */
function namesOf(paths: readonly string[]): string[] {
  const short = paths.map((path) => {
    const whole = resolve(path);
    return basename(whole) === 'tokenizer.json' ? basename(dirname(whole)) : basename(whole).replace(/\.json$/, '');
  });
  return short.map((name, i) => (short.indexOf(name) === short.lastIndexOf(name) ? name : paths[i]));
}

function show(rows: readonly TokenizerReportRow[]): string {
  const names = rows[0].tokenizers.map(({ name }) => name);
  const heading = ['language', 'domain', 'bytes', 'words'];
  for (const name of names) heading.push(`${name}: bytes/token`, 'tokens/word', 'unknown');
  return table(
    heading,
    rows.map(({ language, domain, bytes, words, tokenizers }) => [
      language,
      domain,
      String(bytes),
      String(words),
      ...tokenizers.flatMap(({ bytesPerToken, tokensPerWord, unknownRate }) => [
        bytesPerToken.toFixed(3),
        tokensPerWord.toFixed(3),
        `${(100 * unknownRate).toFixed(2)} %`,
      ]),
    ]),
  );
}

export const report: Command<ReportOptions> = {
  name: 'report',
  summary: 'Compare tokenizers: bytes per token, tokens per word and unknown tokens, by language and domain.',
  example: 'abovo tokenizer report gpt2 bert-base-uncased --input corpus/*.jsonl',
  arguments: [{ name: '<tokenizers...>', description: 'tokenizer.json files, or folders that have one' }],
  options: [
    {
      flags: '--input <files...>',
      description:
        'JSON lines with "text" and, if you like, "language" and "domain"; text files are named by language, folders by domain',
      required: true,
    },
  ],
  async run({ args, options, cwd, signal, onProgress, print }) {
    const tokenizers: Record<string, Tokenizer> = {};
    for (const [i, name] of namesOf(args).entries()) {
      tokenizers[name] = (await loadTokenizer(resolve(cwd, args[i]))).tokenizer;
    }
    const figures = new TokenizerReport(tokenizers);
    let done = 0;
    let last = Date.now();
    for await (const { text, language, domain } of labelled(options.input, cwd)) {
      figures.add(text, { language, domain });
      done++;
      if (Date.now() - last > 100) {
        await new Promise((next) => setTimeout(next));
        signal.throwIfAborted();
        onProgress({ stage: 'report', done, total: done, unit: 'texts' });
        last = Date.now();
      }
    }
    if (done === 0)
      throw new InvalidInput('data.empty', `report: expected text in ${options.input.join(', ')}, got none`);
    const total = figures.total();
    const rows = figures.rows();
    print(show([...rows, total]));
    return { result: { ok: true, rows, total } };
  },
};
