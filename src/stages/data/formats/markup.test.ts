import { describe, expect, it } from 'vitest';
import { factNumber, shiftDecimal } from './ixbrl.js';
import { licenceOf } from './jats.js';
import { defaultLimits } from './limits.js';
import { markdownTable, markupText } from './markup.js';
import { readBytes } from './testing.js';
import { excelDate, isDateFormat } from './xlsx.js';

describe('markup to text', () => {
  const text = (html: string) => markupText(html, { limits: defaultLimits });

  it('blocks, lists, tables, code', () => {
    expect(text('<h2>A  <b>b</b></h2>x<br>y<p>one\n two</p><p></p><p>three')).toBe(
      '## A b\n\nx\ny\n\none two\n\nthree',
    );
    expect(text('<ul><li>a<ol><li>b<li>c</ol><li><p>d</p></ul>')).toBe('- a\n  1. b\n  2. c\n- d');
    expect(text('<pre>a\n  b</pre><script>no()</script><img alt="An egg"> end')).toBe('a\n  b\n\nAn egg end');
    expect(text('<table><tr><th colspan=2>h<th>k<tr><td>1<td>2<td>a|b</table>')).toBe(
      '| h |  | k |\n| --- | --- | --- |\n| 1 | 2 | a\\|b |',
    );
    expect(text('<table><tr><td>a<td><table><tr><td>in<td>ner</table><tr><td>b<td>c</table>')).toBe(
      '| a | in, ner |\n| --- | --- |\n| b | c |',
    );
    expect(
      markdownTable([
        ['', 'a', ''],
        ['', 'b', ''],
      ]),
    ).toBe('a\nb');
  });

  it('ends at its limits', () => {
    expect(() => text('<div>'.repeat(300))).toThrow(/deeper than 256/);
    expect(() => markupText('<b>x</b>'.repeat(100), { limits: { ...defaultLimits, nodes: 50 } })).toThrow(
      /50 elements/,
    );
    const started = Date.now();
    // Ten megabytes that a backtracking parser would choke on.
    text(`${'<'.repeat(2e6)}${'<!--'.repeat(5e5)}${'<a "'.repeat(5e5)}`);
    expect(Date.now() - started).toBeLessThan(5000);
  });
});

describe('inline XBRL', () => {
  it('numbers as reports show them', () => {
    const cases: [string, string, number, boolean, string | undefined][] = [
      ['1,234.5', 'ixt:num-dot-decimal', 3, false, '1234500'],
      ['1.234,5', 'ixt:numcommadecimal', 0, true, '-1234.5'],
      ['—', 'ixt:fixed-zero', 6, false, '0'],
      ['(12)', 'ixt:num-dot-decimal', 6, true, '-12000000'],
      ['7.25', '', -2, false, '0.0725'],
      ['none', '', 0, false, undefined],
      ['1', '', 400, false, undefined],
    ];
    for (const [shown, format, scale, negative, value] of cases) {
      expect(factNumber(shown, format, scale, negative)).toBe(value);
    }
    expect(shiftDecimal('0.1', 1)).toBe('1');
    expect(shiftDecimal('123456789012345678901', 6)).toBe('123456789012345678901000000');
  });

  it('facts with concept, period, unit and dimensions; the text with its tables, without the hidden header', async () => {
    const report = `<?xml version="1.0" encoding="UTF-8"?>
<html xmlns="http://www.w3.org/1999/xhtml" xmlns:ix="http://www.xbrl.org/2013/inlineXBRL"><head><title>Egg Corp 10-K</title></head><body>
<div style="display:none"><ix:header><ix:hidden><ix:nonNumeric name="dei:DocumentPeriodEndDate" contextRef="c1">2023-12-31</ix:nonNumeric></ix:hidden>
<ix:resources><xbrli:context id="c1"><xbrli:entity><xbrli:identifier scheme="x">0001</xbrli:identifier><xbrli:segment>
<xbrldi:explicitMember dimension="us-gaap:ProductAxis">egg:BrownMember</xbrldi:explicitMember></xbrli:segment></xbrli:entity>
<xbrli:period><xbrli:startDate>2023-01-01</xbrli:startDate><xbrli:endDate>2023-12-31</xbrli:endDate></xbrli:period></xbrli:context>
<xbrli:context id="c2"><xbrli:entity><xbrli:identifier scheme="x">0001</xbrli:identifier></xbrli:entity><xbrli:period><xbrli:instant>2023-12-31</xbrli:instant></xbrli:period></xbrli:context>
<xbrli:unit id="usd"><xbrli:measure>iso4217:USD</xbrli:measure></xbrli:unit>
<xbrli:unit id="eps"><xbrli:divide><xbrli:unitNumerator><xbrli:measure>iso4217:USD</xbrli:measure></xbrli:unitNumerator><xbrli:unitDenominator><xbrli:measure>xbrli:shares</xbrli:measure></xbrli:unitDenominator></xbrli:divide></xbrli:unit>
</ix:resources></ix:header></div>
<p>Results</p><table><tr><td>in millions</td><td>2023</td></tr>
<tr><td>Revenue</td><td>$ <ix:nonFraction name="us-gaap:Revenues" contextRef="c1" unitRef="usd" scale="6" decimals="-6" format="ixt:num-dot-decimal">1,234.5</ix:nonFraction></td></tr>
<tr><td>Loss per share</td><td>(<ix:nonFraction name="us-gaap:EarningsPerShareBasic" contextRef="c2" unitRef="eps" sign="-">0.07</ix:nonFraction>)</td></tr></table>
<ix:nonNumeric name="us-gaap:PolicyTextBlock" contextRef="c1" continuedAt="k">We lay</ix:nonNumeric><p><ix:continuation id="k"> eggs.</ix:continuation></p></body></html>`;
    const { found } = await readBytes('report.htm', report);
    expect(found[0]).toMatchObject({
      title: 'Egg Corp 10-K',
      time: '2023-12-31',
      text: 'Results\n\n| in millions | 2023 |\n| --- | --- |\n| Revenue | $ 1,234.5 |\n| Loss per share | (0.07) |\n\nWe lay\n\neggs.',
    });
    const where = {
      period: '2023-01-01/2023-12-31',
      entity: '0001',
      dimensions: { 'us-gaap:ProductAxis': 'egg:BrownMember' },
    };
    expect(found[0]!.metadata!.facts).toEqual([
      { concept: 'dei:DocumentPeriodEndDate', value: '2023-12-31', ...where },
      { concept: 'us-gaap:Revenues', value: '1234500000', unit: 'USD', ...where },
      {
        concept: 'us-gaap:EarningsPerShareBasic',
        value: '-0.07',
        period: '2023-12-31',
        unit: 'USD/shares',
        entity: '0001',
      },
      { concept: 'us-gaap:PolicyTextBlock', value: 'We lay eggs.', ...where },
    ]);
  });
});

