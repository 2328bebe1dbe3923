import { readFileSync } from 'node:fs';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testData } from '../../../test/support.js';
import { decoderConfig, initialize } from '../architecture/index.js';
import { saveModel } from '../architecture/index.node.js';
import { importModel } from '../exchange/index.node.js';
import { chatTokens, defaultChatTemplate, trainBpe } from '../tokenizer/index.js';
import { saveTokenizer } from '../tokenizer/index.node.js';
import type { LanguageModel } from './index.js';
import { openLanguageModel } from './index.node.js';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'abovo-generation-'));
});
afterAll(() => rm(root, { recursive: true }));

describe('a trained model', () => {
  const folder = () => join(root, 'stories260K');
  let model: LanguageModel | undefined;
  beforeAll(async () => {
    let missing = false;
    const skip = (() => {
      missing = true;
    }) as never;
    const source = testData({ skip }, 'checkpoints/stories260K/stories260K.bin');
    const tokenizer = testData({ skip }, 'checkpoints/stories260K/tok512.bin');
    if (missing) return;
    await importModel(source, { tokenizer, out: folder() });
    model = await openLanguageModel(folder());
  });
  afterAll(() => model?.close());

  it('writes the published story, streamed, word for word', async (context) => {
    const golden = readFileSync(testData(context, 'checkpoints/stories260K/golden-greedy.txt'), 'utf8');
    let text = '';
    const story = model!.generate({ prompt: '', maxTokens: 256, sampling: { temperature: 0 } });
    for await (const piece of story) text += piece.text;
    expect(text.trim()).toBe(golden.trim());
    expect((await story.finished).finishReason).toBe('length');
  });

  it('goes on with a prompt as if both were one text', async (context) => {
    testData(context, 'checkpoints/stories260K/golden-greedy.txt');
    const sampling = { temperature: 0 };
    const whole = await model!.generate({ prompt: '', maxTokens: 60, sampling }).complete();
    const ids = whole.tokenIds.slice(0, 20);
    const begun = model!.detokenize(ids);
    const rest = await model!.generate({ prompt: [1, ...ids], maxTokens: 40, sampling }).complete();
    expect(begun + rest.text).toBe(whole.text);
    const echoed = await model!.generate({ prompt: [1, ...ids], maxTokens: 40, sampling, echo: true }).complete();
    expect(echoed.text).toBe(whole.text);
  });

  it('answers many at once as it answers each alone; a seed repeats a text', async (context) => {
    testData(context, 'checkpoints/stories260K/golden-greedy.txt');
    const prompts = ['Once', 'Tim had a dog.', 'The cat', 'One day', 'Lily', 'She saw a big', 'Mom', 'They', 'A bird'];
    const ask = (prompt: string, index: number) =>
      model!.generate({ prompt, maxTokens: 30, sampling: { temperature: 0.9, topP: 0.9, seed: index } }).complete();
    const together = await Promise.all(prompts.map(ask));
    for (const [index, prompt] of prompts.entries()) {
      expect((await ask(prompt, index)).text).toBe(together[index]!.text);
    }
    expect(model!.stats().running).toBe(0);
  });

  it('reports the log-probabilities that scoring gives', async (context) => {
    testData(context, 'checkpoints/stories260K/golden-greedy.txt');
    const prompt = 'Lily had a red ball.';
    const result = await model!
      .generate({ prompt, maxTokens: 12, sampling: { temperature: 0 }, echo: true, logprobs: 3 })
      .complete();
    const ids = result.tokens.map((token) => token.tokenId);
    const [score] = await model!.score([ids]);
    for (const [index, token] of result.tokens.entries()) {
      if (index === 0) expect(token.logprob).toBeNull();
      else expect(token.logprob).toBeCloseTo(score!.logprobs[index - 1]!, 4);
    }
    const points = [...result.text];
    for (const { token, offset } of result.tokens.slice(2)) {
      expect(points.slice(offset, offset + [...token].length).join('')).toBe(token);
    }
  });

  it('stops the engine when the reader leaves', async (context) => {
    testData(context, 'checkpoints/stories260K/golden-greedy.txt');
    const before = model!.stats() as unknown as { generatedTokens: number };
    let pieces = 0;
    for await (const _ of model!.generate({ prompt: 'One day', maxTokens: 400 })) if (++pieces === 5) break;
    await expect.poll(() => model!.stats().running).toBe(0);
    const after = model!.stats() as unknown as { generatedTokens: number };
    expect(after.generatedTokens - before.generatedTokens).toBeLessThan(30);
  });
});

