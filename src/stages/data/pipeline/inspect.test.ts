import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { changesBetween } from './changes.js';
import { inspectPipeline } from './inspect.js';
import { runPipeline } from './run.js';

const module = fileURLToPath(new URL('./testing-steps.ts', import.meta.url));
let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'abovo-inspect-'));
});
afterAll(() => rm(root, { recursive: true }));

describe('changesBetween', () => {
  it('gives both texts back, whatever they are', () => {
    const words = fc.constantFrom('egg', ' ', 'hen', '.', '\n', 'ä', '😀', 'x1', '\u0301', '\ud800');
    const text = fc.array(words, { maxLength: 40 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(text, text, (before, after) => {
        const changes = changesBetween(before, after);
        const join = (not: string) =>
          changes
            .filter(({ kind }) => kind !== not)
            .map((change) => change.text)
            .join('');
        expect(join('added')).toBe(before);
        expect(join('removed')).toBe(after);
      }),
      { numRuns: 500 },
    );
  });

  it('finds the shortest edit', () => {
    expect(changesBetween('the old egg is here', 'the egg was here')).toEqual([
      { kind: 'same', text: 'the ' },
      { kind: 'removed', text: 'old ' },
      { kind: 'same', text: 'egg ' },
      { kind: 'removed', text: 'is' },
      { kind: 'added', text: 'was' },
      { kind: 'same', text: ' here' },
    ]);
  });

  it('stays quick on texts that have nothing in common', () => {
    const before = Array.from({ length: 30_000 }, (_, i) => `a${i} `).join('');
    const after = Array.from({ length: 30_000 }, (_, i) => `b${i} `).join('');
    const started = performance.now();
    expect(changesBetween(before, after).map(({ kind }) => kind)).toContain('removed');
    expect(performance.now() - started).toBeLessThan(3000);
  });
});

describe('inspectPipeline', () => {
  it('shows each step before and after, by id, by rule and as a sample, with what a run decided', async () => {
    const texts = ['one', 'a quiet one', 'two|three', 'please throw', 'one', 'has cut me inside', ...'abcdefgh'];
    await writeFile(
      join(root, 'a.jsonl'),
      texts.map((text, i) => `${JSON.stringify({ id: `d${i}`, text })}\n`).join(''),
    );
    const options = {
      sources: [{ kind: 'files', files: ['a.jsonl'] }],
      steps: [`${module}#copies`, `${module}#shout`, `${module}#copies`],
      projectFolder: root,
    };
    const run = join(root, 'run');
    await runPipeline({ ...options, folder: run, workers: 0 });
    const outcomes = async (more: object) =>
      (await inspectPipeline({ ...options, ...more })).map(({ document, steps }) => [
        document.id,
        ...steps.map(({ step, outcome, rule }) => `${step} ${outcome}${rule ? ` ${rule}` : ''}`),
      ]);
    expect(await outcomes({ ids: ['d1', 'd2.1', 'd3', 'd4', 'd5'], run })).toEqual([
      ['d1', 'copies kept', 'shout dropped quiet'],
      ['d2', 'copies kept', 'shout split', 'copies-2 kept', 'copies-2 kept'],
      ['d3', 'copies kept', 'shout failed error'],
      ['d4', 'copies dropped copy'],
      ['d5', 'copies changed', 'shout changed', 'copies-2 kept'],
    ]);
    expect(await outcomes({ rule: 'shout.quiet' })).toEqual([['d1', 'copies unknown', 'shout dropped quiet']]);
    const sampled = await outcomes({ sample: 3, seed: 2 });
    expect(sampled).toHaveLength(3);
    expect(await outcomes({ sample: 3, seed: 2 })).toEqual(sampled);
    expect(await outcomes({ sample: 3, seed: 3 })).not.toEqual(sampled);
    await expect(inspectPipeline({ ...options, steps: [], run })).rejects.toThrow(/run of this pipeline/);
    const [five] = await inspectPipeline({ ...options, ids: ['d5'], run });
    expect(five.steps.at(-1)?.after[0].text).toBe('HAS  INSIDE!');
  });
});
