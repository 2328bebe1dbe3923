import { readJsonLd, type StructuredData } from './json-ld.js';
import { spdxOfUrl } from './licence.js';
import type { Page } from './parse.js';
import { ElementNode, lineOf } from './tree.js';

/** What a page says about itself; absent where it says nothing. */
export interface PageMetadata {
  readonly title?: string;
  readonly byline?: string;
  /** ISO 639-1, else 639-3. */
  readonly language?: string;
  /** When it was published, ISO 8601. */
  readonly date?: string;
  readonly modified?: string;
  readonly site?: string;
  readonly description?: string;
  /** Canonical address. */
  readonly url?: string;
  /** SPDX identifier of the licence that the page declares as its own. */
  readonly licence?: string;
  readonly licenceUrl?: string;
  /** Wishes of the owner towards machines. */
  readonly robots: RobotsWishes;
}

export interface RobotsWishes {
  readonly noindex: boolean;
  readonly nofollow: boolean;
  readonly noarchive: boolean;
  /** `noai` or a reserved right of text and data mining (`tdm-reservation`). */
  readonly noai: boolean;
  readonly noimageai: boolean;
}

const clean = (text: string | undefined): string | undefined => {
  const line = text?.replace(/\s+/g, ' ').trim();
  return line === '' ? undefined : line?.slice(0, 1000);
};

/** First that is there of several values. */
const firstOf = (...values: (string | undefined)[]): string | undefined => {
  for (const value of values) {
    const line = clean(value);
    if (line !== undefined) return line;
  }
  return undefined;
};

/** Date of ISO 8601, or of a form that says day, month and year without doubt; undefined for what cannot be read. */
export function isoDate(text: string | undefined): string | undefined {
  const value = text?.trim().slice(0, 60);
  if (!value) return undefined;
  const iso = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?)\s?(Z|[+-]\d\d:?\d\d)?)?/.exec(value);
  if (iso) {
    const [, year, month, day, time, zone] = iso;
    if (Number(month) < 1 || Number(month) > 12 || Number(day) < 1 || Number(day) > 31 || Number(year) < 1900)
      return undefined;
    const offset = zone === undefined ? '' : zone.replace(/^([+-]\d\d)(\d\d)$/, '$1:$2');
    return `${year}-${month}-${day}${time ? `T${time}${offset}` : ''}`;
  }
  // "Tue, 03 Feb 2015 21:00:00 GMT", "February 3, 2015": a month in letters, so that day and month cannot be mixed up.
  const year = /\b(?:19|20)\d\d\b/.exec(value);
  if (!year || !/\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)/i.test(value)) return undefined;
  const hasTime = /\d:\d\d/.test(value);
  const zoned = /(?:GMT|UTC|Z|[+-]\d{4})\s*$/.test(value);
  const at = Date.parse(hasTime && !zoned ? `${value} UTC` : hasTime ? value : `${value} UTC`);
  if (Number.isNaN(at)) return undefined;
  const whole = new Date(at).toISOString();
  return hasTime ? whole.replace('.000', '') : whole.slice(0, 10);
}

/** Primary language of a tag (`de-AT` is `de`); undefined for what is no tag. */
export function languageOf(tag: string | undefined): string | undefined {
  const match = /^\s*([a-z]{2,3})(?:[-_][a-z0-9_-]{1,40})?\s*(?:,|;|$)/i.exec(tag ?? '');
  if (!match) return undefined;
  try {
    const { language } = new Intl.Locale(match[1]!.toLowerCase());
    return language === 'und' || language === 'mul' || language === 'zxx' ? undefined : language;
  } catch {
    return undefined;
  }
}

/** Name of the site at the end or the start of `<title>`, taken off where what is left can stand alone. */
function titleOf(raw: string, site: string | undefined, headings: readonly string[]): string | undefined {
  const title = clean(raw);
  if (!title) return undefined;
  const same = headings.find(
    (heading) => heading.length > 8 && heading.length < title.length && title.startsWith(heading),
  );
  if (same && /^\s*[|\-–—:·»/\\>]/.test(title.slice(same.length))) return same;
  const parts = title.split(/\s+[|\-–—·»/\\>]+\s+/);
  if (parts.length < 2) return title;
  const words = (text: string): number => text.split(/\s+/).length;
  const wanted = site?.toLowerCase();
  if (wanted && parts.at(-1)!.toLowerCase() === wanted)
    return title.slice(0, title.lastIndexOf(parts.at(-1)!)).replace(/[\s|\-–—·»/\\>]+$/, '');
  if (wanted && parts[0]!.toLowerCase() === wanted)
    return title.slice(parts[0]!.length).replace(/^[\s|\-–—·»/\\>]+/, '');
  const head = title.slice(0, title.lastIndexOf(parts.at(-1)!)).replace(/[\s|\-–—·»/\\>]+$/, '');
  if (words(head) >= 3) return head;
  return title;
}

interface BodyFacts {
  licence?: string;
  date?: string;
  headings: string[];
}

