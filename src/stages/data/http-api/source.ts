import { createHash } from 'node:crypto';
import { z } from 'zod';
import { InvalidInput, type Json, canonicalJson } from '../../../base/core/index.js';
import { createHttpClient, safeUrl } from '../../../base/net/index.node.js';
import type { Document } from '../document.js';
import { type SourceItem, defineSource } from '../pipeline/index.js';
import { type Page, type PageState, type Pagination, fetchPage } from './pages.js';
import { type Path, fillFromItem, parsePath, pathTemplate, selectOne, textOf } from './select.js';

const path = z.string().max(1000);
const options = z.strictObject({
  url: z.string().describe('Address of the first page, with its fixed parameters.'),
  method: z.enum(['GET', 'POST']).default('GET'),
  body: z.record(z.string(), z.json()).optional().describe('JSON body of a POST.'),
  headers: z.record(z.string(), z.string()).default({}).describe('Headers without secrets.'),
  secretHeaders: z
    .record(z.string(), z.strictObject({ env: z.string(), prefix: z.string().default('') }))
    .default({})
    .describe(
      'Headers whose values come from environment variables: Authorization: {env: API_TOKEN, prefix: "Bearer "}.',
    ),
  items: path.default('$').describe('Path of the list of items in an answer.'),
  text: z.string().describe('Template of a document’s text: {title}\n\n{body}.'),
  id: path.optional().describe('Path of an item’s key. Default: a digest of the item.'),
  title: path.optional(),
  itemUrl: path.optional().describe('Path of an item’s address.'),
  time: path.optional(),
  language: path.optional(),
  itemLicence: path.optional(),
  subject: path.optional().describe('Path of the key of the person whom the item is about.'),
  metadata: z.record(z.string(), path).default({}).describe('Further fields by name and path.'),
  pagination: z
    .discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('none') }),
      z.strictObject({ kind: z.literal('page'), parameter: z.string().default('page'), first: z.int().default(1) }),
      z.strictObject({ kind: z.literal('offset'), parameter: z.string().default('offset') }),
      z.strictObject({ kind: z.literal('cursor'), parameter: z.string().default('cursor'), path }),
      z.strictObject({ kind: z.literal('link'), path: path.optional() }),
      z.strictObject({ kind: z.literal('keyset'), parameter: z.string(), path }),
    ])
    .default({ kind: 'none' }),
  maxPages: z.int().positive().default(10_000),
  requestIntervalMs: z.number().min(0).default(200).describe('Least time between two requests.'),
  timeoutMs: z.number().positive().default(60_000),
  maxBytes: z
    .int()
    .positive()
    .default(64 << 20)
    .describe('Most bytes of an answer.'),
  retries: z.int().min(0).max(20).default(4),
  userAgent: z.string().optional(),
  allowHosts: z
    .array(z.string())
    .optional()
    .describe('Hosts and networks that may be reached although they are not public.'),
  licence: z.string().optional(),
  access: z.enum(['public', 'internal', 'confidential', 'personal']).optional(),
});
type Options = z.infer<typeof options>;

/** Values of secret headers. Errors: `InvalidInput` that names the variable, never its value. */
function secretsOf(headers: Options['secretHeaders']): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, { env, prefix }]) => {
      const value = process.env[env];
      if (value === undefined || value === '') {
        throw new InvalidInput(
          'api.secret',
          `httpApi: expected the environment variable ${env} for the header ${name}, got none; set it`,
          { env },
        );
      }
      if (/[\r\n]/.test(value))
        throw new InvalidInput('api.secret', `httpApi: expected one line in the environment variable ${env}`, { env });
      return [name, prefix + value];
    }),
  );
}

const paginationOf = (given: Options['pagination']): Pagination =>
  'path' in given && given.path !== undefined
    ? ({ ...given, path: parsePath(given.path) } as Pagination)
    : (given as Pagination);

type Field = 'id' | 'title' | 'itemUrl' | 'time' | 'language' | 'itemLicence' | 'subject';

/** Makes documents of items. */
class Shape {
  readonly #options: Options;
  readonly #text;
  readonly #paths: Readonly<Record<Field, Path | undefined>>;
  readonly #metadata: ReadonlyArray<readonly [string, Path]>;

