import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { TestContext } from 'vitest';
import { createOrtExecutor } from '../../compiler/runtime/index.node.js';
import type { OrtExecutor } from '../../compiler/runtime/index.node.js';
import { testData } from '../../../test/support.js';
import { loadModel } from '../architecture/index.node.js';
import { Engine, logSumExp } from '../inference/index.js';
import { loadTokenizer } from '../tokenizer/index.node.js';
import { importModel } from './index.node.js';

/** Recorded beside the checkpoint: a forward pass in NumPy, and the text published with the model. */
interface Reference {
  greedy: { prompt: string; prompt_ids: number[]; ids: number[]; text: string }[];
  nll: { tokens: number; mean_nll: number; text_start: string; first_ids: number[]; first_nll: number[] }[];
  logits: { text: string; ids: number[]; last_position_logits: number[] };
}

let out: string;
let executor: OrtExecutor;
beforeAll(async () => {
  out = await mkdtemp(join(tmpdir(), 'abovo-import-'));
  executor = await createOrtExecutor({ threads: 1 });
});
afterAll(async () => {
  await executor.close();
  await rm(out, { recursive: true });
});

async function imported(context: TestContext) {
  const source = testData(context, 'checkpoints/stories260K/stories260K.bin');
  const tokenizer = testData(context, 'checkpoints/stories260K/tok512.bin');
  const folder = join(out, 'model');
  const { parameters } = await importModel(source, { tokenizer, out: folder });
  expect(parameters).toBe(260_032);
  const engine = await Engine.open({ ...(await loadModel(folder, 'decoder')), executor });
  const reference = JSON.parse(
    await readFile(testData(context, 'checkpoints/stories260K/reference.json'), 'utf8'),
  ) as Reference;
  return { engine, reference, tokenizer: (await loadTokenizer(folder)).tokenizer };
}

it('tells the published story word for word', async (context) => {
  const { engine, reference, tokenizer } = await imported(context);
  const published = await readFile(testData(context, 'checkpoints/stories260K/golden-greedy.txt'), 'utf8');
  for (const { prompt, prompt_ids, ids, text } of reference.greedy) {
    const promptIds = [...tokenizer.encode(prompt)];
    expect(prompt === '' ? [1] : promptIds).toEqual(prompt_ids);
    const stream = engine.submit({
      promptIds: prompt_ids,
      maxTokens: ids.length - prompt_ids.length,
      sampling: { temperature: 0 },
    });
    const all = [...prompt_ids];
    for await (const { tokenId } of stream) all.push(tokenId);
    expect(all).toEqual(ids);
    expect(tokenizer.decode(all, { skipSpecialTokens: true })).toBe(text);
    if (prompt === '') expect(text.trim()).toBe(published.trim());
  }
  await engine.close();
});

it('has the recorded logits and losses', async (context) => {
  const { engine, reference, tokenizer } = await imported(context);
  const { text, ids, last_position_logits: logits } = reference.logits;
  expect([...tokenizer.encode(text)]).toEqual(ids);
  const stream = engine.submit({ promptIds: ids, maxTokens: 1, logprobs: 512, sampling: { temperature: 0 } });
  const normalizer = logSumExp(Float32Array.from(logits));
  for await (const { top } of stream) {
    expect(top.length).toBe(512);
    for (const [id, logprob] of top) expect(Math.abs(logprob + normalizer - (logits[id] as number))).toBeLessThan(1e-4);
  }
  const file = await readFile(testData(context, 'pretrain/tinystories/train-cased.txt'), 'utf8');
  const stories = file.split('<|endoftext|>').map((story) => story.trim());
  const sequences = reference.nll.map(({ text_start, tokens, first_ids }, n) => {
    const story = stories[n] as string;
    expect(story.startsWith(text_start)).toBe(true);
    const sequence = [...tokenizer.encode(story)].slice(0, 256);
    expect(sequence.length).toBe(tokens);
    expect(sequence.slice(0, first_ids.length)).toEqual(first_ids);
    return sequence;
  });
  const scores = await engine.score(sequences);
  reference.nll.forEach(({ first_nll, mean_nll }, story) => {
    const { logprobs } = scores[story] as { logprobs: Float32Array };
    const mean = -logprobs.reduce((a, b) => a + b, 0) / logprobs.length;
    expect(Math.abs(mean - mean_nll)).toBeLessThan(1e-4);
    first_nll.forEach((nll, t) => {
      expect(Math.abs((logprobs[t] as number) + nll)).toBeLessThan(1e-4);
    });
  });
  await engine.close();
});

it('refuses sources that are no models, leaving nothing that looks like one', async (context) => {
  const source = testData(context, 'checkpoints/stories260K/stories260K.bin');
  const to = join(out, 'bad');
  await expect(importModel(join(out, 'absent.bin'), { out: to })).rejects.toThrow('expected a file or folder');
  await expect(importModel(testData(context, 'checkpoints/stories260K/tok512.bin'), { out: to })).rejects.toThrow(
    'llama2.c checkpoint',
  );
  await expect(importModel(source, { tokenizer: source, out: to })).rejects.toThrow('llama2.c tokenizer');
  await expect(importModel(out, { out: to })).rejects.toThrow('config.json');
  await expect(readFile(join(to, 'config.json'))).rejects.toThrow('ENOENT');
});
