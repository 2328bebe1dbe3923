import { pathMatches, normalizedPath } from './robots.js';

/** What a page asks of robots. */
export interface Directives {
  readonly noindex: boolean;
  readonly nofollow: boolean;
  readonly noai: boolean;
  readonly noimageai: boolean;
  /** Rights are reserved (TDM Reservation Protocol). */
  readonly tdmReserved: boolean;
}

export const noDirectives: Directives = {
  noindex: false,
  nofollow: false,
  noai: false,
  noimageai: false,
  tdmReserved: false,
};

export function mergeDirectives(a: Directives, b: Directives): Directives {
  return {
    noindex: a.noindex || b.noindex,
    nofollow: a.nofollow || b.nofollow,
    noai: a.noai || b.noai,
    noimageai: a.noimageai || b.noimageai,
    tdmReserved: a.tdmReserved || b.tdmReserved,
  };
}

/** Directives of a list such as `noindex, nofollow` (content of a robots meta element). */
export function parseDirectives(list: string): Directives {
  const words = new Set(
    list
      .slice(0, 10_000)
      .toLowerCase()
      .split(/[,;\s]+/),
  );
  const none = words.has('none');
  return {
    noindex: none || words.has('noindex'),
    nofollow: none || words.has('nofollow'),
    noai: words.has('noai') || words.has('noml'),
    noimageai: words.has('noimageai'),
    tdmReserved: false,
  };
}

/** Names of directives that take a value after a colon, so that `max-snippet: 5` names no robot. */
const valued = new Set(['max-snippet', 'max-image-preview', 'max-video-preview', 'unavailable_after']);

/** X-Robots-Tag headers as far as they speak to all robots or to this one: `otherbot: noindex, noai` does not. */
export function parseRobotsTags(headers: readonly string[], agent: string): Directives {
  const words: string[] = [];
  for (const header of headers) {
    let speaksTo = '*';
    for (const part of header.slice(0, 10_000).split(',')) {
      const colon = part.indexOf(':');
      const name = colon > 0 ? part.slice(0, colon).trim().toLowerCase() : '';
      const named = name !== '' && !valued.has(name) && /^[a-z0-9_.-]+$/.test(name);
      if (named) speaksTo = name;
      if (speaksTo === '*' || speaksTo === agent.toLowerCase())
        words.push((named ? part.slice(colon + 1) : part).trim());
    }
  }
  return parseDirectives(words.join(','));
}

/** A rule of /.well-known/tdmrep.json. */
export interface TdmRule {
  readonly location: string;
  readonly reserved: boolean;
}

/** Rules of a tdmrep.json (W3C TDMRep, community group report of 2024); none where it is not one. */
export function parseTdmRules(text: string): TdmRule[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return [];
  }
  return (Array.isArray(value) ? value : [value]).slice(0, 1000).flatMap((item: unknown) => {
    if (typeof item !== 'object' || item === null) return [];
    const rule = item as Record<string, unknown>;
    const { location } = rule;
    if (typeof location !== 'string') return [];
    return [{ location: normalizedPath(location), reserved: isReserved(rule['tdm-reservation']) }];
  });
}

/** Whether a value of tdm-reservation reserves rights: 1 does. */
export function isReserved(value: unknown): boolean {
  return value === 1 || (typeof value === 'string' && /^\s*1\s*$/.test(value.split(',')[0]!));
}

/** Whether the rules reserve a path: the first that matches decides. */
export function tdmReserves(rules: readonly TdmRule[], pathAndQuery: string): boolean {
  const path = normalizedPath(pathAndQuery);
  return rules.find((rule) => pathMatches(rule.location, path))?.reserved ?? false;
}
