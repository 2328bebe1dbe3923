import { describe, expect, it } from 'vitest';
import type { Document } from '../document.js';
import { extractHtml, extractHtmlStep, isoDate, languageOf, spdxOfUrl } from './index.js';

const read = (head: string, body = '<p>Text.</p>', lang = '') =>
  extractHtml(`<html${lang && ` lang="${lang}"`}><head>${head}</head><body>${body}</body></html>`);

describe('facts about a page', () => {
  it.each([
    ['<meta property="og:title" content="Egg"><title>Egg | Site</title>', 'Egg'],
    ['<title>How to boil an egg | The Kitchen</title>', 'How to boil an egg'],
    ['<meta property="og:site_name" content="Kitchen"><title>Kitchen: eggs - Kitchen</title>', 'Kitchen: eggs'],
    ['<title>Eggs - and how to boil them well</title>', 'Eggs - and how to boil them well'],
  ])('title of %s', (head, title) => {
    expect(read(head).title).toBe(title);
  });

  it('byline: data, meta, then the text; an address is no name', () => {
    expect(read('<meta name="author" content="A. Hen">').byline).toBe('A. Hen');
    expect(
      read(
        '<meta property="article:author" content="https://example.org/hen">',
        '<p class="byline">By B. Cock</p><p>Text.</p>',
      ).byline,
    ).toBe('By B. Cock');
    expect(read('').byline).toBeUndefined();
  });

  it('language', () => {
    expect(read('', undefined, 'de-AT').language).toBe('de');
    expect(read('<meta http-equiv="content-language" content="fr, en">').language).toBe('fr');
    expect(['iw', 'eng', 'zh_Hant_TW', 'x-default', '', 'und', '<b>'].map(languageOf)).toEqual([
      'he',
      'en',
      'zh',
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('dates without doubt only', () => {
    expect(isoDate('2024-02-30')).toBe('2024-02-30');
    expect(isoDate('2024-02-03 10:00:00')).toBe('2024-02-03T10:00:00');
    expect(isoDate('Tue, 03 Feb 2015 21:00:00 GMT')).toBe('2015-02-03T21:00:00Z');
    expect(isoDate('February 3, 2015')).toBe('2015-02-03');
    expect(['03/02/2015', 'yesterday', '', '2024-13-01', undefined].map(isoDate)).toEqual(Array(5).fill(undefined));
  });

  it.each([
    ['https://creativecommons.org/licenses/by-sa/4.0/', 'CC-BY-SA-4.0'],
    ['http://creativecommons.org/licenses/by-nc-nd/3.0/de/', 'CC-BY-NC-ND-3.0-DE'],
    ['https://creativecommons.org/licenses/by/4.0/deed.de', 'CC-BY-4.0'],
    ['https://creativecommons.org/publicdomain/zero/1.0/', 'CC0-1.0'],
    ['https://creativecommons.org/licenses/by/3.0/xx/', undefined],
    ['https://example.org/licence', undefined],
  ])('licence of %s', (url, spdx) => {
    expect(spdxOfUrl(url)).toBe(spdx);
    const page = read('', `<p>Text.</p><footer><a rel="license" href="${url}">licence</a></footer>`);
    expect([page.licence, page.licenceUrl]).toEqual([spdx, url]);
  });

  it('wishes towards machines', () => {
    expect(read('<meta name="robots" content="noindex, NoAI">').robots).toMatchObject({
      noindex: true,
      noai: true,
      nofollow: false,
    });
    expect(read('<meta name="tdm-reservation" content="1">').robots.noai).toBe(true);
    expect(read('<meta name="robots" content="none">').robots).toMatchObject({
      noindex: true,
      nofollow: true,
      noai: false,
    });
  });
});

describe('step extractHtml', () => {
  const document = (text: string, more: Partial<Document> = {}): Document => ({ id: '1', source: 's', text, ...more });
  const step = async (options: object = {}) =>
    extractHtmlStep.create(extractHtmlStep.options.parse(options), { folder: '.', seed: 0 });
  const html =
    '<html lang="de"><title>Das Ei</title><meta name="author" content="A. Huhn"><article><p>Das Ei war zuerst da, sagen die einen.</p></article></html>';

  it('fills what the source did not know and keeps what it did', async () => {
    const { apply } = (await step()) as { apply(d: Document): unknown };
    expect(apply(document(html, { title: 'Mine', metadata: { commit: 'a' } }))).toEqual({
      id: '1',
      source: 's',
      text: 'Das Ei war zuerst da, sagen die einen.',
      title: 'Mine',
      language: 'de',
      metadata: { commit: 'a', byline: 'A. Huhn' },
    });
  });

  it('leaves text without tags alone', async () => {
    const { apply } = (await step()) as { apply(d: Document): unknown };
    const plain = document('1 < 2\n\nand so on');
    expect(apply(plain)).toBe(plain);
  });

  it('drops with a reason', async () => {
    const drop = async (text: string, options?: object) =>
      ((await step(options)) as { apply(d: Document): { drop?: string } }).apply(document(text)).drop;
    expect(await drop(`<meta name="robots" content="noai">${html}`)).toBe('noAi');
    expect(await drop(`<meta name="robots" content="noai">${html}`, { respectNoAi: false })).toBeUndefined();
    expect(await drop(`<meta name="robots" content="noindex">${html}`, { respectNoIndex: true })).toBe('noIndex');
    expect(await drop('<p> </p>')).toBe('noText');
    expect(await drop('<div>'.repeat(1000))).toBe('html.depth');
    expect(await drop(html, { maxLength: 10 })).toBe('html.length');
  });
});
