import { spawn } from 'node:child_process';
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join, normalize } from 'node:path';
import { text } from 'node:stream/consumers';
import { chromium as browserType } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { TestContext } from 'vitest';
import { chromium, peer, repositoryRoot, testData } from '../../../../test/support.js';
import { createOrtExecutor } from '../../../compiler/runtime/index.node.js';
import { countParameters, encoderConfig, initialize } from '../../architecture/index.js';
import { loadModel, saveModel } from '../../architecture/index.node.js';
import { Embedder, Engine, SequenceToSequence, searchDefaultsFromHf } from '../../inference/index.js';
import { trainWordPiece } from '../../tokenizer/index.js';
import { saveTokenizer } from '../../tokenizer/index.node.js';
import { importModel } from '../import.node.js';
import { exportOnnx } from './index.node.js';

// The judges are transformers.js on its own runtime, and onnxruntime-web in a browser without a network.
let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'abovo-onnx-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const packages = ['@huggingface/transformers', '@img/sharp-linux-x64', 'onnxruntime-web'];

async function transformersJs(context: Pick<TestContext, 'skip'>, request: object): Promise<Record<string, unknown>> {
  const script = peer(context, 'transformers-js.mjs', ...packages);
  const child = spawn(process.execPath, [script], { stdio: ['pipe', 'pipe', 'pipe'] });
  child.stdin.end(JSON.stringify({ root: `${root}/`, ...request }));
  const closed = new Promise<number | null>((resolve) => child.on('close', resolve));
  const [out, err, code] = await Promise.all([text(child.stdout), text(child.stderr), closed]);
  if (code !== 0) throw new Error(`transformers.js ended with ${code}: ${err.slice(-2000)}`);
  return JSON.parse(out.trim().split('\n').at(-1) as string) as Record<string, unknown>;
}

async function stories(context: Pick<TestContext, 'skip'>): Promise<string> {
  const file = (name: string) => testData(context, 'checkpoints/stories260K', name);
  const folder = join(root, 'stories');
  await importModel(file('stories260K.bin'), { tokenizer: file('tok512.bin'), out: folder });
  await exportOnnx(folder, join(root, 'stories-onnx'));
  return folder;
}

it('goes on in transformers.js word for word', { timeout: 120_000 }, async (context) => {
  await stories(context);
  const golden = await readFile(testData(context, 'checkpoints/stories260K/golden-greedy.txt'), 'utf8');
  const out = await transformersJs(context, { name: 'stories-onnx', generate: { ids: [1], maxTokens: 200 } });
  const told = (out.text as string).trim();
  expect(told.length).toBeGreaterThan(300);
  expect(golden.trim().startsWith(told)).toBe(true);
});

it('makes the vectors that it makes here in transformers.js', { timeout: 120_000 }, async (context) => {
  const texts = ['an egg is an egg', 'the hen', 'a nest in a field, and a hen in the nest'];
  const tokenizer = await trainWordPiece(texts, { vocabSize: 40, score: 'frequency' });
  const size = { vocabSize: tokenizer.vocabSize, contextLength: 32, hiddenSize: 16, numLayers: 2, numHeads: 2 };
  const config = encoderConfig({ ...size, family: 'bert', head: 'none', initializerRange: 0.4 });
  const params = initialize(config, 3);
  const folder = join(root, 'bert');
  await saveModel(folder, config, params);
  const roles = { unkToken: '[UNK]', padToken: '[PAD]', clsToken: '[CLS]', sepToken: '[SEP]', maskToken: '[MASK]' };
  await saveTokenizer(folder, tokenizer, { ...roles, contextLength: 32 });
  await exportOnnx(folder, join(root, 'bert-onnx'));
  const { vectors } = await transformersJs(context, { name: 'bert-onnx', embed: texts });
  const executor = await createOrtExecutor({ threads: 1 });
  const own = await new Embedder({ config, params, executor }).embed(
    texts.map((one) => ({ ids: tokenizer.encode(one) })),
    { pooling: 'mean' },
  );
  await executor.close();
  (vectors as number[][]).forEach((vector, i) => {
    vector.forEach((value, j) => expect(Math.abs(value - own[i]![j]!)).toBeLessThan(1e-5));
  });
});

/** Greedy decoding on the exported file with its cache, in the page. */
const page = `<!doctype html><title>waiting</title><script type="module">
import * as ort from '/ort/ort.min.mjs';
ort.env.wasm.wasmPaths = '/ort/';
ort.env.wasm.numThreads = 1;
try {
  const session = await ort.InferenceSession.create('/model/onnx/model.onnx', { executionProviders: ['wasm'] });
  const layers = session.inputNames.filter((name) => name.endsWith('.key')).length;
  const { numKvHeads, headSize, steps } = await (await fetch('/sizes.json')).json();
  const i64 = (list) => new ort.Tensor('int64', BigInt64Array.from(list, BigInt), [1, list.length]);
  let past = {};
  for (let n = 0; n < layers; n++) {
    for (const kind of ['key', 'value']) {
      past['past_key_values.' + n + '.' + kind] = new ort.Tensor('float32', new Float32Array(0), [1, numKvHeads, 0, headSize]);
    }
  }
  const ids = [1];
  for (let step = 0; step < steps; step++) {
    const out = await session.run({
      ...past,
      input_ids: i64([ids[step]]),
      position_ids: i64([step]),
      attention_mask: i64(ids.map(() => 1)),
    });
    const logits = out.logits.data;
    let best = 0;
    for (let id = 1; id < logits.length; id++) if (logits[id] > logits[best]) best = id;
    ids.push(best);
    past = Object.fromEntries(Object.entries(out).filter(([name]) => name !== 'logits')
      .map(([name, tensor]) => [name.replace('present', 'past_key_values'), tensor]));
  }
  document.title = JSON.stringify(ids.slice(1));
} catch (error) {
  document.title = 'failed: ' + error;
}
</script>`;