  constructor(given: Options) {
    this.#options = given;
    this.#text = pathTemplate(given.text);
    const one = (text: string | undefined) => (text === undefined ? undefined : parsePath(text));
    const { id, title, itemUrl, time, language, itemLicence, subject } = given;
    this.#paths = {
      id: one(id),
      title: one(title),
      itemUrl: one(itemUrl),
      time: one(time),
      language: one(language),
      itemLicence: one(itemLicence),
      subject: one(subject),
    };
    this.#metadata = Object.entries(given.metadata).map(([name, text]) => [name, parsePath(text)] as const);
  }

  /** The document of an item, or why there is none. */
  documentOf(item: Json, source: string): Document | string {
    if (typeof item !== 'object' || item === null) return 'expected an object';
    const text = fillFromItem(this.#text, item);
    if (text.trim() === '') return 'no text';
    const value = (name: Field): string | undefined => {
      const at = this.#paths[name];
      const found = at ? textOf(selectOne(item, at)) : '';
      return found === '' ? undefined : found;
    };
    const key = value('id');
    if (this.#paths.id && key === undefined) return `no key at ${this.#paths.id.text}`;
    const time = value('time');
    const at =
      time === undefined
        ? Number.NaN
        : Date.parse(/^\d{9,10}$/.test(time) ? new Date(Number(time) * 1000).toISOString() : time);
    const metadata = Object.fromEntries(
      this.#metadata.flatMap(([name, from]) => {
        const found = selectOne(item, from);
        return found === undefined ? [] : [[name, found] as const];
      }),
    );
    return {
      id: key ?? createHash('sha256').update(canonicalJson(item)).digest('hex').slice(0, 32),
      text: text.isWellFormed() ? text : text.toWellFormed(),
      source,
      url: value('itemUrl'),
      title: value('title'),
      time: Number.isNaN(at) ? undefined : new Date(at).toISOString(),
      language: value('language'),
      licence: value('itemLicence') ?? this.#options.licence,
      access: this.#options.access,
      subject: value('subject'),
      metadata: this.#metadata.length > 0 ? metadata : undefined,
    };
  }
}

/** Where reading stands: the page, and items of it that are done. */
interface Cursor {
  readonly state: PageState;
  readonly done: number;
}

export const httpApiSource = defineSource({
  kind: 'httpApi',
  summary: 'Items of an HTTP service that answers with JSON, page by page, through a text template.',
  version: 1,
  options,
  create(given) {
    const shape = new Shape(given);
    const request = {
      url: given.url,
      method: given.method,
      body: given.body as Record<string, Json> | undefined,
      headers: { ...given.headers, ...secretsOf(given.secretHeaders) },
      secretHeaders: Object.keys(given.secretHeaders),
      itemsPath: parsePath(given.items),
      pagination: paginationOf(given.pagination),
    };
    const http = createHttpClient({
      userAgent: given.userAgent,
      allowHosts: given.allowHosts,
      timeouts: { headers: given.timeoutMs, body: given.timeoutMs, total: given.timeoutMs },
      limits: { bytes: given.maxBytes, decodedBytes: given.maxBytes * 4 },
      retry: { retries: given.retries },
      perHost: { concurrency: 1, intervalMs: given.requestIntervalMs },
    });
    const source = safeUrl(given.url);
    const { pagination } = request;
    const first: PageState = pagination.kind === 'page' ? { value: pagination.first } : {};
    return {
      async tasks() {
        return [{ id: source, spec: null }];
      },
      async *read(_task, { cursor, onReject, signal }): AsyncGenerator<SourceItem> {
        const from = cursor as unknown as Cursor | undefined;
        let state = from?.state ?? first;
        let done = from?.done ?? 0;
        const seen = new Set<string>();
        for (let pages = 0; ; pages++) {
          const mark = canonicalJson(state as Json);
          // A token or link that comes again would lead round for ever.
          if (seen.has(mark)) {
            onReject({
              source,
              reason: `pagination goes round in a circle at ${mark.slice(0, 200)}: the rest is left out`,
            });
            return;
          }
          seen.add(mark);
          if (pages >= given.maxPages) {
            onReject({ source, reason: `more than ${given.maxPages} pages: the rest is left out` });
            return;
          }
          const page: Page = await fetchPage(http, { ...request, signal }, state);
          for (let i = done; i < page.items.length; i++) {
            const document = shape.documentOf(page.items[i]!, source);
            if (typeof document === 'string') {
              onReject({ source: `${safeUrl(page.url)}#${i}`, reason: document });
              continue;
            }
            const over = i + 1 >= page.items.length && page.next !== undefined;
            const place: Cursor = over ? { state: page.next!, done: 0 } : { state, done: i + 1 };
            yield { document, cursor: place as unknown as Json };
          }
          done = 0;
          if (page.next === undefined) return;
          state = page.next;
        }
      },
      close: () => http.close(),
    };
  },
});
