import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, chromium as playwright } from 'playwright-core';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { chromium, repositoryRoot } from '../../../../test/support.js';
import type { Document } from '../document.js';
import {
  type CardInput,
  croissant,
  dataCard,
  dataCardHtml,
  licenceAlternatives,
  licenceConflicts,
  licenceTerms,
  measureDataset,
} from './index.js';
import { PowerHistogram, Reservoir, Tally, evenHistogram } from './tally.js';

const eggs: Document[] = Array.from({ length: 60 }, (_, i) => ({
  id: `egg-${i}`,
  text: `Egg number ${i} was laid by the brown hen. `.repeat(1 + (i % 7)),
  source: i % 3 ? 'eggs.jsonl' : 'nests.jsonl',
  licence: i % 5 ? 'CC-BY-4.0' : undefined,
  url: i % 2 ? `https://www.site${i % 4}.example.org/egg/${i}` : undefined,
  time: `20${20 + (i % 4)}-05-01`,
  language: i % 6 ? 'en' : 'de',
  access: i % 10 ? 'public' : 'personal',
  subject: i % 10 ? undefined : `hen-${i}`,
  metadata: { quality: (i % 11) / 10, note: 'no number' },
}));

const steps: CardInput['steps'] = [
  { name: 'language', in: 100, inBytes: 9000, out: 80, outBytes: 7000, dropped: { languageScore: 20 } },
  {
    name: 'minHashDedup',
    in: 80,
    inBytes: 7000,
    out: 60,
    outBytes: 5000,
    changed: 3,
    failed: 1,
    dropped: { nearDuplicate: 19 },
  },
];

describe('measures of a data set', () => {
  it('count what is there', async () => {
    const measure = await measureDataset(eggs, { samples: 5 });
    expect(measure).toMatchObject({
      documents: 60,
      bytes: eggs.reduce((sum, { text }) => sum + text.length, 0),
      subjects: 6,
    });
    expect(measure.words).toBe(eggs.reduce((sum, { text }) => sum + text.trim().split(' ').length, 0));
    expect(measure.languages.map(({ name, documents }) => [name, documents])).toEqual([
      ['en', 50],
      ['de', 10],
    ]);
    expect(measure.licences.map(({ name, documents, sources }) => [name, documents, sources.length])).toEqual([
      ['CC-BY-4.0', 48, 2],
      ['NOASSERTION', 12, 2],
    ]);
    expect(measure.access.map(({ name, documents }) => [name, documents])).toEqual([
      ['public', 54],
      ['personal', 6],
    ]);
    expect(measure.domains.map(({ name }) => name)).toEqual(['site1.example.org', 'site3.example.org']);
    expect(measure.years.map(({ name }) => name)).toEqual(['2020', '2021', '2022', '2023']);
    expect(measure.scores.map(({ name, distribution }) => [name, distribution.count, distribution.most])).toEqual([
      ['quality', 60, 1],
    ]);
    expect(measure.samples.length).toBe(5);
    expect((await measureDataset(eggs, { samples: 5 })).samples).toEqual(measure.samples);
    expect((await measureDataset(eggs, { samples: 5, seed: 2 })).samples).not.toEqual(measure.samples);
  });

  it('of nothing are zeros', async () => {
    const measure = await measureDataset([]);
    expect(measure).toMatchObject({ documents: 0, bytes: 0, words: 0, languages: [], samples: [] });
    expect(dataCardHtml(measure, { title: 'Nothing' })).not.toContain('NaN');
  });
});

