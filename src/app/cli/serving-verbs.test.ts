import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { fileURLToPath } from 'node:url';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decoderConfig, encoderDecoderConfig, initialize } from '../../model/architecture/index.js';
import { saveModel } from '../../model/architecture/index.node.js';
import { chatTokens, defaultChatTemplate, trainBpe } from '../../model/tokenizer/index.js';
import { loadTokenizer, saveTokenizer } from '../../model/tokenizer/index.node.js';
import { readEvents } from '../../service/telemetry/index.js';
import { main } from './main.js';

let root: string;
let folder: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'abovo-verbs-'));
  folder = join(root, 'tiny');
  const bpe = await trainBpe(['What does egg mean? The oval body of a bird.'], { vocabSize: 280 });
  const tokenizer = bpe.withSpecialTokens(['<|endoftext|>', ...chatTokens]);
  const config = decoderConfig({
    family: 'llama',
    vocabSize: tokenizer.vocabSize,
    contextLength: 128,
    hiddenSize: 32,
    numLayers: 2,
    numHeads: 2,
    eos: tokenizer.tokenToId('<|endoftext|>') as number,
  });
  await saveModel(folder, config, initialize(config, 7));
  await saveTokenizer(folder, tokenizer, { chatTemplate: defaultChatTemplate, eosToken: '<|endoftext|>' });
});
afterAll(() => rm(root, { recursive: true }));

async function call(...argv: string[]) {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const code = await main(argv, { stdout, stderr });
  return { code, stdout: String(stdout.read() ?? ''), stderr: String(stderr.read() ?? '') };
}
const last = (text: string) => JSON.parse(text.trim().split('\n').at(-1)!) as Record<string, unknown>;

/** A verb in a process of its own, as a shell runs it. */
function start(...argv: string[]) {
  const entry = fileURLToPath(new URL('./main.ts', import.meta.url));
  const script = `import { main } from ${JSON.stringify(entry)}; process.exitCode = await main(${JSON.stringify(argv)});`;
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
    env: { ...process.env, ABOVO_TEST_KEY: 'sk-0123456789' },
  });
  let output = '';
  let errors = '';
  child.stdout.on('data', (chunk) => (output += String(chunk)));
  child.stderr.on('data', (chunk) => (errors += String(chunk)));
  const ended = new Promise<number | null>((resolve) => child.on('close', (code) => resolve(code)));
  return { child, ended, output: () => output, errors: () => errors };
}

