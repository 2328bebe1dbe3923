import { setTimeout as delay } from 'node:timers/promises';
import { InvalidInput, Unavailable, messageOf } from '../core/index.js';
import { AllowList } from './address.js';
import { acceptEncoding, collect, decodeBody } from './decode.js';
import { Connections, type Exchange, defaultLimits, defaultTimeouts } from './exchange.js';
import { checkedUrl } from './guard.js';
import { HostGate } from './host-gate.js';
import { retryAfterMs, retryDelayMs, retryStatuses } from './retry.js';
import { isSecretHeader, safeHeaders, safeUrl } from './secrets.js';
import type { HttpClient, HttpClientOptions, HttpRequest, HttpResponse, HttpStream, Limits } from './types.js';

/** Errors that another try would only repeat. */
const final = new Set(['net.url', 'net.refused', 'net.size', 'net.redirect', 'net.encoding']);

interface Opened {
  readonly exchange: Exchange;
  readonly leave: () => void;
}

/**
 * Outgoing HTTP with limits on everything: time, size, unpacked size, redirects, rate; private addresses are refused after the name
 * is resolved and on every redirect. Proxies of the environment are not used.
 */
export function createHttpClient(options: HttpClientOptions = {}): HttpClient {
  const allow = new AllowList(options.allowHosts);
  const times = { ...defaultTimeouts, ...options.timeouts };
  const connections = new Connections(allow, times.connect, options.resolve);
  const gate = new HostGate(options.perHost);
  const random = options.random ?? Math.random;
  const emit = options.onEvent ?? (() => undefined);
  const limitsOf = (request: HttpRequest): Required<Limits> => ({
    ...defaultLimits,
    ...options.limits,
    ...request.limits,
  });

  /** Tries one address until it answers with something that is worth handing on. `take` reads what it needs and gives the place back. */
  async function attempt<T>(
    url: URL,
    request: HttpRequest,
    headers: Record<string, string>,
    take: (opened: Opened) => Promise<T>,
  ): Promise<T> {
    const retry = { retries: 4, longestRetryAfterMs: 120_000, ...options.retry, ...request.retry };
    const method = request.method ?? 'GET';
    const repeatable = request.idempotent ?? (method === 'GET' || method === 'HEAD');
    for (let tries = 0; ; tries++) {
      const leave = await gate.enter(url.host, request.signal);
      let wait: number;
      try {
        const exchange = await connections.exchange(
          url,
          request,
          headers,
          { ...times, ...request.timeouts },
          limitsOf(request).bytes,
        );
        const { status } = exchange;
        emit({ type: 'response', method, url: safeUrl(url), status, headers: safeHeaders(exchange.headers) });
        const asked = retryAfterMs(exchange.headers['retry-after'], Date.now());
        if (asked !== undefined && (status === 429 || status === 503))
          gate.pause(url.host, Math.min(asked, retry.longestRetryAfterMs));
        const again =
          retryStatuses.has(status) && repeatable && tries < retry.retries && (asked ?? 0) <= retry.longestRetryAfterMs;
        if (!again) return await take({ exchange, leave });
        exchange.cancel();
        leave();
        wait = retryDelayMs(tries, retry, random, asked);
        emit({ type: 'retry', method, url: safeUrl(url), status, waitMs: wait });
      } catch (error) {
        leave();
        const code = (error as { code?: string }).code ?? '';
        const known = error instanceof Unavailable || error instanceof InvalidInput;
        if (request.signal?.aborted || !known || final.has(code) || !repeatable || tries >= retry.retries) {
          emit({ type: 'error', method, url: safeUrl(url), message: messageOf(error) });
          throw error;
        }
        wait = retryDelayMs(tries, retry, random);
        emit({ type: 'retry', method, url: safeUrl(url), waitMs: wait, message: messageOf(error) });
      }
      await delay(wait, undefined, { signal: request.signal });
    }
  }

  async function follow<T>(
    start: string | URL,
    request: HttpRequest,
    take: (opened: Opened, redirects: string[]) => Promise<T>,
  ): Promise<T> {
    let url = checkedUrl(start, allow);
    let current: HttpRequest = request;
    let headers: Record<string, string> = {
      'user-agent': options.userAgent ?? 'abovo/1.0',
      accept: '*/*',
      'accept-encoding': acceptEncoding,
      ...lowerCase(request.headers),
    };
    const redirects: string[] = [];
    const visited = new Set([url.href]);
    const { redirects: most } = limitsOf(request);
    for (;;) {
      const next = await attempt(url, current, headers, async (opened): Promise<{ to: string } | { done: T }> => {
        const { status } = opened.exchange;
        const to = opened.exchange.headers.location;
        const isRedirect = status === 301 || status === 302 || status === 303 || status === 307 || status === 308;
        if (!isRedirect || to === undefined || request.redirect === 'manual')
          return { done: await take(opened, redirects) };
        opened.exchange.cancel();
        opened.leave();
        if (status !== 307 && status !== 308 && current.method !== 'HEAD')
          current = { ...current, method: 'GET', body: undefined, idempotent: undefined };
        return { to };
      });
      if ('done' in next) return next.done;
      if (redirects.length >= most) {
        throw new Unavailable('net.redirect', `fetch ${safeUrl(start)}: expected at most ${most} redirects, got more`, {
          most,
        });
      }
      const target = checkedUrl(redirectTarget(next.to, url), allow);
      emit({ type: 'redirect', method: current.method ?? 'GET', url: safeUrl(target) });
      if (visited.has(target.href)) {
        throw new Unavailable(
          'net.redirect',
          `fetch ${safeUrl(start)}: redirects go round in a circle at ${safeUrl(target)}`,
        );
      }
      visited.add(target.href);
      redirects.push(url.href);
      if (target.origin !== url.origin) {
        const secret = new Set((request.secretHeaders ?? []).map((name) => name.toLowerCase()));
        headers = Object.fromEntries(
          Object.entries(headers).filter(([name]) => !isSecretHeader(name) && !secret.has(name)),
        );
      }
      if (current.body === undefined) {
        headers = Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith('content-')));
      }
      url = target;
    }
  }

  const head = ({ exchange }: Opened, redirects: readonly string[]) => {
    const { body: _body, cancel: _cancel, ...rest } = exchange;
    return { ...rest, redirects };
  };

  return {
    fetch: (url, request = {}) =>
      follow(url, request, async (opened, redirects): Promise<HttpResponse> => {
        try {
          const raw = await collect(opened.exchange.body);
          const most = limitsOf(request).decodedBytes;
          const bytes = async () => collect(decodeBody(once(raw), opened.exchange.headers['content-encoding'], most));
          return {
            ...head(opened, redirects),
            raw,
            bytes,
            text: async () => Buffer.from(await bytes()).toString('utf8'),
          };
        } finally {
          opened.leave();
        }
      }),
    open: (url, request = {}) =>
      follow(url, request, async (opened, redirects): Promise<HttpStream> => {
        const cancel = () => {
          opened.exchange.cancel();
          opened.leave();
        };
        try {
          const most = limitsOf(request).decodedBytes;
          const decoded = decodeBody(opened.exchange.body, opened.exchange.headers['content-encoding'], most);
          return { ...head(opened, redirects), body: closing(decoded, cancel), cancel };
        } catch (error) {
          cancel();
          throw error;
        }
      }),
    setInterval: (host, intervalMs) => gate.setInterval(host, intervalMs),
    close: () => connections.close(),
  };
}

