import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { repositoryRoot } from '../../../test/support.js';
import { decoderConfig, encoderConfig, initialize } from '../architecture/index.js';
import { loadModel, saveModel } from '../architecture/index.node.js';
import { searchDefaultsFromHf } from '../inference/index.js';
import { Tokenizer } from '../tokenizer/index.js';
import { saveTokenizer } from '../tokenizer/index.node.js';
import { openTextSearch } from './index.node.js';

const golden = join(repositoryRoot, 'test/golden/hf-encoder-decoders/bart');
let root: string;

/** A tokenizer of words w0 … w52, with BART's special tokens in its first places. */
function words(vocabSize: number): Tokenizer {
  const special = ['<s>', '<pad>', '</s>'];
  const names = Array.from({ length: vocabSize }, (_, id) => special[id] ?? `w${id}`);
  const added = special.map((content, id) => ({
    id,
    content,
    special: true,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
  }));
  const ends = special.map((id, at) => [id, { id, ids: [at], tokens: [id] }]);
  return Tokenizer.fromJson({
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: added,
    normalizer: null,
    pre_tokenizer: { type: 'WhitespaceSplit' },
    post_processor: {
      type: 'TemplateProcessing',
      single: [
        { SpecialToken: { id: '<s>', type_id: 0 } },
        { Sequence: { id: 'A', type_id: 0 } },
        { SpecialToken: { id: '</s>', type_id: 0 } },
      ],
      pair: ['A', 'B'].map((id, n) => ({ Sequence: { id, type_id: n } })),
      special_tokens: Object.fromEntries(ends),
    },
    decoder: null,
    model: { type: 'WordLevel', vocab: Object.fromEntries(names.map((name, id) => [name, id])), unk_token: 'w3' },
  });
}

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'abovo-text-search-'));
  const { config, params } = await loadModel(golden);
  await saveModel(join(root, 'bart'), config, params);
  await saveTokenizer(join(root, 'bart'), words(config.vocabSize), {});
  const small = { vocabSize: 53, contextLength: 24, hiddenSize: 16, numLayers: 1, numHeads: 2, eos: 2 };
  const gpt = decoderConfig({ ...small, family: 'gpt2', initializerRange: 0.3 });
  await saveModel(join(root, 'gpt2'), gpt, initialize(gpt, 1));
  await saveTokenizer(join(root, 'gpt2'), words(53), {});
  const bert = encoderConfig({ ...small, family: 'bert' });
  await saveModel(join(root, 'bert'), bert, initialize(bert, 1));
  await saveTokenizer(join(root, 'bert'), words(53), {});
});
afterAll(() => rm(root, { recursive: true }));

const settings = (json: object) => writeFile(join(root, 'bart/generation_config.json'), JSON.stringify(json));

describe('texts to texts', () => {
  it('writes what transformers writes, special tokens left out', async () => {
    const expected = JSON.parse(await readFile(join(golden, 'expected.json'), 'utf8'));
    const source = expected.source[1].slice(0, 6) as number[];
    await settings({ eos_token_id: expected.end, num_beams: 4, max_length: 15, forced_eos_token_id: null });
    const model = await openTextSearch(join(root, 'bart'), { threads: 1 });
    const beams = expected.generated.find(
      ({ options }: { options: object }) => JSON.stringify(options) === '{"max_new_tokens":14,"num_beams":4}',
    );
    const [[answer] = []] = await model.generate([source]);
    expect(answer?.tokenIds).toEqual(beams.ids[1][0]);
    const names = (ids: readonly number[]) => ids.filter((id) => id > 2).map((id) => `w${id}`);
    expect(answer?.text).toBe(names(beams.ids[1][0]).join(' '));
    // As a text it goes between <s> and </s>.
    const text = names(source).join(' ');
    expect(model.tokenize(text)).toEqual([0, ...source, 2]);
    const [two] = await model.generate([text], { numAnswers: 2, stop: ['w14'], maxTokens: 5 });
    expect(two?.length).toBe(2);
    for (const { text: written } of two ?? []) expect(written).not.toContain('w14');
    const [samples] = await model.generate([text], { numAnswers: 3, sampling: { temperature: 2, seed: 1 } });
    expect(new Set(samples?.map((sample) => sample.text)).size).toBe(3);
    await model.close();
  });

  it('takes lengths, rules and forced tokens from generation_config.json', async () => {
    await settings({
      eos_token_id: [2, 37],
      decoder_start_token_id: 5,
      forced_bos_token_id: 9,
      forced_eos_token_id: 11,
      no_repeat_ngram_size: 1,
      min_length: 5,
      max_new_tokens: 7,
    });
    const model = await openTextSearch(join(root, 'bart'), { threads: 1 });
    const [[answer] = []] = await model.generate(['w8 w9']);
    const ids = answer?.tokenIds ?? [];
    expect(ids[0]).toBe(9);
    expect(ids.length).toBeGreaterThanOrEqual(4);
    expect(new Set([5, ...ids]).size).toBe(ids.length + 1);
    const [[short] = []] = await model.generate(['w8 w9'], { maxTokens: 2 });
    expect(short?.tokenIds).toEqual([9, 11]);
    await model.close();
    const read = (json: Record<string, unknown>) => searchDefaultsFromHf(json, 'generation_config.json');
    expect(read({ early_stopping: 'never', length_penalty: 2 })).toMatchObject({
      earlyStopping: 'never',
      lengthPenalty: 2,
    });
    expect(() => read({ num_beams: 'four' })).toThrow('num_beams');
    expect(() => read({ eos_token_id: [-1] })).toThrow('eos_token_id');
    expect(() => read({ early_stopping: 1 })).toThrow('early_stopping');
  });

  it('takes any generation_config.json, or says which field is wrong', () => {
    const fields = [
      'eos_token_id',
      'num_beams',
      'length_penalty',
      'early_stopping',
      'max_length',
      'forced_bos_token_id',
    ];
    const json = fc.dictionary(fc.constantFrom(...fields, 'other'), fc.jsonValue());
    fc.assert(
      fc.property(json, (value) => {
        try {
          const { maxTokens = 1, numBeams = 1 } = searchDefaultsFromHf(value as Record<string, unknown>, 'file');
          expect(maxTokens > 0 && numBeams > 0).toBe(true);
        } catch (error) {
          expect(error).toMatchObject({ code: 'generation.file' });
          expect(fields.some((field) => (error as Error).message.includes(`expected ${field} `))).toBe(true);
        }
      }),
    );
  });

  it('searches with decoders, and refuses what does not write', async () => {
    const model = await openTextSearch(join(root, 'gpt2'), { threads: 1 });
    const [answers] = await model.generate(['w7 w8'], { numBeams: 3, numAnswers: 3, maxTokens: 4 });
    const scores = answers?.map(({ score }) => score) ?? [];
    expect(scores).toEqual(scores.toSorted((a, b) => b - a));
    expect(scores.length).toBe(3);
    await expect(model.generate([Array.from({ length: 24 }, () => 5)])).rejects.toThrow('fewer than 24 tokens');
    await model.close();
    await expect(openTextSearch(join(root, 'bert'))).rejects.toThrow('expected a model that writes');
    await saveTokenizer(join(root, 'gpt2'), words(60), {});
    await expect(openTextSearch(join(root, 'gpt2'))).rejects.toThrow('at most 53 tokens');
  });
});
