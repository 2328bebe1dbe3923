import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { testData } from '../../../../test/support.js';
import type { Json } from '../../../base/core/index.js';
import type { Document, Reject } from '../document.js';
import { PageReader, streamOffsets, wikipediaOptions, wikipediaSource, wikitextToText } from './index.js';

const folder = mkdtempSync(join(tmpdir(), 'abovo-wikipedia-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const read = async (options: object, cursor?: Json, most = Number.POSITIVE_INFINITY) => {
  const source = await wikipediaSource.create(wikipediaOptions.parse(options), { folder });
  const documents: Document[] = [];
  const rejects: Reject[] = [];
  let last: Json | undefined;
  const tasks = await source.tasks();
  for (const task of tasks) {
    const context = {
      onReject: (reject: Reject) => void rejects.push(reject),
      ...(cursor === undefined ? {} : { cursor }),
    };
    for await (const item of source.read(task, context)) {
      documents.push(item.document);
      last = item.cursor;
      if (documents.length >= most) return { documents, rejects, last, tasks };
    }
  }
  return { documents, rejects, last, tasks };
};

describe('wikitext', () => {
  it('keeps headings, lists, tables and formulas, and drops what lists other things', () => {
    const { text, categories, infobox } = wikitextToText(
      [
        '{{Infobox food|name=Egg|energy=647 kJ}}',
        "'''Eggs''' are laid by [[bird|hens]]<ref>{{cite book|title=Eggs}}</ref> ({{IPA|ɛɡ}}) and have {{convert|58|g|oz}}.",
        '== Shape ==',
        "An [[oval]] has <math>r = a^{2{b}}</math> and ''two'' ends:",
        '* blunt',
        '* pointed',
        '=== Sizes ===',
        '{| class="wikitable"\n! Size !! Mass\n|-\n| L || 63 g\n|-\n| M || 53 g\n|}',
        '== References ==',
        '{{reflist}}',
        '=== Below ===',
        'gone',
        '== Uses ==',
        'Baking.',
        '[[Category:Eggs]]',
      ].join('\n'),
    );
    expect(text).toBe(
      [
        'Eggs are laid by hens and have 58 g.',
        '## Shape',
        'An oval has $r = a^{2{b}}$ and two ends:\n- blunt\n- pointed',
        '### Sizes',
        'Size | Mass\nL | 63 g\nM | 53 g',
        '## Uses',
        'Baking.',
      ].join('\n\n'),
    );
    expect(categories).toEqual(['Eggs']);
    expect(infobox).toMatchObject({ values: { name: 'Egg', energy: '647 kJ' } });
  });

  it('drops tables and formulas where asked', () => {
    const source = 'A <math>x</math> b.\n{|\n| c || d\n|}';
    expect(wikitextToText(source, { math: 'drop', tables: 'drop' }).text).toBe('A b.');
  });

  it('tells redirects and lists of meanings', () => {
    expect(wikitextToText('#REDIRECT [[Egg]]').redirect).toBe('Egg');
    expect(wikitextToText("'''Egg''' may be:\n* [[Egg]]\n{{disambiguation}}").disambiguation).toBe(true);
  });

  it('survives any markup, in time', () => {
    const piece = fc.constantFrom(
      '[[',
      ']]',
      '{{',
      '}}',
      '{|',
      '|}',
      '|-',
      '|',
      '!',
      '==',
      "'''",
      '<ref>',
      '</ref>',
      '<math>',
      '</math>',
      '\n',
      '*',
      'egg ',
      '<!--',
      '-->',
      '<nowiki>',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 200 }), (pieces) => {
        expect(typeof wikitextToText(pieces.join('')).text).toBe('string');
      }),
      { numRuns: 40 },
    );
    const started = performance.now();
    wikitextToText('<math>'.repeat(2_000));
    expect(performance.now() - started).toBeLessThan(20_000);
  });
});

const page = (n: number, text: string, extra = '') =>
  `<page><title>Page ${n}</title><ns>0</ns><id>${n}</id>${extra}<revision><id>${n}0</id><timestamp>2024-01-0${n}T00:00:00Z</timestamp><model>wikitext</model><text>${text}</text></revision></page>`;
const site =
  '<mediawiki xml:lang="en"><siteinfo><sitename>Eggpedia</sitename><base>https://eggs.example/wiki/Main_Page</base></siteinfo>';

