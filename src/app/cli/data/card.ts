import { mkdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, extname, relative, resolve } from 'node:path';
import { z } from 'zod';
import { InvalidInput, messageOf } from '../../../base/core/index.js';
import { sha256File, writeFileAtomic } from '../../../base/core/index.node.js';
import type { CardStep } from '../../../stages/data/card/index.js';
import type { Reject } from '../../../stages/data/index.js';
import { type Command, integer } from '../command.js';

interface CardOptions {
  readonly input: readonly string[];
  readonly textField: string;
  readonly out: string;
  readonly croissant?: string;
  readonly title?: string;
  readonly description?: string;
  readonly datasetVersion?: string;
  readonly url?: string;
  readonly report?: string;
  readonly commercial?: boolean;
  readonly redistribute?: boolean;
  readonly samples: number;
  readonly seed: number;
}

const amount = z.number().min(0);
const reportSchema = z.object({
  steps: z
    .array(
      z.object({
        name: z.string(),
        in: amount,
        inBytes: amount,
        out: amount,
        outBytes: amount,
        changed: amount.optional(),
        failed: amount.optional(),
        dropped: z.record(z.string(), amount),
      }),
    )
    .default([]),
});

/** Steps of a pipeline's `report.json`. */
async function stepsOf(path: string): Promise<CardStep[]> {
  try {
    return reportSchema.parse(JSON.parse(await readFile(path, 'utf8'))).steps;
  } catch (error) {
    throw new InvalidInput(
      'card.report',
      `read ${path}: expected the report.json of a pipeline: ${messageOf(error)}`,
      { path },
      error,
    );
  }
}

/** Fields with text in the first records of each file: a column that no record has would not load. */
async function columnsOf(inputs: readonly string[], folder: string, signal: AbortSignal): Promise<string[]> {
  const { resolveFiles } = await import('../../../stages/data/index.js');
  const { readRecordLines } = await import('./document-lines.js');
  const names = new Set<string>();
  for (const path of await resolveFiles(inputs, folder)) {
    if (!/\.(jsonl|ndjson)(\.gz)?$/i.test(path)) continue;
    let read = 0;
    for await (const { value } of readRecordLines(path, { signal, onReject: () => undefined })) {
      if (typeof value === 'object' && value !== null) {
        for (const [name, item] of Object.entries(value))
          if (typeof item === 'string' && names.size < 100) names.add(name);
      }
      if (++read === 1000) break;
    }
  }
  return [...names];
}

export const command: Command<CardOptions> = {
  name: 'card',
  summary:
    'Write the data card of documents: counts, languages, lengths, licences, samples, what was removed; HTML and Croissant.',
  example: 'abovo data card --input texts.jsonl --out card.html --croissant card.json',
  options: [
    { flags: '--input <files...>', description: 'JSON lines or text files', required: true },
    { flags: '--text-field <name>', description: 'field that holds the text', default: 'text' },
    { flags: '--out <file>', description: 'the page', required: true },
    { flags: '--croissant <file>', description: 'also as Croissant 1.0 JSON-LD' },
    { flags: '--title <text>', description: 'name of the data set (default: the file’s)' },
    { flags: '--description <text>', description: 'what it is and what for' },
    { flags: '--dataset-version <text>', description: 'e.g. 1.0.0' },
    { flags: '--url <address>', description: 'where it can be had' },
    { flags: '--report <file>', description: 'report.json of the pipeline that made it: what each step removed' },
    { flags: '--commercial', description: 'hold licences against commercial use; exit 1 where one forbids it' },
    { flags: '--redistribute', description: 'hold licences against handing the data on' },
    { flags: '--samples <n>', description: 'documents that are shown', parse: integer(0, 1000), default: 8 },
    { flags: '--seed <n>', description: 'of the samples', parse: integer(0), default: 1 },
  ],
  async run({ options, cwd, signal, print, note }) {
    const { Rejects, resolveFiles } = await import('../../../stages/data/index.js');
    const { croissant, dataCard, measureDataset } = await import('../../../stages/data/card/index.js');
    const { renderReport } = await import('../../../base/report/index.js');
    const { readDocumentLines } = await import('./document-lines.js');
    const { textField, commercial, redistribute, samples, seed } = options;
    const rejects = new Rejects();
    const onReject = (reject: Reject): void => {
      rejects.add(reject);
      if (rejects.count <= 10)
        note(`left out ${reject.source}${reject.line ? `:${reject.line}` : ''}: ${reject.reason}`);
    };
    const steps = options.report === undefined ? undefined : await stepsOf(resolve(cwd, options.report));
    const documents = readDocumentLines(options.input, { folder: cwd, textField, signal, onReject });
    const measure = await measureDataset(documents, { samples, seed, signal });
    const unread: Record<string, number> = {};
    for (const { reason } of rejects.items) {
      const name = reason.replace(/: .*/s, '');
      unread[name] = (unread[name] ?? 0) + 1;
    }
    const first = options.input[0] as string;
    const card = {
      title: options.title ?? basename(first, extname(first)),
      description: options.description,
      version: options.datasetVersion,
      steps,
      unread,
      use: commercial || redistribute ? { commercial: commercial === true, redistribute } : undefined,
    };
    const { report, findings } = dataCard(measure, card);
    const out = resolve(cwd, options.out);
    await mkdir(dirname(out), { recursive: true });
    await writeFileAtomic(out, renderReport(report));
    if (options.croissant !== undefined) {
      const path = resolve(cwd, options.croissant);
      await mkdir(dirname(path), { recursive: true });
      const files = [];
      for (const file of await resolveFiles(options.input, cwd)) {
        const { size } = await stat(file);
        files.push({
          path: relative(dirname(path), file).replaceAll('\\', '/'),
          bytes: size,
          sha256: await sha256File(file),
        });
      }
      const columns = await columnsOf(options.input, cwd, signal);
      const json = croissant(measure, { ...card, files, columns, url: options.url });
      await writeFileAtomic(path, `${JSON.stringify(json, null, 2)}\n`);
    }
    const stops = findings.filter(({ severity }) => severity === 'stop');
    for (const { licence, problem } of stops) note(`conflict: ${licence}: ${problem}`);
    print(
      `${options.out}: ${measure.documents} documents, ${measure.languages.length} languages, ${findings.length} findings`,
    );
    const { documents: count, bytes, words, languages, licences, access } = measure;
    const result = {
      ok: stops.length === 0 && rejects.count === 0,
      out: options.out,
      ...(options.croissant === undefined ? {} : { croissant: options.croissant }),
      documents: count,
      bytes,
      words,
      languages: Object.fromEntries(languages.map(({ name, documents: own }) => [name, own])),
      licences: Object.fromEntries(licences.map(({ name, documents: own }) => [name, own])),
      access: Object.fromEntries(access.map(({ name, documents: own }) => [name, own])),
      findings,
      rejected: rejects.count,
    };
    return { exitCode: stops.length > 0 || rejects.count > 0 ? 1 : 0, result };
  },
};