describe('generate', () => {
  it('searches with beams, and lets an encoder-decoder write another text', async () => {
    const answers = (text: string) => last(text).answers as { text: string; tokenIds: number[]; score: number }[];
    const args = ['generate', folder, '--prompt', 'egg', '--max-tokens', '5', '--json'];
    const beams = await call(...args, '--beams', '3', '--answers', '2', '--no-repeat-ngram', '1');
    const found = answers(beams.stdout);
    expect(found.length).toBe(2);
    expect(found[0]!.score).toBeGreaterThanOrEqual(found[1]!.score);
    for (const { tokenIds } of found) expect(new Set(tokenIds).size).toBe(tokenIds.length);
    // Samples without beams, as always without a temperature.
    expect(new Set(answers((await call(...args, '--answers', '4')).stdout).map(({ text }) => text)).size).toBe(4);

    const { tokenizer } = await loadTokenizer(folder);
    const config = encoderDecoderConfig({
      family: 't5',
      vocabSize: tokenizer.vocabSize,
      contextLength: 64,
      hiddenSize: 32,
      numLayers: 1,
      numHeads: 2,
    });
    const rewriter = join(root, 'rewriter');
    await saveModel(rewriter, config, initialize(config, 7));
    await saveTokenizer(rewriter, tokenizer, {});
    const write = (...more: string[]) => call('generate', rewriter, '--prompt', 'egg', '--max-tokens', '6', ...more);
    expect(await write()).toMatchObject({ code: 0, stderr: '' });
    const best = answers((await write('--beams', '4', '--length-penalty', '0', '--min-tokens', '3', '--json')).stdout);
    expect(best.length).toBe(1);
    expect(best[0]!.tokenIds.length).toBeGreaterThanOrEqual(3);
    expect((await write('--beams', '0')).stderr).toMatch(/--beams/);
    for (const verb of [['chat'], ['score', '--input', join(rewriter, 'config.json')]]) {
      const refused = await call(verb[0]!, rewriter, ...verb.slice(1));
      expect([refused.code, refused.stderr]).toEqual([2, expect.stringMatching(/expected a decoder, got t5/)]);
    }
  });

  it('prints the text, or ids and text as JSON; a seed repeats it', async () => {
    const args = ['generate', folder, '--prompt', 'egg', '--max-tokens', '5', '--seed', '3'];
    const json = await call(...args, '--json');
    expect(json.code).toBe(0);
    const result = last(json.stdout) as { promptTokenIds: number[]; tokenIds: number[]; text: string };
    expect(result).toMatchObject({ finishReason: 'length' });
    expect(result.tokenIds).toHaveLength(5);
    expect(result.promptTokenIds.length).toBeGreaterThan(0);
    expect((await call(...args)).stdout).toBe(`${result.text}\n`);
  });

  it('says what is wrong with exit code 2', async () => {
    const long = await call('generate', folder, '--prompt', 'egg', '--max-tokens', '500', '--json');
    expect([long.code, (last(long.stdout).error as { code: string }).code]).toEqual([2, 'context_length_exceeded']);
    expect((await call('generate', join(root, 'nothing'), '--prompt', 'x')).code).toBe(2);
    expect((await call('generate', folder, '--prompt', 'x', '--temperature', '9')).stderr).toMatch(/--temperature/);
  });
});

describe('chat', () => {
  it('answers line by line from a pipe', async () => {
    const { child, ended, output, errors } = start('chat', folder, '--max-tokens', '4', '--temperature', '0', '--json');
    child.stdin.end('What does egg mean?\n/new\nAnd bird?\n');
    expect(await ended, errors()).toBe(0);
    const records = output()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(records).toHaveLength(3);
    expect(records[0]).toMatchObject({ prompt: 'What does egg mean?', finishReason: 'length' });
    expect(records.at(-1)).toEqual({ turns: 2 });
  });
});

