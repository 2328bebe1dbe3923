import { lookup as systemLookup } from 'node:dns';
import type { LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { InvalidInput } from '../core/index.js';
import { type AllowList, isAddress, refusedRange } from './address.js';
import { safeUrl } from './secrets.js';

/** Resolves a name to all its addresses. */
export type Resolve = (
  host: string,
  callback: (error: Error | null, addresses: readonly LookupAddress[]) => void,
) => void;

const systemResolve: Resolve = (host, callback) =>
  systemLookup(host, { all: true, verbatim: true }, (error, addresses) => callback(error, addresses ?? []));

function refusal(host: string, address: string, range: string): InvalidInput {
  return new InvalidInput(
    'net.refused',
    `fetch ${host}: expected a public address, got ${address} (${range}); name the host in allowHosts if it is yours`,
    { host, address, range },
  );
}

/** Longest URL that is asked for, in characters. */
const longestUrl = 8192;

/**
 * A URL that may be asked for: http or https, no user and password in it, and where its host is an address, a public or
 * an allowed one. The URL parser has turned 2130706433, 0x7f000001 and 0177.0.0.1 into 127.0.0.1 by then.
 * Errors: `InvalidInput`.
 */
export function checkedUrl(url: string | URL, allow: AllowList): URL {
  let target: URL;
  try {
    target = new URL(url);
  } catch (error) {
    throw new InvalidInput(
      'net.url',
      `fetch: expected a URL, got ${JSON.stringify(String(url).slice(0, 200))}`,
      {},
      error,
    );
  }
  if (target.protocol !== 'http:' && target.protocol !== 'https:') {
    throw new InvalidInput('net.url', `fetch: expected http or https, got ${target.protocol} in ${safeUrl(target)}`);
  }
  if (target.username !== '' || target.password !== '') {
    throw new InvalidInput(
      'net.url',
      `fetch ${safeUrl(target)}: expected no user and password in the URL; send a header`,
    );
  }
  if (target.href.length > longestUrl) {
    throw new InvalidInput(
      'net.url',
      `fetch ${safeUrl(target).slice(0, 100)}…: expected at most ${longestUrl} characters`,
    );
  }
  if (target.hostname === '') throw new InvalidInput('net.url', `fetch ${safeUrl(target)}: expected a host`);
  // A name that ends in a dot is the same name; without this `localhost.` would be another one.
  let end = target.hostname.length;
  while (end > 1 && target.hostname[end - 1] === '.') end--;
  if (end < target.hostname.length) target.hostname = target.hostname.slice(0, end);
  const host = target.hostname;
  if (isAddress(host) && !allow.allowsHost(host, target.port)) {
    const range = refusedRange(host);
    if (range) throw refusal(host, host, range);
  }
  return target;
}

/**
 * The lookup that connections are made with. It answers with addresses that have been checked, and the socket goes to exactly these:
 * there is no second resolution that could answer otherwise (DNS rebinding). One bad address refuses the whole name.
 */
export function guardedLookup(allow: AllowList, port: string, resolve: Resolve = systemResolve): LookupFunction {
  return (host, options, callback) => {
    resolve(host, (error, found) => {
      if (error) return callback(error as NodeJS.ErrnoException, [], 0);
      const family =
        options.family === 4 || options.family === 'IPv4'
          ? 4
          : options.family === 6 || options.family === 'IPv6'
            ? 6
            : 0;
      const addresses = family === 0 ? [...found] : found.filter((item) => item.family === family);
      if (addresses.length === 0) {
        const missing: NodeJS.ErrnoException = Object.assign(new Error(`no address of ${host}`), { code: 'ENOTFOUND' });
        return callback(missing, [], 0);
      }
      if (!allow.allowsHost(host, port)) {
        for (const { address } of addresses) {
          const range = allow.allowsAddress(address) ? undefined : refusedRange(address);
          if (range) return callback(refusal(host, address, range) as NodeJS.ErrnoException, [], 0);
        }
      }
      if (options.all) return callback(null, addresses);
      return callback(null, addresses[0]!.address, addresses[0]!.family);
    });
  };
}