/** Facts that stand in the body: licence links, marked dates, headings of the first rank. */
function readBody(body: ElementNode): BodyFacts {
  const facts: BodyFacts = { headings: [] };
  let published: string | undefined;
  let firstTime: string | undefined;
  const visit = (element: ElementNode): void => {
    const { attributes, tag } = element;
    if (tag === 'h1' && facts.headings.length < 5) facts.headings.push(lineOf(element));
    if (attributes) {
      const rel = attributes.rel;
      if (
        facts.licence === undefined &&
        rel !== undefined &&
        attributes.href !== undefined &&
        /(?:^|\s)licen[sc]e(?:\s|$)/i.test(rel)
      )
        facts.licence = attributes.href;
      if (attributes.itemprop === 'datePublished')
        published ??= attributes.datetime ?? attributes.content ?? lineOf(element);
      if (tag === 'time') firstTime ??= attributes.datetime;
    }
    for (const child of element.children) if (child instanceof ElementNode) visit(child);
  };
  visit(body);
  facts.date = isoDate(published) ?? isoDate(firstTime);
  return facts;
}

export interface ReadMetadata {
  readonly metadata: PageMetadata;
  readonly structured: StructuredData;
  /** All titles and headings of the first rank, for finding their copies in the text. */
  readonly titles: readonly string[];
  readonly descriptions: readonly string[];
}

/** Reads what head, JSON-LD and marked elements say. `byline` is what the text itself shows as its author. */
export function readMetadata(page: Page, byline: string): ReadMetadata {
  const metas = new Map<string, string>();
  let canonical: string | undefined;
  let linkLicence: string | undefined;
  // RDFa's `property` is written for this; `name` fills what is missing.
  const named = new Map<string, string>();
  for (const element of page.declarations) {
    const rel = element.attribute('rel').toLowerCase();
    if (element.tag === 'link') {
      if (/(?:^|\s)canonical(?:\s|$)/.test(rel)) canonical ??= element.attribute('href');
      else if (/(?:^|\s)licen[sc]e(?:\s|$)/.test(rel)) linkLicence ??= element.attribute('href');
    } else if (element.tag === 'meta') {
      const content = element.attribute('content');
      if (content.trim() === '') continue;
      const fill = (into: Map<string, string>, keys: string): void => {
        for (const key of keys.toLowerCase().split(/\s+/)) {
          const name = key.replaceAll('.', ':');
          if (name !== '' && !into.has(name)) into.set(name, content);
        }
      };
      fill(metas, `${element.attribute('property')} ${element.attribute('itemprop')}`);
      fill(named, `${element.attribute('name')} ${element.attribute('http-equiv')}`);
    }
  }
  for (const [name, content] of named) if (!metas.has(name)) metas.set(name, content);
  const meta = (...names: string[]): string | undefined => firstOf(...names.map((name) => metas.get(name)));
  const structured = readJsonLd(page.jsonLd);
  const facts = readBody(page.body);
  const site = firstOf(
    meta('og:site_name'),
    structured.site,
    meta('application-name'),
    meta('apple-mobile-web-app-title'),
  );
  const declared = firstOf(
    structured.title,
    meta(
      'dc:title',
      'dcterms:title',
      'dcterm:title',
      'og:title',
      'parsely-title',
      'twitter:title',
      'title',
      'headline',
    ),
  );
  const author = meta(
    'dc:creator',
    'dcterms:creator',
    'dcterm:creator',
    'author',
    'parsely-author',
    'article:author',
    'citation_author',
    'sailthru:author',
  );
  const licenceUrl = firstOf(
    facts.licence,
    linkLicence,
    structured.licence,
    meta('dc:rights:license', 'dcterms:license', 'dc:license', 'license', 'licence', 'og:license'),
  );
  const robots = [metas.get('robots'), metas.get('googlebot')].filter(Boolean).join(',').toLowerCase();
  const says = (word: string): boolean => new RegExp(`(?:^|[\\s,])${word}(?:$|[\\s,])`).test(robots);
  const description = firstOf(
    meta('og:description', 'description', 'dc:description', 'twitter:description'),
    structured.description,
  );
  return {
    structured,
    titles: [page.title, declared ?? '', metas.get('og:title') ?? ''],
    descriptions: [metas.get('description'), metas.get('og:description'), structured.description].filter(
      (text): text is string => Boolean(text),
    ),
    metadata: {
      title: declared ?? titleOf(page.title, site, facts.headings) ?? firstOf(...facts.headings),
      byline: firstOf(structured.byline, author && !/^https?:\/\//.test(author) ? author : undefined, byline),
      language:
        languageOf(page.lang) ??
        languageOf(meta('content-language', 'dc:language', 'dcterms:language', 'language')) ??
        languageOf(structured.language) ??
        languageOf(meta('og:locale')),
      date:
        isoDate(structured.date) ??
        isoDate(
          meta(
            'article:published_time',
            'og:article:published_time',
            'parsely-pub-date',
            'datepublished',
            'date',
            'dc:date',
            'dcterms:created',
            'dc:date:issued',
            'dcterms:issued',
            'citation_publication_date',
            'sailthru:date',
            'pubdate',
            'publish-date',
          ),
        ) ??
        facts.date,
      modified:
        isoDate(structured.modified) ??
        isoDate(meta('article:modified_time', 'og:updated_time', 'datemodified', 'dcterms:modified', 'last-modified')),
      site,
      description,
      url: firstOf(canonical, meta('og:url')),
      licence: licenceUrl === undefined ? undefined : spdxOfUrl(licenceUrl),
      licenceUrl,
      robots: {
        noindex: says('noindex') || says('none'),
        nofollow: says('nofollow') || says('none'),
        noarchive: says('noarchive'),
        noai: says('noai') || metas.get('tdm-reservation')?.trim() === '1',
        noimageai: says('noimageai'),
      },
    },
  };
}
