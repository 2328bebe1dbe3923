import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseHTML } from 'linkedom';
import { describe, expect, it } from 'vitest';
import { testData } from '../../../../test/support.js';
import { decodeText } from '../normalize/index.js';
import { extractFragment, extractHtml } from './index.js';

const prose = (about: string, times = 4): string =>
  Array.from(
    { length: times },
    (_, i) => `<p>Paragraph ${i + 1} about ${about}, long enough to be prose, with a comma or two.</p>`,
  ).join('\n');
const page = (body: string, head = ''): string =>
  `<!doctype html><html lang="en"><head>${head}</head><body>${body}</body></html>`;

describe('extractHtml', () => {
  it('keeps the text and leaves out what stands around it', () => {
    const { text } = extractHtml(
      page(`<nav><a href="/">Home</a></nav><header class="site-header"><a href="/">Site</a></header>
      <article><h1>Eggs</h1>${prose('eggs')}<div class="share-buttons"><a href="#">Share on X</a></div>
      <p>Read also: <a href="/hens">Everything about hens and where they live</a></p></article>
      <aside><p>Our newsletter brings you news of every kind, each week, for free and for ever.</p></aside>
      <div id="comments"><p>A reader says that eggs are fine, and that hens are too, all in all.</p></div>
      <footer>© Site</footer>`),
    );
    expect(text.split('\n\n')).toHaveLength(5);
    expect(text).toMatch(/^Eggs\n\nParagraph 1 about eggs/);
    expect(text).not.toMatch(/newsletter|reader says|Share|hens|©/);
  });

  it('keeps lists, tables and code in their shape', () => {
    const { text } = extractHtml(
      page(`<main>${prose('recipes')}<ul><li>two eggs</li><li>flour<ol><li>white</li><li>dark</li></ol></li></ul>
      <table><caption>Sizes</caption><tr><th>Size</th><th>Gram</th></tr><tr><td>S</td><td>50</td></tr></table>
      <pre><code>def egg():\n    return 1\n</code></pre></main>`),
    );
    expect(text).toContain('- two eggs\n- flour\n  1. white\n  2. dark');
    expect(text).toContain('Sizes\n| Size | Gram |\n| S | 50 |');
    expect(text).toContain('def egg():\n    return 1');
  });

  it('writes Markdown on demand', () => {
    const html = page(`<main><h2>Boil</h2>${prose('boiling')}<p>Use <code>boil()</code> then.</p>
      <table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td>2</td></tr></table><pre>x\n  y</pre></main>`);
    const { text } = extractHtml(html, { format: 'markdown' });
    expect(text).toMatch(/^## Boil\n\n/);
    expect(text).toContain('Use `boil()` then.');
    expect(text).toContain('| a | b |\n| --- | --- |\n| 1 | 2 |');
    expect(text).toContain('```\nx\n  y\n```');
  });

  it('takes the opening of an article out of its header where the description quotes it', () => {
    const lead = 'What came first has been asked for ages, and here is the answer at last.';
    const { text } = extractHtml(
      page(
        `<header class="head"><h1>First</h1><p class="lead">${lead}</p></header><div class="body">${prose('firsts')}</div>`,
        `<meta name="description" content="${lead}">`,
      ),
    );
    expect(text.startsWith(lead)).toBe(true);
  });

  it('keeps the posts of a thread', () => {
    const post = (name: string) =>
      `<div class="post-body comment"><p>${name} writes that the matter is not so simple, and gives three reasons for it, one longer than the other.</p></div>`;
    const html = (generator: string) =>
      page(
        `<h1>Which came first?</h1>${['Ann', 'Bob', 'Cid'].map(post).join('')}`,
        `<meta name="generator" content="${generator}">`,
      );
    expect(extractHtml(html('phpBB')).text.match(/writes/g)).toHaveLength(3);
  });

  it('reads documentation: terms, code, anchors of headings left out', () => {
    const { text } = extractHtml(
      page(`<div class="sphinxsidebar"><ul><li><a href="a">Intro</a></li><li><a href="b">API</a></li></ul></div>
      <div role="main"><section id="sharing-eggs-with-several-friends"><h1>boil()<a class="headerlink" href="#boil">¶</a></h1>${prose('boiling', 2)}
      <dl><dt><a href="time.html">minutes</a></dt><dd>How long to boil, at least three.</dd></dl><pre>boil(
    minutes=<b>4</b>)</pre></section></div>`),
    );
    expect(text).toMatch(/^boil\(\)\n\n/);
    expect(text).toContain('minutes\nHow long to boil, at least three.');
    expect(text).toContain('boil(\n    minutes=4)');
    expect(text).not.toMatch(/Intro|¶/);
  });

  it('reads a product: description and data sheet, without the shop', () => {
    const { text } = extractHtml(
      page(`<header><nav><a href="/k">Kitchen</a></nav></header><div class="breadcrumb"><a href="/">Home</a> <a href="/k">Kitchen</a></div>
      <div class="product"><h1>Egg cooker</h1><button>Add to cart</button><div id="description"><h2>Description</h2>${prose('cookers', 2)}</div>
      <div id="data"><h2>Data</h2><table><tr><th>Weight</th><td>0.9 kg</td></tr><tr><th>Colour</th><td>white</td></tr></table></div></div>
      <div class="related-products"><h2>You may also like</h2><ul><li><a href="/1">Egg cup</a> € 5</li></ul></div>`),
    );
    expect(text).toContain('| Weight | 0.9 kg |\n| Colour | white |');
    expect(text).toMatch(/Description\n\nParagraph 1/);
    expect(text).not.toMatch(/Kitchen|cart|also like|cup/);
  });

  it('takes the text out of JSON-LD where scripts would build the page', () => {
    const body = 'The whole article stands in the data of the page only. '.repeat(10).trim();
    const { text, byline, date } = extractHtml(
      page(
        '<div id="app">Please enable scripts.</div>',
        `<script type="application/ld+json">${JSON.stringify({ '@graph': [{ '@type': 'NewsArticle', articleBody: body, author: [{ name: 'A. Hen' }], datePublished: '2024-05-06T07:08:09+0200' }] })}</script>`,
      ),
    );
    expect(text).toBe(body);
    expect(byline).toBe('A. Hen');
    expect(date).toBe('2024-05-06T07:08:09+02:00');
  });

  it('favours what it is told to', () => {
    const html = page(
      `<main>${prose('hens')}<figure><img alt=""><figcaption>A hen before noon</figcaption></figure><div class="info"><p>Weight: 2 kg</p></div></main>`,
    );
    const text = (favour: 'precision' | 'balanced' | 'recall') => extractHtml(html, { favour }).text;
    expect(text('precision')).not.toMatch(/before noon|Weight/);
    expect(text('balanced')).toMatch(/before noon/);
    expect(text('recall')).toMatch(/before noon[\s\S]*Weight/);
  });

  it('reads a fragment as a whole', () => {
    expect(extractFragment('<p>One<br>two</p><nav>three</nav>')).toBe('One\ntwo\n\nthree');
  });
});

const tokens = (text: string): string[] => text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];

