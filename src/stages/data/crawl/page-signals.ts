import { Tokenizer } from 'htmlparser2';
import { type Directives, isReserved, mergeDirectives, noDirectives, parseDirectives } from './directives.js';

/** What a crawler needs of a page. */
export interface PageSignals {
  /** Addresses of `a`, `area`, `frame` and `iframe`, as they are written, against `base`. */
  readonly links: readonly string[];
  readonly base?: string;
  readonly canonical?: string;
  /** Target of `<meta http-equiv=refresh>`. */
  readonly refresh?: string;
  readonly directives: Directives;
}

/** Links of one page that are looked at. */
const mostLinks = 5000;
/** Characters of a page that are looked at. */
const mostCharacters = 8_000_000;
/** Characters of an attribute. */
const mostValue = 8192;
const refreshTarget = /^\s{0,20}[\d.]{1,10}\s{0,20}[;,]\s{0,20}url\s{0,20}=\s{0,20}["']?([^"']{1,2000})/i;

const looked = new Set(['a', 'area', 'frame', 'iframe', 'base', 'link', 'meta']);

/** Opening tags with their attributes. The parser proper is not used: its stack of open elements takes quadratic time on deep pages. */
function scanTags(html: string, onTag: (name: string, attributes: Readonly<Record<string, string>>) => void): void {
  let tag: string | undefined;
  let attributes: Record<string, string> = {};
  let name = '';
  let value = '';
  const end = () => {
    if (tag !== undefined) onTag(tag, attributes);
    tag = undefined;
  };
  const ignore = () => undefined;
  const tokenizer = new Tokenizer(
    { decodeEntities: true },
    {
      onopentagname(start, at) {
        // Longer names are none that matter.
        const found = at - start > 10 ? '' : html.slice(start, at).toLowerCase();
        tag = looked.has(found) ? found : undefined;
        attributes = {};
      },
      onattribname(start, at) {
        name = tag === undefined || at - start > 40 ? '' : html.slice(start, at).toLowerCase();
        value = '';
      },
      onattribdata(start, at) {
        if (name !== '' && value.length < mostValue) value += html.slice(start, Math.min(at, start + mostValue));
      },
      onattribentity(codepoint) {
        if (name !== '' && value.length < mostValue) value += String.fromCodePoint(codepoint);
      },
      onattribend() {
        if (name !== '' && !Object.hasOwn(attributes, name)) attributes[name] = value;
        name = '';
      },
      onopentagend: end,
      onselfclosingtag: end,
      onclosetag: ignore,
      oncdata: ignore,
      oncomment: ignore,
      ondeclaration: ignore,
      onend: ignore,
      onprocessinginstruction: ignore,
      ontext: ignore,
      ontextentity: ignore,
    },
  );
  tokenizer.write(html);
  tokenizer.end();
}

/** Links and directives of a page; neither depth nor broken markup costs more than its length. */
export function readSignals(html: string, agent: string): PageSignals {
  const links: string[] = [];
  let base: string | undefined;
  let canonical: string | undefined;
  let refresh: string | undefined;
  let directives = noDirectives;
  scanTags(html.slice(0, mostCharacters), (name, attributes) => {
    switch (name) {
      case 'a':
      case 'area':
        if (
          attributes.href !== undefined &&
          links.length < mostLinks &&
          !/(?:^|\s)nofollow(?:\s|$)/i.test(attributes.rel ?? '')
        ) {
          links.push(attributes.href);
        }
        break;
      case 'frame':
      case 'iframe':
        if (attributes.src !== undefined && links.length < mostLinks) links.push(attributes.src);
        break;
      case 'base':
        base ??= attributes.href;
        break;
      case 'link':
        if (/(?:^|\s)canonical(?:\s|$)/i.test(attributes.rel ?? '')) canonical ??= attributes.href;
        break;
      default: {
        const key = (attributes.name ?? attributes['http-equiv'] ?? '').trim().toLowerCase();
        const content = attributes.content ?? '';
        if (key === 'robots' || key === agent.toLowerCase())
          directives = mergeDirectives(directives, parseDirectives(content));
        else if (key === 'tdm-reservation' && isReserved(content)) directives = { ...directives, tdmReserved: true };
        else if (key === 'refresh') refresh ??= refreshTarget.exec(content)?.[1];
      }
    }
  });
  return { links, base, canonical, refresh, directives };
}
