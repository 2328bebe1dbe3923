import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { InvalidInput, messageOf, nearest } from '../../../base/core/index.js';
import { actions } from './actions/index.js';
import { PiiEngine } from './engine.js';
import { entityTypes } from './entity-types.js';
import { recognizers } from './recognizers/index.js';
import type { Recognizer } from './types.js';

const action = z.enum(actions);
const words = z.array(z.string().min(1).max(80)).max(200);

/** A rule of the user's own, in JSON or YAML. */
export const ownRecognizer = z.strictObject({
  type: z.string().regex(/^[A-Z][A-Z0-9_]{0,63}$/),
  name: z.string().max(80).optional(),
  /** A regular expression in JavaScript's syntax, with the `u` flag. */
  pattern: z.string().min(1).max(500).optional(),
  /** Words or phrases that are found as they stand. */
  words: words.optional(),
  ignoreCase: z.boolean().default(false),
  score: z.number().min(0).max(1).default(0.8),
  context: words.optional(),
});
export type OwnRecognizer = z.input<typeof ownRecognizer>;

export const presets = {
  /** Everything there is. */
  all: undefined,
  /** What FineWeb's pipeline removes: e-mails and public IPs. */
  fineweb: ['EMAIL_ADDRESS', 'IP_ADDRESS'],
  /** The classes of HIPAA's Safe Harbor. */
  hipaa: entityTypes.filter(({ hipaa }) => hipaa !== undefined).map(({ type }) => type),
  /** Keys, tokens and passwords. */
  secrets: ['SECRET', 'PASSWORD'],
} as const;

export const piiOptions = z.strictObject({
  /** `all` (default), `fineweb` (e-mails and public IPs), `hipaa`, `secrets`. */
  preset: z.enum(['all', 'fineweb', 'hipaa', 'secrets']).default('all'),
  /** Types to look for; default: those of the preset. */
  types: z.array(z.string()).optional(),
  threshold: z.number().min(0).max(1).default(0.4),
  action: action.default('redact'),
  /** Other actions for single types. */
  actions: z.record(z.string(), action).default({}),
  /** Environment variable with the secret for `hash` and `substitute`. */
  keyEnv: z.string().optional(),
  /** More context words, by type. */
  context: z.record(z.string(), words).default({}),
  /** File with rules of one's own: a JSON list. */
  recognizers: z.string().optional(),
});
export type PiiOptions = z.input<typeof piiOptions>;

/** Repeats inside repeats (`(a+)+`) are what makes a pattern's time explode; references to groups keep it from being bounded. */
function refuseSlow(pattern: string): void {
  const plain = pattern
    .replace(/\\[1-9]/g, '\u0000')
    .replace(/\\./g, 'x')
    .replace(/\[[^\]]*\]/g, 'x');
  const nested = /\([^()]*(?:[*+]|\{\d+,\d*\})[^()]*\)(?:[*+]|\{\d+,\d*\})/.test(plain);
  if (nested || plain.includes('\u0000')) {
    throw new InvalidInput(
      'pii.pattern',
      `own recognizer: expected a pattern without repeats inside repeats and without \\1, got ${JSON.stringify(pattern)}; bound the inner repeat and write it once`,
    );
  }
}

const escape = (word: string): string =>
  word.replace(/[.*+?^${}()|[\]\\/-]/g, (sign) => (sign === '-' ? sign : `\\${sign}`));

/** Turns a user's rule into one of the engine's. */
export function compileOwn(own: OwnRecognizer): Recognizer {
  const { type, name = 'own rule', pattern, words: list, ignoreCase, score, context } = ownRecognizer.parse(own);
  if ((pattern === undefined) === (list === undefined)) {
    throw new InvalidInput(
      'pii.own',
      `own recognizer ${type}: expected a pattern or words, got ${pattern === undefined ? 'neither' : 'both'}`,
    );
  }
  if (pattern !== undefined) refuseSlow(pattern);
  const source =
    pattern ??
    `(?<![\\p{L}\\p{N}])(?:${[...(list as string[])]
      .sort((a, b) => b.length - a.length)
      .map(escape)
      .join('|')})(?![\\p{L}\\p{N}])`;
  let compiled: RegExp;
  try {
    compiled = new RegExp(source, ignoreCase ? 'giu' : 'gu');
  } catch (error) {
    throw new InvalidInput(
      'pii.pattern',
      `own recognizer ${type}: expected a regular expression, ${messageOf(error)}`,
      {},
      error,
    );
  }
  return { type, name, family: 'own', pattern: compiled, score, context, contextScore: Math.max(score, 0.9) };
}