describe('histograms and samples', () => {
  it('put every number into the class that holds it', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(100_000), { minLength: 1 }), (values) => {
        const powers = new PowerHistogram();
        for (const value of values) powers.add(value);
        for (const { bins, count, least, most } of [powers.result(), evenHistogram(values)]) {
          expect(count).toBe(values.length);
          expect([least, most]).toEqual([Math.min(...values), Math.max(...values)]);
          expect(bins.reduce((sum, bin) => sum + bin.count, 0)).toBe(count);
          expect(bins[0]!.from).toBeLessThanOrEqual(least);
          expect(bins.at(-1)!.to).toBeGreaterThanOrEqual(most * (1 - 1e-12));
        }
        const { bins } = powers.result();
        for (const bin of bins) {
          expect(bin.count).toBe(values.filter((value) => value >= bin.from && value < bin.to).length);
        }
      }),
    );
  });

  it('draw each document with the same probability', () => {
    const drawn = Array.from({ length: 40 }, () => 0);
    for (let seed = 0; seed < 2000; seed++) {
      const reservoir = new Reservoir<number>(4, seed);
      for (let i = 0; i < 40; i++) reservoir.add(i);
      for (const i of reservoir.items()) drawn[i]!++;
    }
    // 200 each; five standard deviations of a binomial are 67.
    expect(Math.min(...drawn)).toBeGreaterThan(133);
    expect(Math.max(...drawn)).toBeLessThan(267);
  });

  it('count names beyond the table together', () => {
    const tally = new Tally();
    for (let i = 0; i < 20_010; i++) tally.add(`n${i}`, 2);
    tally.add('n1', 2);
    expect(tally.rest).toEqual({ documents: 10, bytes: 20 });
    expect(tally.entries()[0]).toEqual({ name: 'n1', documents: 2, bytes: 4 });
  });
});

describe('licences', () => {
  it.each([
    ['MIT', { commercial: true, derivatives: true, shareAlike: false, attribution: true }],
    ['CC0-1.0', { commercial: true, derivatives: true, shareAlike: false, attribution: false }],
    ['CC-BY-SA-4.0', { commercial: true, shareAlike: true }],
    ['CC-BY-NC-4.0', { commercial: false }],
    ['CC-BY-NC-SA-2.0-FR', { commercial: false }],
    ['CC-BY-ND-4.0', { commercial: true, derivatives: false }],
    ['PolyForm-Noncommercial-1.0.0', { commercial: false }],
    ['CDLA-Sharing-1.0', { commercial: true, shareAlike: true }],
    ['ODC-By-1.0', { commercial: true, shareAlike: false }],
    ['GPL-2.0-or-later WITH Classpath-exception-2.0', { commercial: true, shareAlike: true }],
    ['CC-BY-NC-4.0 OR MIT', { commercial: true }],
    ['CC-BY-NC-4.0 AND MIT', { commercial: false }],
    ['(MIT OR CC-BY-NC-4.0) AND CC-BY-NC-ND-4.0', { commercial: false }],
    ['cc-by-nc-4.0', { commercial: false }],
    ['apache-2.0', { commercial: true }],
    ['LicenseRef-NC-terms', { commercial: false }],
    ['for research only', { commercial: false }],
    ['Creative Commons Non-Commercial', { commercial: false }],
    ['NOASSERTION', undefined],
    ['LicenseRef-WordNet', undefined],
    ['MIT AND LicenseRef-WordNet', undefined],
    ['MIT OR LicenseRef-WordNet', { commercial: true }],
    ['whatever', undefined],
    ['', undefined],
  ])('%s', (expression, terms) => {
    if (terms === undefined) expect(licenceTerms(expression)).toBeUndefined();
    else expect(licenceTerms(expression)).toMatchObject(terms);
  });

  it('that forbid the use stop it, the rest are warned of', () => {
    const licences = [
      { licence: 'MIT', documents: 5 },
      { documents: 4 },
      { licence: 'CC-BY-NC-4.0', documents: 1, sources: ['a'] },
      { licence: 'CC-BY-NC-ND-4.0', documents: 2 },
      { licence: 'CC-BY-SA-4.0', documents: 3 },
      { licence: 'strange', documents: 1 },
    ];
    const findings = (commercial: boolean, redistribute = false) =>
      licenceConflicts(licences, { commercial, redistribute }).map(({ severity, licence }) => `${severity} ${licence}`);
    const unknown = ['warn NOASSERTION', 'warn strange'];
    expect(findings(true)).toEqual(['stop CC-BY-NC-ND-4.0', 'stop CC-BY-NC-4.0', ...unknown]);
    expect(findings(false)).toEqual(unknown);
    expect(findings(false, true)).toEqual([
      'stop CC-BY-NC-ND-4.0',
      'warn NOASSERTION',
      'warn CC-BY-SA-4.0',
      'warn strange',
    ]);
    expect(licenceConflicts(licences, { commercial: true })[1]!.sources).toEqual(['a']);
  });

  it('are read from any text', () => {
    const part = fc.constantFrom('MIT', 'CC-BY-NC-4.0', 'AND', 'OR', '(', ')', 'WITH', '+', 'LicenseRef-x', ' ', 'é');
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(part, { maxLength: 60 }).map((parts) => parts.join(' ')),
        ),
        (text) => {
          const sides = licenceAlternatives(text);
          if (sides) expect(sides.length).toBeGreaterThan(0);
          licenceTerms(text);
        },
      ),
    );
    const many = Array.from({ length: 12 }, () => '(MIT OR ISC)').join(' AND ');
    expect(licenceAlternatives(many)!.length).toBeLessThanOrEqual(64);
  });
});