/** Where a redirect leads. A user and password in it are not sent. */
function redirectTarget(to: string, from: URL): URL {
  let target: URL;
  try {
    // Servers send UTF-8 in Location; the header was read byte by byte.
    target = new URL(Buffer.from(to, 'latin1').toString('utf8'), from);
  } catch (error) {
    throw new Unavailable(
      'net.redirect',
      `fetch ${safeUrl(from)}: expected a redirect to a URL, got ${JSON.stringify(to.slice(0, 200))}`,
      {},
      error,
    );
  }
  target.username = '';
  target.password = '';
  target.hash = '';
  return target;
}

function lowerCase(headers: Readonly<Record<string, string>> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  // In pieces, so that a bomb is noticed before all of it is unpacked.
  for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536);
}

/** Closes the connection first and the decoders after it, so that a silent server keeps nobody waiting. */
function closing(source: AsyncIterable<Uint8Array>, close: () => void): AsyncIterable<Uint8Array> {
  return {
    [Symbol.asyncIterator]() {
      const inner = source[Symbol.asyncIterator]();
      return {
        async next() {
          try {
            const item = await inner.next();
            if (item.done) close();
            return item;
          } catch (error) {
            close();
            throw error;
          }
        },
        async return() {
          close();
          inner.return?.().catch(() => undefined);
          return { done: true as const, value: undefined };
        },
      };
    },
  };
}
