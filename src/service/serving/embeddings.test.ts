import OpenAI from 'openai';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createInterpreter } from '../../compiler/runtime/index.js';
import { encoderConfig, initialize } from '../../model/architecture/index.js';
import { textEmbedder } from '../../model/generation/index.js';
import { simulateModel } from '../../model/generation/testing/index.js';
import { Embedder } from '../../model/inference/index.js';
import { trainBpe } from '../../model/tokenizer/index.js';
import { type RequestEvent, requestEventSchema } from '../telemetry/index.js';
import { type RunningServer, startServer } from './index.js';

const events: RequestEvent[] = [];
let server: RunningServer;
let client: OpenAI;
beforeAll(async () => {
  const tokenizer = await trainBpe(['an egg is an egg'], { vocabSize: 260 });
  const size = { vocabSize: 260, contextLength: 16, hiddenSize: 8, numLayers: 1, numHeads: 2 };
  const config = encoderConfig({ ...size, family: 'bert', head: 'none', initializerRange: 0.5 });
  const embedder = new Embedder({ config, params: initialize(config, 3), executor: createInterpreter() });
  const vectors = textEmbedder({
    name: 'vectors',
    tokenizer,
    config,
    embedder: async () => embedder,
    close: () => embedder.close(),
  });
  const onEvent = (event: RequestEvent) => events.push(requestEventSchema.parse(event));
  server = await startServer({ models: [simulateModel({ name: 'egg' })], embedders: [vectors], port: 0, onEvent });
  client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'none', maxRetries: 0, timeout: 10_000 });
});
afterAll(() => server.close(1));

it('answers the official client, in numbers and in base64', async () => {
  // Without a format the client asks for base64 and decodes it.
  const decoded = await client.embeddings.create({ model: 'vectors', input: ['an egg', 'is'] });
  const plain = await client.embeddings.create({ model: 'vectors', input: ['an egg', 'is'], encoding_format: 'float' });
  expect(decoded.data.map((item) => item.index)).toEqual([0, 1]);
  expect(plain.data[0]!.embedding).toHaveLength(8);
  decoded.data.forEach((item, i) => {
    item.embedding.forEach((value, j) => expect(value).toBeCloseTo(plain.data[i]!.embedding[j]!, 6));
  });
  expect(Math.hypot(...plain.data[0]!.embedding)).toBeCloseTo(1, 5);
  expect(plain.usage.prompt_tokens).toBe(plain.usage.total_tokens);
  expect(events.at(-1)).toMatchObject({
    operation: 'embeddings',
    route: '/v1/embeddings',
    model: 'vectors',
    promptTokens: plain.usage.prompt_tokens,
    parameters: { prompts: 2 },
  });
  const ids = await client.embeddings.create({ model: 'vectors', input: [[3, 4], [5]], encoding_format: 'float' });
  expect(ids.usage.prompt_tokens).toBe(3);
});

it('lists what each model can do', async () => {
  const { data } = await client.models.list();
  expect(data).toMatchObject([
    { id: 'egg', capabilities: { completion: true, embeddings: false } },
    { id: 'vectors', capabilities: { completion: false, chat: false, embeddings: true }, max_model_len: 16 },
  ]);
});

it('refuses in the shape that clients expect', async () => {
  const create = (body: object) => client.embeddings.create(body as OpenAI.EmbeddingCreateParams);
  await expect(create({ model: 'egg', input: 'x' })).rejects.toMatchObject({ status: 404, code: 'model_not_found' });
  await expect(create({ model: 'none', input: 'x' })).rejects.toMatchObject({ status: 404 });
  await expect(create({ model: 'vectors', input: '' })).rejects.toMatchObject({ status: 400, param: 'input' });
  await expect(create({ model: 'vectors', input: 'x'.repeat(99) })).rejects.toMatchObject({ status: 400 });
  await expect(create({ model: 'vectors', input: Array(2049).fill('x') })).rejects.toMatchObject({ status: 400 });
  await expect(create({ model: 'vectors', input: 'x', dimensions: 4 })).rejects.toMatchObject({ param: 'dimensions' });
  await expect(client.completions.create({ model: 'vectors', prompt: 'x' })).rejects.toMatchObject({ status: 404 });
});
