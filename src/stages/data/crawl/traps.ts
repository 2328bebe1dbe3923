/** Bounds against sites that make up pages without end. */
export interface TrapOptions {
  /** Characters of an address. Default 2,000. */
  readonly urlCharacters?: number;
  /** Segments of a path. Default 20. */
  readonly segments?: number;
  /** How often one segment may stand in a path. Default 3. */
  readonly repeats?: number;
  /** Parameters of a query. Default 12. */
  readonly parameters?: number;
  /** Addresses of a host that differ only in numbers and values of parameters. Default 1,000. */
  readonly perShape?: number;
  /** The same where a date is among them (calendars). Default 200. */
  readonly perDatedShape?: number;
  /** Addresses of a host with the same path and other queries. Default 500. */
  readonly perPath?: number;
}

const dated = /(?:^|[^0-9])(?:19|20|21)\d\d(?:[-/._]?(?:0?[1-9]|1[0-2]))?(?![0-9])/;

/** Notices addresses that look made up. Counts are kept per host; `check` says what is wrong, `count` takes an address that passed. */
export class Traps {
  readonly #limits: Required<TrapOptions>;
  readonly #shapes = new Map<string, number>();
  readonly #paths = new Map<string, number>();

  constructor(options: TrapOptions = {}) {
    this.#limits = {
      urlCharacters: 2000,
      segments: 20,
      repeats: 3,
      parameters: 12,
      perShape: 1000,
      perDatedShape: 200,
      perPath: 500,
      ...options,
    };
  }

  check(url: string): string | undefined {
    const limits = this.#limits;
    if (url.length > limits.urlCharacters) return `an address of ${url.length} characters`;
    const { pathname, search, host } = new URL(url);
    const segments = pathname.split('/').filter((part) => part !== '');
    if (segments.length > limits.segments) return `a path of ${segments.length} segments`;
    const counts = new Map<string, number>();
    for (const segment of segments) {
      const count = (counts.get(segment) ?? 0) + 1;
      if (count > limits.repeats) return `a path that repeats ${JSON.stringify(segment.slice(0, 40))}`;
      counts.set(segment, count);
    }
    const parameters = search === '' ? 0 : search.split('&').length;
    if (parameters > limits.parameters) return `a query of ${parameters} parameters`;
    const shape = this.#shapeOf(host, pathname, search);
    const most = dated.test(pathname + search) ? limits.perDatedShape : limits.perShape;
    if (shape && (this.#shapes.get(shape) ?? 0) >= most) return `more than ${most} addresses of one shape`;
    if (search !== '' && (this.#paths.get(host + pathname) ?? 0) >= limits.perPath)
      return `more than ${limits.perPath} queries of one path`;
    return undefined;
  }

  count(url: string): void {
    const { pathname, search, host } = new URL(url);
    const shape = this.#shapeOf(host, pathname, search);
    if (shape) this.#shapes.set(shape, (this.#shapes.get(shape) ?? 0) + 1);
    if (search !== '') this.#paths.set(host + pathname, (this.#paths.get(host + pathname) ?? 0) + 1);
  }

  /** Numbers as #, parameters without their values; `undefined` where nothing varies. */
  #shapeOf(host: string, pathname: string, search: string): string | undefined {
    if (search === '' && !/\d/.test(pathname)) return undefined;
    const names = search
      .slice(1)
      .split('&')
      .map((part) => part.split('=', 1)[0])
      .sort();
    return `${host}${pathname.replace(/\d+/g, '#')}?${names.join('&')}`;
  }
}
