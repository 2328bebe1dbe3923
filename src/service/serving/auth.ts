import { createHash, timingSafeEqual } from 'node:crypto';
import { ApiError } from './api-error.js';

/** A key that may use the API, by its SHA-256 alone: the key itself is kept nowhere. */
export interface ApiKey {
  /** Shows up in events in place of the key. */
  readonly name: string;
  readonly sha256: string;
}

/** Who sent a request. */
export interface Caller {
  readonly name?: string;
}

const digest = (key: string): Buffer => createHash('sha256').update(key).digest();

/** A key as it is stored. */
export function hashApiKey(name: string, key: string): ApiKey {
  return { name, sha256: digest(key).toString('hex') };
}

/** The key a request carries: `Authorization: Bearer KEY`, or `x-api-key`. */
export function keyOf(headers: Headers): string | undefined {
  const bearer = /^Bearer\s+(\S+)\s*$/i.exec(headers.get('authorization') ?? '')?.[1];
  return bearer ?? headers.get('x-api-key') ?? undefined;
}

/** Finds the caller; compares hashes, all of them, in constant time. */
export function authenticate(keys: readonly ApiKey[], headers: Headers): Caller {
  if (keys.length === 0) return {};
  const given = keyOf(headers);
  const hash = given === undefined ? undefined : digest(given);
  let found: ApiKey | undefined;
  for (const key of keys) {
    const stored = Buffer.from(key.sha256, 'hex');
    if (hash && stored.length === hash.length && timingSafeEqual(stored, hash)) found = key;
  }
  if (found) return { name: found.name };
  throw new ApiError(
    401,
    'authentication_error',
    given === undefined
      ? 'No API key was given. Send it as "Authorization: Bearer KEY".'
      : 'The API key is not one of those this server knows.',
    { code: 'invalid_api_key', headers: { 'www-authenticate': 'Bearer' } },
  );
}

/** Whether only this machine can reach an address. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(host);
}
