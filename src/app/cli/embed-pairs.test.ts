import { readFileSync } from 'node:fs';
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { repositoryRoot, testData } from '../../../test/support.js';
import { main } from './main.js';

interface Judged {
  readonly pooling: string;
  readonly layer: number;
  readonly pairs: number;
  readonly spearman: number;
  readonly pearson: number;
  readonly cosines: readonly number[];
}

const golden = join(repositoryRoot, 'test/golden/similarity');
const expected = JSON.parse(readFileSync(join(golden, 'expected.json'), 'utf8')) as Record<string, readonly Judged[]>;
const cases = Object.entries(expected).flatMap(([file, all]) => all.map((judged) => ({ file, ...judged })));

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'abovo-pairs-'));
  const encoder = join(repositoryRoot, 'test/golden/hf-encoders/bert');
  for (const file of ['config.json', 'model.safetensors']) await copyFile(join(encoder, file), join(folder, file));
  await copyFile(join(golden, 'tokenizer.json'), join(folder, 'tokenizer.json'));
});
afterAll(() => rm(folder, { recursive: true }));

async function embed(...argv: string[]) {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const code = await main(['embed', folder, ...argv, '--json'], { stdout, stderr });
  const lines = String(stdout.read() ?? '')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  return { code, records: lines.slice(0, -1), result: lines.at(-1)!, stderr: String(stderr.read() ?? '') };
}

it.each(cases)('correlates as sentence-transformers: $file, $pooling of layer $layer', async (judged) => {
  const { file, pooling, layer, pairs, spearman, pearson, cosines } = judged;
  const { code, records, result } = await embed(
    ...['--pairs', join(golden, file), '--pooling', pooling, '--layer', String(layer)],
  );
  expect(code).toBe(0);
  const unknown = file === 'sentences.jsonl' ? 1 : 0;
  expect(result).toMatchObject({ ok: true, pairs, unknown, coverage: pairs / (pairs + unknown), dimensions: 16 });
  expect(Math.abs((result.spearman as number) - spearman)).toBeLessThan(1e-6);
  expect(Math.abs((result.pearson as number) - pearson)).toBeLessThan(1e-6);
  expect(records).toHaveLength(pairs + unknown);
  for (const [i, cosine] of cosines.entries()) expect(records[i]!.cosine).toBeCloseTo(cosine, 5);
  if (unknown) expect(records.at(-1)).toEqual({ cosine: null });
});

it('cuts long texts where told to, and reads files of word pairs', async (context) => {
  const sentences = join(golden, 'sentences.jsonl');
  expect((await embed('--pairs', sentences, '--truncate')).result).toMatchObject({
    pairs: 13,
    unknown: 0,
    coverage: 1,
  });
  const words = testData(context, 'wordsim/wordsim353.tsv');
  const { result } = await embed('--pairs', words);
  expect(result.pairs as number).toBe(353);
});

it('says which line is wrong', async () => {
  const file = join(folder, 'pairs.jsonl');
  await writeFile(file, '{"sentence1":"egg","sentence2":"hen","score":1}\n{"sentence1":"egg","score":"2"}\n');
  const { code, result } = await embed('--pairs', file);
  expect(code).toBe(2);
  expect((result.error as { message: string }).message).toMatch(/line 2: expected .* got/);
  expect((await embed('--pairs', join(folder, 'none.tsv'))).code).toBe(2);
  expect((await embed('--pairs', file, '--text', 'egg')).code).toBe(2);
});
