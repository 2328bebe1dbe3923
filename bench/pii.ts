// npm run bench -- pii [--json]
// Precision, recall and F2 of personal data by type on Presidio-research's sentences, beside openredaction (npm) and, where
// ABOVO_PEER_PYTHON names a Python with it, presidio-analyzer; generated texts for the types without outside data; MB/s.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Random } from '../src/base/core/index.js';
import { createEngine } from '../src/stages/data/pii/index.js';
import { type Count, type Figures, type Gold, addText, f2, precision, recall, total } from './pii/figures.js';
import { comparedTypes, readPresidio } from './pii/presidio.js';
import { synthetic } from './pii/synthetic.js';

const { values } = parseArgs({ options: { json: { type: 'boolean', default: false } } });
const root = fileURLToPath(new URL('..', import.meta.url));
const data = resolve(root, process.env.ABOVO_TEST_DATA ?? '../shared/data');
const say = (line: string): void => (values.json ? console.error(line) : console.log(line));
const percent = (value: number): string => (100 * value).toFixed(1).padStart(5);
const row = (count: Count): string =>
  `${count.tp + count.fp === 0 ? '–' : percent(precision(count))} ${percent(recall(count))} ${percent(f2(count))}`;

/** openredaction's names of types that these texts have; others are left out, which is to its advantage. */
const theirTypes: Readonly<Record<string, string>> = {
  NAME: 'PERSON',
  ZIP_CODE_US: 'ZIP_CODE',
  CREDIT_CARD: 'CREDIT_CARD',
  SSN: 'US_SSN',
  EMAIL: 'EMAIL_ADDRESS',
  ADDRESS_STREET: 'LOCATION',
  ADDRESS_PO_BOX: 'LOCATION',
  DATE: 'DATE_TIME',
  DATE_OF_BIRTH: 'DATE_TIME',
  AGE: 'AGE',
  PHONE_UK: 'PHONE_NUMBER',
  PHONE_US: 'PHONE_NUMBER',
  PHONE_UK_MOBILE: 'PHONE_NUMBER',
  PHONE_INTERNATIONAL: 'PHONE_NUMBER',
  IPV4: 'IP_ADDRESS',
  IPV6: 'IP_ADDRESS',
  IBAN: 'IBAN_CODE',
  URL: 'URL',
  DOMAIN: 'URL',
  DRIVING_LICENSE_US: 'US_DRIVER_LICENSE',
  POSTCODE_UK: 'ZIP_CODE',
  ORGANIZATION: 'ORGANIZATION',
  COMPANY: 'ORGANIZATION',
};
/** Of Presidio: its own names, and those of spaCy's labels. */
const presidioTypes: Readonly<Record<string, string>> = {
  ...Object.fromEntries(comparedTypes.map((type) => [type, type])),
  ORGANIZATION: 'ORGANIZATION',
};

const records = readPresidio(join(data, 'pii/presidio-research/synth_dataset_v2-dev.json.gz'));
const megabytes = records.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0) / 1e6;
const seconds = async (work: () => Promise<void> | void): Promise<number> => {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
};

const engine = await createEngine();
for (const { text } of records.slice(0, 200)) engine.analyze(text);
const ours: Figures = { types: {} };
const byTemplate = new Map<string, Figures>();
const found: Gold[][] = [];
const ourSeconds = await seconds(() => {
  for (const { text } of records) found.push(engine.analyze(text));
});
records.forEach(({ spans, template }, i) => {
  addText(ours, spans, found[i]);
  const own = byTemplate.get(template) ?? { types: {} };
  byTemplate.set(template, own);
  addText(own, spans, found[i]);
});

const name = 'openredaction';
const { OpenRedaction } = (await import(name)) as {
  OpenRedaction: new (
    options: object,
  ) => { detect(text: string): Promise<{ detections: Array<{ type: string; position: [number, number] }> }> };
};
const { version } = JSON.parse(readFileSync(join(root, 'node_modules/openredaction/package.json'), 'utf8')) as {
  version: string;
};
const peer = new OpenRedaction({});
const peers: Figures = { types: {} };
const peerFound: Gold[][] = [];
const peerAll: Gold[][] = [];
const peerSeconds = await seconds(async () => {
  for (const { text } of records) {
    const { detections } = await peer.detect(text);
    peerAll.push(detections.map(({ type, position: [start, end] }) => ({ start, end, type })));
    peerFound.push(
      detections.flatMap(({ type, position: [start, end] }) =>
        theirTypes[type] ? [{ start, end, type: theirTypes[type] }] : [],
      ),
    );
  }
});
records.forEach(({ spans }, i) => addText(peers, spans, peerFound[i]));
/** Whatever the type: is it found at all, and is it personal at all. */
const blind = (lists: readonly Gold[][]): Figures => {
  const figures: Figures = { types: {} };
  const any = (spans: readonly Gold[]): Gold[] => spans.map((span) => ({ ...span, type: 'ANY' }));
  records.forEach(({ spans }, i) => addText(figures, any(spans), any(lists[i])));
  return figures;
};

