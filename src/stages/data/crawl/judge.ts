import { messageOf } from '../../../base/core/index.js';
import type { HttpResponse } from '../../../base/net/index.node.js';
import { decodeText, digestOf, mediaTypeOf } from '../warc/index.js';
import { canonicalUrl } from './canonical.js';
import { type Directives, isReserved, mergeDirectives, noDirectives, parseRobotsTags } from './directives.js';
import { readSignals } from './page-signals.js';

/** What an answer is worth. */
export interface Verdict {
  /** Why the page is no document; absent where it is one. */
  readonly reason?: string;
  /** Whether the response is archived all the same. What its owner keeps from robots is not. */
  readonly store: boolean;
  readonly redirect?: string;
  readonly canonical?: string;
  /** Addresses that may be followed. */
  readonly links: readonly string[];
  readonly digest: string;
}

export interface JudgeOptions {
  readonly agent: string;
  readonly honourTraining: boolean;
  readonly mediaTypes: readonly string[];
}

/** Whether a reason is a failure: something that was wanted and could not be had. Wishes of owners, dead links and other media are none. */
export function isFailure(reason: string): boolean {
  return /^(?:net\.(?!refused|url)|status (?:429|5\d\d)|packing|binary data|robots\.txt could not be had)/.test(reason);
}

/** Whether a failure may be over when the crawl is called again. */
export function isPassing(reason: string): boolean {
  return /^(?:net\.(?:failed|timeout)|status (?:429|5\d\d)|robots\.txt could not be had)/.test(reason);
}

/** Directives that forbid the use of a page, in the order they are looked at. */
function forbidden(directives: Directives, honourTraining: boolean): string | undefined {
  if (directives.noindex) return 'noindex';
  if (!honourTraining) return undefined;
  return directives.noai ? 'noai' : directives.tdmReserved ? 'tdm-reservation' : undefined;
}

/** Reads status, headers and page of an answer. `noimageai` forbids nothing here: images are never asked for. */
export async function judge(
  response: HttpResponse,
  { agent, honourTraining, mediaTypes }: JudgeOptions,
): Promise<Verdict> {
  const { status, headers, rawHeaders } = response;
  const digest = digestOf(response.raw);
  if (status >= 300 && status < 400) {
    return {
      reason: status === 304 ? 'not modified' : 'redirect',
      store: true,
      redirect: status === 304 ? undefined : headers.location,
      links: [],
      digest,
    };
  }
  if (status !== 200) return { reason: `status ${status}`, store: true, links: [], digest };
  const mediaType = mediaTypeOf(headers['content-type']);
  if (!mediaTypes.includes(mediaType))
    return { reason: `media type ${mediaType === '' ? 'unknown' : mediaType}`, store: false, links: [], digest };
  const tags = rawHeaders.filter(([name]) => name.toLowerCase() === 'x-robots-tag').map(([, value]) => value);
  let directives = parseRobotsTags(tags, agent);
  if (isReserved(headers['tdm-reservation'])) directives = { ...directives, tdmReserved: true };
  let html: string | undefined;
  try {
    html = decodeText(await response.bytes(), headers['content-type'])?.text;
  } catch (error) {
    return {
      reason: (error as { code?: string }).code === 'net.size' ? 'net.size' : `packing: ${messageOf(error)}`,
      store: false,
      links: [],
      digest,
    };
  }
  if (html === undefined) return { reason: 'binary data', store: false, links: [], digest };
  const signals =
    mediaType === 'text/plain'
      ? { links: [], directives: noDirectives, base: undefined, canonical: undefined, refresh: undefined }
      : readSignals(html, agent);
  directives = mergeDirectives(directives, signals.directives);
  const base = signals.base === undefined ? response.url : (canonicalUrl(signals.base, response.url) ?? response.url);
  const named = signals.canonical === undefined ? undefined : canonicalUrl(signals.canonical, base);
  // A canonical address elsewhere is followed as a link only if it belongs to the crawl; the page stays what it is.
  const canonical = named === undefined || named === response.url ? undefined : named;
  const links = directives.nofollow
    ? []
    : [
        ...(canonical === undefined ? [] : [canonical]),
        ...(signals.refresh === undefined ? [] : [signals.refresh]),
        ...signals.links,
      ].flatMap((link) => canonicalUrl(link, base) ?? []);
  const reason = forbidden(directives, honourTraining);
  return { reason, store: reason === undefined, canonical, links: [...new Set(links)], digest };
}
