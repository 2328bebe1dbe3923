import { closeSync, fsyncSync, ftruncateSync, openSync, readFileSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { urlKey } from './canonical.js';

/** An address that waits. */
export interface Waiting {
  readonly url: string;
  /** Links from a seed. */
  readonly depth: number;
  /** Redirects that led here. */
  readonly hops?: number;
  /** By a sitemap, ISO 8601. */
  readonly lastModified?: string;
}

/** What became of an address. One line of the log, written whole after the records it names. */
export interface PageEntry {
  readonly t: 'page';
  readonly url: string;
  readonly status?: number;
  /** Why it was not asked for, or not kept. */
  readonly reason?: string;
  /** Where its response stands: number of the WARC file, offset, bytes. */
  readonly at?: readonly [file: number, offset: number, length: number];
  /** Number and length of the WARC file after the records of this visit. */
  readonly upTo?: readonly [file: number, end: number];
  /** Kept as a document: status 200, text, no directive against it. */
  readonly kept?: boolean;
  readonly canonical?: string;
  readonly etag?: string;
  readonly lastModified?: string;
  /** Digest of the body as it was sent. */
  readonly digest?: string;
  readonly id?: string;
  readonly time?: string;
  /** 304 or the same body: the response of an earlier round stands. */
  readonly revisit?: boolean;
  readonly links?: readonly Waiting[];
  readonly depth?: number;
}

interface LinksEntry {
  readonly t: 'links';
  readonly from: string;
  readonly links: readonly Waiting[];
  /** The sitemap has been read to its end. */
  readonly done?: boolean;
}

interface RoundEntry {
  readonly t: 'round';
  readonly number: number;
}

type Entry = PageEntry | LinksEntry | RoundEntry;

/**
 * The crawl's memory: a log of one JSON line for each thing that happened. What waits is what was found less what is done, so a crawl that was
 * killed anywhere goes on with no page lost; records that no line vouches for are cut off (`Archive`), so that none comes twice.
 */
export class Frontier {
  readonly #path: string;
  #fd: number;
  readonly #seen = new Set<string>();
  readonly #waiting = new Map<string, Waiting>();
  /** Latest entry of each address. */
  readonly pages = new Map<string, PageEntry>();
  readonly #sitemaps = new Set<string>();
  round = 1;
  /** End of the records that the log vouches for, per file. */
  readonly ends = new Map<number, number>();

  /** `readOnly` leaves the file as it is: another process may be writing it. */
  constructor(folder: string, readOnly = false) {
    this.#path = join(folder, 'frontier.jsonl');
    const length = this.#load(folder);
    this.#fd = openSync(this.#path, readOnly ? 'r' : 'a+');
    if (!readOnly) ftruncateSync(this.#fd, length);
  }

  /** Replays the log; returns the bytes of it that can be believed. A torn line and lines about records that the disk has lost are not. */
  #load(folder: string): number {
    let text: Buffer;
    try {
      text = readFileSync(this.#path);
    } catch {
      return 0;
    }
    const sizes = new Map<number, number>();
    let from = 0;
    for (let end = text.indexOf(10); end >= 0; end = text.indexOf(10, from)) {
      let entry: Entry;
      try {
        entry = JSON.parse(text.toString('utf8', from, end)) as Entry;
      } catch {
        break;
      }
      if (entry.t === 'page' && entry.upTo) {
        const [file, size] = entry.upTo;
        if (!sizes.has(file)) sizes.set(file, sizeOf(join(folder, archiveName(file))));
        if (sizes.get(file)! < size) break;
      }
      this.#apply(entry);
      from = end + 1;
    }
    return from;
  }

  #apply(entry: Entry): void {
    switch (entry.t) {
      case 'page': {
        const key = urlKey(entry.url);
        this.#seen.add(key);
        this.#waiting.delete(key);
        const { links: _links, ...page } = entry;
        this.pages.set(key, page.revisit ? { ...this.pages.get(key), ...page } : page);
        if (page.upTo) this.ends.set(page.upTo[0], Math.max(this.ends.get(page.upTo[0]) ?? 0, page.upTo[1]));
        this.#admit(entry.links);
        break;
      }
      case 'links':
        if (entry.done) this.#sitemaps.add(entry.from);
        this.#admit(entry.links);
        break;
      case 'round':
        this.round = entry.number;
        this.#sitemaps.clear();
        // What was answered is asked for again; what was refused may be allowed by now.
        for (const page of this.pages.values()) this.#waiting.set(urlKey(page.url), { url: page.url, depth: 0 });
        break;
      default:
        entry satisfies never;
    }
  }

  #admit(links: readonly Waiting[] | undefined): void {
    for (const link of links ?? []) {
      const key = urlKey(link.url);
      const waiting = this.#waiting.get(key);
      if (waiting && link.lastModified !== undefined)
        this.#waiting.set(key, { ...waiting, lastModified: link.lastModified });
      if (this.#seen.has(key)) continue;
      this.#seen.add(key);
      this.#waiting.set(key, link);
    }
  }

  #write(entry: Entry): void {
    const line = JSON.stringify(entry);
    writeSync(this.#fd, `${line}\n`);
    // As it will be read: fields that are undefined are gone.
    this.#apply(JSON.parse(line) as Entry);
  }

  /** Whether the address was found before, done or not. */
  has(url: string): boolean {
    return this.#seen.has(urlKey(url));
  }

  get found(): number {
    return this.#seen.size;
  }

  waiting(): readonly Waiting[] {
    return [...this.#waiting.values()];
  }

  /** Lets pages wait once more; the log says so when something new has become of them. */
  waitAgain(which: (page: PageEntry) => boolean): void {
    for (const [key, page] of this.pages)
      if (which(page)) this.#waiting.set(key, { url: page.url, depth: page.depth ?? 1 });
  }

  waitingFor(url: string): Waiting | undefined {
    return this.#waiting.get(urlKey(url));
  }

  hasRead(sitemap: string): boolean {
    return this.#sitemaps.has(sitemap);
  }

  /** New ones of these addresses; they are on disk when this returns. */
  add(from: string, links: readonly Waiting[], done = false): readonly Waiting[] {
    const fresh = this.fresh(links);
    const dated = links.filter((link) => link.lastModified !== undefined && this.#waiting.has(urlKey(link.url)));
    if (fresh.length > 0 || dated.length > 0 || done)
      this.#write({ t: 'links', from, links: [...fresh, ...dated], done: done || undefined });
    return fresh;
  }

  /** Those of the addresses that were not found before, each once. */
  fresh(links: readonly Waiting[]): readonly Waiting[] {
    const keys = new Set<string>();
    return links.filter(({ url }) => {
      const key = urlKey(url);
      if (this.#seen.has(key) || keys.has(key)) return false;
      keys.add(key);
      return true;
    });
  }

  finish(page: Omit<PageEntry, 't'>): void {
    this.#write({ t: 'page', ...page });
  }

  startRound(): void {
    this.#write({ t: 'round', number: this.round + 1 });
  }

  sync(): void {
    fsyncSync(this.#fd);
  }

  close(): void {
    this.sync();
    closeSync(this.#fd);
  }
}

export function archiveName(file: number): string {
  return `crawl-${String(file).padStart(5, '0')}.warc.gz`;
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
