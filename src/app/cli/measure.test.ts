import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createInterpreter } from '../../compiler/runtime/index.js';
import { decoderConfig, initialize } from '../../model/architecture/index.js';
import { saveModel } from '../../model/architecture/index.node.js';
import { importModel } from '../../model/exchange/index.node.js';
import { Engine } from '../../model/inference/index.js';
import { trainBpe } from '../../model/tokenizer/index.js';
import { saveTokenizer } from '../../model/tokenizer/index.node.js';
import { repositoryRoot, testData } from '../../../test/support.js';
import { main } from './main.js';

const texts = ['An egg is an oval body.', 'Das Ei, größer als ein Ei.', 'the hen lays the egg. '.repeat(12)];
let folder: string;
let ids: number[][];
let expected: number[];

async function score(lines: readonly object[] | string, ...options: string[]) {
  const input = join(folder, 'input.jsonl');
  await writeFile(input, typeof lines === 'string' ? lines : lines.map((line) => JSON.stringify(line)).join('\n'));
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const code = await main(['score', folder, '--input', input, '--json', ...options], { stdout, stderr });
  const records = String(stdout.read() ?? '')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, number> & { error?: { message: string } });
  return { code, records: records.slice(0, -1), total: records.at(-1)! };
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'abovo-score-'));
  const tokenizer = await trainBpe(texts, { vocabSize: 280, specialTokens: ['<|endoftext|>'] });
  const config = decoderConfig({
    family: 'llama',
    vocabSize: tokenizer.vocabSize,
    contextLength: 32,
    hiddenSize: 16,
    numLayers: 1,
    numHeads: 2,
    initializerRange: 0.3,
    bos: 0,
    eos: 0,
  });
  const params = initialize(config, 3);
  await saveModel(folder, config, params);
  await saveTokenizer(folder, tokenizer, { bosToken: '<|endoftext|>', eosToken: '<|endoftext|>' });
  ids = texts.map((text) => [0, ...Array.from(tokenizer.encode(text, { addSpecialTokens: false }))]);
  // The judge: the slow interpreter, on the texts that fit into the context.
  const engine = await Engine.open({ config, params, executor: createInterpreter() });
  const scores = await engine.score(ids.filter((sequence) => sequence.length <= 32));
  expected = scores.map(({ logprobs }) => -logprobs.reduce((sum, value) => sum + value, 0));
  await engine.close();
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('abovo eval', () => {
  async function evaluate(...options: string[]) {
    const stdout = new PassThrough();
    const stderr = new PassThrough();
    const code = await main(['eval', folder, ...options], { stdout, stderr });
    return { code, stdout: String(stdout.read() ?? ''), stderr: String(stderr.read() ?? '') };
  }

  it('measures a model folder on the data it is given', async () => {
    const data = join(folder, 'data');
    await mkdir(data, { recursive: true });
    const write = (name: string, ...lines: object[]) =>
      writeFile(join(data, name), lines.map((line) => JSON.stringify(line)).join('\n'));
    await write('heldout.jsonl', { id: 'a', text: texts[0] }, { id: 'b', text: texts[1] });
    const question = {
      id: 'q',
      prompt: 'the hen lays ',
      choices: ['the egg', 'an oval'],
      answer: 0,
      unconditional: '',
    };
    await write('choice.jsonl', question);
    await write('prompts.jsonl', { prompt: 'An egg' }, { messages: [{ role: 'user', content: 'What is an egg?' }] });
    const { code, stdout } = await evaluate('--data', data, '--json');
    expect(code).toBe(0);
    const { ok, models } = JSON.parse(stdout.trim().split('\n').at(-1)!) as {
      ok: boolean;
      models: Record<string, { heldOut: { nll: number; bytes: number }; choice: object; samples: object[] }>;
    };
    expect(ok).toBe(true);
    const [result] = Object.values(models);
    expect(result!.heldOut.nll).toBeCloseTo(expected[0]! + expected[1]!, 3);
    expect(result!.heldOut.bytes).toBe(Buffer.byteLength(texts[0]! + texts[1]!));
    expect(result!.choice).toMatchObject({ questions: 1, chance: 0.5 });
    expect(result!.samples).toHaveLength(1);
    const people = await evaluate('--data', data, '--questions', '0');
    expect(people.stdout).toMatch(/bits per byte +\d/);
    expect(people.stdout).toMatch(/held out: 2 documents/);
    expect(people.stdout).not.toMatch(/right choices/);
  });

  it('refuses a folder without data', async () => {
    expect((await evaluate()).stderr).toMatch(/expected --data FOLDER/);
    expect((await evaluate('--data', join(folder, 'nowhere'))).code).toBe(2);
    await mkdir(join(folder, 'empty'));
    expect((await evaluate('--data', join(folder, 'empty'))).stderr).toMatch(/something to measure/);
  });
});