/** Reads rules of one's own from a JSON file: a list, or an object with `recognizers`. At most 1 MB and 1000 rules. */
export async function readRecognizers(path: string): Promise<Recognizer[]> {
  let value: unknown;
  try {
    const text = await readFile(path, 'utf8');
    if (text.length > 1_000_000) throw new Error(`${text.length} characters, at most 1000000`);
    value = JSON.parse(text);
  } catch (error) {
    throw new InvalidInput(
      'pii.recognizers',
      `read ${path}: expected a JSON file of recognizers, ${messageOf(error)}`,
      { path },
      error,
    );
  }
  const list = z
    .array(ownRecognizer)
    .max(1000)
    .safeParse(Array.isArray(value) ? value : (value as { recognizers?: unknown })?.recognizers);
  if (!list.success) {
    throw new InvalidInput(
      'pii.recognizers',
      `read ${path}: expected a list of recognizers, ${list.error.issues[0].path.join('.')}: ${list.error.issues[0].message}`,
      { path },
    );
  }
  return list.data.map(compileOwn);
}

/** Types that only the tagger of names finds. */
const named = new Set(['PERSON', 'LOCATION', 'ORGANIZATION', 'TITLE', 'ZIP_CODE']);

/** An engine for the options. Loads the tagger only where a type of its own is asked for. */
export async function createEngine(options: PiiOptions = {}, own: readonly Recognizer[] = []): Promise<PiiEngine> {
  const { preset, types, threshold, context } = piiOptions.parse(options);
  const known = new Set([...entityTypes.map(({ type }) => type), ...own.map(({ type }) => type)]);
  for (const type of [...(types ?? []), ...Object.keys(context), ...Object.keys(options.actions ?? {})]) {
    if (known.has(type)) continue;
    const near = nearest(type, known);
    throw new InvalidInput(
      'pii.type',
      `pii: expected a known type, got ${type}${near ? `; did you mean ${near}?` : ''}`,
      { type },
    );
  }
  const chosen = types ?? presets[preset];
  const wanted = (type: string): boolean => chosen === undefined || (chosen as readonly string[]).includes(type);
  const rules = [...recognizers.filter(({ type }) => wanted(type)), ...own].map((rule) =>
    preset === 'fineweb' && rule.type === 'IP_ADDRESS' ? { ...rule, validate: publicOnly(rule) } : rule,
  );
  const needsNames = [...named].some(wanted);
  const finders = needsNames ? [new (await import('./names/finder.js')).NameFinder()] : [];
  return new PiiEngine({
    recognizers: rules,
    threshold,
    contextWords: context,
    finders: finders.map((finder) => ({
      find: (text: string) => finder.find(text).filter(({ type }) => wanted(type)),
    })),
  });
}

/** Private, local, reserved and documentation addresses name nobody (RFC 1918, 5737, 6598, 3927, 4193, 4291, 3849). */
const notPublic =
  /^(?:0\.|10\.|127\.|169\.254\.|172\.(?:1[6-9]|2\d|3[01])\.|192\.168\.|192\.0\.[02]\.|198\.1[89]\.|198\.51\.100\.|203\.0\.113\.|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.|22[4-9]\.|2[3-5]\d\.|::|fe[89ab]|f[cd]|ff|2001:db8:)/i;
const publicOnly =
  ({ validate }: Recognizer): NonNullable<Recognizer['validate']> =>
  (found, text, start) =>
    !notPublic.test(found) && (validate?.(found, text, start) ?? true);

/** The secret in an environment variable. */
export function keyFrom(name: string | undefined): string | undefined {
  if (name === undefined) return undefined;
  const key = process.env[name];
  if (!key)
    throw new InvalidInput(
      'pii.key',
      `pii: expected a secret in the environment variable ${name}, got nothing; export ${name}=…`,
      { name },
    );
  return key;
}
