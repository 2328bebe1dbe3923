import { describe, expect, it } from 'vitest';
import { chartSvg, escapeHtml, renderReport } from './index.js';
import type { Report } from './index.js';

const curve = (n: number, from: number, to: number) =>
  Array.from({ length: n }, (_, i) => [i, to + (from - to) * Math.exp(-i / (n / 5))] as const);

const example: Report = {
  title: 'The lexicographer',
  subtitle: 'A model that defines English words.',
  verdict: { tone: 'good', text: 'Release thresholds met' },
  sections: [
    {
      id: 'quality',
      title: 'Quality',
      lead: 'Held-out text, each figure beside an honest baseline.',
      blocks: [
        {
          kind: 'figures',
          figures: [
            { label: 'Bits per byte', value: '1.702', note: 'xz 2.040', tone: 'good' },
            { label: 'Gloss choice', value: '61.3 %', note: '95 % interval 59.1 to 63.4', tone: 'good' },
            { label: 'chrF', value: '21.4', note: 'copying a neighbour 18.0' },
            { label: 'Unmet', value: '1', tone: 'bad' },
          ],
        },
        {
          kind: 'charts',
          charts: [
            {
              kind: 'lines',
              title: 'Loss',
              xLabel: 'step',
              yLabel: 'nats per token',
              series: [
                { name: 'training', points: curve(900, 8, 3.1), style: 'faint' },
                { name: 'validation', points: curve(9, 7, 3.2).map(([x, y]) => [x * 100, y] as const), style: 'both' },
              ],
              rules: [{ label: 'Kneser-Ney 5-gram', value: 4 }],
            },
            {
              kind: 'bars',
              title: 'Gloss choice',
              xLabel: 'accuracy',
              bars: [
                { label: 'chance', value: 0.25, baseline: true },
                { label: 'base', value: 0.43, low: 0.41, high: 0.45 },
                { label: 'tuned', value: 0.61, low: 0.59, high: 0.634 },
              ],
            },
          ],
        },
        {
          kind: 'samples',
          samples: [{ prompt: 'What does <egg> mean?', text: 'a thing & more', reference: 'animal reproductive body' }],
        },
        {
          kind: 'table',
          columns: [{ label: 'Stage' }, { label: 'Seconds', align: 'right' }],
          rows: [
            ['corpus', '3.1'],
            [
              { text: 'base-1f', code: true },
              { text: '241', tone: 'bad' },
            ],
          ],
        },
        {
          kind: 'flow',
          nodes: [
            { id: 'a', label: 'corpus', detail: 'corpus-12ab', parents: [] },
            { id: 'b', label: 'tokenizer', detail: 'tokenizer-77', parents: ['a'] },
            { id: 'c', label: 'base model', detail: 'model-9f', parents: ['a', 'b'] },
          ],
        },
        {
          kind: 'facts',
          facts: [
            ['Machine', '2 cores'],
            ['Device', 'cpu'],
          ],
        },
        { kind: 'details', summary: 'More', blocks: [{ kind: 'notice', tone: 'bad', text: 'A notice' }] },
      ],
    },
  ],
};

describe('report', () => {
  it('is one self-contained page that repeats byte for byte', () => {
    const html = renderReport(example);
    expect(html).toBe(renderReport(example));
    expect(html).not.toMatch(/<script|<link|<img|url\(h|src=/);
    expect(html.replace(/xmlns(:\w+)?="[^"]*"/g, '')).not.toMatch(/https?:/);
    expect(html).toContain('var(--series-1)');
  });

  it('escapes every text', () => {
    expect(renderReport(example)).toContain('What does &lt;egg&gt; mean?');
    const hostile = '"><script>alert(1)</script>';
    const html = renderReport({
      title: hostile,
      sections: [
        {
          id: hostile,
          title: hostile,
          blocks: [
            { kind: 'facts', facts: [[hostile, { text: hostile, code: true }]] },
            { kind: 'flow', nodes: [{ id: hostile, label: hostile, detail: hostile, parents: [] }] },
            {
              kind: 'charts',
              charts: [
                { kind: 'bars', title: hostile, xLabel: hostile, bars: [{ label: hostile, value: 1 }] },
                {
                  kind: 'lines',
                  title: hostile,
                  xLabel: hostile,
                  yLabel: hostile,
                  series: [
                    {
                      name: hostile,
                      points: [
                        [0, 1],
                        [1, 2],
                      ],
                    },
                  ],
                  rules: [{ label: hostile, value: 1 }],
                },
              ],
            },
          ],
        },
      ],
    });
    expect(html).not.toContain('<script');
    expect(escapeHtml(`<&'">`)).toBe('&lt;&amp;&#39;&quot;&gt;');
  });

  it('draws gaps, single points and empty series', () => {
    const svg = chartSvg({
      kind: 'lines',
      title: 't',
      xLabel: 'x',
      yLabel: 'y',
      series: [
        {
          name: 'a',
          points: [
            [0, 1],
            [1, null],
            [2, 3],
          ],
        },
        { name: 'b', points: [] },
      ],
    });
    expect(svg).toMatch(/^<svg/);
    expect(svg).not.toContain('NaN');
  });
});
