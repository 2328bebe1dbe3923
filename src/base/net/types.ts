import type { HostGateOptions } from './host-gate.js';
import type { Resolve } from './guard.js';
import type { RetryOptions } from './retry.js';

/** All in milliseconds. */
export interface Timeouts {
  /** Until a connection stands. Default 10,000. */
  readonly connect?: number;
  /** Until the last header has come. Default 30,000. */
  readonly headers?: number;
  /** Longest silence within the body. Default 30,000. */
  readonly body?: number;
  /** One exchange as a whole, the body included: what a slow drip runs into. Default 120,000. */
  readonly total?: number;
}

/** What one exchange may cost. */
export interface Limits {
  /** Bytes of a body as it comes. Default 64 MiB. */
  readonly bytes?: number;
  /** Bytes of a body when unpacked. Default 256 MiB. */
  readonly decodedBytes?: number;
  /** Default 10. */
  readonly redirects?: number;
}

/** What happened, for logs: no body, no secrets. */
export interface HttpEvent {
  readonly type: 'response' | 'retry' | 'redirect' | 'error';
  readonly method: string;
  readonly url: string;
  readonly status?: number;
  /** Before the next try. */
  readonly waitMs?: number;
  readonly message?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface HttpClientOptions {
  /** Default `abovo/1.0`. Say who you are and how to reach you where you crawl. */
  readonly userAgent?: string;
  /** Hosts and networks that may be reached although they are not public; see `AllowList`. */
  readonly allowHosts?: readonly string[];
  readonly timeouts?: Timeouts;
  readonly limits?: Limits;
  readonly retry?: RetryOptions;
  /** Rate and concurrency per host. */
  readonly perHost?: HostGateOptions;
  readonly onEvent?: (event: HttpEvent) => void;
  /** In place of the system's resolver. */
  readonly resolve?: Resolve;
  /** In [0, 1); for tests. */
  readonly random?: () => number;
}

export interface HttpRequest {
  readonly method?: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  readonly signal?: AbortSignal;
  /** `manual` hands a redirect out as the response it is. Default `follow`. */
  readonly redirect?: 'follow' | 'manual';
  readonly timeouts?: Timeouts;
  readonly limits?: Limits;
  readonly retry?: RetryOptions;
  /** Methods other than GET and HEAD are tried again only if this says that doing them twice is harmless. */
  readonly idempotent?: boolean;
  /** Sent along when the host stays the same; left out of redirects to others, besides the headers that look like secrets. */
  readonly secretHeaders?: readonly string[];
}

/** What came, before anything was undone. */
export interface HttpHead {
  /** Address that answered in the end. */
  readonly url: string;
  readonly status: number;
  readonly statusText: string;
  /** Lower-case names; several of a kind joined by `, ` (set-cookie by a line break). */
  readonly headers: Readonly<Record<string, string>>;
  readonly rawHeaders: ReadonlyArray<readonly [string, string]>;
  /** Addresses asked for on the way, the first one included. */
  readonly redirects: readonly string[];
  /** IP address that the connection went to, where known. */
  readonly address?: string;
  /** What was sent, in order, for archives: it holds whatever secrets the caller put in. */
  readonly requestHeaders: ReadonlyArray<readonly [string, string]>;
}

export interface HttpStream extends HttpHead {
  /** Content codings undone. Read it to the end, break out of it, or call `cancel`. */
  readonly body: AsyncIterable<Uint8Array>;
  cancel(): void;
}

export interface HttpResponse extends HttpHead {
  /** As it came over the wire, content codings and all. */
  readonly raw: Uint8Array;
  /** Content codings undone, within the limits. Errors: `Unavailable`. */
  bytes(): Promise<Uint8Array>;
  /** As UTF-8, what is not replaced by U+FFFD. */
  text(): Promise<string>;
}

export interface HttpClient {
  /** One exchange with retries and redirects; the body is read to its end. Errors: `InvalidInput` (`net.url`, `net.refused`), `Unavailable`. */
  fetch(url: string | URL, request?: HttpRequest): Promise<HttpResponse>;
  /** As `fetch`, but the body is streamed: it is not tried again once its head has come. */
  open(url: string | URL, request?: HttpRequest): Promise<HttpStream>;
  /** Rate of one host; see `HostGate`. */
  setInterval(host: string, intervalMs: number): void;
  close(): Promise<void>;
}
