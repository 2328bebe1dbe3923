/** One rule of a group; the pattern is normalized. */
interface Rule {
  readonly allow: boolean;
  readonly pattern: string;
}

interface Group {
  readonly agents: string[];
  readonly rules: Rule[];
  crawlDelay?: number;
  /** Paths (patterns) whose use for training is refused: Content-Signal and Content-Usage. */
  readonly noTraining: string[];
}

/** Robots of companies that collect text for training. A site that names one and shuts it out has said what it thinks of that use. */
export const trainingAgents = [
  'gptbot',
  'ccbot',
  'google-extended',
  'applebot-extended',
  'anthropic-ai',
  'claudebot',
  'claude-web',
  'bytespider',
  'meta-externalagent',
  'cohere-training-data-crawler',
  'cohere-ai',
  'ai2bot',
  'ai2bot-dolma',
  'omgilibot',
  'diffbot',
] as const;

/** RFC 9309, section 2.5: at least 500 kibibytes have to be read; what lies beyond is not. */
export const mostRobotsBytes = 500 * 1024;

const unreserved = /[A-Za-z0-9\-._~]/;

/** Percent-encoding in one form: unreserved characters as they are, all else in upper case, what is not ASCII encoded (RFC 9309, 2.2.2). */
export function normalizedPath(path: string): string {
  const encoded = path.replace(/[^\x21-\x7e]+/g, (part) => encodeURIComponent(part.toWellFormed()));
  return encoded.replace(/%([0-9a-fA-F]{2})/g, (_, hex: string) => {
    const char = String.fromCharCode(Number.parseInt(hex, 16));
    return unreserved.test(char) ? char : `%${hex.toUpperCase()}`;
  });
}

/** `*` stands for anything, `$` at the end for the end. Goes back to the last star only, so that no pattern takes long. */
export function pathMatches(pattern: string, path: string): boolean {
  const anchored = pattern.endsWith('$');
  const end = anchored ? pattern.length - 1 : pattern.length;
  let p = 0;
  let s = 0;
  let star = -1;
  let mark = 0;
  for (;;) {
    if (p === end && (!anchored || s === path.length)) return true;
    if (p < end && pattern[p] === '*') {
      star = p++;
      mark = s;
    } else if (p < end && s < path.length && pattern[p] === path[s]) {
      p++;
      s++;
    } else if (star >= 0 && mark < path.length) {
      p = star + 1;
      s = ++mark;
    } else return false;
  }
}

/** Keys as people misspell them. */
const keys: Readonly<Record<string, string>> = {
  useragent: 'user-agent',
  'user agent': 'user-agent',
  dissallow: 'disallow',
  disalow: 'disallow',
  dissalow: 'disallow',
  crawldelay: 'crawl-delay',
  'site-map': 'sitemap',
};

/** What a robots.txt says. */
export class Robots {
  readonly #groups: readonly Group[];
  readonly sitemaps: readonly string[];

  private constructor(groups: readonly Group[], sitemaps: readonly string[]) {
    this.#groups = groups;
    this.sitemaps = sitemaps;
  }

  static readonly allowAll = new Robots([], []);
  static readonly disallowAll = new Robots(
    [{ agents: ['*'], rules: [{ allow: false, pattern: '/' }], noTraining: [] }],
    [],
  );

