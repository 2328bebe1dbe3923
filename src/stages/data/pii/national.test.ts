import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { repositoryRoot } from '../../../../test/support.js';
import { PiiEngine } from './engine.js';
import { recognizers } from './recognizers/index.js';

interface Golden {
  readonly peer: string;
  readonly types: Record<string, { readonly valid: string[]; readonly invalid: string[] }>;
}
const golden = JSON.parse(readFileSync(join(repositoryRoot, 'test/golden/pii/national-ids.json'), 'utf8')) as Golden;
const engine = new PiiEngine({ recognizers });
/** Where this project knowingly judges otherwise than python-stdnum. */
const differs: Record<string, string> = {
  US_ITIN: 'the IRS has given out groups 50 to 65 since 2011, which the peer refuses',
  KR_RRN: 'numbers given out since October 2020 have no check digit, which the peer asks for',
};

describe('national ids as python-stdnum judges them', () => {
  it.each(Object.entries(golden.types).filter(([type]) => !differs[type]))('%s', (type, { valid, invalid }) => {
    const rules = recognizers.filter((rule) => rule.type === type);
    expect(rules.length).toBeGreaterThan(0);
    const word = rules.find((rule) => rule.context)?.context?.[0] ?? 'number';
    const found = (text: string) => engine.analyze(`${word}: ${text} .`).filter((span) => span.type === type);
    expect(valid.filter((text) => found(text).length !== 1)).toEqual([]);
    expect(invalid.filter((text) => found(text).length > 0)).toEqual([]);
  });
});