describe('the card', () => {
  const input: CardInput = {
    title: 'Eggs & nests',
    description: 'All about <eggs>.',
    steps,
    unread: { 'not JSON': 2 },
    rejects: [
      { step: 'language', rule: 'languageScore', id: 'x', text: '<script>alert(1)</script>' },
      { step: 'language', rule: 'languageScore', id: 'y', text: 'a secret', access: 'confidential' },
    ],
    use: { commercial: true },
    limits: ['Only brown hens.'],
  };

  it('says what was removed and why, under which licences, and hides what is not public', async () => {
    const measure = await measureDataset(eggs, { samples: 60 });
    const html = dataCardHtml(measure, input);
    expect(html).toBe(dataCardHtml(await measureDataset(eggs, { samples: 60 }), input));
    for (const text of [
      'nearDuplicate',
      'languageScore',
      '19 (23.8 %)',
      'not JSON',
      'NOASSERTION',
      'no licence is stated',
      'Only brown hens.',
      '&lt;eggs&gt;',
    ]) {
      expect(html).toContain(text);
    }
    expect(html).not.toMatch(/<script|a secret|Egg number 10 |https?:\/\/(?!www\.w3\.org)/);
    expect(dataCard(measure, input).report.verdict?.tone).toBe('neutral');
    const bad = await measureDataset([{ ...eggs[1]!, licence: 'CC-BY-NC-4.0' }]);
    expect(dataCard(bad, input).report.verdict).toEqual({
      tone: 'bad',
      text: '1 licence does not allow the intended use',
    });
    expect(dataCard(bad, { title: 'x' }).findings).toEqual([]);
  });

  let browser: Browser | undefined;
  afterAll(() => browser?.close());
  it('fits a telephone and a desk, in light and dark', { timeout: 20_000 }, async (context) => {
    browser = await playwright.launch({ executablePath: chromium(context), args: ['--no-sandbox', '--disable-gpu'] });
    const html = dataCardHtml(await measureDataset(eggs), input);
    for (const [width, colorScheme] of [
      [390, 'light'],
      [1100, 'dark'],
    ] as const) {
      const page = await browser.newPage({ viewport: { width, height: 800 }, colorScheme });
      const problems: string[] = [];
      page.on('console', (message) => problems.push(message.text()));
      page.on('pageerror', (error) => problems.push(error.message));
      await page.setContent(html);
      expect(problems).toEqual([]);
      const size = () => page.evaluate('document.documentElement.scrollWidth');
      expect(await size()).toBe(width);
      expect(await page.locator('svg').count()).toBe(8);
      // Text must stand out from what is behind it, in both themes.
      const [text, behind] = await page.evaluate<[string, string]>(
        '[getComputedStyle(document.querySelector("h1")).color, getComputedStyle(document.body).backgroundColor]',
      );
      const light = (colour: string) => Number(/\d+/.exec(colour)?.[0]);
      expect(Math.abs(light(text) - light(behind))).toBeGreaterThan(150);
      await page.close();
    }
  });

  it('is Croissant 1.0 that mlcroissant accepts', async () => {
    const measure = await measureDataset(eggs);
    const files = [
      { path: 'eggs.jsonl', bytes: 123, sha256: 'a'.repeat(64) },
      { path: 'nests.jsonl', bytes: 45, sha256: 'b'.repeat(64) },
    ];
    const made = croissant(measure, {
      ...input,
      version: '1.0.0',
      files,
      url: 'https://example.org/eggs',
      datePublished: '2026-01-01',
      citeAs: 'Eggs and nests, 2026',
      creators: ['The hens'],
    });
    const golden = join(repositoryRoot, 'test/golden/croissant/eggs.json');
    expect(JSON.stringify(made, null, 2)).toBe(readFileSync(golden, 'utf8').trimEnd());
  });
});
