import { readFile } from 'node:fs/promises';
import { isAbsolute, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { InvalidInput, messageOf, nearest } from '../../../base/core/index.js';
import { sha256 } from '../../../base/core/index.node.js';
import type { SourceDefinition } from './source.js';
import type { StepDefinition } from './step.js';

/** What a room (or a module of the user's) offers to pipelines. */
export interface Offer {
  readonly steps?: readonly StepDefinition[];
  readonly sources?: readonly SourceDefinition[];
}

type Load = () => Promise<Offer>;

/** Rooms that offer steps, with the names of these, so that a name is known without loading what stands behind it. */
const stepRooms: ReadonlyArray<readonly [names: readonly string[], load: Load]> = [
  [['length', 'sample'], () => import('./plain-steps.js')],
  [
    ['exactDedup', 'minHashDedup', 'sentenceDedup', 'substringDedup', 'semanticDedup'],
    () => import('../dedup/index.js'),
  ],
  [['decontaminate'], () => import('../decontaminate/index.js')],
  [['extractHtml'], () => import('../extract/index.js')],
  [['normalize'], () => import('../normalize/index.js')],
  [['language', 'languageFilter'], () => import('../language/index.js')],
  [
    [
      'urlFilter',
      'gopherRepetition',
      'gopherQuality',
      'c4Quality',
      'mc4Quality',
      'finewebQuality',
      'perplexityFilter',
      'classifierFilter',
    ],
    () => import('../quality/index.js'),
  ],
  [['safetyFilter'], () => import('../safety/index.js')],
  [['pii'], () => import('../pii/index.js')],
  [['imageDuplicates'], () => import('../media/index.js')],
];

/** Rooms that offer sources, with their kinds. */
const sourceRooms: ReadonlyArray<readonly [kinds: readonly string[], load: Load]> = [
  [['files'], () => import('../formats/index.js')],
  [['media'], () => import('../media/index.js')],
  [['web'], () => import('../crawl/index.js')],
  [['warc', 'commonCrawl'], () => import('../warc/index.js')],
  [['wikipedia'], () => import('../wikipedia/index.js')],
  [['repository'], () => import('../repository/index.js')],
  [['sql'], () => import('../sql/index.js')],
  [['httpApi'], () => import('../http-api/index.js')],
];

/** Names of all steps, in the order of the table. */
export const stepNames: readonly string[] = stepRooms.flatMap(([names]) => names);
/** Kinds of all sources, in the order of the table. */
export const sourceKinds: readonly string[] = sourceRooms.flatMap(([kinds]) => kinds);

/** `./steps.js#shout` → a module of the user's and the name in it; undefined for a plain name. */
export function moduleOf(name: string): { readonly path: string; readonly name: string | undefined } | undefined {
  const match = /^(.+\.(?:js|mjs|ts|mts))(?:#(.+))?$/.exec(name);
  return match ? { path: match[1], name: match[2] } : undefined;
}

/** What is wrong with a name, if it is in no table. */
export function unknownName(what: 'step' | 'source', name: string): string | undefined {
  const known = what === 'step' ? stepNames : sourceKinds;
  if (known.includes(name) || moduleOf(name)) return undefined;
  const near = nearest(name, known);
  return `unknown ${what} ${JSON.stringify(name)}${near ? `; did you mean "${near}"?` : ''}; known are ${known.join(', ')}, or a module such as ./my-${what}s.js#name`;
}

interface Found<T> {
  readonly definition: T;
  /** Hash of the user's module: part of the data set's address. */
  readonly code?: string;
}

async function find<T>(
  what: 'step' | 'source',
  name: string,
  folder: string,
  rooms: ReadonlyArray<readonly [readonly string[], Load]>,
  list: (offer: Offer) => readonly T[] | undefined,
  nameOf: (definition: T) => string,
): Promise<Found<T>> {
  const code = `pipeline.${what}`;
  const problem = unknownName(what, name);
  if (problem) throw new InvalidInput(code, `pipeline: ${problem}`, { name });
  const module = moduleOf(name);
  const room = rooms.find(([names]) => names.includes(name));
  if (room) {
    const definition = list(await room[1]())?.find((item) => nameOf(item) === name);
    if (definition) return { definition };
    throw new InvalidInput(code, `pipeline: ${what} ${name} is in the table, but its room does not export it`);
  }
  const path = isAbsolute(module!.path) ? module!.path : resolve(folder, module!.path);
  let offer: Offer;
  let text: string;
  try {
    text = await readFile(path, 'utf8');
    offer = (await import(pathToFileURL(path).href)) as Offer;
  } catch (error) {
    throw new InvalidInput(code, `pipeline: load ${path}: ${messageOf(error)}`, { path }, error);
  }
  const offered = list(offer) ?? [];
  const definition = module!.name === undefined ? offered[0] : offered.find((item) => nameOf(item) === module!.name);
  if (definition && (module!.name !== undefined || offered.length === 1)) return { definition, code: sha256(text) };
  throw new InvalidInput(
    code,
    `pipeline: load ${path}: expected an export ${what}s with ${module!.name ? `"${module!.name}"` : 'one definition (name it: file.js#name)'}, got ${offered.map(nameOf).join(', ') || 'none'}`,
    { path },
  );
}

/** Definition of a step by its name, or from a module of the user's. Errors: `InvalidInput` with the nearest spelling. */
export function findStep(name: string, folder: string): Promise<Found<StepDefinition>> {
  return find(
    'step',
    name,
    folder,
    stepRooms,
    (offer) => offer.steps,
    ({ name: found }) => found,
  );
}

/** Definition of a source by its kind, or from a module of the user's. Errors: `InvalidInput` with the nearest spelling. */
export function findSource(kind: string, folder: string): Promise<Found<SourceDefinition>> {
  return find(
    'source',
    kind,
    folder,
    sourceRooms,
    (offer) => offer.sources,
    ({ kind: found }) => found,
  );
}
