import { buildConnector, Agent, request as undiciRequest } from 'undici';
import { Unavailable, messageOf, AbovoError } from '../core/index.js';
import { AllowList, isAddress } from './address.js';
import { type Resolve, checkedUrl, guardedLookup } from './guard.js';
import { safeUrl } from './secrets.js';
import type { HttpHead, HttpRequest, Limits, Timeouts } from './types.js';

export const defaultTimeouts: Required<Timeouts> = { connect: 10_000, headers: 30_000, body: 30_000, total: 120_000 };
export const defaultLimits: Required<Limits> = { bytes: 64 << 20, decodedBytes: 256 << 20, redirects: 10 };

/** A response whose body has not been read yet. */
export interface Exchange extends Omit<HttpHead, 'redirects'> {
  readonly body: AsyncIterable<Uint8Array>;
  /** Throws the rest of the body away. Safe to call twice. */
  cancel(): void;
}

/** Connections that only go to checked addresses. */
export class Connections {
  readonly #agent: Agent;
  readonly #addresses = new Map<string, string>();
  readonly allow: AllowList;

  constructor(allow: AllowList, connectMs: number, resolve?: Resolve) {
    this.allow = allow;
    const connectors = new Map<string, buildConnector.connector>();
    const connectorOf = (port: string): buildConnector.connector => {
      let found = connectors.get(port);
      if (!found) {
        if (connectors.size > 100) connectors.clear();
        found = buildConnector({
          timeout: connectMs,
          lookup: guardedLookup(allow, port, resolve),
        } as buildConnector.BuildOptions);
        connectors.set(port, found);
      }
      return found;
    };
    this.#agent = new Agent({
      connections: 16,
      pipelining: 1,
      keepAliveTimeout: 4000,
      maxHeaderSize: 64 << 10,
      connect: (options, callback) => {
        const port = options.port || (options.protocol === 'https:' ? '443' : '80');
        try {
          // Sockets look no address up that is one already.
          if (isAddress(options.hostname))
            checkedUrl(`${options.protocol}//${options.host ?? options.hostname}`, allow);
        } catch (error) {
          callback(error as Error, null);
          return;
        }
        connectorOf(port)(options, ((error: Error | null, socket: { remoteAddress?: string } | null) => {
          if (socket?.remoteAddress) {
            if (this.#addresses.size > 10_000) this.#addresses.clear();
            this.#addresses.set(options.host ?? options.hostname, socket.remoteAddress);
          }
          (callback as (error: Error | null, socket: unknown) => void)(error, socket);
        }) as buildConnector.Callback);
      },
    });
  }

  /** One exchange: no retries, no redirects. The URL must have been checked. */
  async exchange(
    url: URL,
    init: HttpRequest,
    headers: Readonly<Record<string, string>>,
    times: Required<Timeouts>,
    most: number,
  ): Promise<Exchange> {
    const clock = new AbortController();
    const timer = setTimeout(
      () =>
        clock.abort(
          new Unavailable('net.timeout', `fetch ${safeUrl(url)}: expected an end within ${times.total} ms`, {}),
        ),
      times.total,
    );
    const signal = init.signal ? AbortSignal.any([init.signal, clock.signal]) : clock.signal;
    try {
      const answer = await undiciRequest(url, {
        dispatcher: this.#agent,
        method: init.method ?? 'GET',
        headers,
        body: init.body,
        signal,
        headersTimeout: times.headers,
        bodyTimeout: times.body,
        responseHeaders: 'raw',
      });
      const rawHeaders = pairsOf(answer.headers as unknown as ReadonlyArray<string | Uint8Array>);
      const stream = answer.body;
      // A body that nobody reads any more may still fail.
      stream.on('error', () => undefined);
      const stop = () => {
        clearTimeout(timer);
        stream.destroy();
      };
      return {
        url: url.href,
        status: answer.statusCode,
        statusText: answer.statusText ?? '',
        headers: headersOf(rawHeaders),
        rawHeaders,
        address: this.#addresses.get(url.host),
        requestHeaders: [['Host', url.host], ...Object.entries(headers)],
        body: limited(stream, url, most, stop, signal),
        cancel: stop,
      };
    } catch (error) {
      clearTimeout(timer);
      throw explained(error, url, init.signal, signal);
    }
  }

  close(): Promise<void> {
    return this.#agent.destroy();
  }
}

const text = (value: string | Uint8Array) =>
  typeof value === 'string' ? value : Buffer.from(value).toString('latin1');

function pairsOf(raw: ReadonlyArray<string | Uint8Array>): Array<readonly [string, string]> {
  const pairs: Array<readonly [string, string]> = [];
  for (let i = 0; i + 1 < raw.length; i += 2) pairs.push([text(raw[i]!), text(raw[i + 1]!)]);
  return pairs;
}

function headersOf(pairs: ReadonlyArray<readonly [string, string]>): Record<string, string> {
  // A header named __proto__ is one like any other.
  const headers = Object.create(null) as Record<string, string>;
  for (const [name, value] of pairs) {
    const key = name.toLowerCase();
    const before = headers[key];
    headers[key] = before === undefined ? value : `${before}${key === 'set-cookie' ? '\n' : ', '}${value}`;
  }
  return headers;
}

async function* limited(
  stream: AsyncIterable<Uint8Array>,
  url: URL,
  most: number,
  stop: () => void,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  let size = 0;
  try {
    for await (const chunk of stream) {
      size += chunk.length;
      if (size > most) {
        throw new Unavailable('net.size', `fetch ${safeUrl(url)}: expected at most ${most} bytes, got more`, { most });
      }
      yield chunk;
    }
  } catch (error) {
    throw explained(error, url, undefined, signal);
  } finally {
    stop();
  }
}

const reasons: Readonly<Record<string, readonly [string, string]>> = {
  UND_ERR_CONNECT_TIMEOUT: ['net.timeout', 'expected a connection in time'],
  UND_ERR_HEADERS_TIMEOUT: ['net.timeout', 'expected headers in time'],
  UND_ERR_BODY_TIMEOUT: ['net.timeout', 'expected the body to go on'],
  UND_ERR_HEADERS_OVERFLOW: ['net.size', 'expected at most 64 KiB of headers'],
};

/** What was thrown, in the house's words. The caller's own abort stays what it is. */
function explained(error: unknown, url: URL, caller: AbortSignal | undefined, signal: AbortSignal): unknown {
  if (caller?.aborted) return caller.reason;
  if (signal.aborted) return signal.reason;
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof AbovoError) return cause;
  }
  const code = (error as { code?: string }).code ?? '';
  const [name, words] = reasons[code] ?? ['net.failed', messageOf(error) || code];
  return new Unavailable(
    name,
    `fetch ${safeUrl(url)}: ${words}${code === '' ? '' : ` (${code})`}`,
    { url: safeUrl(url), reason: code },
    error,
  );
}
