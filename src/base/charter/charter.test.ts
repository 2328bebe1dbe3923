import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  charterSchema,
  controls,
  describeFinding,
  evaluateThresholds,
  parseThreshold,
  requiredControls,
} from './index.js';

describe('thresholds', () => {
  const metrics = { base: { bitsPerByte: 1.8, choiceAccuracy: { value: 0.4, low: 0.38 } }, baselines: { xz: 2.04 } };

  it.each([
    ['base.bitsPerByte <= 2.0', true],
    ['base.bitsPerByte < 1.8', false],
    ['base.bitsPerByte < baselines.xz', true],
    ['base.choiceAccuracy.low >= .25', true],
    ['base.choiceAccuracy > 0.39', true],
    ['tuned.bitsPerByte <= 1e9', false],
    ['base.constructor > 0', false],
  ])('%s is %s', (text, met) => {
    expect(evaluateThresholds([text], metrics)[0].met).toBe(met);
  });

  it('say what is missing', () => {
    const [unmet, missing] = evaluateThresholds(['base.bitsPerByte <= 1.5', 'tuned.x > 1'], metrics);
    expect(describeFinding(unmet)).toBe('base.bitsPerByte <= 1.5 (it is 1.8)');
    expect(describeFinding(missing)).toBe('tuned.x > 1 (not measured)');
  });

  it('read any text without throwing', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[a-z.]+ ?[<>=]+ ?[\d.e]+$/)), (text) => {
        const parsed = parseThreshold(text);
        if (typeof parsed !== 'string')
          expect(typeof parsed.bound === 'string' || Number.isFinite(parsed.bound)).toBe(true);
      }),
    );
  });
});

describe('charter', () => {
  it('asks for a lawful basis where there is personal data', () => {
    expect(charterSchema.safeParse({ dataClasses: ['personal'] }).error?.issues[0].path).toEqual(['lawfulBasis']);
    expect(charterSchema.safeParse({ dataClasses: ['personal'], lawfulBasis: 'consent' }).success).toBe(true);
    expect(charterSchema.parse({}).dataClasses).toEqual(['public']);
  });

  it('derives controls from data classes and risks', () => {
    const ids = (input: unknown) => requiredControls(charterSchema.parse(input)).map((control) => control.id);
    expect(ids({})).not.toContain('GDPR 6');
    expect(ids({ dataClasses: ['health'], lawfulBasis: 'consent' })).toEqual(
      expect.arrayContaining(['GDPR 6', 'GDPR 9', '45 CFR 164.514(b)']),
    );
    const risk = { risk: 'It is used to write spam.', kind: 'misuse', mitigation: 'Keys.' };
    expect(ids({ risks: [risk] })).toContain('SOC 2 CC6.1');
    expect(new Set(controls.map((control) => control.id)).size).toBe(controls.length);
    expect(JSON.stringify(controls)).not.toMatch(/compliant/);
  });
});
