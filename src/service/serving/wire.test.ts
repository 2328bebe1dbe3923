import fc from 'fast-check';
import { createParser } from 'eventsource-parser';
import { describe, expect, it } from 'vitest';
import { simulateModel } from '../../model/generation/testing/index.js';
import { requestEventSchema, type RequestEvent } from '../telemetry/index.js';
import { type AppOptions, createApp } from './index.js';

function app(options: Partial<AppOptions> = {}) {
  const events: RequestEvent[] = [];
  const failures: unknown[] = [];
  const model = simulateModel({ says: 'An egg.' });
  const { fetch, admission } = createApp({
    models: [model],
    onEvent: (event) => events.push(requestEventSchema.parse(event)),
    onError: (_id, error) => failures.push(error),
    ...options,
  });
  const post = async (path: string, body: unknown, headers: Record<string, string> = {}) =>
    fetch(
      new Request(`http://localhost${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: typeof body === 'string' || body instanceof Uint8Array ? (body as string) : JSON.stringify(body),
      }),
    );
  const get = async (path: string, headers: Record<string, string> = {}) =>
    fetch(new Request(`http://localhost${path}`, { headers }));
  return { post, get, fetch, events, failures, model, admission };
}

const errorOf = async (response: Response) =>
  ((await response.json()) as { error: { message: string; type: string; param: string | null; code: string | null } })
    .error;

describe('bodies', () => {
  const { post, failures } = app({ limits: { maxBodyBytes: 20_000 } });

  it.each([
    ['not JSON', '{"prompt": ', 400, 'invalid_json'],
    ['nothing', '', 400, 'invalid_json'],
    ['an array', '[]', 400, 'invalid_json'],
    ['bytes that are not UTF-8', Uint8Array.of(0x7b, 0xff, 0x7d), 400, 'invalid_encoding'],
    ['deep nesting', '['.repeat(9000), 400, 'json_too_deep'],
    ['deep nesting of objects', '{"a":'.repeat(3000), 400, 'json_too_deep'],
    ['too many bytes', JSON.stringify({ prompt: 'x'.repeat(30_000) }), 413, 'request_too_large'],
    ['a number out of range', { prompt: 'p', top_p: 0 }, 400, 'invalid_value'],
    ['a number that is infinite', '{"prompt":"p","temperature":1e999}', 400, 'invalid_value'],
    ['a fraction of a token', { prompt: 'p', max_tokens: 1.5 }, 400, 'invalid_value'],
    ['too many choices', { prompt: 'p', n: 1000 }, 400, 'invalid_value'],
    ['too many stops', { prompt: 'p', stop: Array(17).fill('x') }, 400, 'invalid_value'],
    ['too long a stop', { prompt: 'p', stop: 'x'.repeat(300) }, 400, 'invalid_value'],
    ['too many prompts', { prompt: Array(200).fill('x') }, 400, 'invalid_value'],
    ['no prompts', { prompt: [] }, 400, 'invalid_value'],
    ['mixed prompts', { prompt: ['a', [1]] }, 400, 'invalid_value'],
    ['negative ids', { prompt: [-1] }, 400, 'invalid_value'],
    ['an unknown field', { prompt: 'p', constructor: 1 }, 400, 'unknown_parameter'],
    ['a field of another shape', { prompt: 'p', logit_bias: { 'x y': 1 } }, 400, 'invalid_value'],
  ])('%s', async (_name, body, status, code) => {
    const response = await post('/v1/completions', body);
    const error = await errorOf(response);
    expect([response.status, error.code]).toEqual([status, code]);
    expect(error.type).toBe('invalid_request_error');
    expect(error.message.length).toBeLessThan(500);
  });

  it('names the field inside a message', async () => {
    const response = await post('/v1/chat/completions', {
      messages: [{ role: 'user', content: [{ type: 'image_url', image_url: 'x' }] }],
    });
    expect((await errorOf(response)).param).toMatch(/^messages\.0\.content/);
  });

  it('wants application/json, so that a foreign page has to ask first', async () => {
    const response = await post('/v1/completions', { prompt: 'p' }, { 'content-type': 'text/plain' });
    expect(response.status).toBe(415);
    expect(response.headers.get('access-control-allow-origin')).toBeNull();
  });

  it('answers any JSON, on every route, with 200 or a 4xx in the shape of OpenAI', async () => {
    const field = fc.constantFrom(
      'prompt',
      'messages',
      'tokens',
      'n',
      'stop',
      'max_tokens',
      'logprobs',
      'top_logprobs',
      'echo',
      'seed',
      'model',
      'temperature',
      'stream_options',
      'logit_bias',
      'user',
      'tools',
      'add_special_tokens',
      'top_k',
      '__proto__',
    ); // prettier-ignore
    const value = fc.oneof(
      fc.jsonValue({ maxDepth: 3 }),
      fc.constantFrom(0, 1, 2, -1, 1e308, true, '', 'p', ['p', 'q'], [1, 2], [[1], [2]]),
      fc.array(fc.record({ role: fc.constantFrom('user', 'system', 'x'), content: fc.string() }), { maxLength: 3 }),
    );
    const route = fc.constantFrom('/v1/completions', '/v1/chat/completions', '/tokenize', '/detokenize');
    await fc.assert(
      fc.asyncProperty(route, fc.array(fc.tuple(field, value), { maxLength: 5 }), async (path, entries) => {
        const text = `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${JSON.stringify(item)}`).join(',')}}`;
        const response = await post(path, text);
        expect([200, 400, 404]).toContain(response.status);
        const body = (await response.json()) as { error?: { message: unknown; code: unknown } };
        if (response.status !== 200) expect(body.error).toMatchObject({ message: expect.any(String) });
      }),
      { numRuns: 400 },
    );
    expect(failures).toEqual([]);
  });

  it('answers any bytes with a 4xx', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
        expect((await post('/v1/completions', bytes)).status).toBe(400);
      }),
      { numRuns: 200 },
    );
  });
});

describe('the wire', () => {
  it('ends a stream in [DONE], after a usage chunk without choices', async () => {
    const { post } = app();
    const response = await post('/v1/chat/completions', {
      messages: [{ role: 'user', content: 'x' }],
      stream: true,
      stream_options: { include_usage: true },
    });
    expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/);
    const data: string[] = [];
    const parser = createParser({ onEvent: (event) => data.push(event.data) });
    parser.feed(await response.text());
    expect(data.at(-1)).toBe('[DONE]');
    expect(JSON.parse(data.at(-2)!)).toMatchObject({ choices: [], usage: { completion_tokens: 8 } });
    expect(JSON.parse(data[0]!)).toMatchObject({ choices: [{ delta: { role: 'assistant' }, finish_reason: null }] });
    expect(JSON.parse(data.at(-3)!)).toMatchObject({ choices: [{ delta: {}, finish_reason: 'stop' }] });
  });

  it('sends comments while it waits, so that proxies keep the connection', async () => {
    const model = simulateModel({ says: 'x', timeToFirstToken: 120 });
    const { post } = app({ models: [model], heartbeat: 25 });
    const text = await (await post('/v1/completions', { prompt: 'p', stream: true })).text();
    expect(text.match(/: keep-alive\n\n/g)!.length).toBeGreaterThanOrEqual(2);
    expect(text).toMatch(/data: \[DONE\]\n\n$/);
  });

  it('tells about a failure in the middle of a stream, without its details', async () => {
    const model = simulateModel({ says: 'abc' });
    const submit = model.engine.submit.bind(model.engine);
    model.engine.submit = (request) => {
      const stream = submit(request);
      return {
        finished: stream.finished,
        async *[Symbol.asyncIterator]() {
          for await (const step of stream) {
            yield step;
            throw new Error('secret path /etc');
          }
        },
      };
    };
    const { post, failures, events } = app({ models: [model] });
    const text = await (await post('/v1/completions', { prompt: 'p', stream: true })).text();
    expect(text).toMatch(/"type":"server_error"/);
    expect(text).not.toMatch(/secret/);
    const whole = await post('/v1/completions', { prompt: 'p' });
    expect([whole.status, (await errorOf(whole)).code]).toEqual([500, 'internal_error']);
    expect(failures).toHaveLength(2);
    expect(events.map((event) => event.error?.type)).toEqual(['server_error', 'server_error']);
    expect(model.stats().running).toBe(0);
  });

  it('echoes a sane x-request-id and replaces another', async () => {
    const { get, events } = app();
    expect((await get('/v1/models', { 'x-request-id': 'abc-1' })).headers.get('x-request-id')).toBe('abc-1');
    expect((await get('/v1/models', { 'x-request-id': 'a b' })).headers.get('x-request-id')).toMatch(/^req_/);
    expect(events[0]).toMatchObject({ requestId: 'abc-1', route: '/v1/models', operation: 'models' });
  });

  it('tokenizes text and chats, and back', async () => {
    const { post, get } = app();
    const text = await (await post('/tokenize', { prompt: 'é</s>', return_token_strs: true })).json();
    expect(text).toEqual({
      count: 4,
      max_model_len: 2048,
      tokens: [256, 195, 169, 257],
      token_strs: ['<s>', '<0xC3>', '<0xA9>', '</s>'],
    }); // prettier-ignore
    const plain = await (await post('/tokenize', { prompt: 'a', add_special_tokens: false })).json();
    expect(plain).toMatchObject({ tokens: [97] });
    const chat = await (await post('/tokenize', { messages: [{ role: 'user', content: 'a' }] })).json();
    expect(chat).toMatchObject({ tokens: [258, 97, 261, 259] });
    expect(await (await post('/detokenize', { tokens: [195, 169, 257] })).json()).toEqual({ prompt: 'é</s>' });
    expect((await post('/detokenize', { tokens: [99_999] })).status).toBe(400);
    expect((await post('/tokenize', {})).status).toBe(400);
    expect(await (await get('/tokenizer_info')).json()).toMatchObject({ bos_token: '<s>', eos_token: '</s>' });
  });

  it('refuses what does not fit in the queue, and serves again after', async () => {
    const model = simulateModel({ says: 'abc', maxSequences: 1, interTokenLatency: 20 });
    const { post } = app({ models: [model], maxQueue: 1 });
    const body = { prompt: 'p', max_tokens: 3 };
    const first = [post('/v1/completions', body), post('/v1/completions', body)];
    await new Promise((resolve) => setTimeout(resolve, 10));
    const third = await post('/v1/completions', body);
    expect([third.status, third.headers.get('retry-after')]).toEqual([503, '1']);
    expect((await errorOf(third)).code).toBe('queue_full');
    expect((await Promise.all(first)).map((response) => response.status)).toEqual([200, 200]);
    expect((await post('/v1/completions', body)).status).toBe(200);
  });

  it('answers only to its own names where it is open', async () => {
    const { fetch } = app({ allowedHosts: ['localhost', '127.0.0.1'] });
    const from = (host: string) => fetch(new Request('http://x/v1/models', { headers: { host } }));
    expect((await from('localhost:8080')).status).toBe(200);
    expect((await from('evil.example:8080')).status).toBe(403);
  });

  it('says what a route takes', async () => {
    const { get, post } = app();
    const wrong = await get('/v1/completions');
    expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'POST']);
    expect((await post('/v1/nothing', {})).status).toBe(404);
    expect((await get('/')).status).toBe(404);
  });

  it('writes contents into events only where it is told to', async () => {
    const { post, events } = app({ logContent: true });
    await post('/v1/completions', { prompt: 'egg', max_tokens: 2 });
    expect(events[0]!.content).toEqual({ prompt: 'egg', answers: ['An'] });
    expect(events[0]!.timeToFirstTokenMs).toBeLessThanOrEqual(events[0]!.durationMs);
  });
});