describe('abovo score', () => {
  it('gives tokens, bytes and nats per record, and the totals last', async () => {
    const { code, records, total } = await score([{ text: texts[0] }, { tokenIds: ids[1] }, { text: texts[2] }]);
    expect(code).toBe(0);
    expect(records.map(({ tokens }) => tokens)).toEqual(ids.map((sequence) => sequence.length - 1));
    expect(records.map(({ bytes }) => bytes)).toEqual(texts.map((text) => Buffer.byteLength(text)));
    expected.forEach((nll, i) => expect(records[i]!.nll).toBeCloseTo(nll, 3));
    const sum = (key: string): number => records.reduce((total, record) => total + record[key]!, 0);
    expect(total).toMatchObject({ records: 3, tokens: sum('tokens'), bytes: sum('bytes') });
    expect(total.bitsPerByte).toBeCloseTo(sum('nll') / Math.LN2 / sum('bytes'), 10);
    expect(total.perplexity).toBeCloseTo(Math.exp(sum('nll') / sum('tokens')), 8);
  });

  it('reads a long text in windows: with a stride of one, each token sees all that fits', async () => {
    const long = { tokenIds: Array.from({ length: 40 }, (_, i) => (i * 7) % 250) };
    const fine = await score([long], '--stride', '1');
    const coarse = await score([long], '--stride', '31');
    expect(fine.total.tokens).toBe(39);
    expect(coarse.total.tokens).toBe(39);
    expect(coarse.total.nll).not.toBeCloseTo(fine.total.nll!, 6);
    expect(Math.abs(coarse.total.nll! - fine.total.nll!)).toBeLessThan(0.2 * fine.total.nll!);
  });

  it('agrees with transformers on a published checkpoint, a text of 1,302 tokens included', async (context) => {
    const golden = JSON.parse(readFileSync(join(repositoryRoot, 'test/golden/score-stories260k.json'), 'utf8')) as {
      records: Array<{ text: string; tokens: number; bytes: number; nll: number }>;
    };
    const part = (name: string) => testData(context, 'checkpoints', 'stories260K', name);
    const out = join(folder, 'stories');
    await importModel(part('stories260K.bin'), { tokenizer: part('tok512.bin'), out });
    const input = join(folder, 'stories.jsonl');
    await writeFile(input, golden.records.map(({ text }) => JSON.stringify({ text })).join('\n'));
    const stdout = new PassThrough();
    expect(await main(['score', out, '--input', input, '--json'], { stdout, stderr: new PassThrough() })).toBe(0);
    const lines = String(stdout.read()).trim().split('\n');
    golden.records.forEach(({ tokens, bytes, nll }, i) => {
      const record = JSON.parse(lines[i]!) as { tokens: number; bytes: number; nll: number };
      expect(record).toMatchObject({ tokens, bytes });
      expect(Math.abs(record.nll - nll) / tokens).toBeLessThan(1e-4);
    });
  });

  it.each([
    ['{"text": 3}', /:1: expected \{"text"/],
    ['{"text": "a"}\nnot json', /:2: expected JSON/],
    ['{"tokenIds": [0, 9999]}', /below \d+, got 9999/],
    ['', /expected records, got none/],
  ])('refuses %j with exit code 2', async (lines, message) => {
    const { code, total } = await score(lines);
    expect(code).toBe(2);
    expect((total as unknown as { error: { message: string } }).error.message).toMatch(message);
  });

  it('refuses a missing file and a stride as long as the context', async () => {
    const stdout = new PassThrough();
    expect(await main(['score', folder, '--input', join(folder, 'none')], { stdout, stderr: new PassThrough() })).toBe(
      2,
    );
    expect((await score([{ text: texts[2] }], '--stride', '32')).code).toBe(2);
  });
});