describe('a folder with a chat template', () => {
  const folder = () => join(root, 'chat');
  beforeAll(async () => {
    const tokenizer = (await trainBpe(['What does egg mean? The oval body.'], { vocabSize: 280 })).withSpecialTokens([
      '<|endoftext|>',
      ...chatTokens,
    ]);
    const config = decoderConfig({
      family: 'gpt2',
      vocabSize: tokenizer.vocabSize,
      contextLength: 1024,
      hiddenSize: 16,
      numLayers: 1,
      numHeads: 2,
      eos: tokenizer.tokenToId('<|endoftext|>') as number,
    });
    await saveModel(folder(), config, initialize(config, 1));
    await saveTokenizer(folder(), tokenizer, { chatTemplate: defaultChatTemplate, eosToken: '<|endoftext|>' });
  });

  it('renders a chat, guards its special tokens, and ends at the end of the turn', async () => {
    const model = await openLanguageModel(folder(), { name: 'tiny' });
    try {
      const end = model.tokenizer.tokenToId('<|im_end|>') as number;
      const ids = model.chatIds([{ role: 'user', content: 'egg<|im_end|>' }]);
      expect(ids.filter((id) => id === end)).toHaveLength(1);
      expect(model.detokenize(ids, { skipSpecialTokens: false })).toBe(
        '<|im_start|>user\negg<|im_end|><|im_end|>\n<|im_start|>assistant\n',
      );
      const answer = await model
        .chat({
          messages: [{ role: 'user', content: 'egg' }],
          maxTokens: 10,
          sampling: { temperature: 0, logitBias: { [end]: 100 } },
        })
        .complete();
      expect(answer).toMatchObject({ text: '', finishReason: 'stop' });
      expect(model.parameterCount).toBeGreaterThan(1000);
    } finally {
      await model.close();
    }
  });

  it('lets a request leave the queue as well as its slot', async () => {
    const model = await openLanguageModel(folder(), { maxSequences: 1 });
    try {
      const [first, second] = [new AbortController(), new AbortController()];
      const ask = (signal: AbortSignal) =>
        model.generate({ prompt: 'egg', ignoreEos: true, maxTokens: 1000, signal }).complete();
      const running = ask(first.signal);
      const waiting = ask(second.signal);
      await expect.poll(() => model.stats().waiting + model.stats().running).toBe(2);
      second.abort();
      expect(await waiting).toMatchObject({ finishReason: 'cancelled', text: '' });
      first.abort();
      expect((await running).finishReason).toBe('cancelled');
      expect(model.stats()).toMatchObject({ running: 0, waiting: 0 });
      expect((await model.generate({ prompt: 'egg', ignoreEos: true, maxTokens: 3 }).complete()).tokenIds).toHaveLength(
        3,
      );
    } finally {
      await model.close();
    }
  });

  it('refuses a folder whose files contradict each other', async () => {
    const broken = join(root, 'broken');
    await cp(folder(), broken, { recursive: true });
    await writeFile(join(broken, 'generation_config.json'), '{"eos_token_id": "x"}');
    await expect(openLanguageModel(broken)).rejects.toThrow(/eos_token_id: expected a token id/);
    await rm(join(broken, 'generation_config.json'));
    await saveTokenizer(
      broken,
      (await trainBpe(['abc abd'], { vocabSize: 260 })).withSpecialTokens(
        Array.from({ length: 99 }, (_, i) => `<${i}>`),
      ),
    );
    await expect(openLanguageModel(broken)).rejects.toThrow(/tokenizer of at most \d+ tokens/);
    await expect(openLanguageModel(join(root, 'none'))).rejects.toThrow(/expected a file/);
  });
});
