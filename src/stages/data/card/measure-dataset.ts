import { WordScanner } from '../dedup/index.js';
import { type AccessClass, type Document, byteLength } from '../document.js';
import { type Distribution, type NamedCount, PowerHistogram, Reservoir, Tally, evenHistogram } from './tally.js';

/** What a data set holds. */
export interface DatasetMeasure {
  readonly documents: number;
  /** UTF-8 bytes of the texts. */
  readonly bytes: number;
  /** Words; characters where a script has no spaces. */
  readonly words: number;
  readonly lengths: { readonly words: Distribution; readonly bytes: Distribution };
  readonly languages: readonly NamedCount[];
  readonly sources: ReadonlyArray<NamedCount & { readonly licences: readonly string[] }>;
  readonly licences: ReadonlyArray<NamedCount & { readonly sources: readonly string[] }>;
  /** Hosts of the addresses. */
  readonly domains: readonly NamedCount[];
  /** Documents of hosts that came after the table was full. */
  readonly otherDomains: number;
  readonly years: readonly NamedCount[];
  readonly access: readonly NamedCount[];
  /** Numbers in the metadata: scores of steps. */
  readonly scores: ReadonlyArray<{ readonly name: string; readonly distribution: Distribution }>;
  readonly samples: readonly Document[];
  /** Documents that name a person they are about. */
  readonly subjects: number;
}

export interface MeasureOptions {
  readonly samples?: number;
  readonly seed?: number;
  readonly signal?: AbortSignal;
}

const mostScores = 12;
const scoreSample = 5000;
const mostTogether = 50;

const unknown = 'unknown';

/** Names of any length are counted by their beginning. */
const named = (name: string): string => (name.length > 300 ? name.slice(0, 300).toWellFormed() : name);

/** Reads documents once; memory does not grow with their number. */
export async function measureDataset(
  documents: AsyncIterable<Document> | Iterable<Document>,
  { samples = 8, seed = 1, signal }: MeasureOptions = {},
): Promise<DatasetMeasure> {
  const scanner = new WordScanner();
  const tallies = {
    languages: new Tally(),
    sources: new Tally(),
    licences: new Tally(),
    domains: new Tally(),
    years: new Tally(),
    access: new Tally(),
  };
  const words = new PowerHistogram();
  const lengths = new PowerHistogram();
  const licencesOf = new Map<string, Set<string>>();
  const sourcesOf = new Map<string, Set<string>>();
  const scores = new Map<string, Reservoir<number>>();
  const sample = new Reservoir<Document>(samples, `${seed} samples`);
  let count = 0;
  let subjects = 0;
  let bytes = 0;
  let total = 0;
  for await (const document of documents) {
    signal?.throwIfAborted();
    count++;
    const size = byteLength(document.text);
    const found = scanner.scan(document.text).count;
    bytes += size;
    total += found;
    words.add(found);
    lengths.add(size);
    sample.add(document);
    const licence = named(document.licence?.trim() || 'NOASSERTION');
    const source = named(document.source);
    tallies.languages.add(named(document.language ?? unknown), size);
    tallies.sources.add(source, size);
    tallies.licences.add(licence, size);
    tallies.access.add(document.access ?? ('public' satisfies AccessClass), size);
    join(licencesOf, source, licence);
    join(sourcesOf, licence, source);
    const host = hostOf(document.url);
    if (host) tallies.domains.add(host, size);
    const year = /^\d{4}(?=-|$)/.exec(document.time ?? '')?.[0];
    if (year) tallies.years.add(year, size);
    if (document.subject !== undefined) subjects++;
    for (const [name, value] of Object.entries(document.metadata ?? {})) {
      if (typeof value !== 'number' || !Number.isFinite(value)) continue;
      if (name.length > 100) continue;
      let reservoir = scores.get(name);
      if (!reservoir && scores.size < mostScores) {
        reservoir = new Reservoir(scoreSample, `${seed} ${name}`);
        scores.set(name, reservoir);
      }
      reservoir?.add(value);
    }
  }
  return {
    documents: count,
    bytes,
    words: total,
    lengths: { words: words.result(), bytes: lengths.result() },
    languages: tallies.languages.entries(),
    sources: tallies.sources
      .entries()
      .map((entry) => ({ ...entry, licences: [...(licencesOf.get(entry.name) ?? [])].sort() })),
    licences: tallies.licences
      .entries()
      .map((entry) => ({ ...entry, sources: [...(sourcesOf.get(entry.name) ?? [])].sort() })),
    domains: tallies.domains.entries(),
    otherDomains: tallies.domains.rest.documents,
    years: tallies.years.entries().sort((a, b) => (a.name < b.name ? -1 : 1)),
    access: tallies.access.entries(),
    scores: [...scores].map(([name, reservoir]) => ({ name, distribution: evenHistogram(reservoir.items()) })),
    samples: sample.items(),
    subjects,
  };
}

function join(sets: Map<string, Set<string>>, key: string, value: string): void {
  let set = sets.get(key);
  if (!set) {
    if (sets.size >= 20_000) return;
    set = new Set();
    sets.set(key, set);
  }
  if (set.size < mostTogether) set.add(value);
}

function hostOf(url: string | undefined): string | undefined {
  if (url === undefined || url.length > 4096 || !URL.canParse(url)) return undefined;
  return new URL(url).hostname.replace(/^www\./, '') || undefined;
}
