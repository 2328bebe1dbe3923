import { SaxesParser } from 'saxes';

/** A page of a MediaWiki XML dump, its newest revision in the file. */
export interface DumpPage {
  readonly id: string;
  readonly title: string;
  readonly namespace: number;
  /** Title of the page it redirects to. */
  readonly redirect?: string;
  readonly revision?: string;
  /** Of the revision, ISO 8601. */
  readonly time?: string;
  /** `wikitext`, `json`, `Scribunto`, … */
  readonly model: string;
  readonly text: string;
}

export interface DumpSite {
  readonly name?: string;
  readonly base?: string;
  /** Language of the `<mediawiki xml:lang>`. */
  readonly language?: string;
}

export interface PageOptions {
  /** Characters of a page's text that are kept in memory; a longer page is left out. */
  readonly maxCharacters: number;
  readonly onSkip: (title: string, reason: string) => void;
}

/**
 * Pages of a MediaWiki export, streamed. A stream inside a multistream dump has pages without the root element, so text
 * is parsed as a fragment. Errors: throws where the XML is broken; pages before that have been given out.
 */
export class PageReader {
  readonly site: { name?: string; base?: string; language?: string } = {};
  readonly #parser: SaxesParser<{ fragment: true }>;
  readonly #options: PageOptions;
  #pages: DumpPage[] = [];
  #path: string[] = [];
  #fields: Record<string, string> = {};
  #text: string[] = [];
  #length = 0;
  #error: Error | undefined;

  constructor(options: PageOptions) {
    this.#options = options;
    this.#parser = new SaxesParser({ fragment: true });
    this.#parser.on('error', (error) => {
      this.#error ??= error;
    });
    this.#parser.on('opentag', ({ name, attributes }) => {
      this.#path.push(name);
      this.#text = [];
      this.#length = 0;
      const given = attributes as Record<string, string>;
      if (name === 'page') this.#fields = {};
      if (name === 'redirect' && given.title !== undefined) this.#fields.redirect = given.title;
      if (name === 'mediawiki' && given['xml:lang'] !== undefined) this.site.language = given['xml:lang'];
      if (this.#path.length > 64) this.#error ??= new Error('elements nested more than 64 deep');
    });
    const text = (part: string) => {
      this.#length += part.length;
      if (this.#length <= this.#options.maxCharacters) this.#text.push(part);
    };
    this.#parser.on('text', text);
    this.#parser.on('cdata', text);
    this.#parser.on('closetag', ({ name }) => this.#close(name));
  }

  /** Feeds a part of the file and gives out the pages that it completes. */
  *write(part: string): Generator<DumpPage> {
    this.#parser.write(part);
    yield* this.#take();
  }

  /** Ends the file: a page that is not closed is an error. */
  *end(): Generator<DumpPage> {
    this.#parser.close();
    yield* this.#take();
    if (this.#path.length > 0 && this.#path[0] !== 'mediawiki') throw new Error('the file ends inside a page');
  }

  *#take(): Generator<DumpPage> {
    const pages = this.#pages;
    this.#pages = [];
    yield* pages;
    if (this.#error) throw this.#error;
  }

  #close(name: string): void {
    this.#path.pop();
    const parent = this.#path[this.#path.length - 1];
    const value = this.#text.join('');
    if (name === 'sitename') this.site.name = value;
    else if (name === 'base') this.site.base = value;
    else if (name === 'page') this.#page();
    else if (parent === 'page' && (name === 'title' || name === 'ns' || name === 'id')) this.#fields[name] = value;
    else if (parent === 'revision') {
      // Later revisions of a full-history dump replace earlier ones.
      if (name === 'id') this.#fields.revision = value;
      else if (name === 'timestamp') this.#fields.time = value;
      else if (name === 'model') this.#fields.model = value;
      else if (name === 'text') {
        this.#fields.text = value;
        this.#fields.tooLong = this.#length > this.#options.maxCharacters ? String(this.#length) : '';
      }
    }
    this.#text = [];
    this.#length = 0;
  }

  #page(): void {
    const {
      id = '',
      title = '',
      ns = '0',
      redirect,
      revision,
      time,
      model = 'wikitext',
      text = '',
      tooLong,
    } = this.#fields;
    if (tooLong) {
      this.#options.onSkip(title, `a page of ${tooLong} characters, more than ${this.#options.maxCharacters}`);
      return;
    }
    this.#pages.push({
      id,
      title,
      namespace: Number(ns),
      model,
      text,
      ...(redirect === undefined ? {} : { redirect }),
      ...(revision === undefined ? {} : { revision }),
      ...(time === undefined ? {} : { time }),
    });
  }
}