describe('JATS', () => {
  const article = `<?xml version="1.0"?><!DOCTYPE article PUBLIC "-//NLM//DTD JATS (Z39.96) Journal Archiving and Interchange DTD v1.2 20190208//EN" "x.dtd">
<article xmlns:xlink="http://www.w3.org/1999/xlink" xml:lang="en"><front><journal-meta><journal-title>Eggs</journal-title></journal-meta><article-meta>
<article-id pub-id-type="doi">10.1/egg</article-id><title-group><article-title>On <italic>eggs</italic></article-title></title-group>
<contrib-group><contrib contrib-type="author"><name><surname>Hen</surname><given-names>Ada</given-names></name></contrib></contrib-group>
<pub-date><year>2024</year><month>3</month><day>5</day></pub-date>
<permissions><license xlink:href="https://creativecommons.org/licenses/by/4.0/"><license-p>Free.</license-p></license></permissions>
<abstract><sec><title>Background</title><p>Why eggs?</p></sec></abstract></article-meta></front>
<body><sec><label>1</label><title>Methods</title><p>We counted<xref ref-type="bibr">[1]</xref> &#x2265;3 eggs where <inline-formula><tex-math>\\documentclass{a}\\begin{document}$x^2$\\end{document}</tex-math></inline-formula>.</p>
<list list-type="order"><list-item><p>first</p></list-item><list-item><p>second</p></list-item></list>
<table-wrap><label>Table 1</label><caption><p>Counts</p></caption><table><thead><tr><th>hen</th><th>n</th></tr></thead><tbody><tr><td>Ada</td><td>3</td></tr></tbody></table></table-wrap>
<fig><label>Figure 1</label><caption><p>An egg.</p></caption><graphic xlink:href="x.jpg"/></fig></sec></body>
<back><ref-list><title>References</title><ref><label>1</label><element-citation><person-group><name><surname>Owl</surname><given-names>B</given-names></name></person-group><article-title>Old eggs</article-title><year>1999</year></element-citation></ref></ref-list></back></article>`;

  it('gives title, abstract, sections, lists, tables, formulas and what is known about it', async () => {
    const { found, rejects } = await readBytes('a.xml', article);
    expect(rejects).toEqual([]);
    expect(found[0]).toMatchObject({
      title: 'On eggs',
      time: '2024-03-05',
      language: 'en',
      licence: 'CC-BY-4.0',
      url: 'https://doi.org/10.1/egg',
      metadata: { authors: ['Ada Hen'], journal: 'Eggs', ids: { doi: '10.1/egg' } },
      text: [
        '# On eggs',
        '## Abstract',
        '### Background',
        'Why eggs?',
        '## 1 Methods',
        'We counted[1] ≥3 eggs where $x^2$.',
        '1. first\n2. second',
        'Table 1 Counts',
        '| hen | n |\n| --- | --- |\n| Ada | 3 |',
        'Figure 1 An egg.',
      ].join('\n\n'),
    });
    const kept = await readBytes('a.xml', article, { references: true });
    expect(kept.found[0]!.text.endsWith('\n\n## References\n\n1 Owl B. Old eggs. 1999')).toBe(true);
  });

  it('leaves out what is cut off', async () => {
    expect((await readBytes('a.nxml', article.slice(0, 1500))).rejects[0]!.reason).toMatch(/broken XML: .*unclosed/);
    expect(licenceOf('http://creativecommons.org/publicdomain/zero/1.0/')).toBe('CC0-1.0');
    expect(licenceOf('https://example.org')).toBeUndefined();
  });
});

describe('dates of workbooks', () => {
  it('count from 1900, with the day that never was, or from 1904', () => {
    expect([1, 59, 61, 45_351, 0.25, 45_351.75].map((serial) => excelDate(serial, false))).toEqual([
      '1900-01-01',
      '1900-02-28',
      '1900-03-01',
      '2024-02-29',
      '06:00:00',
      '2024-02-29T18:00:00',
    ]);
    expect(excelDate(0, true)).toBe('1904-01-01');
    expect(excelDate(43_889, true)).toBe('2024-02-29');
    expect(
      ['dd/mm/yyyy', '[$-407]d. mmm', '0.00', '"day" 0', 'General', '#,##0 [Red]', 'h:mm'].map(isDateFormat),
    ).toEqual([true, true, false, false, false, false, true]);
  });
});
