// npm run bench -- language [--table large] [--json]
// Language identification beside eld, fastText (lid.176, WebAssembly) and franc, in one run on the same texts: paragraphs and
// sentences of the Declaration of Human Rights (shared data). franc's lists, which are one of abovo's three sources, were made
// from the Declaration's translations; eld's and fastText's were not. Accuracy counts texts in languages that eld and fastText
// both know, under ISO 639-1 with nb for no.
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { languageCode, loadLanguageDetector } from '../src/stages/data/language/index.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const data = resolve(root, process.env.ABOVO_TEST_DATA ?? '../shared/data');
const { values: options } = parseArgs({
  options: { table: { type: 'string', default: 'large' }, texts: { type: 'string' }, json: { type: 'boolean' } },
  strict: false,
});
const versionOf = (name: string): string =>
  (JSON.parse(readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8')) as { version: string }).version;

interface Text {
  readonly language: string;
  readonly text: string;
}

/** JSONL with `lang` and `text`: the Declaration, or the file of `--texts`. */
function readTexts(): Text[] {
  const path = typeof options.texts === 'string' ? options.texts : join(data, 'lid/udhr/udhr.jsonl.gz');
  const bytes = readFileSync(path);
  return (path.endsWith('.gz') ? gunzipSync(bytes) : bytes)
    .toString()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { lang: string; text: string })
    .filter(({ lang }) => !/^\d/.test(lang))
    .map(({ lang, text }) => ({ language: languageCode(lang), text }));
}

const sentencesOf = (text: string): string[] =>
  text.split(/(?<=[.;:!?,،।။።])\s+|(?<=[。、；])/).filter((part) => part !== text && part.length >= 15);

type Detect = (text: string) => string;
interface Contender {
  readonly name: string;
  readonly version: string;
  readonly languages: ReadonlySet<string>;
  readonly detect: Detect;
}

async function contenders(): Promise<Contender[]> {
  const memory = (): number => process.memoryUsage().rss;
  const rows: Contender[] = [];
  const note = (name: string, before: number): void => {
    sizes.set(name, Math.round((memory() - before) / 1e6));
  };
  let before = memory();
  const own = await loadLanguageDetector({ table: options.table as 'large' });
  own.detect('warm up');
  note('abovo', before);
  rows.push({
    name: 'abovo',
    version: '',
    languages: new Set(own.languages),
    detect: (text) => own.detect(text).language,
  });

  before = memory();
  const { eld } = (await import(`eld/${String(options.table)}`)) as {
    eld: { detect(text: string): { language: string }; info(): { Languages: Record<number, string> } };
  };
  eld.detect('warm up');
  note('eld', before);
  const eldLanguages = new Set(Object.values(eld.info().Languages).map(languageCode));
  rows.push({
    name: `eld ${String(options.table)}`,
    version: versionOf('eld'),
    languages: eldLanguages,
    detect: (text) => languageCode(eld.detect(text).language || 'und'),
  });

  before = memory();
  const fast = (await import('fasttext.wasm.js')) as unknown as {
    getLIDModel(): Promise<{
      load(): Promise<{
        predict(text: string, k: number, threshold: number): { size(): number; get(i: number): [number, string] };
      }>;
    }>;
  };
  const internal = { model: await (await fast.getLIDModel()).load() };
  const identify: Detect = (text) => {
    const found = internal.model.predict(text.replace(/\s+/g, ' '), 1, 0);
    const label = found.size() > 0 ? found.get(0)[1].replace('__label__', '').trim() : 'und';
    return label === 'als' ? 'gsw' : languageCode(label);
  };
  note('fastText', before);
  rows.push({
    name: 'fastText lid.176',
    version: versionOf('fasttext.wasm.js'),
    languages: new Set(),
    detect: identify,
  });

  before = memory();
  const { franc } = await import('franc-all');
  franc('warm up');
  note('franc', before);
  rows.push({
    name: 'franc-all',
    version: versionOf('franc-all'),
    languages: new Set(),
    detect: (text) => languageCode(franc(text, { minLength: 1 })),
  });
  return rows;
}

const sizes = new Map<string, number>();
const rows = await contenders();
const paragraphs = readTexts();
const sentences = paragraphs.flatMap(({ language, text }) =>
  sentencesOf(text).map((part) => ({ language, text: part })),
);
// Languages of fastText's model: what our reader finds as its labels.
const { loadSubwords } = await import('../src/stages/data/language/subwords.js');
const fastLanguages = new Set((await loadSubwords()).languages);
const both = ({ language }: Text): boolean => rows[1]!.languages.has(language) && fastLanguages.has(language);

const classes: readonly (readonly [string, readonly Text[]])[] = [
  ['paragraphs', paragraphs.filter(both)],
  ['sentences', sentences.filter(both)],
  ['sentences < 60 characters', sentences.filter((item) => both(item) && item.text.length < 60)],
];
const confusions = new Map<string, number>();
const table: Record<string, string | number>[] = [];
const micro = new Map<string, number>();
for (const row of rows) {
  const line: Record<string, string | number> = { detector: `${row.name} ${row.version}`.trim() };
  for (const [name, texts] of classes) {
    const right = new Map<string, [number, number]>();
    for (const { language, text } of texts) {
      const found = row.detect(text);
      const counts = right.get(language) ?? [0, 0];
      counts[1]++;
      if (found === language) counts[0]++;
      else if (row === rows[0])
        confusions.set(`${language} > ${found}`, (confusions.get(`${language} > ${found}`) ?? 0) + 1);
      right.set(language, counts);
    }
    const all = [...right.values()];
    const [sum, total] = all.reduce(([a, b], [c, d]) => [a + c, b + d], [0, 0]);
    const macro = all.reduce((a, [c, d]) => a + c / d, 0) / Math.max(1, all.length);
    line[`${name} (${total})`] = `${((100 * sum) / total).toFixed(2)} / ${(100 * macro).toFixed(2)}`;
    micro.set(`${row.name} ${name}`, sum / total);
  }
  table.push(line);
}

// Speed in turns, processor time.
const sample = sentences.filter((_, i) => i % 10 === 0).slice(0, 3000);
const cost = new Map<string, number[]>();
for (let round = 0; round < 3; round++) {
  for (const row of rows) {
    const start = process.cpuUsage();
    for (const { text } of sample) row.detect(text);
    const { user, system } = process.cpuUsage(start);
    cost.set(row.name, [...(cost.get(row.name) ?? []), (user + system) / sample.length]);
  }
}
const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1]!;
rows.forEach((row, i) => {
  table[i]!['documents/s'] = Math.round(1e6 / median(cost.get(row.name)!));
  table[i]!['MB to load'] = sizes.get(['abovo', 'eld', 'fastText', 'franc'][i]!)!;
});

