import { AbovoError } from '../../../base/core/index.js';
import type { HttpClient } from '../../../base/net/index.node.js';
import { type TdmRule, parseTdmRules, tdmReserves } from './directives.js';
import { Robots, mostRobotsBytes } from './robots.js';

/** What is known of an origin before its first page is asked for. */
export interface Site {
  readonly robots: Robots;
  /** How robots.txt was answered: a status, or why there was no answer. */
  readonly robotsAnswer: string;
  readonly tdm: readonly TdmRule[];
}

const small = { timeouts: { total: 30_000 }, retry: { retries: 2, capMs: 5000 }, limits: { redirects: 5 } };

/** Reads at most `most` bytes of a body. */
async function beginning(body: AsyncIterable<Uint8Array>, most: number): Promise<string> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of body) {
    parts.push(part);
    size += part.length;
    if (size >= most) break;
  }
  return Buffer.concat(parts).subarray(0, most).toString('utf8');
}

/**
 * robots.txt as RFC 9309 reads answers: 2xx is the file (its first 500 KiB), 4xx allows all, 5xx and no answer refuse all, more than five redirects are
 * as 404. 429 is taken for "come back later", as 5xx.
 */
export async function fetchRobots(
  origin: string,
  http: HttpClient,
  signal?: AbortSignal,
): Promise<Pick<Site, 'robots' | 'robotsAnswer'>> {
  try {
    const answer = await http.open(`${origin}/robots.txt`, { ...small, signal });
    try {
      const { status } = answer;
      const robotsAnswer = `status ${status}`;
      if (status >= 200 && status < 300)
        return { robots: Robots.parse(await beginning(answer.body, mostRobotsBytes)), robotsAnswer };
      if (status === 429 || status >= 500 || status < 200) return { robots: Robots.disallowAll, robotsAnswer };
      // A redirect that leads nowhere is unavailable as well.
      return { robots: Robots.allowAll, robotsAnswer };
    } finally {
      answer.cancel();
    }
  } catch (error) {
    if (signal?.aborted) throw error;
    const code = error instanceof AbovoError ? error.code : 'net.failed';
    return code === 'net.redirect'
      ? { robots: Robots.allowAll, robotsAnswer: 'too many redirects' }
      : { robots: Robots.disallowAll, robotsAnswer: code };
  }
}

/** robots.txt and tdmrep.json of an origin. */
export async function fetchSite(origin: string, http: HttpClient, signal?: AbortSignal): Promise<Site> {
  const { robots, robotsAnswer } = await fetchRobots(origin, http, signal);
  // A site that could not be asked is not asked again.
  if (robots === Robots.disallowAll) return { robots, robotsAnswer, tdm: [] };
  try {
    const answer = await http.open(`${origin}/.well-known/tdmrep.json`, { ...small, signal });
    try {
      return {
        robots,
        robotsAnswer,
        tdm: answer.status === 200 ? parseTdmRules(await beginning(answer.body, 1 << 20)) : [],
      };
    } finally {
      answer.cancel();
    }
  } catch (error) {
    if (signal?.aborted) throw error;
    return { robots, robotsAnswer, tdm: [] };
  }
}

/** Why a page may not be asked for; `undefined` where it may. */
export function refusalOf(site: Site, url: string, agent: string, honourTraining: boolean): string | undefined {
  const { pathname, search } = new URL(url);
  const path = pathname + search;
  if (!site.robots.allows(agent, path))
    return site.robots === Robots.disallowAll ? `robots.txt could not be had (${site.robotsAnswer})` : 'robots.txt';
  if (!honourTraining) return undefined;
  return (
    site.robots.refusesTraining(agent, path) ??
    (tdmReserves(site.tdm, path) ? 'tdmrep.json reserves the rights' : undefined)
  );
}
