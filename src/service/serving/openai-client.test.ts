import OpenAI, { APIError, APIUserAbortError, AuthenticationError, NotFoundError, RateLimitError } from 'openai';
import { afterEach, describe, expect, it } from 'vitest';
import { simulateModel } from '../../model/generation/testing/index.js';
import type { RequestEvent } from '../telemetry/index.js';
import { ApiError, hashApiKey, type RunningServer, type ServeOptions, startServer } from './index.js';

// The judge is the official client over a real socket; the model behind is simulated so that every answer is known.
let server: RunningServer | undefined;
afterEach(async () => {
  await server?.close(1);
  server = undefined;
});

async function start(options: Partial<ServeOptions> & { model?: ReturnType<typeof simulateModel> } = {}) {
  const events: RequestEvent[] = [];
  const model = options.model ?? simulateModel({ says: 'An egg is an oval body. END of it.' });
  server = await startServer({ models: [model], port: 0, onEvent: (event) => events.push(event), ...options });
  const client = (apiKey = 'none', maxRetries = 0) =>
    new OpenAI({ baseURL: `${server!.url}/v1`, apiKey, maxRetries, timeout: 10_000 });
  return { model, events, client };
}
const messages = [{ role: 'user' as const, content: 'What is an egg?' }];

describe('the official client', () => {
  it('lists models and gets one, whatever its name', async () => {
    const { client } = await start({ model: simulateModel({ name: 'org/egg%1' }) });
    const list = await client().models.list();
    expect(list.data.map((model) => model.id)).toEqual(['org/egg%1']);
    expect((await client().models.retrieve('org/egg%1')).owned_by).toBe('abovo');
    await expect(client().models.retrieve('other')).rejects.toMatchObject({ status: 404, code: 'model_not_found' });
  });

  it('completes, with choices, batches, ids, echo and log-probabilities', async () => {
    const { client, model } = await start();
    const one = await client().completions.create({ model: model.name, prompt: 'egg', max_tokens: 6, logprobs: 2 });
    expect(one.object).toBe('text_completion');
    expect(one.choices[0]).toMatchObject({ text: 'An egg', finish_reason: 'length', index: 0 });
    expect(one.usage).toEqual({ prompt_tokens: 4, completion_tokens: 6, total_tokens: 10 });
    const logprobs = one.choices[0]!.logprobs!;
    expect(logprobs.tokens).toEqual([...'An egg']);
    expect(logprobs.text_offset).toEqual([0, 1, 2, 3, 4, 5]);
    expect(Object.keys(logprobs.top_logprobs![0]!)).toHaveLength(2);

    const many = await client().completions.create({
      model: model.name,
      prompt: ['a', 'b'],
      n: 2,
      max_tokens: 2,
      seed: 1,
    });
    expect(many.choices.map((choice) => choice.index)).toEqual([0, 1, 2, 3]);
    expect(many.usage).toMatchObject({ prompt_tokens: 4, completion_tokens: 8 });

    const ids = await client().completions.create({
      model: model.name,
      prompt: [[97, 98], [99]],
      max_tokens: 0,
      echo: true,
      logprobs: 1,
    });
    expect(ids.choices.map((choice) => choice.text)).toEqual(['ab', 'c']);
    expect(ids.choices[0]!.logprobs!.token_logprobs![0]).toBeNull();
    expect(ids.choices[0]!.logprobs!.token_logprobs![1]).toBe(-0.125);
    expect(ids.usage!.completion_tokens).toBe(0);
  });

  it('streams a completion with the same text and usage as without streaming', async () => {
    const { client, model } = await start();
    const request = { model: model.name, prompt: 'egg', max_tokens: 100, stop: ['END'], echo: true, logprobs: 0 };
    const whole = await client().completions.create(request);
    const stream = await client().completions.create({
      ...request,
      stream: true,
      stream_options: { include_usage: true },
    });
    let text = '';
    const tokens: string[] = [];
    let usage: unknown;
    let finish: string | undefined;
    for await (const chunk of stream) {
      if (chunk.choices.length === 0) usage = chunk.usage;
      text += chunk.choices[0]?.text ?? '';
      tokens.push(...(chunk.choices[0]?.logprobs?.tokens ?? []));
      finish = chunk.choices[0]?.finish_reason ?? finish;
    }
    expect(text).toBe('eggAn egg is an oval body. ');
    expect(text).toBe(whole.choices[0]!.text);
    expect(tokens).toEqual(whole.choices[0]!.logprobs!.tokens);
    expect(usage).toEqual(whole.usage);
    expect(finish).toBe('stop');
  });

  it('chats, with log-probabilities and both names of the token limit', async () => {
    const { client, model, events } = await start();
    const answer = await client().chat.completions.create({
      model: model.name,
      messages: [{ role: 'developer', content: [{ type: 'text', text: 'Be brief.' }] }, ...messages],
      logprobs: true,
      top_logprobs: 3,
      max_tokens: 500,
      max_completion_tokens: 2,
      user: 'somebody',
    });
    expect(answer.choices[0]).toMatchObject({
      message: { role: 'assistant', content: 'An' },
      finish_reason: 'length',
    });
    const [first] = answer.choices[0]!.logprobs!.content!;
    expect(first).toMatchObject({ token: 'A', bytes: [65] });
    expect(first!.top_logprobs).toHaveLength(3);
    expect(events[0]).toMatchObject({ operation: 'chat', completionTokens: 2, status: 200, finishReasons: ['length'] });
    expect(JSON.stringify(events)).not.toMatch(/egg|somebody/);
  });

  it('takes back an answer as it gave it', async () => {
    const { client, model } = await start();
    const first = await client().chat.completions.create({ model: model.name, messages, max_tokens: 3 });
    const again = await client().chat.completions.create({
      model: model.name,
      messages: [...messages, first.choices[0]!.message, { role: 'user', content: 'More?' }],
      max_tokens: 3,
    });
    expect(again.usage!.prompt_tokens).toBe(first.usage!.prompt_tokens + 'An '.length + 'More?'.length + 4);
  });

  it('streams a chat through its own accumulator', async () => {
    const { client, model } = await start();
    const stream = client().chat.completions.stream({
      model: model.name,
      messages,
      n: 2,
      stream_options: { include_usage: true },
    });
    const final = await stream.finalChatCompletion();
    expect(final.choices.map((choice) => choice.message.content)).toEqual(
      Array(2).fill('An egg is an oval body. END of it.'),
    );
    expect(final.choices.map((choice) => choice.finish_reason)).toEqual(['stop', 'stop']);
    expect(final.usage).toEqual({ prompt_tokens: 18, completion_tokens: 70, total_tokens: 88 });
  });

  it('gets errors it understands', async () => {
    const { client, model } = await start({ model: simulateModel({ contextLength: 20, chat: false }) });
    const complete = (body: object) =>
      client().completions.create({ model: model.name, prompt: 'p', ...body } as never) as Promise<unknown>;
    await expect(complete({ model: 'gpt-9' })).rejects.toBeInstanceOf(NotFoundError);
    await expect(complete({ max_tokens: 100 })).rejects.toMatchObject({
      status: 400,
      code: 'context_length_exceeded',
      param: 'prompt',
      type: 'invalid_request_error',
    });
    await expect(complete({ temperature: 3 })).rejects.toMatchObject({ status: 400, param: 'temperature' });
    await expect(complete({ suffix: 'x' })).rejects.toMatchObject({ code: 'unsupported_parameter', param: 'suffix' });
    await expect(complete({ tempreature: 1 })).rejects.toMatchObject({ code: 'unknown_parameter' });
    await expect(complete({ prompt: [1, 5000] })).rejects.toMatchObject({ status: 400, param: 'prompt' });
    await expect(client().chat.completions.create({ model: model.name, messages })).rejects.toMatchObject({
      code: 'no_chat_template',
    });
    await expect(client().moderations.create({ input: 'x' })).rejects.toMatchObject({
      status: 404,
      code: 'unknown_url',
    });
    const error = await complete({ temperature: 3 }).catch((thrown: unknown) => thrown);
    expect((error as APIError).requestID).toMatch(/^req_/);
  });

  it('needs a key where keys are set, in either header', async () => {
    const { client, events, model } = await start({ apiKeys: [hashApiKey('a', 'sk-a'), hashApiKey('b', 'sk-b')] });
    await expect(client('sk-c').models.list()).rejects.toBeInstanceOf(AuthenticationError);
    await client('sk-b').models.list();
    const other = await fetch(`${server!.url}/tokenizer_info`, { headers: { 'x-api-key': 'sk-a' } });
    expect(await other.json()).toMatchObject({ model: model.name });
    expect((await fetch(`${server!.url}/tokenizer_info`)).status).toBe(401);
    expect((await fetch(`${server!.url}/healthz`)).status).toBe(200);
    expect(events.map((event) => event.keyName)).toEqual([undefined, 'b', 'a', undefined]);
    expect(JSON.stringify(events)).not.toContain('sk-');
  });

  it('waits and tries again as the server says', async () => {
    let calls = 0;
    const { client, model } = await start({
      admit: () => {
        if (++calls === 1)
          throw new ApiError(429, 'rate_limit_error', 'slow down', { code: 'rate_limit', retryAfter: 1 });
      },
    });
    const request = { model: model.name, prompt: 'p', max_tokens: 1 };
    expect((await client('none', 2).completions.create(request)).choices[0]!.text).toBe('A');
    expect(calls).toBe(2);
    calls = 0;
    await expect(client().completions.create(request)).rejects.toBeInstanceOf(RateLimitError);
  });

  it.each([
    ['completions', true],
    ['completions', false],
    ['chat', true],
    ['chat', false],
  ] as const)('frees the slot when it goes away: %s, stream %s', async (route, stream) => {
    const model = simulateModel({ says: 'x'.repeat(1000), interTokenLatency: 10, maxSequences: 1 });
    const { client, events } = await start({ model });
    const abort = new AbortController();
    const k = 5;
    const request =
      route === 'chat'
        ? client().chat.completions.create({ model: model.name, messages, stream }, { signal: abort.signal })
        : client().completions.create(
            { model: model.name, prompt: 'p', max_tokens: 1000, stream },
            { signal: abort.signal },
          );
    if (stream) {
      let seen = 0;
      const chunks = (await request) as AsyncIterable<{
        choices: Array<{ text?: string; delta?: { content?: string } }>;
      }>;
      for await (const chunk of chunks) {
        if (chunk.choices[0]?.text || chunk.choices[0]?.delta?.content) seen++;
        if (seen === k) abort.abort();
      }
    } else {
      void (request as Promise<unknown>).catch(() => undefined);
      while (model.engine.generated < k) await new Promise((resolve) => setTimeout(resolve, 2));
      abort.abort();
      await expect(request as Promise<unknown>).rejects.toBeInstanceOf(APIUserAbortError);
    }
    const deadline = Date.now() + 5000;
    while (model.stats().running > 0 && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 5));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(model.stats()).toMatchObject({ running: 0, waiting: 0 });
    expect(model.engine.generated).toBeLessThanOrEqual(k + 8);
    expect(events).toHaveLength(1);
    expect(events[0]).toMatchObject({ cancelled: true, finishReasons: ['cancelled'] });
    expect(events[0]!.completionTokens).toBeGreaterThanOrEqual(k);
    expect(events[0]!.completionTokens).toBeLessThanOrEqual(model.engine.generated);
    // The slot serves the next one.
    const next = await client().completions.create({ model: model.name, prompt: 'p', max_tokens: 1 });
    expect(next.choices[0]!.text).toBe('x');
  });
});
