import { globPattern } from '../formats/index.js';

/** Which addresses belong to a crawl. */
export interface ScopeOptions {
  /** `host`: hosts of the seeds; `domain`: these and all below them; `any`: wherever links lead. Default host. */
  readonly scope?: 'host' | 'domain' | 'any';
  /** Globs over addresses (`https://e.org/docs/**`); a page must match one of them, if there are any. */
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
}

/** Endings of what is no text. Only where a server gives no better answer is a wrong guess a loss: such pages are not asked for. */
const binary =
  /\.(?:jpe?g|png|gif|webp|avif|bmp|ico|svg|tiff?|mp[34]|m4[av]|avi|mov|mkv|webm|ogg|oga|ogv|wav|flac|zip|gz|tgz|bz2|xz|7z|rar|zst|tar|iso|dmg|exe|msi|apk|deb|rpm|jar|woff2?|ttf|otf|eot|css|m?js|map|wasm|bin|docx?|xlsx?|pptx?|od[tsp]|epub|mobi|pdf|psd|swf)$/i;

export class Scope {
  readonly #kind: 'host' | 'domain' | 'any';
  readonly #hosts: ReadonlySet<string>;
  readonly #suffixes: readonly string[];
  readonly #include: readonly RegExp[];
  readonly #exclude: readonly RegExp[];

  constructor(seeds: readonly string[], { scope = 'host', include = [], exclude = [] }: ScopeOptions = {}) {
    this.#kind = scope;
    this.#hosts = new Set(seeds.map((url) => new URL(url).host));
    this.#suffixes = [...this.#hosts].map((host) => `.${host.replace(/^www\./, '')}`);
    this.#include = include.map(globPattern);
    this.#exclude = exclude.map(globPattern);
  }

  has(url: string): boolean {
    const { host, pathname } = new URL(url);
    if (this.#kind === 'host' && !this.#hosts.has(host)) return false;
    if (this.#kind === 'domain' && !this.#suffixes.some((suffix) => `.${host}`.endsWith(suffix))) return false;
    if (binary.test(pathname)) return false;
    if (this.#include.length > 0 && !this.#include.some((pattern) => pattern.test(url))) return false;
    return !this.#exclude.some((pattern) => pattern.test(url));
  }
}
