import { formatBytes, formatCount } from '../../../base/core/index.js';
import { type BarChart, type Block, type Report, type Section, renderReport } from '../../../base/report/index.js';
import type { AccessClass } from '../document.js';
import type { DatasetMeasure } from './measure-dataset.js';
import { type IntendedUse, type LicenceFinding, licenceConflicts, licenceTerms } from './licences.js';
import { stepsSection } from './steps-section.js';
import { type Distribution, type NamedCount, exactCount } from './tally.js';

/** What a step of the pipeline took in and gave out. */
export interface CardStep {
  readonly name: string;
  readonly in: number;
  readonly inBytes: number;
  readonly out: number;
  readonly outBytes: number;
  /** Documents that came out otherwise than they went in. */
  readonly changed?: number;
  readonly failed?: number;
  /** Documents taken out, by rule. */
  readonly dropped: Readonly<Record<string, number>>;
}

/** A document that a step took out. */
export interface CardReject {
  readonly step: string;
  readonly rule: string;
  readonly detail?: string;
  readonly id: string;
  readonly text: string;
  readonly access?: AccessClass;
}

/** What a card says beyond what the documents themselves tell. */
export interface CardInput {
  readonly title: string;
  readonly description?: string;
  readonly version?: string;
  /** In the order of the pipeline. */
  readonly steps?: readonly CardStep[];
  readonly rejects?: readonly CardReject[];
  /** Records that could not be read, by reason. */
  readonly unread?: Readonly<Record<string, number>>;
  /** Without it, licences are listed and not judged. */
  readonly use?: IntendedUse;
  /** What is known to be missing or skewed, in sentences. */
  readonly limits?: readonly string[];
}

const percent = (part: number, whole: number): number => (whole > 0 ? (100 * part) / whole : 0);
const percentText = (part: number, whole: number): string => `${percent(part, whole).toFixed(1)} %`;

/** At most so many bars; the rest in one. */
function topBars(title: string, counts: readonly NamedCount[], documents: number, most = 12): BarChart {
  const shown = counts
    .slice(0, most)
    .map(({ name, documents: own }) => ({ label: short(name), value: percent(own, documents) }));
  const rest = counts.slice(most).reduce((sum, count) => sum + count.documents, 0);
  if (rest > 0) shown.push({ label: `${counts.length - most} more`, value: percent(rest, documents) });
  return { kind: 'bars', title, xLabel: '% of documents', bars: unique(shown) };
}

function distributionBars(
  title: string,
  { bins, count }: Distribution,
  label: (from: number, to: number) => string,
): BarChart {
  const bars = bins.map(({ from, to, count: own }) => ({ label: label(from, to), value: percent(own, count) }));
  return { kind: 'bars', title, xLabel: '% of documents', bars: unique(bars) };
}

/** Bars with one label would be drawn as one. */
function unique(bars: { readonly label: string; readonly value: number }[]): { label: string; value: number }[] {
  const seen = new Map<string, number>();
  return bars.map(({ label, value }) => {
    const times = (seen.get(label) ?? 0) + 1;
    seen.set(label, times);
    return { label: times > 1 ? `${label} (${times})` : label, value };
  });
}

const short = (text: string): string => (text.length > 28 ? `…${text.slice(-27)}` : text);
const whole = (from: number, to: number): string =>
  to - from <= 1 ? `${from}` : `${formatCount(from)}–${formatCount(to - 1)}`;
const decimal = (value: number): string => Number(value.toPrecision(3)).toString();

function overview(measure: DatasetMeasure, input: CardInput): Section {
  const { documents, bytes, words, languages, sources } = measure;
  const read = input.steps?.[0]?.in;
  return {
    id: 'overview',
    title: 'Overview',
    lead: input.description,
    blocks: [
      {
        kind: 'figures',
        figures: [
          {
            label: 'Documents',
            value: formatCount(documents),
            note: read ? `of ${formatCount(read)} read` : undefined,
          },
          { label: 'Text', value: formatBytes(bytes), note: 'UTF-8' },
          { label: 'Words', value: formatCount(words), note: 'characters where there are no spaces' },
          { label: 'Sources', value: formatCount(sources.length) },
          { label: 'Languages', value: formatCount(languages.filter(({ name }) => name !== 'unknown').length) },
        ],
      },
      ...(input.limits ?? []).map((text): Block => ({ kind: 'text', text })),
    ],
  };
}

function content(measure: DatasetMeasure): Section {
  const { documents, languages, domains, otherDomains, years, lengths, scores } = measure;
  const charts = [topBars('Languages', languages, documents)];
  if (domains.length > 0) {
    const rest = otherDomains > 0 ? [{ name: 'others', documents: otherDomains, bytes: 0 }] : [];
    charts.push(topBars('Domains', [...domains, ...rest], documents));
  }
  charts.push(
    distributionBars('Words of a document', lengths.words, whole),
    distributionBars('Bytes of a document', lengths.bytes, whole),
  );
  if (years.length > 0) charts.push(topBars('Years', years.slice(-20), documents, 20));
  for (const { name, distribution } of scores) {
    charts.push(distributionBars(`Score ${name}`, distribution, (from, to) => `${decimal(from)}–${decimal(to)}`));
  }
  return { id: 'content', title: 'Content', blocks: [{ kind: 'charts', charts }] };
}

