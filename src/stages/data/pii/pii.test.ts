import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addText, f2, total, type Figures } from '../../../../bench/pii/figures.js';
import { comparedTypes, readPresidio } from '../../../../bench/pii/presidio.js';
import { testData } from '../../../../test/support.js';
import { isDrop } from '../pipeline/index.js';
import { base62, crc32, isBech32, isEthereumAddress, keccak256 } from './checks/encodings.js';
import { applyActions, compileOwn, createEngine, entityTypes, steps, toCodePoints } from './index.js';
import { resolveOverlaps } from './resolve.js';
import type { Span } from './types.js';

const engine = await createEngine();
const found = (text: string): string[] =>
  engine.analyze(text).map(({ start, end, type }) => `${type} ${text.slice(start, end)}`);

describe('what is found', () => {
  // Synthetic: reserved names and numbers, published test numbers.
  it.each([
    ['Write to ada.l+x@mail.example.org.', ['EMAIL_ADDRESS ada.l+x@mail.example.org']],
    ['ada [at] example [dot] org', ['EMAIL_ADDRESS ada [at] example [dot] org']],
    ['See https://example.com/a_(b)?q=1, please', ['URL https://example.com/a_(b)?q=1']],
    ['It ends here.So what? Version 1.2.3.4 of node.js', []],
    ['ping 2001:db8::8a2e:370:7334 and 192.0.2.7', ['IP_ADDRESS 2001:db8::8a2e:370:7334', 'IP_ADDRESS 192.0.2.7']],
    ['time 12:30:45 is no address', ['DATE_TIME 12:30:45']],
    ['card 4111 1111 1111 1111', ['CREDIT_CARD 4111 1111 1111 1111']],
    ['card 4111 1111 1111 1112', []],
    ['IBAN: GB82 WEST 1234 5698 7654 32', ['IBAN_CODE GB82 WEST 1234 5698 7654 32']],
    ['IBAN: GB82 WEST 1234 5698 7654 33', []],
    ['btc bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4', ['CRYPTO bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4']],
    ['SSN 536-90-4399', ['US_SSN 536-90-4399']],
    ['SSN 666-90-4399 or 536-00-4399', []],
    ['VIN 1M8GDM9AXKP042788', ['VEHICLE_VIN 1M8GDM9AXKP042788']],
    ['postgres://app:s3cr3t-w0rd@db.example.com/x', ['PASSWORD s3cr3t-w0rd']],
    ['AKIAIOSFODNN7EXAMPLE', ['SECRET AKIAIOSFODNN7EXAMPLE']],
    ['The meeting took 45 minutes and cost 300 dollars.', []],
  ])('%s', (text, expected) => {
    // Names are the tagger's; here rules with patterns are held.
    const named = /^(?:PERSON|LOCATION|ORGANIZATION|TITLE) /;
    expect(found(text).filter((item) => !named.test(item))).toEqual(expected);
  });

  it('holds tokens of GitHub to their checksum', () => {
    const body = 'abcdefghijABCDEFGHIJ0123456789';
    const token = `ghp_${body}${base62(crc32(body), 6)}`;
    expect(found(`use ${token} here`)).toEqual([`SECRET ${token}`]);
    expect(found(`use ghp_${body}000000 here`).filter((item) => item.startsWith('SECRET'))).toEqual([]);
  });

  it('knows published test vectors of hashes and encodings', () => {
    expect(keccak256('')).toBe('c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470');
    expect(isEthereumAddress('0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed')).toBe(true);
    expect(isEthereumAddress('0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeD')).toBe(false);
    expect(isBech32('bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0')).toBe(true);
    expect(crc32('123456789')).toBe(0xcbf43926);
  });

  it('covers the classes of Safe Harbor that are text', () => {
    const classes = new Set(entityTypes.flatMap(({ hipaa = '' }) => hipaa.split(', ')));
    for (const letter of 'ABCDEFGHIJKLMNOPR') expect(classes, letter).toContain(letter);
  });

  it('counts offsets in code points', () => {
    const text = '👋👋 me@example.org';
    expect(toCodePoints(text, engine.analyze(text))).toMatchObject([{ start: 3, end: 17, type: 'EMAIL_ADDRESS' }]);
  });

  it('reaches its F2 on the sentences of Presidio-research', (context) => {
    const path = testData(context, 'pii', 'presidio-research', 'synth_dataset_v2-dev.json.gz');
    const figures: Figures = { types: {} };
    for (const { text, spans } of readPresidio(path).filter((_, i) => i % 4 === 0))
      addText(figures, spans, engine.analyze(text));
    expect(f2(total(figures, 'overlap', comparedTypes))).toBeGreaterThan(0.9);
    for (const type of comparedTypes) {
      const count = figures.types[type]?.overlap;
      if (count && count.tp + count.fn >= 5) expect(f2(count), type).toBeGreaterThan(0.5);
    }
  });
});

