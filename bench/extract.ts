// npm run bench -- extract [--rounds 5] [--skip defuddle] [--json]
// Main text of HTML pages: F1 beside Readability and Defuddle on linkedom in one run, and processor milliseconds a page, taking turns.
// With ABOVO_PEER_PYTHON set to a Python that has trafilatura, its figures too.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Readability } from '@mozilla/readability';
import { Defuddle } from 'defuddle/node';
import { parseHTML } from 'linkedom';
import { extractHtml } from '../src/stages/data/extract/index.js';
import { decodeText } from '../src/stages/data/normalize/index.js';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    skip: { type: 'string', multiple: true, default: [] },
    json: { type: 'boolean', default: false },
  },
});
const root = fileURLToPath(new URL('..', import.meta.url));
const data = resolve(root, process.env.ABOVO_TEST_DATA ?? '../shared/data', 'crawl');
const machine = `${cpus()[0].model}, ${cpus().length} cores, Node ${process.versions.node}`;
const version = (name: string): string =>
  (JSON.parse(readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8')) as { version: string }).version;

interface Labelled {
  readonly html: string;
  readonly wanted: readonly string[];
  readonly unwanted: readonly string[];
  /** The whole text, where it is known. */
  readonly text?: string;
}

const textOf = (html: string): string => parseHTML(`<html><body>${html}</body></html>`).document.body.textContent ?? '';

function snippets(): Labelled[] {
  const folder = join(data, 'html-trafilatura');
  const pages = JSON.parse(readFileSync(join(folder, 'evaldata.json'), 'utf8')) as Record<
    string,
    { file: string; with: string[]; without: string[] }
  >;
  return Object.values(pages).map((page) => ({
    html: decodeText(readFileSync(join(folder, 'pages', page.file)), { markup: true }).text,
    wanted: page.with,
    unwanted: page.without,
  }));
}

function articles(): Labelled[] {
  const folder = join(data, 'html-readability');
  return readdirSync(folder)
    .filter((name) => name !== 'SOURCE.md')
    .map((name) => ({
      html: readFileSync(join(folder, name, 'source.html'), 'utf8'),
      text: textOf(readFileSync(join(folder, name, 'expected.html'), 'utf8')),
      wanted: [],
      unwanted: [],
    }));
}

type Extractor = (html: string) => string | Promise<string>;
const quietly = async (work: () => Promise<string>): Promise<string> => {
  const { error, warn, log } = console;
  Object.assign(console, { error: () => {}, warn: () => {}, log: () => {} });
  try {
    return await work();
  } catch {
    return '';
  } finally {
    Object.assign(console, { error, warn, log });
  }
};
const extractors: Record<string, Extractor> = {
  abovo: (html) => extractHtml(html).text,
  'abovo, precision': (html) => extractHtml(html, { favour: 'precision' }).text,
  'abovo, recall': (html) => extractHtml(html, { favour: 'recall' }).text,
  '@mozilla/readability': (html) =>
    new Readability(parseHTML(html).document as unknown as Document).parse()?.textContent ?? '',
  defuddle: (html) => quietly(async () => textOf((await Defuddle(html, 'https://example.org/', {})).content)),
};

for (const name of values.skip) delete extractors[name];

const line = (text: string): string => text.replace(/\s+/g, ' ').trim();
const tokens = (text: string): string[] => text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
const f1 = (hits: number, wrong: number, missed: number): number => (2 * hits) / (2 * hits + wrong + missed);

/** Snippets of all pages pooled: those found that belong, found that do not, missed; each counts one, or its words. */
function pooled(pages: readonly Labelled[], texts: readonly string[]) {
  const [plain, weighted] = [
    [0, 0, 0],
    [0, 0, 0],
  ];
  pages.forEach(({ wanted, unwanted }, i) => {
    const text = line(texts[i]);
    const count = (snippet: string, where: number): void => {
      plain[where]++;
      weighted[where] += tokens(snippet).length;
    };
    for (const snippet of wanted) count(snippet, text.includes(line(snippet)) ? 0 : 2);
    for (const snippet of unwanted) if (text.includes(line(snippet))) count(snippet, 1);
  });
  const [hits, wrong, missed] = plain;
  return {
    f1: f1(hits, wrong, missed),
    precision: hits / (hits + wrong),
    recall: hits / (hits + missed),
    tokenF1: f1(weighted[0], weighted[1], weighted[2]),
  };
}

/** Mean over pages of the F1 between bags of words. */
function meanF1(pages: readonly Labelled[], texts: readonly string[]): number {
  let sum = 0;
  pages.forEach(({ text = '' }, i) => {
    const [got, wanted] = [tokens(texts[i]), tokens(text)];
    const left = new Map<string, number>();
    for (const token of wanted) left.set(token, (left.get(token) ?? 0) + 1);
    let hits = 0;
    for (const token of got) {
      const count = left.get(token) ?? 0;
      if (count > 0) hits++;
      left.set(token, count - 1);
    }
    sum += got.length + wanted.length === 0 ? 1 : (2 * hits) / (got.length + wanted.length);
  });
  return sum / pages.length;
}

async function textsOf(pages: readonly Labelled[], extract: Extractor): Promise<string[]> {
  const texts: string[] = [];
  for (const { html } of pages) texts.push(await extract(html));
  return texts;
}

const round = (value: number, digits = 4): number => Number(value.toFixed(digits));
const median = (numbers: number[]): number => numbers.sort((a, b) => a - b)[numbers.length >> 1];
const sets = { trafilatura: snippets(), readability: articles() };
const results: Record<string, Record<string, number>> = {};
for (const [name, extract] of Object.entries(extractors)) {
  const {
    f1: snippetF1,
    precision,
    recall,
    tokenF1,
  } = pooled(sets.trafilatura, await textsOf(sets.trafilatura, extract));
  results[name] = {
    snippetF1: round(snippetF1),
    precision: round(precision),
    recall: round(recall),
    tokenF1: round(tokenF1),
    readabilityF1: round(meanF1(sets.readability, await textsOf(sets.readability, extract))),
  };
}

// The first passes above have warmed everything up.
const all = [...sets.trafilatura, ...sets.readability];
const times: Record<string, number[]> = {};
for (let i = 0; i < Number(values.rounds); i++) {
  for (const name of ['abovo', '@mozilla/readability', 'defuddle'].filter((peer) => extractors[peer])) {
    const start = process.cpuUsage();
    await textsOf(all, extractors[name]);
    const { user, system } = process.cpuUsage(start);
    (times[name] ??= []).push((user + system) / 1000 / all.length);
  }
}
for (const [name, list] of Object.entries(times)) results[name].milliseconds = round(median(list), 2);

if (process.env.ABOVO_PEER_PYTHON) {
  const input = JSON.stringify(
    Object.fromEntries(Object.entries(sets).map(([name, pages]) => [name, pages.map(({ html }) => html)])),
  );
  const run = spawnSync(process.env.ABOVO_PEER_PYTHON, [join(root, 'bench/peers/extract.py')], {
    input,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  if (run.status !== 0) throw new Error(`trafilatura: ${run.error?.message ?? run.stderr.slice(-2000)}`);
  const peer = JSON.parse(run.stdout) as {
    version: string;
    milliseconds: number;
    trafilatura: string[];
    readability: string[];
  };
  const { f1: snippetF1, precision, recall, tokenF1 } = pooled(sets.trafilatura, peer.trafilatura);
  results[`trafilatura ${peer.version} (Python)`] = {
    snippetF1: round(snippetF1),
    precision: round(precision),
    recall: round(recall),
    tokenF1: round(tokenF1),
    readabilityF1: round(meanF1(sets.readability, peer.readability)),
    milliseconds: round(peer.milliseconds, 2),
  };
}

if (!values.json) console.table(results);
const [ours, peer] = [results.abovo, results['@mozilla/readability']];
console.log(
  JSON.stringify({
    bench: 'extract',
    ours: ours.milliseconds,
    unit: 'processor ms/page',
    peer: {
      name: '@mozilla/readability on linkedom',
      version: `${version('@mozilla/readability')}, ${version('linkedom')}`,
      value: peer.milliseconds,
    },
    ratio: round(peer.milliseconds / ours.milliseconds, 2),
    bound: null,
    asked: { snippetF1: 0.92, readabilityF1: 0.96 },
    pages: { trafilatura: sets.trafilatura.length, readability: sets.readability.length },
    results,
    peakMemoryMB: Math.round(process.resourceUsage().maxRSS / 1024),
    machine,
  }),
);