function termsText(licence: string): string {
  const terms = licenceTerms(licence);
  if (!terms) return 'not known';
  const parts = [
    terms.commercial === false ? 'non-commercial only' : undefined,
    terms.derivatives === false ? 'no changed copies' : undefined,
    terms.shareAlike ? 'share alike' : undefined,
    terms.attribution ? 'name the author' : undefined,
  ].filter((part) => part !== undefined);
  return parts.length > 0 ? parts.join(', ') : 'no conditions';
}

function licences(measure: DatasetMeasure, findings: readonly LicenceFinding[], use?: IntendedUse): Section {
  const toneOf = (licence: string) => findings.find((finding) => finding.licence === licence)?.severity;
  return {
    id: 'licences',
    title: 'Licences and access',
    lead: use
      ? `Held against ${use.commercial ? 'commercial' : 'non-commercial'} use.`
      : 'Not held against a use: none is stated.',
    blocks: [
      ...findings.map(
        ({ licence, severity, problem, documents }): Block => ({
          kind: 'notice',
          tone: 'bad',
          text: `${severity === 'stop' ? 'Conflict' : 'To be looked at'}: ${licence} (${exactCount(documents)} documents): ${problem}.`,
        }),
      ),
      {
        kind: 'table',
        caption: 'Licences',
        columns: [
          { label: 'Licence' },
          { label: 'Asks for' },
          { label: 'Documents', align: 'right' },
          { label: 'Bytes', align: 'right' },
          { label: 'Sources' },
        ],
        rows: measure.licences.map(({ name, documents, bytes, sources }) => [
          { text: name, code: true, ...(toneOf(name) === 'stop' ? { tone: 'bad' as const } : {}) },
          termsText(name),
          exactCount(documents),
          formatBytes(bytes),
          sources.slice(0, 3).map(short).join(', ') + (sources.length > 3 ? ` and ${sources.length - 3} more` : ''),
        ]),
      },
      {
        kind: 'table',
        caption: 'Access classes',
        columns: [{ label: 'Class' }, { label: 'Documents', align: 'right' }, { label: '', align: 'right' }],
        rows: measure.access.map(({ name, documents }) => [
          name,
          exactCount(documents),
          percentText(documents, measure.documents),
        ]),
      },
      ...(measure.subjects > 0
        ? [
            {
              kind: 'text' as const,
              text: `${exactCount(measure.subjects)} documents name the person that they are about.`,
            },
          ]
        : []),
    ],
  };
}

function sources(measure: DatasetMeasure): Section {
  const most = 50;
  const rows = measure.sources
    .slice(0, most)
    .map(({ name, documents, bytes, licences: own }) => [
      { text: name, code: true },
      exactCount(documents),
      formatBytes(bytes),
      percentText(bytes, measure.bytes),
      own.slice(0, 3).join(', '),
    ]);
  const more = measure.sources.length - most;
  return {
    id: 'sources',
    title: 'Sources',
    lead: more > 0 ? `The ${most} largest; ${more} more are not shown.` : undefined,
    blocks: [
      {
        kind: 'table',
        columns: [
          { label: 'Source' },
          { label: 'Documents', align: 'right' },
          { label: 'Bytes', align: 'right' },
          { label: 'Share', align: 'right' },
          { label: 'Licences' },
        ],
        rows,
      },
    ],
  };
}

function samples(measure: DatasetMeasure): Section {
  return {
    id: 'samples',
    title: 'Samples',
    lead: 'Drawn at random, cut at 600 characters. Only public documents are shown.',
    blocks: [
      {
        kind: 'samples',
        samples: measure.samples.map(({ id, text, source, language, access }) => {
          const hidden = access !== undefined && access !== 'public';
          const shown = text.length > 600 ? `${text.slice(0, 600).toWellFormed()}…` : text;
          return {
            prompt: id,
            text: hidden ? `(${access})` : shown,
            note: [source, language].filter(Boolean).join(', '),
          };
        }),
      },
    ],
  };
}

/** The card as a report, and what is wrong with its licences. */
export function dataCard(
  measure: DatasetMeasure,
  input: CardInput,
): { readonly report: Report; readonly findings: readonly LicenceFinding[] } {
  const counts = measure.licences.map(({ name, documents, sources: own }) => ({
    licence: name,
    documents,
    sources: own,
  }));
  const findings = input.use ? licenceConflicts(counts, input.use) : [];
  const stops = findings.filter(({ severity }) => severity === 'stop').length;
  const sections = [
    overview(measure, input),
    ...((input.steps?.length ?? 0) > 0 || Object.keys(input.unread ?? {}).length > 0 ? [stepsSection(input)] : []),
    content(measure),
    licences(measure, findings, input.use),
    sources(measure),
    ...(measure.samples.length > 0 ? [samples(measure)] : []),
  ];
  const verdict = !input.use
    ? undefined
    : stops > 0
      ? ({ tone: 'bad', text: `${stops} licence${stops > 1 ? 's do' : ' does'} not allow the intended use` } as const)
      : findings.length > 0
        ? ({
            tone: 'neutral',
            text: `No licence forbids the intended use; ${findings.length} to be looked at`,
          } as const)
        : ({ tone: 'good', text: 'Licences allow the intended use' } as const);
  const report: Report = {
    title: input.title,
    subtitle: `Data card${input.version ? `, version ${input.version}` : ''}`,
    verdict,
    sections,
    footer: 'Made by abovo.',
  };
  return { report, findings };
}

/** The card as one self-contained HTML page. */
export function dataCardHtml(measure: DatasetMeasure, input: CardInput): string {
  return renderReport(dataCard(measure, input).report);
}