describe('dumps', () => {
  it('are read as articles of the real English Wikipedia, and go on behind any of them', async (context) => {
    const dump = testData(
      context,
      'crawl/wikipedia-dump/enwiki-latest-pages-articles1.xml-p000000010p000030302-shortened.bz2',
    );
    const { documents, rejects, last } = await read({ dump }, undefined, 4);
    expect(rejects).toEqual([]);
    expect(documents.map(({ title }) => title)).toEqual(['Anarchism', 'Autism', 'Albedo', 'A']);
    const [first] = documents;
    expect(first).toMatchObject({
      language: 'en',
      url: 'https://en.wikipedia.org/wiki/Anarchism',
      licence: 'CC-BY-SA-4.0',
    });
    expect(first?.text).toMatch(/^Anarchism is a political philosophy that advocates self-governed societies/);
    expect(first?.text).not.toMatch(/\[\[|\]\]|\{\{|<ref|^## (References|External links|See also)/m);
    const next = await read({ dump }, JSON.parse(JSON.stringify(last)), 1);
    expect(next.documents[0]?.title).toBe('Alabama');
  }, 60_000);

  it('leave out redirects, other namespaces, other models and long pages; broken files cost what is broken', async () => {
    const path = join(folder, 'small.xml');
    const whole = `${site}${page(1, 'An egg.')}${page(2, 'x', '<redirect title="Page 1"/>')}${page(3, 'y'.repeat(200))}${page(4, 'A hen &amp; a nest.')}</mediawiki>`;
    writeFileSync(path, whole);
    const { documents, rejects } = await read({ dump: path, maxCharacters: 100 });
    expect(documents.map(({ text }) => text)).toEqual(['An egg.', 'A hen & a nest.']);
    expect(documents[1]).toMatchObject({ url: 'https://eggs.example/wiki/Page_4', time: '2024-01-04T00:00:00Z' });
    expect(rejects.map(({ reason }) => reason)).toEqual(['a page of 200 characters, more than 100']);
    for (const end of [10, 200, 500, whole.length - 20]) {
      writeFileSync(path, whole.slice(0, end));
      const cut = await read({ dump: path });
      expect(cut.documents.length).toBeLessThan(4);
      expect(cut.rejects.length).toBe(1);
    }
    // A base that is no address costs the addresses, not the pages.
    writeFileSync(path, whole.replace('https://eggs.example/wiki/Main_Page', 'no address'));
    expect((await read({ dump: path })).documents.map(({ url }) => url)).toEqual([undefined, undefined, undefined]);
    await expect(read({ dump: 'none.xml' })).rejects.toThrow(/expected a dump/);
  });

  it('never throw anything but an error of their own on damaged XML', () => {
    const whole = `${site}${page(1, 'An egg.')}</mediawiki>`;
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.string({ maxLength: 3 }), (at, put) => {
        const reader = new PageReader({ maxCharacters: 1000, onSkip: () => undefined });
        try {
          for (const text of [whole.slice(0, at) + put, whole.slice(at + 1)])
            for (const one of reader.write(text)) expect(one.id).toBeDefined();
          for (const one of reader.end()) expect(one.id).toBeDefined();
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
        }
      }),
    );
  });

  it('of several streams are shared out by their index', async (context) => {
    // Streams of bzip2 that were made once: the head, two with two pages each, the end of the root element.
    const parts = JSON.parse(readFileSync(new URL('./testing-multistream.json', import.meta.url), 'utf8')) as string[];
    void context;
    const streams = parts.map((part) => Buffer.from(part, 'base64'));
    const dump = join(folder, 'multi.xml.bz2');
    writeFileSync(dump, Buffer.concat(streams));
    const first = streams[0]!.length;
    const second = first + streams[1]!.length;
    const index = join(folder, 'multi-index.txt');
    writeFileSync(index, `${first}:1:Page 1\n${first}:2:Page 2\n${second}:3:Page 3\n${second}:4:Page 4\n`);
    expect(await streamOffsets(index)).toEqual([first, second]);
    const { documents, rejects, tasks } = await read({ dump, index, streamsPerTask: 1, language: 'en' });
    expect(tasks).toHaveLength(2);
    expect(rejects).toEqual([]);
    expect(documents.map(({ id }) => id)).toEqual(['1', '2', '3', '4']);
    expect((await read({ dump })).documents.map(({ id }) => id)).toEqual(['1', '2', '3', '4']);
    writeFileSync(index, 'no index\n');
    await expect(streamOffsets(index)).rejects.toThrow(/expected offset:page:title/);
  });
});