  /** Reads a file as RFC 9309 says; whatever is no rule is passed over. */
  static parse(text: string): Robots {
    const groups: Group[] = [];
    const sitemaps: string[] = [];
    let current: Group | undefined;
    let inAgents = false;
    for (const raw of text
      .slice(0, mostRobotsBytes)
      .replace(/^\ufeff/, '')
      .split(/\r\n|\r|\n/)) {
      const hash = raw.indexOf('#');
      const line = (hash < 0 ? raw : raw.slice(0, hash)).trim();
      const colon = line.indexOf(':');
      if (colon <= 0) continue;
      const written = line.slice(0, colon).trim().toLowerCase();
      const key = keys[written] ?? written;
      const value = line.slice(colon + 1).trim();
      if (key === 'user-agent') {
        if (!inAgents || !current) {
          current = { agents: [], rules: [], noTraining: [] };
          groups.push(current);
        }
        current.agents.push(value.toLowerCase());
        inAgents = true;
        continue;
      }
      if (key === 'sitemap') {
        if (value !== '' && sitemaps.length < 1000) sitemaps.push(value);
        continue;
      }
      if (!current) continue;
      switch (key) {
        case 'allow':
        case 'disallow':
          inAgents = false;
          // An empty rule says nothing; a pattern that starts with neither / nor * means the path all the same.
          if (value !== '')
            current.rules.push({
              allow: key === 'allow',
              pattern: normalizedPath(/^[/*]/.test(value) ? value : `/${value}`),
            });
          break;
        case 'crawl-delay': {
          inAgents = false;
          const seconds = /^\d{1,6}(?:\.\d{1,6})?$/.test(value) ? Number(value) : Number.NaN;
          if (!Number.isNaN(seconds)) current.crawlDelay = Math.max(current.crawlDelay ?? 0, seconds);
          break;
        }
        case 'content-signal':
        case 'content-usage': {
          inAgents = false;
          const path = /^(\/\S*)\s/.exec(value)?.[1] ?? '/';
          if (/\b(?:ai-train\s{0,5}=\s{0,5}no|train-ai\s{0,5}=\s{0,5}n)\b/i.test(value))
            current.noTraining.push(normalizedPath(path));
          break;
        }
        default:
          inAgents = inAgents && key !== 'noindex';
      }
    }
    return new Robots(groups, sitemaps);
  }

  /** Groups that name this agent, else those for all (several are one, RFC 9309, 2.2.1). */
  #groupsFor(agent: string, fallback = true): readonly Group[] {
    const token = agent.toLowerCase();
    // `User-agent: abovo/1.0` names abovo; the version is no part of the product token.
    const own = this.#groups.filter((group) => group.agents.some((name) => name.split('/', 1)[0]!.trim() === token));
    return own.length > 0 || !fallback ? own : this.#groups.filter((group) => group.agents.includes('*'));
  }

  static #allows(groups: readonly Group[], path: string): boolean {
    let best = -1;
    let allow = true;
    for (const { rules } of groups) {
      for (const rule of rules) {
        const { length } = rule.pattern;
        if ((length > best || (length === best && rule.allow)) && pathMatches(rule.pattern, path)) {
          best = length;
          allow = rule.allow;
        }
      }
    }
    return allow;
  }

  /** Whether the agent (a product token such as `abovo`) may fetch the path with its query. The longest rule decides, a tie allows. */
  allows(agent: string, pathAndQuery: string): boolean {
    const path = normalizedPath(pathAndQuery);
    return path === '/robots.txt' || Robots.#allows(this.#groupsFor(agent), path);
  }

  /** Whether the file refuses the use of a path for training: to a robot that collects for it, by Content-Signal or by Content-Usage. */
  refusesTraining(agent: string, pathAndQuery: string): string | undefined {
    const path = normalizedPath(pathAndQuery);
    for (const name of trainingAgents) {
      const groups = this.#groupsFor(name, false);
      if (groups.length > 0 && !Robots.#allows(groups, path)) return `robots.txt shuts ${name} out`;
    }
    const signal = this.#groupsFor(agent).some(({ noTraining }) =>
      noTraining.some((pattern) => pathMatches(pattern, path)),
    );
    return signal ? 'robots.txt says ai-train=no' : undefined;
  }

  /** Seconds between requests, where the file asks for some. */
  crawlDelay(agent: string): number | undefined {
    const delays = this.#groupsFor(agent).flatMap((group) => group.crawlDelay ?? []);
    return delays.length > 0 ? Math.max(...delays) : undefined;
  }
}