describe('what is done', () => {
  const text = 'Mrs. Ada Lovelace (ada@example.org, 212-555-0134) pays with 4111 1111 1111 1111.';
  const spans = engine.analyze(text);

  it('is the same in every run, and different with another key', () => {
    for (const action of ['hash', 'substitute'] as const) {
      const once = applyActions(text, spans, { action, key: 'k' });
      expect(applyActions(text, engine.analyze(text), { action, key: 'k' })).toBe(once);
      expect(applyActions(text, spans, { action, key: 'other' })).not.toBe(once);
      expect(once).not.toMatch(/Lovelace|ada@|1111/);
    }
    expect(() => applyActions(text, spans, { action: 'hash' })).toThrow(/secret key/);
  });

  it('gives the same person the same stand-in, whole or by first name', () => {
    const span = (value: string): Span[] => [{ start: 0, end: value.length, type: 'PERSON', score: 1, rule: '' }];
    const stand = (value: string) => applyActions(value, span(value), { action: 'substitute', key: 'k' });
    expect(stand('Ada Lovelace').split(' ')[0]).toBe(stand('Ada'));
    expect(stand('ADA')).toBe(stand('Ada').toUpperCase());
  });

  it('puts stand-ins that belong to nobody', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), (key) => {
        const stand = (type: string, value: string) =>
          applyActions(value, [{ start: 0, end: value.length, type, score: 1, rule: '' }], {
            action: 'substitute',
            key,
          });
        expect(stand('EMAIL_ADDRESS', 'a@b.co')).toMatch(/@example\.(?:com|org|net)$/);
        expect(stand('PHONE_NUMBER', '+49 30 1234567')).toMatch(/555 01\d\d$/);
        expect(stand('IP_ADDRESS', '8.8.8.8')).toMatch(/^(?:192\.0\.2|198\.51\.100|203\.0\.113)\./);
        expect(
          found(`card ${stand('CREDIT_CARD', '4111 1111 1111 1111')}`).filter((item) => item.startsWith('CREDIT')),
        ).toEqual([]);
        expect(found(`SSN ${stand('US_SSN', '536-90-4399')}`).filter((item) => item.startsWith('US_SSN'))).toEqual([]);
      }),
      { numRuns: 20 },
    );
  });

  it('runs as a step of the pipeline, with FineWeb’s preset', async () => {
    const [definition] = steps;
    if (definition.kind !== 'document') throw new Error('expected a document step');
    const step = await definition.create(definition.options.parse({ preset: 'fineweb' }), { folder: '.', seed: 0 });
    const document = { id: '1', source: 's', text: 'Ada: ada@example.org, 10.0.0.1, 8.8.8.8' };
    const outcome = await step.apply(document);
    expect(!isDrop(outcome) && 'text' in outcome && outcome.text).toBe('Ada: <EMAIL_ADDRESS>, 10.0.0.1, <IP_ADDRESS>');
    const clean = { ...document, text: 'nothing here' };
    expect(await step.apply(clean)).toBe(clean);
  });

  it('takes rules of one’s own, and refuses patterns that explode', async () => {
    const own = compileOwn({ type: 'PROJECT', words: ['Blue Egg', 'C++'], context: ['code'] });
    const mine = await createEngine({ types: ['PROJECT'] }, [own]);
    expect(mine.analyze('the Blue Egg in C++ ').map((span) => span.type)).toEqual(['PROJECT', 'PROJECT']);
    expect(() => compileOwn({ type: 'X', pattern: '(a+)+b' })).toThrow(/repeats inside repeats/);
    expect(() => compileOwn({ type: 'X', pattern: '(' })).toThrow(/regular expression/);
    await expect(createEngine({ types: ['EMAIL_ADRESS'] })).rejects.toThrow(/EMAIL_ADDRESS/);
  });
});

