import { InvalidInput, type Json, Unavailable, messageOf } from '../../../base/core/index.js';
import { type HttpClient, type HttpResponse, safeUrl } from '../../../base/net/index.node.js';
import { type Path, selectOne, textOf } from './select.js';

/** How the next page of a list is asked for. */
export type Pagination =
  /** Not at all. */
  | { readonly kind: 'none' }
  /** A number that counts pages up. */
  | { readonly kind: 'page'; readonly parameter: string; readonly first: number }
  /** A number that counts items up. */
  | { readonly kind: 'offset'; readonly parameter: string }
  /** A token of the answer goes into a parameter. */
  | { readonly kind: 'cursor'; readonly parameter: string; readonly path: Path }
  /** An address in the answer, or in its Link header (RFC 8288) where there is no path. */
  | { readonly kind: 'link'; readonly path?: Path }
  /** The key of the last item goes into a parameter (keyset). */
  | { readonly kind: 'keyset'; readonly parameter: string; readonly path: Path };

/** Where a list stands: what the next request is made from. Plain JSON, so that it can be a cursor. */
export type PageState = { readonly url?: string; readonly value?: string | number };

export interface PageRequest {
  readonly url: string;
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly secretHeaders: readonly string[];
  /** JSON body of a POST; parameters of the pagination go into it. */
  readonly body?: Readonly<Record<string, Json>>;
  readonly itemsPath: Path;
  readonly pagination: Pagination;
  readonly signal?: AbortSignal;
}

/** A page of items, and where the next one is. */
export interface Page {
  readonly url: string;
  readonly items: readonly Json[];
  readonly next?: PageState;
}

/** Depth of JSON that is taken. The parser of the engine is not recursive in what matters here, but those who walk the value are. */
const mostDepth = 200;

function depthOf(text: string): number {
  let depth = 0;
  let most = 0;
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (quoted) {
      if (code === 92) i++;
      else if (code === 34) quoted = false;
    } else if (code === 34) quoted = true;
    else if (code === 91 || code === 123) most = Math.max(most, ++depth);
    else if (code === 93 || code === 125) depth--;
  }
  return most;
}

/** `rel="next"` of a Link header. */
export function nextLink(header: string | undefined): string | undefined {
  for (const match of (header ?? '')
    .slice(0, 20_000)
    .matchAll(/<([^<>]{0,4000})>((?:\s*;\s*[\w*-]+\s*=\s*(?:"[^"]{0,500}"|[^\s",;]{0,500})){0,20})/g)) {
    if (/;\s*rel\s*=\s*(?:"(?:[^"]{0,200}\s)?next(?:\s[^"]{0,200})?"|next\b)/i.test(match[2]!)) return match[1];
  }
  return undefined;
}

/** Asks for one page. Errors: `Unavailable` where the service does not answer with JSON and status 200, also after retries. */
export async function fetchPage(http: HttpClient, request: PageRequest, state: PageState): Promise<Page> {
  const { pagination, method, signal } = request;
  const url = new URL(state.url ?? request.url);
  let body = request.body;
  if (state.value !== undefined && 'parameter' in pagination) {
    if (method === 'POST') body = { ...body, [pagination.parameter]: state.value };
    else url.searchParams.set(pagination.parameter, String(state.value));
  }
  const answer: HttpResponse = await http.fetch(url, {
    method,
    headers: {
      accept: 'application/json',
      ...(method === 'POST' ? { 'content-type': 'application/json' } : {}),
      ...request.headers,
    },
    secretHeaders: request.secretHeaders,
    body: method === 'POST' ? JSON.stringify(body ?? {}) : undefined,
    // A search by POST changes nothing.
    idempotent: true,
    signal,
  });
  const place = safeUrl(url);
  if (answer.status !== 200) {
    const words = `read ${place}: expected status 200, got ${answer.status}`;
    if (answer.status === 401 || answer.status === 403)
      throw new InvalidInput('api.denied', `${words}; check the environment variable with the key`, {
        status: answer.status,
      });
    throw new Unavailable('api.status', words, { status: answer.status });
  }
  let value: Json;
  try {
    const text = await answer.text();
    if (depthOf(text) > mostDepth) throw new Error(`nested more than ${mostDepth} deep`);
    value = JSON.parse(text) as Json;
  } catch (error) {
    throw new Unavailable('api.json', `read ${place}: expected JSON: ${messageOf(error)}`, {}, error);
  }
  const selected = request.itemsPath.steps.length === 0 ? value : selectOne(value, request.itemsPath);
  const items = Array.isArray(selected) ? (selected as Json[]) : [];
  if (!Array.isArray(selected) && selected !== undefined && selected !== null) {
    throw new InvalidInput(
      'api.items',
      `read ${place}: expected a list at ${request.itemsPath.text || '$'}, got ${typeof selected}`,
    );
  }
  return { url: answer.url, items, next: nextState(pagination, state, items, value, answer) };
}

function nextState(
  pagination: Pagination,
  state: PageState,
  items: readonly Json[],
  value: Json,
  answer: HttpResponse,
): PageState | undefined {
  switch (pagination.kind) {
    case 'none':
      return undefined;
    case 'page':
      return items.length === 0 ? undefined : { value: Number(state.value ?? pagination.first) + 1 };
    case 'offset':
      return items.length === 0 ? undefined : { value: Number(state.value ?? 0) + items.length };
    case 'cursor': {
      const token = selectOne(value, pagination.path);
      return typeof token === 'number' || (typeof token === 'string' && token !== '') ? { value: token } : undefined;
    }
    case 'keyset': {
      const key = items.length === 0 ? undefined : selectOne(items.at(-1), pagination.path);
      return typeof key === 'number' || (typeof key === 'string' && key !== '') ? { value: key } : undefined;
    }
    case 'link': {
      const to = pagination.path ? textOf(selectOne(value, pagination.path)) : nextLink(answer.headers.link);
      if (to === undefined || to === '') return undefined;
      const target = URL.canParse(to, answer.url) ? new URL(to, answer.url) : undefined;
      // The key goes along with the request: a list does not lead to other origins.
      if (target?.origin !== new URL(answer.url).origin) {
        throw new Unavailable(
          'api.link',
          `read ${safeUrl(answer.url)}: expected the next page at the same origin, got ${safeUrl(to)}`,
        );
      }
      return { url: target.href };
    }
    default:
      return pagination satisfies never;
  }
}
