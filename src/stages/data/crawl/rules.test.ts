import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import robotsModule from 'robots-parser';
import { describe, expect, it } from 'vitest';
import { canonicalUrl, urlKey } from './canonical.js';
import { parseRobotsTags, parseTdmRules, tdmReserves } from './directives.js';
import { readSignals } from './page-signals.js';
import { Robots, mostRobotsBytes, pathMatches } from './robots.js';
import { Scope } from './scope.js';
import { type SitemapEntry, readSitemap } from './sitemap.js';
import { Traps } from './traps.js';

// Its types say ES module, its code is CommonJS.
const robotsParser = robotsModule as unknown as (
  url: string,
  text: string,
) => { isAllowed(url: string, agent: string): boolean | undefined };

describe('robots.txt', () => {
  const allows = (text: string, path: string, agent = 'abovo') => Robots.parse(text).allows(agent, path);

  it('follows the examples of RFC 9309', () => {
    const simple =
      'User-Agent: *\nDisallow: *.gif$\nDisallow: /example/\nAllow: /publications/\n\nUser-Agent: foobot\nDisallow:/\nAllow:/example/page.html\nAllow:/example/allowed.gif\n\nUser-Agent: barbot\nUser-Agent: bazbot\nDisallow: /example/page.html\n\nUser-Agent: quxbot\n';
    expect(allows(simple, '/a.gif')).toBe(false);
    expect(allows(simple, '/a.gifs')).toBe(true);
    expect(allows(simple, '/example/x')).toBe(false);
    expect(allows(simple, '/publications/x.gif')).toBe(true);
    expect(allows(simple, '/example/page.html', 'FooBot')).toBe(true);
    expect(allows(simple, '/x', 'foobot')).toBe(false);
    expect(allows(simple, '/example/page.html', 'bazbot')).toBe(false);
    expect(allows(simple, '/a.gif', 'bazbot')).toBe(true);
    expect(allows(simple, '/example/x', 'quxbot')).toBe(true);
    const longest = 'User-Agent: foobot\nAllow: /example/page/\nDisallow: /example/page/disallowed.gif';
    expect(allows(longest, '/example/page/disallowed.gif', 'foobot')).toBe(false);
    expect(allows(longest, '/example/page/a', 'foobot')).toBe(true);
  });

  it.each([
    ['User-agent: *\nDisallow: /a\nAllow: /a', '/a', true],
    ['User-agent: *\nDisallow:', '/a', true],
    ['Disallow: /', '/a', true],
    ['\ufeffUser-agent: *\r\nDisallow: /a # remark\r\n', '/a', false],
    ['user-agent: *\rdisallow: /a\r', '/a', false],
    ['User-agent: abovo/1.0\nDisallow: /', '/a', false],
    ['User-agent: abovobot\nDisallow: /', '/a', true],
    ['User-agent: a\nUser-agent: abovo\nDisallow: /x\n\nUser-agent: abovo\nDisallow: /a', '/a', false],
    ['User-agent: *\nDisallow: /\nUser-agent: abovo\nAllow: /', '/a', true],
    ['User-agent: *\nSitemap: http://e.org/s\nDisallow: /a', '/a', false],
    ['User-agent: *\nDisallow: /foo%2fbar', '/foo%2Fbar', false],
    ['User-agent: *\nDisallow: /foo/bar', '/foo%2Fbar', true],
    ['User-agent: *\nDisallow: /ü', '/%C3%BC', false],
    ['User-agent: *\nDisallow: /%7Ejoe', '/~joe', false],
    ['User-agent: *\nDisallow: /*?id=', '/x?a=1&id=2', true],
    ['User-agent: *\nDisallow: /*?*id=', '/x?a=1&id=2', false],
    ['User-agent: *\nDisallow: /a$', '/a/b', true],
    ['User-agent: *\nDisallow: /$', '/', false],
    ['User-agent: *\nDisallow: secret', '/secret', false],
    ['User agent: *\nDissallow: /a', '/a', false],
    ['User-agent: *\nDisallow: /', '/robots.txt', true],
    ['<html><body>User-agent: nothing</body></html>', '/a', true],
  ])('%j and %s: %s', (text, path, expected) => expect(allows(text, path)).toBe(expected));

  it('agrees with robots-parser on plain files', () => {
    const path = fc
      .array(fc.constantFrom('a', 'b', '/', '*', '$', '.'), { minLength: 1, maxLength: 8 })
      .map((parts) => `/${parts.join('')}`);
    const rule = fc.tuple(fc.constantFrom('Allow', 'Disallow'), path).map(([kind, pattern]) => `${kind}: ${pattern}`);
    fc.assert(
      fc.property(
        fc.array(rule, { maxLength: 6 }),
        fc.array(fc.constantFrom('a', 'b', '/', '.'), { maxLength: 10 }),
        (rules, parts) => {
          const text = `User-agent: *\n${rules.join('\n')}`;
          // A $ in the middle of a pattern is read differently there.
          if (/\$./m.test(text.replace(/\$$/gm, ''))) return;
          const target = `/${parts.join('')}`;
          const peer =
            robotsParser('http://e.org/robots.txt', text).isAllowed(`http://e.org${target}`, 'abovo') ?? true;
          expect(allows(text, new URL(`http://e.org${target}`).pathname)).toBe(peer);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('bounds time and size, and takes any text', () => {
    const start = process.cpuUsage();
    const spent = () => process.cpuUsage(start).user / 1e3;
    expect(pathMatches(`/${'*a'.repeat(1000)}b`, `/${'a'.repeat(8000)}`)).toBe(false);
    const long = `User-agent: *\nDisallow: /early\n${'#'.repeat(mostRobotsBytes)}\nDisallow: /late`;
    expect([allows(long, '/early'), allows(long, '/late')]).toEqual([false, true]);
    expect(spent()).toBeLessThan(3000);
    fc.assert(
      fc.property(
        fc.string({ maxLength: 200 }),
        fc.string({ maxLength: 30 }),
        (text, path) => void Robots.parse(`User-agent: *\n${text}`).refusesTraining('abovo', path),
      ),
    );
  });

  it('reads delay, sitemaps and what speaks against training', () => {
    const robots = Robots.parse(
      'User-agent: GPTBot\nUser-agent: CCBot\nDisallow: /articles\n\nUser-agent: *\nCrawl-delay: 2.5\nContent-Signal: search=yes, ai-train=no\nContent-Usage: /x train-ai=n\nSitemap: http://e.org/s.xml',
    );
    expect(robots.crawlDelay('abovo')).toBe(2.5);
    expect(robots.sitemaps).toEqual(['http://e.org/s.xml']);
    expect(robots.refusesTraining('abovo', '/articles/1')).toMatch(/gptbot/);
    expect(robots.refusesTraining('abovo', '/other')).toMatch(/ai-train=no/);
    expect(Robots.parse('User-agent: GPTBot\nDisallow: /a').refusesTraining('abovo', '/b')).toBeUndefined();
    expect(Robots.parse('User-agent: *\nDisallow: /a').refusesTraining('abovo', '/a')).toBeUndefined();
  });
});

describe('addresses', () => {
  it.each([
    ['HTTP://User:Pass@Example.ORG.:80/a/./b/../c#x', 'http://example.org/a/c'],
    ['https://e.org:443', 'https://e.org/'],
    ['http://e.org/?utm_source=a&b=2&fbclid=3', 'http://e.org/?b=2'],
    ['http://e.org/a;jsessionid=AB12?PHPSESSID=1', 'http://e.org/a'],
    ['http://e.org/%7ejoe/%c3%bc?q=%2f', 'http://e.org/~joe/%C3%BC?q=%2F'],
    ['http://e.org/ü', 'http://e.org/%C3%BC'],
    ['http://e.org/a?', 'http://e.org/a'],
    ['http://bücher.example/', 'http://xn--bcher-kva.example/'],
    ['mailto:a@e.org', undefined],
    ['javascript:alert(1)', undefined],
    ['http://', undefined],
  ])('%s → %s', (url, expected) => expect(canonicalUrl(url)).toBe(expected));

  it('is the same when done twice, for any link', () => {
    const parts = [
      'a',
      'B',
      '/',
      '//',
      '.',
      '..',
      '?',
      '&',
      '=',
      '%',
      '%2f',
      '%7E',
      '%zz',
      ';',
      '#',
      ':',
      '@',
      'ü',
      ' ',
      '\\',
      '[',
      'utm_x=1',
      ';sid=2',
      '+',
      '\ud800',
      '\t',
    ];
    const link = fc.array(fc.constantFrom(...parts), { maxLength: 12 }).map((list) => list.join(''));
    fc.assert(
      fc.property(fc.constantFrom('', 'http://', 'https://e.org', 'http://e.org/', '/'), link, (start, rest) => {
        const once = canonicalUrl(start + rest, 'http://e.org/x/');
        if (once !== undefined) expect(canonicalUrl(once)).toBe(once);
      }),
      { numRuns: 3000 },
    );
    expect(urlKey('http://e.org/?b=1&a=2')).toBe(urlKey('http://e.org/?a=2&b=1'));
  });

  it('keeps to its hosts and globs, and asks for no pictures', () => {
    const scope = new Scope(['https://www.e.org/'], { scope: 'domain', exclude: ['https://*.e.org/private/**'] });
    expect(
      [
        'https://www.e.org/a',
        'https://docs.e.org/',
        'https://e.org/',
        'https://note.org/',
        'https://www.e.org/a.JPG',
        'https://www.e.org/private/a',
      ].map((url) => scope.has(url)),
    ).toEqual([true, true, true, false, false, false]);
    expect(new Scope(['http://e.org:8080/']).has('http://e.org/')).toBe(false);
  });

  it('sees traps', () => {
    const traps = new Traps({ perDatedShape: 3, perShape: 5, perPath: 4 });
    expect(traps.check(`http://e.org/${'a/'.repeat(4)}`)).toMatch(/repeats/);
    expect(traps.check(`http://e.org/${Array.from({ length: 30 }, (_, i) => i).join('/')}`)).toMatch(/segments/);
    expect(traps.check(`http://e.org/?${'a=1&'.repeat(20)}`)).toMatch(/parameters/);
    expect(traps.check(`http://e.org/${'a'.repeat(3000)}`)).toMatch(/characters/);
    const upTo = (make: (i: number) => string) => {
      for (let i = 0; i < 100; i++) {
        if (traps.check(make(i))) return i;
        traps.count(make(i));
      }
      return 100;
    };
    expect(upTo((i) => `http://e.org/calendar/${2000 + i}/05`)).toBe(3);
    expect(upTo((i) => `http://e.org/page/${i}`)).toBe(5);
    expect(upTo((i) => `http://e.org/list?${'abcdefghij'[i % 10]}=x`)).toBe(4);
    expect(upTo((i) => `http://e.org/2024/05/story-${String.fromCharCode(97 + (i % 26)).repeat(i + 1)}`)).toBe(100);
  });
});

describe('wishes of owners', () => {
  it('reads X-Robots-Tag for all robots and for this one', () => {
    expect(parseRobotsTags(['noindex, nofollow'], 'abovo')).toMatchObject({
      noindex: true,
      nofollow: true,
      noai: false,
    });
    expect(parseRobotsTags(['otherbot: noindex', 'noai'], 'abovo')).toMatchObject({ noindex: false, noai: true });
    expect(parseRobotsTags(['ABOVO: none'], 'abovo')).toMatchObject({ noindex: true, nofollow: true });
    expect(parseRobotsTags(['max-snippet: 5, noimageai'], 'abovo')).toMatchObject({ noimageai: true });
    expect(parseRobotsTags(['unavailable_after: 25 Jun 2010 15:00:00 PST'], 'abovo').noindex).toBe(false);
  });

  it('reads links, base, canonical and directives of a page', () => {
    const page = readSignals(
      '<HTML><head><base href="/b/"><link rel="Canonical" href="c"><META NAME=robots content="NoAI, noindex"><meta name="tdm-reservation" content="1"><meta http-equiv=refresh content="0; URL=\'/next\'"></head><body><a href="x&amp;y">1</a><a href=z rel="nofollow noopener">2</a><area href=q><iframe src=f></iframe><!-- <a href=hidden> --><script>"<a href=s>"</script>',
      'abovo',
    );
    expect(page).toMatchObject({ links: ['x&y', 'q', 'f'], base: '/b/', canonical: 'c', refresh: '/next' });
    expect(page.directives).toMatchObject({ noai: true, noindex: true, tdmReserved: true, nofollow: false });
    expect(readSignals('<meta name=otherbot content=noindex>', 'abovo').directives.noindex).toBe(false);
    expect(readSignals('<meta name=Abovo content=noindex>', 'abovo').directives.noindex).toBe(true);
  });

  it('is not slowed down by hostile pages', () => {
    // Processor time: the clock would measure what else the machine does.
    const start = process.cpuUsage();
    readSignals('<div>'.repeat(1_000_000), 'abovo');
    readSignals(`<a href="${'x'.repeat(5_000_000)}`, 'abovo');
    expect(readSignals('<a href=x>'.repeat(100_000), 'abovo').links).toHaveLength(5000);
    expect(process.cpuUsage(start).user / 1e6).toBeLessThan(6);
    fc.assert(fc.property(fc.string({ maxLength: 300 }), (html) => void readSignals(`<a ${html}`, 'abovo')));
  });

  it('reads tdmrep.json', () => {
    const rules = parseTdmRules(
      '[{"location":"/free/*","tdm-reservation":0},{"location":"/","tdm-reservation":1,"tdm-policy":"http://e.org/p"}]',
    );
    expect([tdmReserves(rules, '/free/a'), tdmReserves(rules, '/a')]).toEqual([false, true]);
    expect(parseTdmRules('<html>')).toEqual([]);
    fc.assert(fc.property(fc.json(), (json) => void parseTdmRules(json)));
  });
});

describe('sitemaps', () => {
  const read = async (bytes: Uint8Array | string, size = 37) => {
    const buffer = Buffer.from(bytes as string);
    const entries: SitemapEntry[] = [];
    const source = (async function* () {
      for (let at = 0; at < buffer.length; at += size) yield buffer.subarray(at, at + size);
    })();
    for await (const entry of readSitemap(source)) entries.push(entry);
    return entries;
  };
  const xml =
    '<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:image="i"><url><loc> http://e.org/a?x=1&amp;y=2 </loc><lastmod>2026-01-02</lastmod><image:image><image:loc>http://e.org/i.png</image:loc></image:image></url><url><loc><![CDATA[http://e.org/ü]]></loc></url></urlset>';

  it('reads XML, indexes, feeds and text, packed or not, in any pieces', async () => {
    const expected = [
      { url: 'http://e.org/a?x=1&y=2', lastModified: '2026-01-02T00:00:00.000Z', isSitemap: false },
      { url: 'http://e.org/ü', lastModified: undefined, isSitemap: false },
    ];
    for (const size of [1, 7, 10_000]) {
      expect(await read(xml, size)).toEqual(expected);
      expect(await read(gzipSync(xml), size)).toEqual(expected);
    }
    expect(await read('<sitemapindex><sitemap><loc>http://e.org/s1.xml</loc></sitemap></sitemapindex>')).toMatchObject([
      { url: 'http://e.org/s1.xml', isSitemap: true },
    ]);
    expect(await read('http://e.org/1\r\nnonsense\nhttp://e.org/2')).toMatchObject([
      { url: 'http://e.org/1' },
      { url: 'http://e.org/2' },
    ]);
    expect(
      await read(
        '<rss><channel><item><link>http://e.org/i</link><pubDate>Mon, 05 Jan 2026 00:00:00 GMT</pubDate></item></channel></rss>',
      ),
    ).toMatchObject([{ url: 'http://e.org/i', lastModified: '2026-01-05T00:00:00.000Z' }]);
    expect(await read('<feed><entry><link href="http://e.org/f"/></entry></feed>')).toMatchObject([
      { url: 'http://e.org/f' },
    ]);
  });

  it('keeps what came before damage and stops at the protocol’s bounds', async () => {
    expect(await read(`${xml.slice(0, xml.indexOf('</url>') + 10)}<&&&`)).toHaveLength(1);
    expect(await read(gzipSync(xml).subarray(0, 150))).toHaveLength(0);
    expect(await read(Buffer.from('http://e.org/x\n'.repeat(60_000)), 1 << 16)).toHaveLength(50_000);
    expect(
      (
        await read(gzipSync(Buffer.concat([Buffer.from('http://e.org/x\n'), Buffer.alloc(100_000_000)]))).catch(() => [
          'threw',
        ])
      )[0],
    ).toMatchObject({ url: 'http://e.org/x' });
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: 'binary', maxLength: 300 }),
        async (text) => void (await read(`<urlset>${text}`)),
      ),
      { numRuns: 100 },
    );
  });
});