describe('bad input', () => {
  const hostile = [
    '1',
    'a',
    '@',
    'a.',
    '-',
    '1-',
    '1 ',
    '(',
    'A1',
    '://',
    'a@',
    '=',
    'é',
    '1.',
    '0123 ',
    ':',
    'x.y ',
    'A ',
    '\n',
    '+',
    'key=a',
    'Mr. ',
    '-----BEGIN ',
    'http://',
    'password: ',
    '0x',
  ];
  const cost = (text: string): number => {
    const before = process.cpuUsage().user;
    engine.analyze(text);
    return (process.cpuUsage().user - before) / 1000;
  };

  it.each(hostile)('%j again and again costs time in proportion', (sign) => {
    const text = sign.repeat(Math.ceil(24_000 / sign.length));
    // A quadratic rule would need sixteen times as long for the whole as for a quarter.
    expect(cost(text)).toBeLessThan(10 * Math.max(cost(text.slice(0, 6_000)), 20));
  });

  it('gets through a megabyte of hostile signs', () => {
    const text = hostile.map((sign) => sign.repeat(Math.ceil(1_000_000 / hostile.length / sign.length))).join('\n');
    expect(text.length).toBeGreaterThan(1_000_000);
    expect(cost(text)).toBeLessThan(15_000);
  });

  it('finds spans that are in order, apart and inside any text', () => {
    const bits = [
      '@',
      '.',
      '-',
      ' ',
      '\n',
      '👋',
      '4111111111111111',
      'ada',
      'Mr.',
      'http://',
      '::',
      '12:',
      'password=',
      'Oak Street',
      '\ud800',
      '\0',
      'GB82',
      '+49',
    ];
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom(...bits)), { maxLength: 40 }),
        (parts) => {
          const text = parts.join('');
          let last = 0;
          for (const { start, end, score } of engine.analyze(text)) {
            expect(start).toBeGreaterThanOrEqual(last);
            expect(end).toBeGreaterThan(start);
            expect(end).toBeLessThanOrEqual(text.length);
            expect(score).toBeGreaterThanOrEqual(0.4);
            expect(score).toBeLessThanOrEqual(1);
            last = end;
          }
          expect(applyActions(text, engine.analyze(text), { action: 'keep' })).toBe(text);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('keeps the better of spans that overlap', () => {
    const span = (start: number, end: number, score: number): Span => ({ start, end, score, type: 'X', rule: '' });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(50), fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 5 }))),
        (rows) => {
          const spans = rows.map(([start, length, score]) => span(start, start + length, score));
          const kept = resolveOverlaps(spans);
          for (let i = 1; i < kept.length; i++) expect(kept[i].start).toBeGreaterThanOrEqual(kept[i - 1].end);
          // What is not kept overlaps something at least as good.
          for (const lost of spans.filter((item) => !kept.includes(item))) {
            expect(
              kept.some((item) => item.start < lost.end && lost.start < item.end && item.score >= lost.score),
            ).toBe(true);
          }
        },
      ),
    );
  });
});
