import { mkdtemp, rm } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { repositoryRoot, testData } from '../../../test/support.js';
import { importModel } from '../../model/exchange/index.node.js';
import type { LanguageModel } from '../../model/generation/index.js';
import { openLanguageModel } from '../../model/generation/index.node.js';
import { type App, createApp } from './index.js';

interface Golden {
  readonly results: { readonly story_bits: { readonly bits_per_byte: number } };
  readonly samples: ReadonlyArray<{
    readonly context: string;
    readonly choices: readonly string[];
    readonly loglikelihoods: readonly number[];
    readonly greedy: readonly boolean[];
    readonly rollingText: string;
    readonly rollingLoglikelihood: number;
    readonly written: string;
  }>;
}
const golden = JSON.parse(readFileSync(join(repositoryRoot, 'test/golden/lm-eval-stories260k.json'), 'utf8')) as Golden;

interface Completion {
  readonly choices: ReadonlyArray<{
    readonly text: string;
    readonly logprobs: {
      readonly token_logprobs: ReadonlyArray<number | null>;
      readonly top_logprobs: ReadonlyArray<Record<string, number> | null>;
    };
  }>;
}

// What lm-evaluation-harness got from this server on a trained model, asked for again the way its client asks.
describe('the requests of lm-evaluation-harness', () => {
  let folder: string | undefined;
  let model: LanguageModel | undefined;
  let app: App | undefined;

  beforeAll(async () => {
    let missing = false;
    const skip = (() => {
      missing = true;
    }) as never;
    const source = testData({ skip }, 'checkpoints/stories260K/stories260K.bin');
    const tokenizer = testData({ skip }, 'checkpoints/stories260K/tok512.bin');
    if (missing) return;
    folder = await mkdtemp(join(tmpdir(), 'abovo-stories-'));
    await importModel(source, { tokenizer, out: folder });
    model = await openLanguageModel(folder, { name: 'stories260K' });
    app = createApp({ models: [model] });
  });
  afterAll(async () => {
    await model?.close();
    if (folder) await rm(folder, { recursive: true });
  });

  async function post<T>(path: string, body: object): Promise<T> {
    const request = new Request(`http://localhost${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const response = await app!.fetch(request);
    expect(response.status).toBe(200);
    return (await response.json()) as T;
  }
  const encode = async (prompt: string) =>
    (await post<{ tokens: number[] }>('/tokenize', { prompt, add_special_tokens: false })).tokens;
  const score = (prompts: number[][]) =>
    post<Completion>('/v1/completions', {
      model: 'stories260K',
      prompt: prompts,
      temperature: 0,
      max_tokens: 1,
      logprobs: 1,
      seed: 1234,
      echo: true,
    });

  it('gives the likelihoods of choices, and whether each is the greedy one', async (context) => {
    testData(context, 'checkpoints/stories260K/stories260K.bin');
    for (const sample of golden.samples) {
      const given = await encode(sample.context);
      const prompts = await Promise.all(sample.choices.map((choice) => encode(`${sample.context} ${choice}`)));
      const { choices } = await score(prompts);
      const got = choices.map(({ logprobs }) => {
        const chosen = logprobs.token_logprobs.slice(given.length, -1) as number[];
        const top = logprobs.top_logprobs.slice(given.length, -1) as Array<Record<string, number>>;
        return {
          sum: chosen.reduce((sum, logprob) => sum + logprob, 0),
          greedy: chosen.every((logprob, index) => logprob === Math.max(...Object.values(top[index]!))),
        };
      });
      for (const [index, { sum }] of got.entries()) expect(sum).toBeCloseTo(sample.loglikelihoods[index]!, 3);
      expect(got.map(({ greedy }) => greedy)).toEqual(sample.greedy);
    }
  });

  it('gives the likelihoods of texts', async (context) => {
    testData(context, 'checkpoints/stories260K/stories260K.bin');
    const prompts = await Promise.all(
      golden.samples.map(async ({ rollingText }) => [1, ...(await encode(rollingText))]),
    );
    const { choices } = await score(prompts);
    let nats = 0;
    for (const [index, { logprobs }] of choices.entries()) {
      const sum = (logprobs.token_logprobs.slice(1, -1) as number[]).reduce((total, logprob) => total + logprob, 0);
      expect(sum).toBeCloseTo(golden.samples[index]!.rollingLoglikelihood, 3);
      nats -= sum;
    }
    const bytes = golden.samples.reduce((sum, { rollingText }) => sum + Buffer.byteLength(rollingText), 0);
    expect(nats / Math.LN2 / bytes).toBeCloseTo(golden.results.story_bits.bits_per_byte, 4);
  });

  it('writes the same texts', async (context) => {
    testData(context, 'checkpoints/stories260K/stories260K.bin');
    const prompts = await Promise.all(golden.samples.map((sample) => encode(sample.context)));
    const { choices } = await post<Completion>('/v1/completions', {
      prompt: prompts,
      max_tokens: 40,
      temperature: 0,
      stop: ['.', '</s>'],
      seed: 1234,
    });
    expect(choices.map(({ text }) => text)).toEqual(golden.samples.map(({ written }) => written));
  });

  it('streams the text, the usage and the log-probabilities that it answers without a stream', async (context) => {
    testData(context, 'checkpoints/stories260K/stories260K.bin');
    for (const seed of [1, 2, 3]) {
      const body = { prompt: 'One day', max_tokens: 60, temperature: 1, seed, logprobs: 1, stop: ['\n', ' was '] };
      const whole = await post<Completion & { usage: object }>('/v1/completions', body);
      const response = await app!.fetch(
        new Request('http://localhost/v1/completions', {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ ...body, stream: true, stream_options: { include_usage: true } }),
        }),
      );
      const events = (await response.text())
        .split('\n\n')
        .filter((event) => event.startsWith('data: {'))
        .map((event) => JSON.parse(event.slice(6)) as Completion & { usage?: object });
      expect(events.map(({ choices }) => choices[0]?.text ?? '').join('')).toBe(whole.choices[0]!.text);
      expect(events.flatMap(({ choices }) => choices[0]?.logprobs.token_logprobs ?? [])).toEqual(
        whole.choices[0]!.logprobs.token_logprobs,
      );
      expect(events.at(-1)!.usage).toEqual(whole.usage);
    }
  });
});
