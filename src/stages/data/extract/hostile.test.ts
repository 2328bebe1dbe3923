import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidInput } from '../../../base/core/index.js';
import { extractHtml } from './index.js';

const seconds = (work: () => void): number => {
  const start = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1e6;
};
const codeOf = (html: string, limits = {}): string => {
  try {
    extractHtml(html, { limits });
    return 'fine';
  } catch (error) {
    if (error instanceof InvalidInput) return error.code;
    throw error;
  }
};

describe('pages over a limit', () => {
  it.each([
    ['html.length', 'x'.repeat(101), { maxLength: 100 }],
    ['html.depth', '<div>'.repeat(100_000), {}],
    ['html.depth', '<b>'.repeat(600) + 'x', {}],
    ['html.nodes', '<p>x</p>'.repeat(60), { maxNodes: 100 }],
    ['html.time', `<p>${'x '.repeat(200_000)}</p>`, { maxMilliseconds: 0 }],
  ])('%s', (code, html, limits) => {
    expect(codeOf(html, limits)).toBe(code);
  });
});

// 300,000 characters each: what is quadratic in them takes minutes. Bounds are ten times what a quiet machine needs.
const many = (piece: string): string => piece.repeat(Math.ceil(3e5 / piece.length));
describe('hostile pages cost what honest ones of their size do', () => {
  it.each([
    ['attributes', `<p ${many('a="b" ')}>text</p>`],
    ['one attribute', `<p class="${many('author related-')}">text</p>`],
    ['class names', many('<p class="related post-tags author">x</p>')],
    ['unclosed tags', many('<p><a href=x><b>').slice(0, 3e5)],
    ['closing tags', many('</div></p></x>')],
    ['lists of links', many('<ul><li><a href=x>y</a></li></ul>')],
    ['siblings', `<div>${many('<i hidden></i>')}${many('<p>a, b, c, d and e are enough letters</p>')}</div>`],
    ['white space', `<pre>${many(' ')}x${many('\n ')}</pre>`],
    ['table', `<table>${many('<tr><td>1</td><td>2</td></tr>')}</table>`],
    ['nested tables', `${'<table><tr><td>'.repeat(120)}${many('x ')}`],
    ['nested boxes', `${'<div class="teaser author">'.repeat(400)}${many('<i></i>')}<a href=x>read more</a>`],
    ['comments', many('<!--') + many('-->')],
    ['entities', many('&amp;&#x41;&bogus;&')],
    ['titles', `<title>${many('a | ')}</title><h1>${many('a ')}</h1>`],
    ['metas', many('<meta name=a content=b>')],
    ['JSON-LD', `<script type="application/ld+json">${many('[')}</script>`],
    ['scripts', many('<script>if (a<b) </scrip>')],
    ['bad nesting', many('<b><p></b></p><table><b><td></table>')],
  ])('%s', (_, html) => {
    expect(seconds(() => expect(codeOf(html)).toMatch(/^(fine|html\.(depth|nodes))$/))).toBeLessThan(3);
  });
});

describe('any text', () => {
  const tag = fc.constantFrom(
    'p',
    'div',
    'a',
    'ul',
    'li',
    'table',
    'tr',
    'td',
    'pre',
    'b',
    'br',
    'article',
    'nav',
    'script',
    'title',
    'h1',
    'svg',
    'math',
    'select',
    'template',
  );
  const attribute = fc.constantFrom(
    '',
    ' class="related"',
    ' href="#"',
    ' hidden',
    ' style="display:none"',
    ' rel=license href=x',
    ' id=comments',
    ' itemprop=author',
    ' role=dialog',
    ' "',
  );
  const piece = fc.oneof(
    fc.tuple(tag, attribute).map(([name, more]) => `<${name}${more}>`),
    tag.map((name) => `</${name}>`),
    fc.string(),
    fc.string({ unit: 'binary' }),
    fc.constantFrom(
      '<!--',
      '-->',
      '<![CDATA[',
      ']]>',
      '<?',
      '&',
      '&#xD800;',
      '&#0;',
      '\0',
      '<',
      '>',
      '"',
      "'",
      'A sentence, long enough to be prose, that says something. ',
    ),
  );
  it('gives a result, the same each time, without tags of its own making', () => {
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 60 }),
        fc.constantFrom('precision', 'balanced', 'recall'),
        (pieces, favour) => {
          const html = pieces.join('');
          const first = extractHtml(html, { favour: favour as 'balanced' });
          expect(extractHtml(html, { favour: favour as 'balanced' })).toEqual(first);
          expect(first.text).toBe(first.text.trim());
          expect(first.text).not.toMatch(/\n\n\n(?!\s)/);
        },
      ),
      { numRuns: 300 },
    );
  });
});
