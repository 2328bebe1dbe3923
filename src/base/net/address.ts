import ipaddr from 'ipaddr.js';
import { InvalidInput } from '../core/index.js';

/** Public by number, but they answer with a machine's credentials: Azure's wire server. The others (169.254.169.254, fd00:ec2::254, 100.100.100.200, 192.0.0.192) lie in ranges that are refused anyway. */
const metadataAddresses = new Set(['168.63.129.16']);

/** An address without brackets and zone; `undefined` where the text is none. IPv4 inside IPv6 (mapped) comes out as IPv4. */
function parsed(address: string): ipaddr.IPv4 | ipaddr.IPv6 | undefined {
  const bare = address.replace(/^\[|\]$/g, '').replace(/%.*$/, '');
  // Four decimal parts only: the URL parser has already turned 2130706433, 0x7f.1 and 017700000001 into this form.
  if (!ipaddr.IPv4.isValidFourPartDecimal(bare) && !ipaddr.IPv6.isValid(bare)) return undefined;
  return ipaddr.process(bare);
}

/** True where the host of a URL is an address and not a name. */
export function isAddress(host: string): boolean {
  return parsed(host) !== undefined;
}

/**
 * Why an address may not be spoken to: `loopback`, `private`, `linkLocal`, `metadata` …; `undefined` for a public one.
 * Only global unicast passes; of IPv6 that is 2000::/3 without the ranges that carry an IPv4 address (6to4, Teredo, NAT64).
 */
export function refusedRange(address: string): string | undefined {
  const ip = parsed(address);
  if (!ip) return 'no address';
  if (metadataAddresses.has(ip.toString())) return 'metadata';
  const range = ip.range();
  if (range !== 'unicast') return range;
  // ::a.b.c.d, site-local fec0::/10 and all that is not assigned yet.
  if (ip.kind() === 'ipv6' && ((ip as ipaddr.IPv6).parts[0]! & 0xe000) !== 0x2000) return 'unassigned';
  return undefined;
}

/** Hosts and networks that may be spoken to although their addresses are not public. */
export class AllowList {
  readonly #names = new Set<string>();
  readonly #suffixes: string[] = [];
  readonly #networks: Array<[ipaddr.IPv4 | ipaddr.IPv6, number]> = [];

  /** Entries: `localhost`, `10.1.2.3`, `wiki.example:8080`, `*.intern.example`, `10.0.0.0/8`, `fd00::/8`. Errors: `InvalidInput`. */
  constructor(entries: readonly string[] = []) {
    for (const entry of entries) {
      const text = entry.trim().toLowerCase();
      if (text.includes('/')) {
        try {
          this.#networks.push(ipaddr.parseCIDR(text));
        } catch (error) {
          throw new InvalidInput(
            'net.allow',
            `allowHosts: expected a host or a network such as 10.0.0.0/8, got ${JSON.stringify(entry)}`,
            { entry },
            error,
          );
        }
      } else if (text.startsWith('*.')) this.#suffixes.push(text.slice(1));
      else if (text === '' || /[\s*]/.test(text)) {
        throw new InvalidInput('net.allow', `allowHosts: expected a host, got ${JSON.stringify(entry)}`, { entry });
      } else this.#names.add(text);
    }
  }

  /** Whether the list names the host (with or without its port). */
  allowsHost(host: string, port?: string | number): boolean {
    const name = host.toLowerCase();
    const bare = name.replace(/^\[|\]$/g, '');
    return (
      this.#names.has(name) ||
      this.#names.has(bare) ||
      (port !== undefined && port !== '' && this.#names.has(`${name}:${port}`)) ||
      this.#suffixes.some((suffix) => name.endsWith(suffix) && name.length > suffix.length) ||
      (isAddress(bare) && this.allowsAddress(bare))
    );
  }

  /** Whether the address lies in a network of the list or is named by it. */
  allowsAddress(address: string): boolean {
    const ip = parsed(address);
    if (!ip) return false;
    if (this.#names.has(ip.toString())) return true;
    return this.#networks.some(([base, bits]) => base.kind() === ip.kind() && ip.match(base as never, bits as never));
  }
}
