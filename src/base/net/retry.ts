/** Statuses after which the same request may well succeed: RFC 9110 (408, 503), RFC 6585 (429), gateways. */
export const retryStatuses: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504]);

export interface RetryOptions {
  /** Tries after the first. Default 4. */
  readonly retries?: number;
  /** Bound of the first wait in milliseconds; doubles each time. Default 500. */
  readonly baseMs?: number;
  /** Bound of a wait. Default 30,000. */
  readonly capMs?: number;
  /** A server that asks for a longer wait (Retry-After) is given up. Default 120,000. */
  readonly longestRetryAfterMs?: number;
}

/** Milliseconds that a Retry-After header asks for: seconds or a date. `undefined` where it says nothing usable. */
export function retryAfterMs(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined;
  const text = header.trim();
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  // Date.parse takes much that is no date ("1.5"): a date of HTTP starts with a weekday.
  if (!/^[A-Za-z]{3}/.test(text)) return undefined;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}

/**
 * Wait before the n-th retry (from 0): full jitter, uniform in [0, min(cap, base · 2ⁿ)), as in "Exponential Backoff And Jitter"
 * (AWS Architecture Blog, 2015); not less than the server asks for.
 */
export function retryDelayMs(
  attempt: number,
  { baseMs = 500, capMs = 30_000 }: RetryOptions,
  random: () => number,
  askedMs = 0,
): number {
  return Math.max(askedMs, random() * Math.min(capMs, baseMs * 2 ** Math.min(attempt, 30)));
}
