// Eight streams against one through the real server, over sockets, with a random-weight model of about 90 M parameters
// (what is said does not matter, only how fast). The client runs in a process of its own.
//   npm run bench -- serve [--json] [--tokens 96] [--prompt 64] [--threads N]
import { spawn } from 'node:child_process';
import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createOrtExecutor } from '../src/compiler/runtime/index.node.js';
import { countParameters, decoderConfig, initialize } from '../src/model/architecture/index.js';
import { LanguageModel } from '../src/model/generation/index.js';
import { ByteTokenizer } from '../src/model/generation/testing/index.js';
import { Engine } from '../src/model/inference/index.js';
import { startServer } from '../src/service/serving/index.js';

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    tokens: { type: 'string', default: '96' },
    prompt: { type: 'string', default: '64' },
    threads: { type: 'string' },
    rounds: { type: 'string', default: '3' },
    client: { type: 'string' },
  },
});
const tokens = Number(values.tokens);
const promptLength = Number(values.prompt);
const rounds = Number(values.rounds);

interface Measured {
  /** Tokens per second over all streams, from the first request to the last token. */
  readonly tokensPerSecond: number;
  readonly timesToFirstToken: readonly number[];
}

/** One stream: milliseconds to the first token; fails unless every token came. */
async function stream(url: string, seed: number): Promise<number> {
  const body = JSON.stringify({
    prompt: Array.from({ length: promptLength }, (_, i) => 32 + ((i * 7 + seed * 13) % 200)),
    max_tokens: tokens,
    ignore_eos: true,
    stream: true,
    stream_options: { include_usage: true },
    seed,
  });
  const began = performance.now();
  // Not `fetch`: what the client computes, it takes from the cores that the server computes on.
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const options = { method: 'POST', headers: { 'content-type': 'application/json' }, agent: false } as const;
    request(`${url}/v1/completions`, options, resolve).on('error', reject).end(body);
  });
  let first = 0;
  const chunks: Buffer[] = [];
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    if (first === 0 && chunk.includes('data: ')) first = performance.now() - began;
  }
  const text = Buffer.concat(chunks).toString();
  if (response.statusCode !== 200) throw new Error(`${response.statusCode} ${text}`);
  const written = Number(/"completion_tokens":(\d+)/.exec(text)?.[1]);
  if (written !== tokens) throw new Error(`expected ${tokens} tokens, got ${written}`);
  return first;
}

async function measure(url: string, streams: number): Promise<Measured> {
  const began = performance.now();
  const timesToFirstToken = await Promise.all(Array.from({ length: streams }, (_, seed) => stream(url, seed)));
  return { tokensPerSecond: (streams * tokens * 1000) / (performance.now() - began), timesToFirstToken };
}

async function client(url: string): Promise<void> {
  await measure(url, 8);
  const one: Measured[] = [];
  const eight: Measured[] = [];
  // Alternating, so that a machine that changes its speed changes it for both.
  for (let round = 0; round < rounds; round++) {
    one.push(await measure(url, 1));
    eight.push(await measure(url, 8));
  }
  process.stdout.write(JSON.stringify({ one, eight }));
}

const median = (list: readonly number[]) => list.toSorted((a, b) => a - b)[Math.floor((list.length - 1) / 2)] as number;
const percentile = (list: readonly number[], share: number) =>
  list.toSorted((a, b) => a - b)[Math.min(list.length - 1, Math.ceil(share * list.length) - 1)] as number;

/** Every id has a text, so that each token shows in the stream. */
class NumberTokenizer extends ByteTokenizer {
  override readonly vocabSize = 8192;
  override decoder() {
    return { push: (id: number) => ` ${id}`, end: () => '' };
  }
}

async function main(): Promise<void> {
  const config = decoderConfig({
    family: 'llama',
    vocabSize: 8192,
    contextLength: 512,
    hiddenSize: 768,
    numLayers: 12,
    numHeads: 12,
  });
  const threads = values.threads ? Number(values.threads) : undefined;
  const executor = await createOrtExecutor(threads ? { threads } : {});
  const engine = await Engine.open({ config, params: initialize(config, 1), executor, maxSequences: 8 });
  const model = new LanguageModel({ name: 'random', tokenizer: new NumberTokenizer(), engine });
  const server = await startServer({ models: [model], port: 0 });
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', fileURLToPath(import.meta.url), ...process.argv.slice(2), '--client', server.url],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  let output = '';
  for await (const chunk of child.stdout as AsyncIterable<Buffer>) output += chunk.toString();
  const stats = engine.stats();
  await server.close(1);
  await model.close();
  await executor.close();
  const { one, eight } = JSON.parse(output) as { one: Measured[]; eight: Measured[] };
  const single = median(one.map((round) => round.tokensPerSecond));
  const together = median(eight.map((round) => round.tokensPerSecond));
  const firsts = (list: readonly Measured[]) => list.flatMap((round) => round.timesToFirstToken);
  const times = {
    one: { p50: Math.round(percentile(firsts(one), 0.5)), p99: Math.round(percentile(firsts(one), 0.99)) },
    eight: { p50: Math.round(percentile(firsts(eight), 0.5)), p99: Math.round(percentile(firsts(eight), 0.99)) },
  };
  const peakMemoryMB = Math.round(process.resourceUsage().maxRSS / 1000);
  const parameters = countParameters(config).total;
  if (!values.json) {
    console.log(
      `${(parameters / 1e6).toFixed(0)} M parameters, f32; prompts of ${promptLength}, answers of ${tokens} tokens`,
    );
    console.log(
      `1 stream   ${single.toFixed(1)} tokens/s   first token p50 ${times.one.p50} ms, p99 ${times.one.p99} ms`,
    );
    console.log(
      `8 streams  ${together.toFixed(1)} tokens/s   first token p50 ${times.eight.p50} ms, p99 ${times.eight.p99} ms`,
    );
    console.log(
      `of the engine's time ${(stats.computeMilliseconds / 1000).toFixed(1)} s went to ONNX Runtime, ${(stats.samplingMilliseconds / 1000).toFixed(1)} s to sampling`,
    );
    console.log(`${(together / single).toFixed(2)} times one stream (goal: 4); peak memory ${peakMemoryMB} MB`);
  }
  console.log(
    JSON.stringify({
      bench: 'serve',
      ours: Number(together.toFixed(2)),
      unit: 'tokens/s at 8 streams',
      peer: null,
      // The goal is four times one stream: above 1 it is reached.
      ratio: Number((together / single / 4).toFixed(3)),
      bound: Number((single * 4).toFixed(2)),
      oneStream: Number(single.toFixed(2)),
      timeToFirstTokenMs: times,
      parameters,
      peakMemoryMB,
      machine: `${cpus()[0]?.model ?? 'unknown'} × ${cpus().length}`,
    }),
  );
}

await (values.client ? client(values.client) : main());
