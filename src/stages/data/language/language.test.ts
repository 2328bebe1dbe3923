import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { testData } from '../../../../test/support.js';
import type { DocumentStep } from '../pipeline/index.js';
import { loadByteNgrams, parseByteNgrams } from './byte-ngrams.js';
import { windowsOf } from './detector.js';
import { type LanguageDetector, languageCode, loadLanguageDetector, steps } from './index.js';
import { countScripts, mainScript } from './scripts.js';

/** Any character but lone surrogates. */
const character = fc
  .oneof(fc.integer({ min: 0, max: 0x2ff }), fc.integer({ min: 0, max: 0x10ffff }))
  .map((point) => (point >= 0xd800 && point < 0xe000 ? '\n' : String.fromCodePoint(point)));

let detector: LanguageDetector;
beforeAll(async () => {
  detector = await loadLanguageDetector();
}, 60_000);

const stepOf = async (name: string, options: object): Promise<DocumentStep> => {
  const definition = steps.find((step) => step.name === name)!;
  return (await definition.create(definition.options.parse(options), { folder: '.', seed: 1 })) as DocumentStep;
};
const document = (text: string, more = {}) => ({ id: '1', source: 'test', text, ...more });

// Sentences written for this test.
const sentences: Readonly<Record<string, string>> = {
  en: 'The old bridge was closed because the river had risen over night.',
  de: 'Die alte Brücke wurde gesperrt, weil der Fluss über Nacht gestiegen war.',
  fr: 'Le vieux pont a été fermé parce que la rivière était montée pendant la nuit.',
  es: 'El viejo puente fue cerrado porque el río había crecido durante la noche.',
  pt: 'A velha ponte foi fechada porque o rio tinha subido durante a noite.',
  it: 'Il vecchio ponte è stato chiuso perché il fiume era salito durante la notte.',
  nl: 'De oude brug werd afgesloten omdat de rivier in de nacht was gestegen.',
  sv: 'Den gamla bron stängdes eftersom floden hade stigit under natten.',
  da: 'Den gamle bro blev lukket, fordi åen var steget i løbet af natten.',
  pl: 'Stary most został zamknięty, ponieważ rzeka wezbrała w nocy.',
  cs: 'Starý most byl uzavřen, protože řeka přes noc stoupla.',
  fi: 'Vanha silta suljettiin, koska joki oli noussut yön aikana.',
  ru: 'Старый мост закрыли, потому что река поднялась за ночь.',
  uk: 'Старий міст закрили, тому що річка піднялася за ніч.',
  el: 'Η παλιά γέφυρα έκλεισε επειδή το ποτάμι είχε φουσκώσει τη νύχτα.',
  ja: '古い橋は、川が夜の間に増水したため閉鎖されました。',
  zh: '因为河水在夜里上涨，那座古老的桥被封闭了。',
  ko: '밤사이 강물이 불어나서 오래된 다리가 폐쇄되었습니다.',
  ar: 'أُغلق الجسر القديم لأن النهر ارتفع خلال الليل.',
  he: 'הגשר הישן נסגר כי הנהר עלה במשך הלילה.',
  hi: 'पुराना पुल बंद कर दिया गया क्योंकि रात में नदी का पानी बढ़ गया था।',
  tr: 'Eski köprü, nehir gece boyunca yükseldiği için kapatıldı.',
};

describe('language of a text', () => {
  it.each(Object.entries(sentences))('is %s', (language, text) => {
    const found = detector.detect(text);
    expect(found.language).toBe(language);
    expect(found.score).toBeGreaterThan(0.7);
  });

  it('covers more than 400 languages by codes of ISO 639', () => {
    expect(detector.languages.length).toBeGreaterThan(400);
    for (const code of detector.languages) expect(code).toMatch(/^[a-z]{2,3}$/);
  });

  it('is unsure of what is no language', () => {
    const texts = [
      '',
      '12345 67890 3.14159 2026-01-05 $ 100,00',
      'zxq wvkj qptr bnmx kkjh wqzx vbnm rtpl qwxz hjkl zzxq mmnb vvcx kjhg',
      'a1b2c3d4e5f6 0xdeadbeef 9f8e7d6c5b4a 550e8400-e29b-41d4-a716-446655440000',
      '{"a":[1,2,3],"b":{"c":null,"d":true}} [[0,1],[1,0]] ();;{}<>== != && || ++',
      '🙂🙃😀 ¯\\_(ツ)_/¯ —————— ★★★★☆',
    ];
    for (const text of texts) expect(detector.detect(text).score, text).toBeLessThan(0.65);
  });

  it('is unsure of mixtures, in one script and in two', () => {
    const many = (text: string) => `${text} `.repeat(6);
    for (const [a, b] of [
      ['en', 'es'],
      ['de', 'fi'],
      ['fr', 'pl'],
      ['en', 'ru'],
      ['he', 'hi'],
    ] as const) {
      const { score } = detector.detect(many(sentences[a]!) + many(sentences[b]!));
      expect(score, `${a}+${b}`).toBeLessThan(0.65);
    }
  });

  it('is told in capitals, beside addresses, and within a choice', () => {
    expect(detector.detect(sentences.de!.toUpperCase()).language).toBe('de');
    expect(detector.detect(`${sentences.fr} https://www.example.com/the/english/words/of/an/address`).language).toBe(
      'fr',
    );
  });

  it('stays the same for any text, of any length', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ unit: character, maxLength: 400 }), fc.string({ unit: character, maxLength: 900 })),
        (text) => {
          const found = detector.detect(text);
          expect(found.score).toBeGreaterThanOrEqual(0);
          expect(found.score).toBeLessThanOrEqual(1);
          expect(detector.detect(text)).toEqual(found);
        },
      ),
      { numRuns: 60 },
    );
    const long = `${sentences.it} `.repeat(50_000);
    const start = performance.now();
    expect(detector.detect(long)).toMatchObject({ language: 'it' });
    expect(performance.now() - start).toBeLessThan(2000);
  });

  it('is right for paragraphs of the Declaration in 200 languages and more', (context) => {
    const lines = gunzipSync(readFileSync(testData(context, 'lid', 'udhr', 'udhr.jsonl.gz')))
      .toString()
      .trim()
      .split('\n');
    const seen = new Map<string, number>();
    const right = new Map<string, number>();
    for (const line of lines) {
      const { lang, text } = JSON.parse(line) as { lang: string; text: string };
      const count = seen.get(lang) ?? 0;
      if (/^\d/.test(lang) || count >= 3) continue;
      seen.set(lang, count + 1);
      if (detector.detect(text).language === languageCode(lang)) right.set(lang, (right.get(lang) ?? 0) + 1);
    }
    const known = [...seen].filter(([lang, count]) => (right.get(lang) ?? 0) >= 0.6 * count);
    expect(known.length).toBeGreaterThan(240);
  }, 60_000);
});