function tokenF1(got: string, wanted: string): number {
  const left = new Map<string, number>();
  const [a, b] = [tokens(got), tokens(wanted)];
  for (const token of b) left.set(token, (left.get(token) ?? 0) + 1);
  let hits = 0;
  for (const token of a) {
    const count = left.get(token) ?? 0;
    if (count > 0) hits++;
    left.set(token, count - 1);
  }
  return a.length + b.length === 0 ? 1 : (2 * hits) / (a.length + b.length);
}

describe('extraction from real pages', () => {
  it('finds the snippets that belong to the text, and few others (F1 0.94, asked 0.92)', (context) => {
    const root = testData(context, 'crawl/html-trafilatura');
    const pages = JSON.parse(readFileSync(join(root, 'evaldata.json'), 'utf8')) as Record<
      string,
      { file: string; with: string[]; without: string[] }
    >;
    const line = (text: string) => text.replace(/\s+/g, ' ').trim();
    let [hits, wrong, missed] = [0, 0, 0];
    for (const { file, with: wanted, without } of Object.values(pages)) {
      const text = line(extractHtml(decodeText(readFileSync(join(root, 'pages', file)), { markup: true }).text).text);
      for (const snippet of wanted) {
        if (text.includes(line(snippet))) hits++;
        else missed++;
      }
      for (const snippet of without) if (text.includes(line(snippet))) wrong++;
    }
    expect((2 * hits) / (2 * hits + wrong + missed)).toBeGreaterThan(0.94);
  });

  it('agrees with Readability on its own pages (mean token F1 0.97, asked 0.96; titles 9 of 10)', (context) => {
    const root = testData(context, 'crawl/html-readability');
    const folders = readdirSync(root).filter((name) => name !== 'SOURCE.md');
    let total = 0;
    let titles = 0;
    for (const name of folders) {
      const at = (file: string) => readFileSync(join(root, name, file), 'utf8');
      const wanted = parseHTML(`<html><body>${at('expected.html')}</body></html>`).document.body.textContent ?? '';
      const got = extractHtml(at('source.html'));
      total += tokenF1(got.text, wanted);
      if (got.title === (JSON.parse(at('expected-metadata.json')).title as string).replace(/\s+/g, ' ').trim())
        titles++;
    }
    expect(total / folders.length).toBeGreaterThan(0.97);
    expect(titles / folders.length).toBeGreaterThanOrEqual(0.9);
  });
});