it('goes on in a browser as it does here', { timeout: 180_000 }, async (context) => {
  const executablePath = chromium(context);
  const script = peer(context, 'transformers-js.mjs', ...packages);
  const folder = await stories(context);
  const { config, params } = await loadModel(folder, 'decoder');
  const steps = 48;
  const roots: Record<string, string> = {
    '/ort/': join(script, '../node_modules/onnxruntime-web/dist/'),
    '/model/': join(root, 'stories-onnx/'),
  };
  const types: Record<string, string> = { '.mjs': 'text/javascript', '.wasm': 'application/wasm' };
  const server: Server = createServer((request, response) => {
    const path = normalize(new URL(request.url ?? '/', 'http://localhost').pathname);
    const sizes = { numKvHeads: config.numKvHeads, headSize: config.headSize, steps };
    if (path === '/') response.end(page);
    else if (path === '/sizes.json') response.end(JSON.stringify(sizes));
    else {
      const from = Object.keys(roots).find((prefix) => path.startsWith(prefix));
      const file = from && join(roots[from] as string, path.slice(from.length));
      readFile(file ?? '/nowhere').then(
        (bytes) => {
          response.setHeader('content-type', types[extname(path)] ?? 'application/octet-stream');
          response.end(bytes);
        },
        () => {
          response.statusCode = 404;
          response.end();
        },
      );
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const executor = await createOrtExecutor({ threads: 1 });
  const browser = await browserType.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
  try {
    const tab = await browser.newPage();
    const failures: string[] = [];
    tab.on('console', (message) => message.type() === 'error' && failures.push(message.text()));
    await tab.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    await tab.waitForFunction(() => document.title !== 'waiting', undefined, { timeout: 120_000 });
    const title = await tab.title();
    expect(title, failures.join('\n')).toMatch(/^\[/);
    const engine = await Engine.open({ config, params, executor });
    const own: number[] = [];
    for await (const { tokenId } of engine.submit({ promptIds: [1], maxTokens: steps, sampling: { temperature: 0 } })) {
      own.push(tokenId);
    }
    await engine.close();
    expect(JSON.parse(title)).toEqual(own);
  } finally {
    await browser.close();
    await executor.close();
    await new Promise((resolve) => server.close(resolve));
  }
});

// T5's relative positions, gates and untied heads, BART's learned positions, norms before and after: both programs of the `If`.
it.for(['t5-1.0', 't5-1.1', 'bart', 'mbart'])(
  'writes with an encoder-decoder in transformers.js what it writes here: %s',
  { timeout: 120_000 },
  async (name, context) => {
    const folder = join(repositoryRoot, 'test/golden/hf-encoder-decoders', name);
    const { bytes } = await exportOnnx(folder, join(root, name));
    const { config, params } = await loadModel(folder, 'encoder-decoder');
    const files = await readdir(join(root, name, 'onnx'));
    expect(files.sort()).toEqual(['decoder_model_merged.onnx', 'encoder_model.onnx']);
    // Each half once: what both programs of the decoder read stands in the file once.
    expect(bytes).toBeLessThan(4 * 2 * countParameters(config).total + 200_000);
    const pad = config.pad as number;
    const sources = [[9, 14, 5, 33, 2], [7], [11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21], [4, 30, 8, pad, pad]];
    const executor = await createOrtExecutor({ threads: 1 });
    const model = await SequenceToSequence.open({ config, params, executor });
    const settings = JSON.parse(await readFile(join(folder, 'generation_config.json'), 'utf8')) as object;
    const { decoderStart: start = config.decoderStart, ...defaults } = searchDefaultsFromHf({ ...settings }, name);
    const maxTokens = 14;
    const own: number[][] = [];
    for (const source of sources) {
      const [[answer]] = await model.generate([source.filter((id) => id !== pad)], {
        ...defaults,
        maxTokens,
        numBeams: 1,
      });
      own.push([start, ...answer!.ids, ...(answer!.finishReason === 'stop' ? [answer!.stopTokenId as number] : [])]);
    }
    await model.close();
    await executor.close();
    expect(Math.max(...own.map((ids) => ids.length))).toBeGreaterThan(10);
    const { answers, inputs } = await transformersJs(context, {
      name,
      rewrite: { sources, maxTokens, pad },
    });
    expect(inputs).toContain('use_cache_branch');
    expect(answers).toEqual(own);
  },
);