describe('serve', () => {
  it('says where it listens, serves, finishes what is in flight on SIGTERM, and logs', async () => {
    const events = join(root, 'events');
    const server = start(
      'serve',
      folder,
      '--port',
      '0',
      '--events',
      events,
      '--api-key-env',
      'ABOVO_TEST_KEY',
      '--json',
    );
    await expect.poll(() => server.output() || server.errors(), { timeout: 20_000 }).toMatch(/listening/);
    const { url } = JSON.parse(server.output().split('\n')[0]!) as { url: string };
    expect((await fetch(url)).headers.get('content-type')).toMatch(/text\/html/);
    const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'sk-0123456789', maxRetries: 0 });
    const stream = await client.completions.create({ model: 'tiny', prompt: 'egg', max_tokens: 100, stream: true });
    let finish: string | null | undefined;
    let chunks = 0;
    for await (const chunk of stream) {
      if (++chunks === 1) server.child.kill('SIGTERM');
      finish = chunk.choices[0]?.finish_reason ?? finish;
    }
    expect(finish).toMatch(/length|stop/);
    expect(await server.ended, server.errors()).toBe(0);
    expect(last(server.output())).toMatchObject({ ok: true, finished: true, requests: 1 });
    const logged = [];
    for await (const event of readEvents(events)) logged.push(event);
    expect(logged).toMatchObject([{ model: 'tiny', keyName: 'ABOVO_TEST_KEY', stream: true, status: 200 }]);
  });

  it('serves an encoder-decoder: another text, streamed, one request after the other', async () => {
    const { tokenizer } = await loadTokenizer(folder);
    const eos = tokenizer.tokenToId('<|endoftext|>') as number;
    const size = { vocabSize: tokenizer.vocabSize, contextLength: 64, hiddenSize: 32, numLayers: 1, numHeads: 2 };
    const config = encoderDecoderConfig({
      ...size,
      family: 'bart',
      eos,
      pad: eos,
      decoderStart: eos,
      initializerRange: 0.3,
    });
    const other = join(root, 'served-rewriter');
    await saveModel(other, config, initialize(config, 11));
    await saveTokenizer(other, tokenizer, { eosToken: '<|endoftext|>' });
    const written = last((await call('generate', other, '--prompt', 'egg', '--max-tokens', '9', '--json')).stdout);
    const [answer] = written.answers as { text: string }[];
    const server = start('serve', other, '--port', '0', '--json');
    await expect.poll(() => server.output() || server.errors(), { timeout: 20_000 }).toMatch(/listening/);
    const { url } = JSON.parse(server.output().split('\n')[0]!) as { url: string };
    const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'none', maxRetries: 0 });
    const request = { model: 'served-rewriter', prompt: 'egg', max_tokens: 9, temperature: 0 };
    const listed = await (await fetch(`${url}/v1/models`)).json();
    expect(listed).toMatchObject({
      data: [
        { id: 'served-rewriter', max_model_len: 64, capabilities: { chat: false, completion: true, embeddings: true } },
      ],
    });
    const [one, two, three] = await Promise.all([
      client.completions.create({ ...request, logprobs: 1 }),
      client.completions.create({ ...request, n: 2 }),
      (async () => {
        let text = '';
        let chunks = 0;
        for await (const chunk of await client.completions.create({ ...request, stream: true })) {
          text += chunk.choices[0]?.text ?? '';
          chunks++;
        }
        return { text, chunks };
      })(),
    ]);
    expect(one.choices[0]!.text).toBe(answer!.text);
    expect(one.choices[0]!.logprobs!.token_logprobs!.length).toBe(one.usage!.completion_tokens);
    expect(two.choices.map(({ text }) => text)).toEqual([answer!.text, answer!.text]);
    expect(three.text).toBe(answer!.text);
    expect(three.chunks).toBeGreaterThan(2);
    // The source does not take from the answer's context.
    expect(
      (await client.completions.create({ ...request, max_tokens: 64 })).usage!.completion_tokens,
    ).toBeLessThanOrEqual(64);
    await expect(client.completions.create({ ...request, echo: true })).rejects.toThrow(/400.*expected no echo/);
    await expect(client.completions.create({ ...request, echo: true, logprobs: 1, max_tokens: 0 })).rejects.toThrow(
      /400/,
    );
    await expect(client.completions.create({ ...request, max_tokens: 65 })).rejects.toThrow(/400.*at most 64 tokens/);
    const chat = { model: 'served-rewriter', messages: [{ role: 'user' as const, content: 'egg' }] };
    await expect(client.chat.completions.create(chat)).rejects.toThrow(/400.*chat template/);
    const vectors = await client.embeddings.create({ model: 'served-rewriter', input: 'egg' });
    expect(vectors.data[0]!.embedding).toHaveLength(32);
    server.child.kill('SIGTERM');
    expect(await server.ended, server.errors()).toBe(0);
  });

  it('refuses a taken port and an open address', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const taken = await call('serve', folder, '--port', String((other.address() as AddressInfo).port), '--json');
    other.close();
    expect([taken.code, (last(taken.stdout).error as { code: string }).code]).toEqual([1, 'serve.port_taken']);
    const open = await call('serve', folder, '--host', '0.0.0.0', '--port', '0', '--json');
    expect([open.code, (last(open.stdout).error as { code: string }).code]).toEqual([2, 'serve.no_keys']);
  });
});
