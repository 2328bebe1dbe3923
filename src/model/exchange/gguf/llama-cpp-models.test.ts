import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TestContext } from 'vitest';
import { corpus, exported, loud, plain, samples } from '../../../../test/gguf-models.js';
import { llamaCpp } from '../../../../test/llama-cpp.js';
import type { LlamaRequest } from '../../../../test/llama-cpp.js';
import { testData } from '../../../../test/support.js';
import { createOrtExecutor } from '../../../compiler/runtime/index.node.js';
import type { OrtExecutor } from '../../../compiler/runtime/index.node.js';
import { encoderConfig } from '../../architecture/index.js';
import type { DecoderOptions } from '../../architecture/index.js';
import { loadModel, saveModel } from '../../architecture/index.node.js';
import { openTextEmbedder } from '../../generation/index.node.js';
import { Engine } from '../../inference/index.js';
import { trainBpe, trainWordPiece } from '../../tokenizer/index.js';
import { loadTokenizer, saveTokenizer } from '../../tokenizer/index.node.js';
import { importModel } from '../import.node.js';
import { exportGguf, writePooling } from './index.node.js';

let folder: string;
let executor: OrtExecutor;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'abovo-gguf-'));
  executor = await createOrtExecutor({ threads: 1 });
});
afterAll(async () => {
  await executor.close();
  await rm(folder, { recursive: true });
});

/** What abovo's own engine goes on with, greedily, and the least lead (in nats) of a chosen token before the second. */
async function continued(model: string, prompts: readonly number[][], steps: number) {
  const engine = await Engine.open({ ...(await loadModel(model, 'decoder')), executor });
  const continuations: number[][] = [];
  let lead = Number.POSITIVE_INFINITY;
  for (const promptIds of prompts) {
    const ids: number[] = [];
    const stream = engine.submit({ promptIds, maxTokens: steps, logprobs: 2, sampling: { temperature: 0 } });
    for await (const { tokenId, top } of stream) {
      ids.push(tokenId);
      lead = Math.min(lead, top[0][1] - top[1][1]);
    }
    continuations.push(ids);
  }
  await engine.close();
  return { continuations, lead };
}

/** stories260K as a model folder. */
async function stories(context: TestContext): Promise<string> {
  const path = join(folder, 'stories');
  const source = testData(context, 'checkpoints/stories260K/stories260K.bin');
  await importModel(source, { tokenizer: testData(context, 'checkpoints/stories260K/tok512.bin'), out: path });
  return path;
}