// Languages of the Declaration that are right in nine of ten paragraphs and more.
const perLanguage = new Map<string, [number, number]>();
for (const { language, text } of paragraphs) {
  const counts = perLanguage.get(language) ?? [0, 0];
  counts[1]++;
  if (rows[0]!.detect(text) === language) counts[0]++;
  perLanguage.set(language, counts);
}
const covered = [...perLanguage.values()].filter(([right, all]) => right >= 0.9 * all).length;

if (!options.json) {
  console.table(table);
  console.log(`languages right in 90 % of their paragraphs: ${covered} of ${perLanguage.size}`);
  const worst = [...confusions].sort((a, b) => b[1] - a[1]).slice(0, 20);
  console.log(`most confused (all classes): ${worst.map(([pair, count]) => `${pair} ${count}`).join(', ')}`);
}
const machine = `${cpus()[0]!.model}, ${cpus().length} cores, Node ${process.versions.node}`;
const name = classes[1]![0];
const ours = micro.get(`abovo ${name}`)!;
const best = [rows[1]!, rows[2]!].reduce((a, b) =>
  micro.get(`${a.name} ${name}`)! >= micro.get(`${b.name} ${name}`)! ? a : b,
);
const peer = micro.get(`${best.name} ${name}`)!;
console.log(
  JSON.stringify({
    bench: 'language sentences',
    ours: Number((100 * ours).toFixed(2)),
    unit: '% right',
    peer: { name: best.name, version: best.version, value: Number((100 * peer).toFixed(2)) },
    // Errors of the peer for each of ours.
    ratio: Number(((1 - peer) / (1 - ours)).toFixed(2)),
    bound: null,
    peakMemoryMB: Math.round(process.resourceUsage().maxRSS / 1024),
    machine,
    table,
    covered,
  }),
);
