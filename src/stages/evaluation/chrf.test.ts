import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { repositoryRoot, testData } from '../../../test/support.js';
import { chrF } from './index.js';

interface Fixture {
  readonly hypotheses: string[];
  readonly references: string[][];
  readonly corpus: number;
  readonly signature: string;
  readonly sentences: number[];
}
const fixture = JSON.parse(
  readFileSync(join(repositoryRoot, 'test/golden/chrf-two-references.json'), 'utf8'),
) as Fixture;

describe('chrF', () => {
  it('equals sacreBLEU on the systems of WMT17 English to German', (context) => {
    const folder = testData(context, 'metrics', 'sacrebleu-wmt17-en-de');
    const read = (name: string): string[] =>
      gunzipSync(readFileSync(join(folder, name)))
        .toString('utf8')
        .trimEnd()
        .split('\n');
    const expected = JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8')) as Record<
      string,
      { chrf2: { score: number; signature: string }; chrf1: { score: number } }
    >;
    const references = read('ref.de.txt.gz').map((line) => [line]);
    for (const [system, scores] of Object.entries(expected).slice(0, 3)) {
      const hypotheses = read(`${system}.txt.gz`);
      const { score, signature } = chrF(hypotheses, references);
      expect(score).toBeCloseTo(scores.chrf2.score, 9);
      expect(scores.chrf2.signature.startsWith(signature)).toBe(true);
      if (system.includes('C-3MA'))
        expect(chrF(hypotheses, references, { beta: 1 }).score).toBeCloseTo(scores.chrf1.score, 9);
    }
  });

  it('equals sacreBLEU with two references, odd white space, empty and short segments', () => {
    const { hypotheses, references, corpus, signature, sentences } = fixture;
    const all = chrF(hypotheses, references);
    expect(all.score).toBeCloseTo(corpus, 9);
    expect(signature.startsWith(all.signature)).toBe(true);
    hypotheses.forEach((hypothesis, i) => {
      expect(chrF([hypothesis], [references[i]!]).score).toBeCloseTo(sentences[i]!, 9);
    });
  });

  it('refuses lists that do not match', () => {
    expect(() => chrF(['a'], [])).toThrow(/as many lists of references/);
    expect(() => chrF(['a'], [[]])).toThrow(/references for segment 0/);
  });
});