describe('stories260K', () => {
  it('goes through GGUF and back byte by byte, and llama.cpp tells the published story', async (context) => {
    const first = await stories(context);
    const published = await readFile(testData(context, 'checkpoints/stories260K/golden-greedy.txt'), 'utf8');
    const file = join(folder, 'stories.gguf');
    expect((await exportGguf(first, file, { type: 'f32', name: 'stories' })).notes).toEqual([]);
    const second = join(folder, 'stories-again');
    await importModel(file, { out: second });
    for (const name of [
      'model.safetensors',
      'config.json',
      'generation_config.json',
      'tokenizer.json',
      'tokenizer_config.json',
    ]) {
      expect(await readFile(join(second, name)), name).toEqual(await readFile(join(first, name)));
    }
    const again = join(folder, 'stories-again.gguf');
    await exportGguf(second, again, { type: 'f32', name: 'stories' });
    expect(await readFile(again)).toEqual(await readFile(file));

    const { tokenizer } = await loadTokenizer(first);
    const prompts = [[1], ...['Once upon a time', 'The dog', 'Lily and Tom'].map((text) => tokenizer.encode(text))];
    const evaluate = prompts.map((ids, n) => ({ ids, steps: n === 0 ? 256 : 64 }));
    const [answer] = await llamaCpp(context, [{ model: file, tokenize: samples, evaluate }]);
    expect(answer).toMatchObject({ vocabulary: 'spm', bos: 1, eos: 2 });
    expect(answer.tokens).toEqual(samples.map((text) => tokenizer.encode(text, plain)));
    const told = answer.continuations[0] as number[];
    expect(tokenizer.decode([1, ...told], { skipSpecialTokens: true }).trim()).toBe(published.trim());
    const own = await continued(first, prompts, 64);
    expect(answer.continuations.map((ids) => ids.slice(0, 64))).toEqual(own.continuations);
  });

  it('comes back from every type as it went, and llama.cpp reads it', async (context) => {
    const first = await stories(context);
    const types = ['f16', 'q8_0', 'q4_0'] as const;
    const files: string[] = [];
    const own: number[][] = [];
    for (const type of types) {
      const file = join(folder, `stories-${type}.gguf`);
      const { notes } = await exportGguf(first, file, { type, name: 'stories' });
      // Rows of 172 fill no blocks of 32.
      expect(notes.length).toBe(type === 'f16' ? 0 : 1);
      const second = join(folder, `stories-${type}`);
      await importModel(file, { out: second });
      const again = join(folder, `stories-${type}-again.gguf`);
      await exportGguf(second, again, { type, name: 'stories' });
      expect(await readFile(again)).toEqual(await readFile(file));
      files.push(file);
      own.push(...(await continued(second, [[1]], 6)).continuations);
    }
    // Once upon a time
    for (const ids of own.slice(0, 2)) expect(ids).toEqual([403, 407, 261, 378, 432, 383]);
    const answers = await llamaCpp(
      context,
      files.map((model) => ({ model, evaluate: [{ ids: [1], steps: 6 }] })),
    );
    expect(answers.flatMap(({ continuations }) => continuations)).toEqual(own);
  });
});

/** Long waves for the short texts of this test. */
const llama3 = { type: 'llama3', factor: 8, original: 2048, lowFactor: 1, highFactor: 4 } as const;

const gemma = { family: 'llama', activation: 'gelu-tanh', gemmaScales: true } as const;
/** Windows shorter than the texts, bounds that bite. */
const gemma2 = {
  ...{ numLayers: 4, postNorms: true, window: 9, globalLayers: [1, 3] },
  ...{ attentionSoftcap: 4, logitSoftcap: 6 },
};
const gemma3 = {
  ...{ numLayers: 7, postNorms: true, qkNorm: true, window: 9, globalLayers: [5] },
  ...{ localRopeTheta: 10_000, ropeTheta: 1e6, ropeScaling: { type: 'linear', factor: 8 } as const },
};

describe('random models', () => {
  const shapes: [string, Partial<DecoderOptions>, seed?: number][] = [
    ['gpt2', { family: 'gpt2' }],
    ['gpt2-head', { family: 'gpt2', tieEmbeddings: false, intermediateSize: 96, normEpsilon: 1e-3 }],
    ['llama-grouped', { family: 'llama', numKvHeads: 2, tieEmbeddings: false, ropeTheta: 50_000 }],
    ['llama-3', { family: 'llama', ropeTheta: 500, headSize: 32, attentionBias: 'all', ropeScaling: llama3 }],
    ['qwen-2', { family: 'llama', modelType: 'qwen2', attentionBias: 'qkv', numKvHeads: 2 }],
    ['qwen-3', { family: 'llama', modelType: 'qwen3', qkNorm: true, headSize: 32 }],
    ['gemma', { ...gemma, headSize: 32, numKvHeads: 1, normEpsilon: 1e-6 }, 23],
    ['gemma-2', { ...gemma, ...gemma2, headSize: 32 }, 25],
    ['gemma-3', { ...gemma, ...gemma3, headSize: 32, numKvHeads: 2 }],
    ['llama-wide-padded', { family: 'llama', headSize: 32, vocabSize: 640, normEpsilon: 1e-6 }],
  ];
  it('of each family: llama.cpp and abovo choose the same 64 tokens', async (context) => {
    const tokenizer = await trainBpe([await corpus(context)], { vocabSize: 600 });
    const prompts = ['Once upon a time', 'The little dog', '3 red balls'].map((text) => tokenizer.encode(text));
    const evaluate = prompts.map((ids) => ({ ids, steps: 64 }));
    const requests: LlamaRequest[] = [];
    const expected: number[][][] = [];
    for (const [name, options, seed] of shapes) {
      const { model, file, back } = await exported(folder, name, tokenizer, options, seed);
      const before = await loadModel(model);
      const after = await loadModel(back);
      expect(after.params).toEqual(before.params);
      expect(after.config).toEqual(before.config);
      const { continuations, lead } = await continued(model, prompts, 64);
      // llama.cpp takes GELU from a table of halves: where two tokens are nearer than its error, it may take the other.
      expect(lead, name).toBeGreaterThan(options.family === 'gpt2' ? 0.005 : options.gemmaScales ? 0.001 : 0.0001);
      expect(new Set(continuations.flat()).size).toBeGreaterThan(15);
      requests.push({ model: file, evaluate });
      expected.push(continuations);
    }
    const answers = await llamaCpp(context, requests);
    expect(answers.map(({ continuations }) => continuations)).toEqual(expected);
  });
});