describe('codes', () => {
  it('are ISO 639-1 where there is one, else 639-3', () => {
    const pairs = {
      eng: 'en',
      arb: 'ar',
      cmn: 'zh',
      nob: 'nb',
      no: 'nb',
      als: 'sq',
      fil: 'tl',
      'pt-BR': 'pt',
      zh_CN: 'zh',
      ast: 'ast',
      ceb: 'ceb',
      rmy: 'rmy',
      iw: 'he',
    };
    for (const [code, expected] of Object.entries(pairs)) expect(languageCode(code), code).toBe(expected);
  });
});

describe('scripts', () => {
  it('are counted by letters; Chinese characters among kana are Japanese', () => {
    expect(mainScript(countScripts('東京タワーへ行きました'))).toBe('Kana');
    expect(mainScript(countScripts('東京塔'))).toBe('Han');
    expect(mainScript(countScripts('123 !?'))).toBe('Common');
    expect(countScripts('ab вг 12').letters).toBe(4);
  });
});

describe('windows', () => {
  it('cover the ends of a text and never cut a pair of surrogates', () => {
    fc.assert(
      fc.property(fc.string({ unit: character, minLength: 1, maxLength: 3000 }), (text) => {
        const pieces = windowsOf(text);
        expect(text.startsWith(pieces[0]!)).toBe(true);
        expect(text.endsWith(pieces.at(-1)!)).toBe(true);
        for (const piece of pieces) expect(text).toContain(piece);
      }),
    );
  });
});

describe('table of byte n-grams', () => {
  it('is parsed with quotes, escapes and bare keys, and scores each n-gram once', () => {
    const judge = parseByteNgrams(
      `x={languages:{0:'en',1:'de'},ngrams:{' the ':{0:10},"d'er":{1:3},' de':{0:1,1:2},abcd:{1:7}}};`,
      new Map(),
    );
    expect(judge.languages).toEqual(['en', 'de']);
    expect([...judge.weigh('the the THE').scores]).toEqual([63, 0]);
    expect([...judge.weigh('nothing').scores]).toEqual([0, 0]);
  });
});

it('answers as eld does where the table is eld’s', async () => {
  const { eld } = (await import('eld/extrasmall')) as { eld: { detect(text: string): { language: string } } };
  const judge = await loadByteNgrams('extrasmall');
  for (const text of [...Object.values(sentences), ...Object.values(sentences).map((text) => text.slice(0, 25))]) {
    const { scores } = judge.weigh(text);
    expect(judge.languages[scores.indexOf(Math.max(...scores))], text).toBe(languageCode(eld.detect(text).language));
  }
});

describe('steps', () => {
  it('annotate, and keep what the source states', async () => {
    const step = await stepOf('language', {});
    expect(await step.apply(document(sentences.sv!))).toMatchObject({
      language: 'sv',
      metadata: { languageScore: expect.any(Number) },
    });
    const stated = await step.apply(document(sentences.sv!, { language: 'da' }));
    expect(stated).toMatchObject({ language: 'da', metadata: { detectedLanguage: 'sv' } });
    const replaced = await (await stepOf('language', { overwrite: true })).apply(
      document(sentences.sv!, { language: 'da' }),
    );
    expect(replaced).toMatchObject({ language: 'sv' });
  });

  it('filter by language and by score, and say why', async () => {
    const step = await stepOf('languageFilter', { keep: ['eng', 'de'] });
    expect(await step.apply(document(sentences.en!))).toMatchObject({ language: 'en' });
    expect(await step.apply(document(sentences.fr!))).toMatchObject({
      drop: 'language',
      detail: expect.stringMatching(/^fr 1\.00 is not among en de/),
    });
    expect(await step.apply(document('qzx 1234 vvk !!'))).toHaveProperty('drop');
    const any = await stepOf('languageFilter', {});
    expect(await any.apply(document('zxq wvkj qptr bnmx kkjh wqzx vbnm rtpl qwxz hjkl zzxq mmnb'))).toMatchObject({
      drop: 'languageScore',
    });
  });

  it('refuse options that mean nothing', () => {
    const { options } = steps.find(({ name }) => name === 'languageFilter')!;
    expect(() => options.parse({ threshold: 2 })).toThrow();
    expect(() => options.parse({ kepe: ['en'] })).toThrow();
  });
});
