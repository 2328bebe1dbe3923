import type { Json } from '../../../base/core/index.js';
import { wholeOf } from './bytes.js';
import { Flow } from './flow.js';
import { Unreadable } from './limits.js';
import { markdownTable } from './markup.js';
import type { FormatReader, Found } from './reader.js';
import { allElements, elements, firstElement, innerText, parseXml, xmlText, type XmlElement } from './xml.js';

/** Addresses of licences that articles name, as SPDX identifiers. */
export function licenceOf(url: string): string | undefined {
  const match = /creativecommons\.org\/(licenses|publicdomain)\/([a-z-]+)\/(\d\.\d)/i.exec(url);
  if (!match) return undefined;
  const [, kind, name, version] = match;
  if (kind!.toLowerCase() === 'publicdomain') return name === 'zero' ? `CC0-${version}` : undefined;
  return `CC-${name!.toUpperCase()}-${version}`;
}

const skipped = new Set(['object-id', 'permissions', 'graphic', 'media']);

/** Writes the content of an article's elements; unknown ones are looked through. */
class Article {
  readonly flow = new Flow();

  constructor(private readonly references: boolean) {}

  children(parent: XmlElement, level: number): void {
    for (const child of parent.children) {
      if (typeof child === 'string') this.flow.text(child);
      else this.element(child, level);
    }
  }

  private block(element: XmlElement, level: number): void {
    this.flow.break(2);
    this.children(element, level);
    this.flow.break(2);
  }

  heading(text: string, level: number): void {
    if (text === '') return;
    this.flow.break(2);
    this.flow.prefix(`${'#'.repeat(Math.min(6, level))} `);
    this.flow.text(text);
    this.flow.break(2);
  }

  element(element: XmlElement, level: number): void {
    const { name } = element;
    if (skipped.has(name)) return;
    if (name === 'sec' || name === 'app' || name === 'ack' || name === 'boxed-text' || name === 'glossary') {
      this.section(element, level);
    } else if (name === 'p' || name === 'disp-quote' || name === 'verse-group') this.block(element, level);
    else if (name === 'list') {
      for (const [i, item] of [...elements(element)].filter((child) => child.name === 'list-item').entries()) {
        this.flow.break(1);
        this.flow.prefix(element.attributes['list-type'] === 'order' ? `${i + 1}. ` : '- ');
        this.flow.text(innerText(item));
      }
      this.flow.break(2);
    } else if (name === 'table-wrap' || name === 'fig') this.figure(element);
    else if (name === 'table') this.table(element);
    else if (name === 'disp-formula') {
      this.flow.break(2);
      this.flow.text(formula(element));
      this.flow.break(2);
    } else if (name === 'inline-formula') this.flow.text(formula(element));
    else if (name === 'ref-list') {
      if (this.references) this.referenceList(element, level);
    } else if (name === 'break') this.flow.break(1);
    else if (name === 'fn') this.block(element, level);
    else this.children(element, level);
  }

  private section(element: XmlElement, level: number): void {
    const title = [...elements(element)].find((child) => child.name === 'title');
    const label = [...elements(element)].find((child) => child.name === 'label');
    this.heading([innerText(label), innerText(title)].filter(Boolean).join(' '), level);
    for (const child of element.children) {
      if (typeof child === 'string') continue;
      if (child !== title && child !== label) this.element(child, level + 1);
    }
    this.flow.break(2);
  }

  private figure(element: XmlElement): void {
    const label = innerText([...elements(element)].find((child) => child.name === 'label'));
    const caption = innerText([...elements(element)].find((child) => child.name === 'caption'));
    this.flow.break(2);
    this.flow.text([label, caption].filter(Boolean).join(' '));
    this.flow.break(2);
    for (const table of allElements(element, 'table')) this.table(table);
    const notes = allElements(element, 'table-wrap-foot').map(innerText).filter(Boolean);
    for (const note of notes) {
      this.flow.text(note);
      this.flow.break(2);
    }
  }

  private table(element: XmlElement): void {
    const rows = allElements(element, 'tr').map((row) =>
      [...elements(row)].flatMap((cell) => {
        const span = Math.min(100, Math.max(1, Number.parseInt(cell.attributes.colspan ?? '1', 10) || 1));
        return [innerText(cell), ...Array.from({ length: span - 1 }, () => '')];
      }),
    );
    this.flow.break(2);
    this.flow.raw(markdownTable(rows));
    this.flow.break(2);
  }

  private referenceList(element: XmlElement, level: number): void {
    this.heading(innerText([...elements(element)].find((child) => child.name === 'title')) || 'References', level);
    for (const reference of allElements(element, 'ref')) {
      this.flow.break(1);
      const label = innerText([...elements(reference)].find((child) => child.name === 'label'));
      const body = [...elements(reference)].find((child) => /citation/.test(child.name)) ?? reference;
      const text = body === reference ? innerText(body) : citation(body);
      this.flow.text(label && !text.startsWith(label) ? `${label} ${text}` : text);
    }
    this.flow.break(2);
  }
}

