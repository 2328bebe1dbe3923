/**
 * Outgoing HTTP: retries with jitter, limits on time, size and redirects, rate per host, private addresses refused.
 *
 * @module
 * @example
 * ```ts no-run
 * import { createHttpClient } from 'abovo/net/node';
 * const http = createHttpClient({ userAgent: 'my-crawler/1.0 (me@example.org)', limits: { bytes: 1_000_000 } });
 * const { status, headers } = await http.fetch('https://example.org/');
 * await http.close();
 * ```
 */
export { AllowList, isAddress, refusedRange } from './address.js';
export { createHttpClient } from './client.js';
export { collect, decodeBody } from './decode.js';
export type { Resolve } from './guard.js';
export { HostGate } from './host-gate.js';
export type { HostGateOptions } from './host-gate.js';
export { retryAfterMs } from './retry.js';
export type { RetryOptions } from './retry.js';
export { isSecretHeader, safeHeaders, safeUrl } from './secrets.js';
export type {
  HttpClient,
  HttpClientOptions,
  HttpEvent,
  HttpHead,
  HttpRequest,
  HttpResponse,
  HttpStream,
  Limits,
  Timeouts,
} from './types.js';
