import { normalizedPath } from './robots.js';

/** Parameters that tell who came from where and change nothing. */
const tracking =
  /^(?:utm_\w{1,40}|ga_\w{1,40}|hsa_\w{1,40}|pk_\w{1,40}|mtm_\w{1,40}|matomo_\w{1,40}|[gd]clid|fbclid|gclsrc|gbraid|wbraid|msclkid|yclid|twclid|ttclid|li_fat_id|fb_action_ids|fb_action_types|fb_source|fb_ref|igshid|igsh|mc_cid|mc_eid|_hsenc|_hsmi|_ga|_gl|_openstat|wt_mc|wt_zmc|vero_id|vero_conv|oly_anon_id|oly_enc_id|rb_clickid|s_cid|spm|scm|ref_src|ref_url|trk|trkcampaign|xtor|at_medium|at_campaign|cmpid|ns_mchannel|ns_source|ns_campaign|sc_channel|sc_campaign)$/i;
/** Parameters that number visitors: each visit would be a new address of the same page. */
const session =
  /^(?:jsessionid|phpsessid|aspsessionid\w{0,40}|asp\.net_sessionid|sid|sessid|session_?id|cfid|cftoken|zenid|oscsid|s?essionkey)$/i;

/**
 * An address in one spelling: no fragment, no user, host in lower case without a closing dot, no default port, dot segments resolved, percent
 * codes in one form, no parameters of trackers and sessions, no empty query. `undefined` for what is no http(s) address.
 */
export function canonicalUrl(url: string | URL, base?: string | URL): string | undefined {
  let target: URL;
  try {
    target = new URL(url, base);
  } catch {
    return undefined;
  }
  if ((target.protocol !== 'http:' && target.protocol !== 'https:') || target.hostname === '') return undefined;
  target.hash = '';
  target.username = '';
  target.password = '';
  let end = target.hostname.length;
  while (end > 0 && target.hostname[end - 1] === '.') end--;
  if (end === 0) return undefined;
  if (end < target.hostname.length) target.hostname = target.hostname.slice(0, end);
  // ;jsessionid=… is part of the path.
  target.pathname = normalizedPath(target.pathname).replace(/;(?:jsessionid|phpsessid|sid)=[^/?]{0,200}/gi, '');
  const query = target.search.slice(1);
  if (query !== '') {
    const kept = query.split('&').filter((part) => {
      const name = part.split('=', 1)[0]!;
      return part !== '' && !tracking.test(name) && !session.test(name);
    });
    // With its mark: the setter would take a question mark at the beginning for it.
    target.search = kept.length === 0 ? '' : `?${normalizedPath(kept.join('&'))}`;
  }
  // An empty query leaves its mark otherwise.
  if (target.search === '') target.search = '';
  return target.href;
}

/** What two addresses share that only differ in the order of their parameters: what the frontier remembers. */
export function urlKey(url: string): string {
  const at = url.indexOf('?');
  if (at < 0) return url;
  return `${url.slice(0, at)}?${url
    .slice(at + 1)
    .split('&')
    .sort()
    .join('&')}`;
}