/** presidio-analyzer, where there is one. */
function presidio(): { figures: Figures; seconds: number; label: string } | undefined {
  const python = process.env.ABOVO_PEER_PYTHON;
  if (!python) return undefined;
  const folder = mkdtempSync(join(tmpdir(), 'abovo-pii-'));
  const path = join(folder, 'texts.jsonl');
  writeFileSync(path, records.map(({ text }) => `${JSON.stringify({ text })}\n`).join(''));
  const run = spawnSync(python, [join(root, 'bench/peers/pii.py'), path], { encoding: 'utf8', maxBuffer: 1 << 28 });
  rmSync(folder, { recursive: true });
  if (run.status !== 0) {
    say(`presidio-analyzer did not run: ${run.stderr.trim().split('\n').at(-1)}`);
    return undefined;
  }
  const lines = run.stdout.trim().split('\n');
  const last = JSON.parse(lines.pop() as string) as { seconds: number; version: string; ran: string };
  const figures: Figures = { types: {} };
  records.forEach(({ text, spans }, i) => {
    const units: number[] = [0];
    for (const sign of text) units.push((units.at(-1) as number) + sign.length);
    const theirs = (JSON.parse(lines[i]) as Gold[]).flatMap(({ start, end, type }) =>
      presidioTypes[type] ? [{ start: units[start], end: units[end], type: presidioTypes[type] }] : [],
    );
    addText(figures, spans, theirs);
  });
  return { figures, seconds: last.seconds, label: `presidio-analyzer ${last.version}, ${last.ran}` };
}
const analyzer = presidio();

say(
  `${records.length} sentences of ${byTemplate.size} templates; a span that shares a sign with one of its type is right (precision, recall, F2 in %)`,
);
say(
  `| type | spans | abovo | openredaction ${version} |${analyzer ? ` ${analyzer.label} |` : ''}\n|---|---|---|---|${analyzer ? '---|' : ''}`,
);
for (const type of comparedTypes) {
  const count = (figures: Figures): string =>
    row(
      figures.types[type]?.overlap ?? {
        tp: 0,
        fp: 0,
        fn: records.reduce((n, { spans }) => n + spans.filter((span) => span.type === type).length, 0),
      },
    );
  const spans =
    ours.types[type].overlap.fn +
    records.reduce((n, { spans: gold }) => n + gold.filter((span) => span.type === type).length, 0) -
    ours.types[type].overlap.fn;
  say(`| ${type} | ${spans} | ${count(ours)} | ${count(peers)} |${analyzer ? ` ${count(analyzer.figures)} |` : ''}`);
}
for (const measure of ['overlap', 'chars', 'exact'] as const) {
  say(
    `| all: ${measure} | | ${row(total(ours, measure, comparedTypes))} | ${row(total(peers, measure, comparedTypes))} |${analyzer ? ` ${row(total(analyzer.figures, measure, comparedTypes))} |` : ''}`,
  );
}
say(
  `| all: overlap, whatever the type | | ${row(total(blind(found), 'overlap'))} | ${row(total(blind(peerAll), 'overlap'))} |${analyzer ? ' |' : ''}`,
);
const perTemplate = [...byTemplate.values()].filter((figures) => Object.keys(figures.types).length > 0);
const random = new Random(1);
const draws = Array.from({ length: 1000 }, () => {
  const sum: Count = { tp: 0, fp: 0, fn: 0 };
  for (let i = 0; i < perTemplate.length; i++) {
    const count = total(random.pick(perTemplate), 'overlap', comparedTypes);
    sum.tp += count.tp;
    sum.fp += count.fp;
    sum.fn += count.fn;
  }
  return f2(sum);
}).sort((a, b) => a - b);
const ourF2 = f2(total(ours, 'overlap', comparedTypes));
const peerF2 = f2(total(peers, 'overlap', comparedTypes));
say(`F2 ${percent(ourF2)}, drawing templates anew 95 % between ${percent(draws[25])} and ${percent(draws[974])}`);

say(
  '\nGenerated (synthetic): 200 positives, 200 near misses a type; recall and share of near misses that were taken for it',
);
const generated: Array<[string, number, number]> = [];
for (const { type, positives, misses } of synthetic()) {
  const hit = positives.filter(({ text, spans: [gold] }) =>
    engine.analyze(text).some((span) => span.type === type && span.start < gold.end && gold.start < span.end),
  ).length;
  const wrong = misses.filter(({ text }) => engine.analyze(text).some((span) => span.type === type)).length;
  generated.push([type, hit / positives.length, wrong / misses.length]);
  say(`| ${type} | ${percent(hit / positives.length)} | ${percent(wrong / misses.length)} |`);
}

const prose = readFileSync(join(data, 'pretrain/wikitext-2/valid.txt'), 'utf8').match(/[\s\S]{1,4000}/g) as string[];
const proseMegabytes = prose.reduce((sum, text) => sum + Buffer.byteLength(text), 0) / 1e6;
const speeds: Record<string, number> = {};
for (const preset of ['all', 'hipaa', 'secrets', 'fineweb'] as const) {
  const fast = await createEngine({ preset });
  for (const text of prose.slice(0, 30)) fast.analyze(text);
  const spent = await seconds(() => {
    for (const text of prose) fast.analyze(text);
  });
  speeds[preset] = Math.round((100 * proseMegabytes) / spent) / 100;
}
say(
  `\nMB/s of WikiText by preset: ${JSON.stringify(speeds)}; of these sentences ${(megabytes / ourSeconds).toFixed(2)}, openredaction ${(megabytes / peerSeconds).toFixed(3)}${analyzer ? `, presidio-analyzer ${(megabytes / analyzer.seconds).toFixed(2)}` : ''}`,
);
console.log(
  JSON.stringify({
    bench: 'pii',
    ours: ourF2,
    unit: 'F2, spans that overlap, 16 types',
    peer: { name, version, value: peerF2 },
    ratio: ourF2 / peerF2,
    bound: 1,
    peakMemoryMB: Math.round(process.resourceUsage().maxRSS / 1000),
    machine: `${cpus()[0].model}, ${availableParallelism()} cores, Node ${process.versions.node}`,
    speeds,
    generated: {
      types: generated.length,
      leastRecall: Math.min(...generated.map(([, hit]) => hit)),
      mostFalse: Math.max(...generated.map(([, , wrong]) => wrong)),
    },
  }),
);
