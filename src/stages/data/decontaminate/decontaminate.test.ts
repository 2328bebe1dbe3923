import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testData } from '../../../../test/support.js';
import { Random } from '../../../base/core/index.js';
import type { Document, Reject } from '../document.js';
import type { DocumentStep } from '../pipeline/step.js';
import { jsonDocuments } from '../dedup/testing.js';
import {
  ContaminationIndex,
  type EvaluationItem,
  LeakReport,
  decontaminateStep,
  readEvaluationItems,
  steps,
} from './index.js';
import { GramTable } from './gram-table.js';

const question = 'How many eggs are left if the hen lays twelve and the fox takes seven of them?';
const item = (text: string, id = '1', set = 'eggs'): EvaluationItem => ({ set, id, text });
const document = (text: string, id = 'd'): Document => ({ id, source: 's', text });

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'abovo-decontaminate-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('leaks', () => {
  it('are found whatever the case, punctuation and numbers, and say where', () => {
    const index = new ContaminationIndex([item(question)]);
    const text = `Once more: HOW MANY EGGS — are left, if the hen lays twelve\nand the fox takes seven (of them)! Bye.`;
    const [leak, ...rest] = index.leaks(text);
    expect(rest).toEqual([]);
    expect(leak).toMatchObject({ set: 'eggs', item: '1', found: 6, of: 6 });
    const [start, end] = leak!.spans[0]!;
    expect(text.slice(start, end)).toBe(
      'HOW MANY EGGS — are left, if the hen lays twelve\nand the fox takes seven (of them',
    );
  });

  it('need a whole run', () => {
    const eleven = question.split(' ').slice(0, 11).join(' ');
    const twelve = question.split(' ').slice(0, 12).join(' ');
    const index = new ContaminationIndex([item(question)]);
    expect(index.leaks(`x ${eleven} x`)).toEqual([]);
    expect(index.leaks(`x ${twelve} x`)[0]).toMatchObject({ found: 1, of: 6 });
    expect(new ContaminationIndex([item(question)], { words: 13 }).leaks(`x ${twelve} x`)).toEqual([]);
  });

  it('take a short item as a whole, and leave out what is shorter still', () => {
    const index = new ContaminationIndex([item('What is the colour of a hen’s egg?'), item('How many?', '2')]);
    expect(index.sets.get('eggs')).toEqual({ items: 2, tooShort: 1 });
    expect(index.leaks('I asked: what is the colour of a hen’s egg? How many?').map((leak) => leak.item)).toEqual([
      '1',
    ]);
    expect(index.leaks('what is the colour of a hen’s nest? How many?')).toEqual([]);
  });

  it('count characters where there are no spaces', () => {
    const text = '吾輩は猫である。名前はまだ無い。どこで生れたかとんと見当がつかぬ。';
    const index = new ContaminationIndex([item(text)]);
    expect(index.leaks(`昔々。${text}終わり。`)[0]).toMatchObject({ found: 1, of: 1 });
    expect(index.leaks(text.slice(0, 16))).toEqual([]);
  });

  it('leave out runs that many items share', () => {
    const template = 'Answer the following question with one of the letters A B C or D please: ';
    const items = Array.from({ length: 30 }, (_, i) =>
      item(`${template} ${question} ${i % 2 ? 'yes' : 'no'} w${i}`, `${i}`),
    );
    const own = 'The quick brown fox jumps over the lazy dog while seven hens look on quietly.';
    const index = new ContaminationIndex([...items, item(`${template} ${own}`, 'own')]);
    expect(index.leaks(`${template} ${question}`)).toEqual([]);
    expect(index.leaks(own)[0]).toMatchObject({ item: 'own' });
  });

  it('are told by set and item, with their share', () => {
    const index = new ContaminationIndex([
      item(question),
      item(`${question} Say why, in a sentence or two.`, '2', 'more'),
    ]);
    const report = new LeakReport(index);
    const step = decontaminateStep(index, {}, report.add);
    const outcomes = [`a ${question}`, 'nothing', `b ${question}`].map((text, i) => step.apply(document(text, `${i}`)));
    expect(outcomes[0]).toEqual({ drop: 'leakedEvaluation', detail: '6 of 6 runs of eggs/1 and 1 other' });
    expect(outcomes[1]).toEqual(document('nothing', '1'));
    const sets = report.sets();
    expect(sets.map(({ set, items, leaked, share }) => [set, items, leaked, share])).toEqual([
      ['eggs', 1, 1, 1],
      ['more', 1, 1, 1],
    ]);
    expect(sets[1]!.found[0]).toMatchObject({ item: '2', documents: 2 });
    expect(sets[1]!.found[0]!.share).toBeCloseTo(6 / 13);
    expect(sets[0]!.found[0]!.places[0]).toMatchObject({ document: '0', text: question.slice(0, -1) });
  });

  it('can be asked for by share, and cut with a margin', async () => {
    const index = new ContaminationIndex([
      item(`${question} And how many are there if the fox brings two of them back?`),
    ]);
    const text = `Before. ${question} After.`;
    expect(await decontaminateStep(index, { share: 0.5 }).apply(document(text))).toEqual(document(text));
    expect(await decontaminateStep(index, { action: 'cut' }).apply(document(text))).toMatchObject({
      text: 'Before. ? After.',
    });
    const wide = await decontaminateStep(index, { action: 'cut', margin: 4 }).apply(document(`\u{1F95A}${text}`));
    expect(wide).toMatchObject({ text: '\u{1F95A}Befoter.' });
    expect(await decontaminateStep(index, { action: 'cut' }).apply(document(question.slice(0, -1)))).toMatchObject({
      drop: 'leakedEvaluation',
    });
  });

  it('in any text stand where the spans say', () => {
    const words = fc
      .array(fc.constantFrom('a', 'b', 'c'), { minLength: 4, maxLength: 30 })
      .map((list) => list.join(' '));
    fc.assert(
      fc.property(fc.array(words, { maxLength: 4 }), words, (items, text) => {
        const options = { words: 4, shortest: 4, mostItems: 100 };
        const index = new ContaminationIndex(
          items.map((entry, i) => item(entry, `${i}`)),
          options,
        );
        const expected = items.flatMap((entry, i) => {
          const grams = (of: string) =>
            of.split(' ').flatMap((_, at, all) => (at + 4 <= all.length ? [all.slice(at, at + 4).join(' ')] : []));
          return grams(text).some((gram) => grams(entry).includes(gram)) ? [`${i}`] : [];
        });
        const leaks = index.leaks(text);
        expect(leaks.map((leak) => leak.item).sort()).toEqual(expected.sort());
        for (const { spans, item: id } of leaks) {
          const [start, end] = spans[0]!;
          expect(items[Number(id)]).toContain(text.slice(start, start + 7));
          expect(end - start).toBeGreaterThanOrEqual(7);
        }
      }),
    );
  });
});

