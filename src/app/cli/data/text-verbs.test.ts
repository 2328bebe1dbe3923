import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { callCli } from '../../../../test/cli.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'abovo-cli-text-'));
});
afterAll(() => rm(folder, { recursive: true }));

const at = (name: string): string => join(folder, name);
const jsonl = (rows: readonly unknown[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join('');

async function call(...argv: string[]) {
  const { code, lines, stderr } = await callCli('data', ...argv, '--json');
  return { code, records: lines.slice(0, -1), result: lines.at(-1)!, stderr };
}

describe('abovo data language', () => {
  it('tells language and score per record, in order, from plain and packed files', async () => {
    const rows = [
      { id: 'a', text: 'Der Hund schläft heute den ganzen Tag im Garten.' },
      { text: 'The dog sleeps in the garden all day today.' },
    ];
    await writeFile(at('texts.jsonl'), jsonl(rows));
    await writeFile(at('texts.jsonl.gz'), gzipSync(jsonl(rows)));
    for (const name of ['texts.jsonl', 'texts.jsonl.gz']) {
      const { code, records, result } = await call('language', '--input', at(name), '--table', 'small');
      expect(code).toBe(0);
      expect(records).toEqual([
        { id: 'a', language: 'de', score: expect.any(Number) },
        { language: 'en', score: expect.any(Number) },
      ]);
      expect(result).toMatchObject({ ok: true, records: 2, languages: { de: 1, en: 1 } });
    }
  }, 60_000);

  it('loses a bad record alone and says so with its exit code', async () => {
    const bytes = Buffer.concat([
      Buffer.from('{"text": "Il cane dorme nel giardino tutto il giorno."}\nnot json\n{"text": 5}\n[1]\n\n'),
      Buffer.from([0x7b, 0xff, 0x7d, 10]),
      Buffer.from('{"text": "Le chien dort toute la journée dans le jardin."}'),
    ]);
    await writeFile(at('bad.jsonl'), bytes);
    const { code, records, result } = await call('language', '--input', at('bad.jsonl'), '--table', 'small');
    expect(code).toBe(1);
    expect(result).toMatchObject({ ok: false, records: 6, rejected: 4 });
    expect(records.map((record) => record.language ?? record.line)).toEqual(['it', 2, 3, 4, 6, 'fr']);
    expect(records[1]!.error).toMatch(/^not JSON/);
    expect(records[4]!.error).toBe('not UTF-8 text');
  }, 60_000);

  it('refuses a file that is not there', async () => {
    expect((await call('language', '--input', at('none.jsonl'))).code).toBe(2);
  });
});

describe('abovo data quality', () => {
  it('tells scores, rules and what they saw', async () => {
    const text = 'The farmer said that hens have to be fed with corn each day of the week. '.repeat(2);
    await writeFile(at('quality.jsonl'), jsonl([{ body: text }, { body: 'Buy now! '.repeat(60) }]));
    const { code, records, result } = await call('quality', '--input', at('quality.jsonl'), '--field', 'body');
    expect(code).toBe(0);
    expect(records[0]!.rules).toContain('gopherQuality:gopher_short_doc');
    expect(records[1]).toMatchObject({ keep: false, scores: { words: 180 } });
    expect(result).toMatchObject({ ok: true, records: 2, kept: 0 });
    const one = await call('quality', '--input', at('quality.jsonl'), '--field', 'body', '--rules', 'mc4Quality');
    expect(one.records[1]!.rules).toEqual(['mc4Quality:< 3 paragraphs']);
    expect((await call('quality', '--input', at('quality.jsonl'), '--rules', 'nonsense')).code).toBe(2);
  });

  it('tells bits per byte under a model of wanted text', async () => {
    const wanted = Array.from({ length: 20 }, (_, i) => ({
      text: `The hens in barn ${i} were fed and slept until the morning came.`,
    }));
    await writeFile(at('wanted.jsonl'), jsonl(wanted));
    await writeFile(at('judge.jsonl'), jsonl([wanted[3], { text: 'QX#@9 zzkq !!~ 77vv wwpl ÄÄ§' }]));
    const { records } = await call('quality', '--input', at('judge.jsonl'), '--reference', at('wanted.jsonl'));
    const bits = records.map((record) => (record.scores as { bitsPerByte: number }).bitsPerByte);
    expect(bits[0]!).toBeLessThan(bits[1]! / 3);
  });
});

describe('abovo data train-classifier and safety', () => {
  it('train, write and use a classifier', async () => {
    const bad = 'grumbly wug blick snark'.split(' ');
    const good = 'sunny meadow picnic basket'.split(' ');
    const rows = Array.from({ length: 200 }, (_, i) => ({
      text: `${(i % 2 ? bad : good)[i % 4]} ${(i % 2 ? bad : good)[(i >> 2) % 4]} day ${i}`,
      kind: i % 2 ? 'toxic' : 'fine',
    }));
    await writeFile(at('labelled.jsonl'), jsonl(rows));
    const options = ['--label-field', 'kind', '--out', at('toxic.bin'), '--epochs', '30', '--dim', '8'];
    const trained = await call('train-classifier', '--input', at('labelled.jsonl'), ...options);
    expect(trained.code, trained.stderr).toBe(0);
    expect(trained.result).toMatchObject({
      ok: true,
      accuracy: expect.any(Number),
      classes: [{ auc: expect.any(Number) }, {}],
    });
    expect(JSON.parse(await readFile(at('toxic.bin.json'), 'utf8'))).toMatchObject({
      labels: expect.any(Array),
      temperature: expect.any(Number),
    });

    await writeFile(at('judged.jsonl'), jsonl([{ text: 'grumbly wug snark, women' }, { text: 'sunny picnic meadow' }]));
    const judged = await call(
      'safety',
      '--input',
      at('judged.jsonl'),
      '--classifier',
      at('toxic.bin'),
      '--toxicity',
      '0.5',
    );
    expect(judged.records.map(({ remove }) => remove)).toEqual([true, false]);
    expect(judged.result).toMatchObject({ removed: 1, removals: { groups: [{ group: 'women', removed: 1 }] } });
  });

  it('show by group what another filter removed, and refuse unknown categories', async () => {
    const kept = Array.from({ length: 30 }, (_, i) => ({ text: `Women and the weather, ${i}.` }));
    const gone = Array.from({ length: 20 }, (_, i) => ({ text: `Muslims met on day ${i}.` }));
    await writeFile(at('kept.jsonl'), jsonl(kept));
    await writeFile(at('gone.jsonl'), jsonl(gone));
    const { result } = await call('safety', '--input', at('kept.jsonl'), '--removed', at('gone.jsonl'));
    const { groups } = result.removals as { groups: readonly { group: string; rate: number; differs: boolean }[] };
    expect(groups.find(({ group }) => group === 'muslim')).toMatchObject({ rate: 1, differs: true });
    expect((await call('safety', '--input', at('kept.jsonl'), '--threshold', 'love=0.5')).code).toBe(2);
    expect((await call('safety', '--input', at('kept.jsonl'), '--threshold', 'hate')).code).toBe(2);
  });
});
