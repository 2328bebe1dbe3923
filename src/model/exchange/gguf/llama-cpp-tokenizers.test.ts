import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { corpus, exported, plain, samples } from '../../../../test/gguf-models.js';
import { llamaCpp } from '../../../../test/llama-cpp.js';
import type { LlamaRequest } from '../../../../test/llama-cpp.js';
import { testData } from '../../../../test/support.js';
import { loadModel } from '../../architecture/index.node.js';
import { Tokenizer, fromSentencePiece, splitPatterns, trainBpe, trainUnigram } from '../../tokenizer/index.js';
import { loadTokenizer } from '../../tokenizer/index.node.js';
import { llama2cTokenizerJson, parseLlama2cTokenizer } from '../index.js';
import { GgufFile } from './index.node.js';
import { preTokenizerJson, preTokenizerOf, preTokenizers } from './pre-tokenizers.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'abovo-gguf-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('tokenizers', () => {
  it('are encoded by llama.cpp, and after the way back, as before', async (context) => {
    const text = [await corpus(context)];
    const trained = await trainBpe(text, { vocabSize: 600 });
    /** The same vocabulary, cut as a row of the table says. */
    const cutBy = (pre: string) => {
      const json = trained.toJson();
      const row = preTokenizerOf(pre);
      const model = { ...(json.model as object), ignore_merges: row.ignoreMerges };
      return Tokenizer.fromJson({ ...json, model, pre_tokenizer: preTokenizerJson(row) });
    };
    const tokenizers: Record<string, Tokenizer> = {
      'gpt-2': trained,
      dbrx: await trainBpe(text, { vocabSize: 600, pattern: splitPatterns.gpt4 }),
      qwen2: await trainBpe(text, { vocabSize: 600, pattern: splitPatterns.qwen2 }),
      'llama-bpe': cutBy('llama-bpe'),
      smollm: cutBy('smollm'),
      default: cutBy('default'),
    };
    expect(Object.keys(tokenizers).sort()).toEqual(preTokenizers.map(({ names }) => names[0]).sort());
    const requests: LlamaRequest[] = [];
    const expected: number[][][] = [];
    for (const [pre, tokenizer] of Object.entries(tokenizers)) {
      const { model, file, back, notes } = await exported(folder, `pre-${pre}`, tokenizer);
      expect(notes).toEqual([expect.stringContaining('no token begins a text here')]);
      const opened = await GgufFile.open(file);
      expect(opened.header.metadata.get('tokenizer.ggml.pre')?.value).toBe(pre);
      await opened.close();
      const { tokenizer: returned, ...names } = await loadTokenizer(back);
      const ids = samples.map((sample) => tokenizer.encode(sample, plain));
      expect(samples.map((sample) => returned.encode(sample, plain))).toEqual(ids);
      const special = 'a<|endoftext|>b';
      expect(returned.encode(special)).toEqual(tokenizer.encode(special));
      expect(names).toMatchObject({ eosToken: '<|endoftext|>' });
      expect((await loadModel(back)).params).toEqual((await loadModel(model)).params);
      requests.push({ model: file, tokenize: samples });
      expected.push(ids);
    }
    const answers = await llamaCpp(context, requests);
    for (const answer of answers) expect(answer).toMatchObject({ vocabulary: 'bpe', eos: 0 });
    expect(answers.map(({ tokens }) => tokens)).toEqual(expected);
  });

  it('of T5, of SentencePiece and of Gemma are encoded as they are', async (context) => {
    const t5 = await loadTokenizer(testData(context, 'tokenizers/t5-small/tokenizer.json'));
    const spiece = await readFile(testData(context, 'tokenizers/t5-small/spiece.model'));
    const test = await readFile(testData(context, 'tokenizers/sentencepiece-test/test_model.model'));
    const pieces = parseLlama2cTokenizer(await readFile(testData(context, 'tokenizers/llama2/tokenizer.bin')), 32_000);
    const llama2 = llama2cTokenizerJson(pieces) as {
      normalizer: { normalizers: object[] };
      decoder: { decoders: object[] };
    };
    // As Gemma's: no space before a text, and a cut at spaces of which none are left.
    const gemma = {
      ...llama2,
      normalizer: llama2.normalizer.normalizers.at(-1),
      pre_tokenizer: { type: 'Split', pattern: { String: ' ' }, behavior: 'MergedWithPrevious', invert: false },
      decoder: { type: 'Sequence', decoders: llama2.decoder.decoders.slice(0, 3) },
    };
    const text = [...samples, (await corpus(context)).slice(0, 20_000)];
    const requests: LlamaRequest[] = [];
    const expected: number[][][] = [];
    const kinds: string[] = [];
    for (const [name, tokenizer, kind] of [
      ['t5', t5.tokenizer, 'ugm'],
      ['spiece', fromSentencePiece(spiece), 'ugm'],
      ['test-model', fromSentencePiece(test), 'ugm'],
      ['identity', await trainUnigram(text, { vocabSize: 900, normalization: 'identity' }), 'ugm'],
      ['gemma', Tokenizer.fromJson(gemma), 'spm'],
    ] as const) {
      const { file, back } = await exported(folder, name, tokenizer, { hiddenSize: 32, numLayers: 1 });
      const ids = text.map((sample) => tokenizer.encode(sample, plain));
      const { tokenizer: returned } = await loadTokenizer(back);
      expect(
        text.map((sample) => returned.encode(sample, plain)),
        name,
      ).toEqual(ids);
      requests.push({ model: file, tokenize: text });
      expected.push(ids);
      kinds.push(kind);
    }
    const answers = await llamaCpp(context, requests);
    answers.forEach(({ tokens, vocabulary }, n) => {
      expect(vocabulary).toBe(kinds[n]);
      tokens.forEach((ids, i) => expect(ids, `${n}: ${text[i]!.slice(0, 40)}`).toEqual(expected[n]![i]));
    });
  });

  it('of GPT-2 and Llama 2 are encoded as they are', async (context) => {
    const gpt2 = await loadTokenizer(testData(context, 'tokenizers/gpt2/tokenizer.json'));
    const pieces = parseLlama2cTokenizer(await readFile(testData(context, 'tokenizers/llama2/tokenizer.bin')), 32_000);
    const text = [...samples, (await corpus(context)).slice(0, 20_000)];
    const requests: LlamaRequest[] = [];
    const expected: number[][][] = [];
    for (const [name, tokenizer] of [
      ['gpt2', gpt2.tokenizer],
      ['llama2', Tokenizer.fromJson(llama2cTokenizerJson(pieces))],
    ] as const) {
      const { file, back } = await exported(folder, name, tokenizer, { hiddenSize: 32, numLayers: 1 });
      const ids = text.map((sample) => tokenizer.encode(sample, plain));
      const { tokenizer: returned } = await loadTokenizer(back);
      expect(text.map((sample) => returned.encode(sample, plain))).toEqual(ids);
      requests.push({ model: file, tokenize: text });
      expected.push(ids);
    }
    expect((await llamaCpp(context, requests)).map(({ tokens }) => tokens)).toEqual(expected);
  });
});
