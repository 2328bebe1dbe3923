import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Random } from '../../base/core/index.js';
import { simulateModel } from '../../model/generation/testing/index.js';
import type { RequestEvent } from '../telemetry/index.js';
import { hashApiKey, Pages, servingSection, startServer } from './index.js';

const complete = (url: string, body: object, signal?: AbortSignal) =>
  fetch(`${url}/v1/completions`, {
    ...(signal ? { signal } : {}),
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ prompt: 'p', max_tokens: 20, ...body }),
  });
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

describe('startServer', () => {
  it('names who holds a taken port, and the flag to move', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const { port } = other.address() as AddressInfo;
    const attempt = startServer({ models: [simulateModel()], port });
    await expect(attempt).rejects.toMatchObject({ code: 'serve.port_taken', exitCode: 1 });
    await expect(attempt).rejects.toThrow(/--port/);
    if (process.platform === 'linux') await expect(attempt).rejects.toThrow(`process ${process.pid}`);
    other.close();
  });

  it('refuses to be reachable without keys', async () => {
    const models = [simulateModel()];
    await expect(startServer({ models, host: '0.0.0.0', port: 0 })).rejects.toMatchObject({ code: 'serve.no_keys' });
    const server = await startServer({ models, host: '0.0.0.0', port: 0, apiKeys: [hashApiKey('a', 'k')] });
    expect((await fetch(`http://127.0.0.1:${server.port}/v1/models`)).status).toBe(401);
    await server.close();
  });

  it('finishes what is in flight, refuses what is new, and says so', async () => {
    const model = simulateModel({ says: 'abcdefghij', interTokenLatency: 40, maxSequences: 4 });
    const server = await startServer({ models: [model], port: 0 });
    const whole = complete(server.url, {});
    const streamed = complete(server.url, { stream: true });
    while (model.engine.generated < 2) await pause(5);
    const closed = server.close(10);
    await pause(20);
    const ready = await fetch(`${server.url}/readyz`);
    expect([ready.status, ((await ready.json()) as { status: string }).status]).toEqual([503, 'draining']);
    const late = await complete(server.url, {});
    expect([late.status, late.headers.get('retry-after')]).toEqual([503, '5']);
    expect(((await (await whole).json()) as { choices: Array<{ text: string }> }).choices[0]!.text).toBe('abcdefghij');
    expect(await (await streamed).text()).toMatch(/\[DONE\]\n\n$/);
    expect(await closed).toBe(true);
    await expect(fetch(`${server.url}/healthz`)).rejects.toThrow();
  });

  it('cuts off what does not finish in time, and nobody takes it for whole', async () => {
    const model = simulateModel({ says: 'abc', interTokenLatency: 10_000 });
    const server = await startServer({ models: [model], port: 0 });
    const whole = complete(server.url, {});
    const streamed = complete(server.url, { stream: true });
    while (model.stats().running < 2) await pause(5);
    expect(await server.close(0.1)).toBe(false);
    expect((await whole).status).toBe(503);
    expect(await (await streamed).text()).toMatch(/"code":"shutting_down"/);
    expect(model.stats().running).toBe(0);
  });

  it('keeps count under load: every request ends in one event, and no slot is lost', async () => {
    const model = simulateModel({ says: 'abcdefghijklmnop', interTokenLatency: 3, jitter: 1, maxSequences: 4 });
    const events: RequestEvent[] = [];
    const server = await startServer({
      models: [model],
      port: 0,
      maxQueue: 20,
      onEvent: (event) => events.push(event),
    });
    const random = new Random(5);
    const outcomes = await Promise.all(
      Array.from({ length: 60 }, async () => {
        const abort = new AbortController();
        const [delay, stream] = [random.int(200), random.int(2) === 1];
        if (random.int(2) === 1) setTimeout(() => abort.abort(), delay);
        await pause(random.int(150));
        try {
          const response = await complete(server.url, { stream, n: 1 + random.int(3) }, abort.signal);
          await response.text();
          return response.status;
        } catch {
          return 'aborted';
        }
      }),
    );
    await expect.poll(() => model.stats().running + model.stats().waiting).toBe(0);
    const ready = (await (await fetch(`${server.url}/readyz`)).json()) as { requests: number };
    expect(ready.requests).toBe(0);
    expect(outcomes.filter((outcome) => ![200, 503, 'aborted'].includes(outcome))).toEqual([]);
    expect(outcomes).toContain(200);
    expect(outcomes).toContain(503);
    // A client that gave up before its connection stood never was a request.
    expect(events.length).toBeGreaterThanOrEqual(outcomes.filter((outcome) => outcome !== 'aborted').length);
    expect(events.length).toBeLessThanOrEqual(60);
    expect(events.reduce((sum, event) => sum + (event.completionTokens ?? 0), 0)).toBeLessThanOrEqual(
      model.engine.generated,
    );
    await server.close(1);
  });

  it('serves the pages it is given under a strict policy, and nothing beside them', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'abovo-pages-'));
    await mkdir(join(folder, 'pages'));
    await writeFile(join(folder, 'secret.html'), 'secret');
    await writeFile(join(folder, 'pages', 'index.html'), '<!doctype html><title>Chat</title>');
    const server = await startServer({ models: [simulateModel()], port: 0, pages: new Pages(join(folder, 'pages')) });
    const page = await fetch(server.url);
    expect(page.headers.get('content-security-policy')).toMatch(/default-src 'none'/);
    expect(await page.text()).toMatch(/Chat/);
    for (const path of ['/../secret.html', '/%2e%2e/secret.html', '/..%2fsecret.html']) {
      expect((await fetch(server.url + path)).status).toBe(404);
    }
    await server.close();
    await rm(folder, { recursive: true });
  });
});

describe('the section of abovo.yaml', () => {
  it('has safe defaults and refuses a key in plain text', () => {
    expect(servingSection.parse({})).toMatchObject({ host: '127.0.0.1', port: 8080, log: { content: false } });
    expect(servingSection.safeParse({ apiKeys: [{ name: 'a', key: 'sk-1' }] }).success).toBe(false);
  });
});
