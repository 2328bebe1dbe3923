import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { steps, wordCount } from './plain-steps.js';
import type { DocumentStep, DocumentStepDefinition } from './step.js';

const make = (name: string, options: object): DocumentStep => {
  const definition = steps.find((step) => step.name === name) as DocumentStepDefinition;
  return definition.create(definition.options.parse(options), { folder: '.', seed: 5 }) as DocumentStep;
};
const document = (text: string, id = 'a') => ({ id, text, source: 's' });

describe('length', () => {
  it('counts words as a regular expression does, whatever the white space', () => {
    const unit = fc.oneof(
      fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)),
      fc.constantFrom(' ', '\u3000', '\u2009', '\ufeff', 'a', '\n'),
    );
    const property = fc.property(fc.array(unit), (units) => {
      const text = units.join('');
      expect(wordCount(text)).toBe(text.match(/\S+/g)?.length ?? 0);
    });
    fc.assert(property, { numRuns: 500 });
    for (let code = 0; code < 0x10000; code++) {
      const text = `a${String.fromCharCode(code)}b`;
      if (wordCount(text) !== (text.match(/\S+/g) ?? []).length) expect.fail(`U+${code.toString(16)}`);
    }
  });

  it('names the limit that was passed', () => {
    const { apply } = make('length', { minWords: 2, maxBytes: 10 });
    expect(apply(document('one'))).toEqual({ drop: 'minWords', detail: '1 < 2' });
    expect(apply(document('äöü äöü'))).toEqual({ drop: 'maxBytes', detail: '13 > 10' });
    const kept = document('one two');
    expect(apply(kept)).toBe(kept);
    expect(() => make('length', {})).toThrow(/expected a limit/);
  });
});

describe('sample', () => {
  it('keeps about its share, the same in every run', () => {
    const { apply } = make('sample', { share: 0.3 });
    const all = Array.from({ length: 5000 }, (_, i) => document('text', `d${i}`));
    const kept = all.filter((item) => apply(item) === item);
    // Five standard deviations of 5,000 draws at 0.3.
    expect(Math.abs(kept.length / 5000 - 0.3)).toBeLessThan(5 * Math.sqrt((0.3 * 0.7) / 5000));
    expect(all.filter((item) => apply(item) === item)).toEqual(kept);
  });
});