describe('the table of runs', () => {
  it('numbers hashes in the order of their arrival', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer(), fc.integer({ min: 0, max: 3 })), { maxLength: 3000, size: 'max' }),
        (keys) => {
          const table = new GramTable();
          const known = new Map<string, number>();
          for (const [high, low] of keys) {
            const name = `${high} ${low}`;
            if (!known.has(name)) {
              expect(table.find(high, low)).toBe(-1);
              known.set(name, known.size);
            }
            expect(table.add(high, low)).toBe(known.get(name));
          }
          for (const [high, low] of keys) expect(table.find(high, low)).toBe(known.get(`${high} ${low}`));
          expect(table.size).toBe(known.size);
        },
      ),
      { numRuns: 20 },
    );
  });
});

describe('evaluation sets', () => {
  const collect = async (file: string, content: string | Uint8Array, fields?: string[]) => {
    await writeFile(join(folder, file), content);
    const rejects: Reject[] = [];
    const items: EvaluationItem[] = [];
    const options = { folder, onReject: (reject: Reject) => rejects.push(reject) };
    for await (const entry of readEvaluationItems([{ files: [file], fields }], options)) items.push(entry);
    return { items, rejects };
  };

  it('are read from lines, arrays, plain text and gzip', async () => {
    const lines = await collect('a.jsonl', '{"id":7,"q":"one","c":["two",{"x":"three"}]}\n{"q":\n\n{"n":1}\n');
    expect(lines.items).toEqual([{ set: 'a', id: '7', text: 'one\ntwo\nthree' }]);
    expect(lines.rejects.map(({ reason }) => reason)).toEqual([expect.stringMatching(/^not JSON/), 'no text']);
    const packed = await collect('b.json.gz', gzipSync('[{"q":"one","a":"two"}]'), ['a', 'toString']);
    expect(packed.items).toEqual([{ set: 'b', id: 'b.json.gz:1', text: 'two' }]);
    expect((await collect('c.json', '{"data":["x"],"version":1}')).items[0]!.text).toBe('x');
    expect((await collect('d.txt', 'one\n\ntwo\n')).items.length).toBe(2);
    expect((await collect('test.txt', 'one')).items[0]!.set).toBe(`${basename(folder)}/test`);
    await expect(collect('e.json', '{')).rejects.toThrow(/expected records, got no JSON/);
    await expect(collect('f.jsonl.gz', 'not packed')).rejects.toThrow(/expected records, got no gzip/);
  });

  it('planted in real reviews are all found, and nothing else is', async (context) => {
    const reviews = jsonDocuments(testData(context, 'pretrain/nltk-english/movie_reviews.jsonl.gz')).slice(0, 400);
    const file = testData(context, 'benchmarks/gsm8k/test-1-900.jsonl');
    const definition = steps[0]!;
    const options = definition.options.parse({ sets: [{ files: [file], name: 'gsm8k', fields: ['question'] }] });
    const step = (await definition.create(options, { folder, seed: 1 })) as DocumentStep;
    const items: EvaluationItem[] = [];
    for await (const entry of readEvaluationItems([{ files: [file], fields: ['question'] }], { folder }))
      items.push(entry);
    const random = new Random(2);
    const outcomes = await Promise.all(
      reviews.map(async (review, i) => {
        const { text } = random.pick(items.filter((entry) => entry.text.split(' ').length > 14));
        const planted =
          i % 8 === 0 ? { ...review, text: `${review.text}\n${text.toLowerCase().replaceAll(' ', '  ')}` } : review;
        return 'drop' in (await step.apply(planted));
      }),
    );
    expect(outcomes.map((dropped, i) => dropped === (i % 8 === 0)).filter(Boolean).length).toBe(400);
  });
});