describe('bert', () => {
  it('gives the same vectors of texts in llama.cpp, and comes back without its pooler', async (context) => {
    const tokenizer = await trainWordPiece([await corpus(context)], { vocabSize: 800, lowercase: true });
    const path = join(folder, 'bert');
    const config = encoderConfig({
      family: 'bert',
      head: 'none',
      vocabSize: 816,
      contextLength: 128,
      hiddenSize: 64,
      numLayers: 2,
      numHeads: 4,
    });
    await saveModel(path, config, loud(config, 5));
    const roles = { unkToken: '[UNK]', clsToken: '[CLS]', sepToken: '[SEP]', padToken: '[PAD]', maskToken: '[MASK]' };
    await saveTokenizer(path, tokenizer, roles);
    const requests: LlamaRequest[] = [];
    const own: Float32Array[] = [];
    const texts = ['Once upon a time, there was a CAT.', "Lily's big dog", 'Ünïcödé?! 3 balls'];
    for (const pooling of ['mean', 'cls'] as const) {
      await writePooling(path, pooling, config.hiddenSize);
      const file = join(folder, `bert-${pooling}.gguf`);
      const { notes } = await exportGguf(path, file, { type: 'f32' });
      expect(notes).toEqual([expect.stringContaining('pooler and masked-LM head stay behind')]);
      const back = join(folder, `bert-${pooling}`);
      await importModel(file, { out: back });
      const copy = join(folder, `bert-${pooling}-copy`);
      await importModel(back, { out: copy });
      expect(await readFile(join(copy, '1_Pooling/config.json'))).toEqual(
        await readFile(join(path, '1_Pooling/config.json')),
      );
      const embedder = await openTextEmbedder(copy, { threads: 1 });
      own.push(...(await embedder.embed(texts, { normalize: true })).vectors);
      await embedder.close();
      requests.push({ model: file, tokenize: samples, embed: texts });
      const { config: read, params } = await loadModel(back);
      expect(read).toEqual({ ...config, pooler: false });
      expect(params).toEqual(
        Object.fromEntries(
          Object.entries((await loadModel(path)).params).filter(([name]) => !name.startsWith('pooler')),
        ),
      );
      const { tokenizer: returned, ...names } = await loadTokenizer(back);
      expect(names).toMatchObject(roles);
      for (const sample of samples) expect(returned.encode(sample)).toEqual(tokenizer.encode(sample));
    }
    const answers = await llamaCpp(context, requests);
    const ids = samples.map((sample) => tokenizer.encode(sample, plain));
    expect(answers.map(({ tokens }) => tokens)).toEqual([ids, ids]);
    const vectors = answers.flatMap((answer) => answer.vectors);
    expect(vectors.length).toBe(own.length);
    vectors.forEach((vector, n) => {
      const length = Math.hypot(...vector);
      // llama.cpp computes GELU by its tangent, from a table of halves: 3e-7 in the cosine.
      expect(vector.reduce((sum, value, i) => sum + (value / length) * own[n][i], 0)).toBeGreaterThan(0.999999);
    });
  });
});
