import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StopMatcher } from './stop.js';

function run(stops: string[], pieces: string[]): { shown: string[]; text: string; matched: string | undefined } {
  const matcher = new StopMatcher(stops);
  const shown: string[] = [];
  for (const piece of pieces) {
    shown.push(matcher.push(piece));
    if (matcher.matched !== undefined) break;
  }
  if (matcher.matched === undefined) shown.push(matcher.end());
  return { shown, text: shown.join(''), matched: matcher.matched };
}

describe('StopMatcher', () => {
  it('finds a stop string cut anywhere', () => {
    expect(run(['END'], ['abcE', 'N', 'Dxyz'])).toMatchObject({ text: 'abc', matched: 'END', shown: ['abc', '', ''] });
  });

  it('gives back what only looked like a stop string', () => {
    expect(run(['END'], ['abE', 'NE', 'Nx'])).toMatchObject({ text: 'abENENx', matched: undefined });
  });

  it('takes the earliest of several, and of nested ones the one that begins first', () => {
    expect(run(['\n\n', 'User:'], ['hi User', ': x\n\n']).text).toBe('hi ');
    expect(run(['bc', 'abcd'], ['xabcd']).text).toBe('x');
  });

  it('agrees with a search in the whole text, however it is cut', () => {
    const alphabet = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 4 });
    fc.assert(
      fc.property(fc.array(alphabet, { maxLength: 12 }), fc.array(alphabet, { maxLength: 3 }), (pieces, stops) => {
        const usable = stops.filter((stop) => stop.length > 0);
        const got = run(stops, pieces);
        // The first piece that completes any stop string decides; in it the leftmost occurrence.
        let text = '';
        let want: string | undefined;
        for (const piece of pieces) {
          text += piece;
          const at = usable.map((stop) => text.indexOf(stop)).filter((index) => index >= 0);
          if (at.length > 0) {
            want = text.slice(0, Math.min(...at));
            break;
          }
        }
        expect(got.text).toBe(want ?? text);
        expect(got.matched !== undefined).toBe(want !== undefined);
        // Nothing is shown before it is certain: what was shown is always a prefix of the answer.
        expect((want ?? text).startsWith(got.shown.slice(0, -1).join(''))).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});