/** A citation whose fields have no punctuation of their own gets spaces between them. */
function citation(element: XmlElement): string {
  const mixed = element.children.some((child) => typeof child === 'string' && /\S/.test(child));
  if (mixed) return innerText(element);
  const names = allElements(element, 'name').map((name) =>
    [innerText(firstElement(name, 'surname')), innerText(firstElement(name, 'given-names'))].filter(Boolean).join(' '),
  );
  const rest = [...elements(element)].filter((child) => !/person-group|^name$/.test(child.name)).map(innerText);
  return [names.join(', '), ...rest].filter(Boolean).join('. ');
}

/** TeX where the article has it, else the characters of its MathML. */
function formula(element: XmlElement): string {
  const tex = firstElement(element, 'tex-math');
  if (!tex) return innerText(element);
  const text = innerText(tex);
  // Publishers wrap a formula into a whole LaTeX document.
  return /\\begin\{document\}(.*?)\\end\{document\}/s.exec(text)?.[1]?.trim() ?? text;
}

function dateOf(meta: XmlElement): string | undefined {
  const dates = allElements(meta, 'pub-date');
  const date = dates.find((item) => firstElement(item, 'day')) ?? dates[0];
  const part = (name: string) => innerText(date && firstElement(date, name));
  const [year, month, day] = [part('year'), part('month'), part('day')];
  if (!/^\d{4}$/.test(year)) return undefined;
  const two = (text: string) => (/^\d{1,2}$/.test(text) ? `-${text.padStart(2, '0')}` : '');
  return year + two(month) + (two(month) ? two(day) : '');
}

export const jats: FormatReader = {
  summary: 'JATS XML articles (PubMed Central): title, abstract, sections, tables, formulas; references by option',
  extensions: ['nxml'],
  documents: 'one an article',
  cursor: 'none',
  async *read(input, { options, cursor }): AsyncGenerator<Found> {
    if (cursor !== undefined) return;
    const { limits } = options;
    const tree = parseXml(xmlText(await wholeOf(input, limits.fileBytes)), limits);
    const articles = allElements(tree, 'article').filter((item) => firstElement(item, 'article-meta'));
    if (articles.length === 0) throw new Unreadable('no <article> with <article-meta>: not a JATS file');
    for (const [i, article] of articles.entries()) {
      yield { ...readArticle(article, options.references), ...(articles.length > 1 ? { place: i + 1 } : {}) };
    }
  },
};

function readArticle(article: XmlElement, references: boolean): Found {
  const front = firstElement(article, 'front') ?? article;
  const meta = firstElement(front, 'article-meta')!;
  const title = innerText(firstElement(meta, 'article-title'));
  const writer = new Article(references);
  writer.heading(title, 1);
  for (const abstract of [...elements(meta)].filter((child) => child.name === 'abstract')) {
    const heading = innerText([...elements(abstract)].find((child) => child.name === 'title'));
    writer.heading(heading || 'Abstract', 2);
    for (const child of elements(abstract)) if (child.name !== 'title') writer.element(child, 3);
  }
  const body = [...elements(article)].find((child) => child.name === 'body');
  if (body) writer.children({ ...body, children: body.children.filter((child) => typeof child !== 'string') }, 2);
  const back = [...elements(article)].find((child) => child.name === 'back');
  if (back) for (const child of elements(back)) writer.element(child, 2);
  const ids: Record<string, Json> = {};
  for (const id of allElements(meta, 'article-id')) ids[id.attributes['pub-id-type'] ?? 'id'] = innerText(id);
  const authors = allElements(meta, 'contrib')
    .filter((item) => (item.attributes['contrib-type'] ?? 'author') === 'author')
    .map((item) => {
      const parts = [innerText(firstElement(item, 'given-names')), innerText(firstElement(item, 'surname'))];
      return parts.filter(Boolean).join(' ') || innerText(firstElement(item, 'collab'));
    })
    .filter(Boolean);
  const links = [
    ...allElements(meta, 'license'),
    ...allElements(meta, 'license_ref'),
    ...allElements(meta, 'ext-link'),
  ];
  const licence = links
    .flatMap((item) => [item.attributes['xlink:href'] ?? '', innerText(item)])
    .map(licenceOf)
    .find((found) => found !== undefined);
  const keywords = allElements(meta, 'kwd').map(innerText).filter(Boolean);
  const journal = innerText(firstElement(front, 'journal-title'));
  return {
    text: writer.flow.toString().trim(),
    title,
    time: dateOf(meta),
    language: article.attributes['xml:lang'],
    licence,
    url: typeof ids.doi === 'string' ? `https://doi.org/${ids.doi}` : undefined,
    metadata: {
      ...(authors.length > 0 ? { authors } : {}),
      ...(journal ? { journal } : {}),
      ...(keywords.length > 0 ? { keywords } : {}),
      ids,
    },
  };
}
