// Train steps on long sequences: tokens per second and peak memory at 1k, 4k and 16k tokens of context, each in a
// process of its own, beside the same model in PyTorch (scaled-dot-product attention). Memory should grow linearly.
//   npm run bench -- long [--lengths 1024,4096,16384] [--threads 2] [--rounds 3] [--json]
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createOrtExecutor } from '../src/compiler/runtime/index.node.js';
import { encodeSafetensors, hostTensor } from '../src/compiler/tensor/index.js';
import { countParameters, decoderConfig, initialize } from '../src/model/architecture/index.js';
import { TrainStep, causalLanguageModel, resolveTrainConfig } from '../src/stages/training/index.js';
import { Torch, findTorch } from './peers/torch.js';

const { values } = parseArgs({
  options: {
    lengths: { type: 'string', default: '1024,4096,16384' },
    threads: { type: 'string', default: String(Math.min(2, availableParallelism())) },
    rounds: { type: 'string', default: '3' },
    json: { type: 'boolean', default: false },
    child: { type: 'string' },
  },
});
const [threads, rounds] = [Number(values.threads), Number(values.rounds)];

/** One length, measured where nothing else has taken memory. */
interface Measured {
  readonly length: number;
  readonly tokensPerSecond: number;
  readonly peakMemoryMB: number;
  /** Memory of the process with the program loaded, before the first step. */
  readonly idleMemoryMB: number;
  readonly losses: readonly number[];
  readonly peer?: { readonly version: string; readonly tokensPerSecond: number; readonly peakMemoryMB: number };
  readonly lossDifference?: number;
}

async function measure(length: number): Promise<Measured> {
  const config = decoderConfig({
    family: 'llama',
    vocabSize: 512,
    contextLength: length,
    hiddenSize: 256,
    numLayers: 4,
    numHeads: 4,
  });
  const training = resolveTrainConfig({
    learningRate: 1e-3,
    batchTokens: length,
    microBatchSize: 1,
    steps: 100,
    warmupSteps: 1,
  });
  const stream = Int32Array.from({ length: length + 1 }, (_, i) => (i * 17 + ((i * i) % 23)) % 512);
  const [ids, targets] = [stream.slice(0, length), stream.slice(1)];
  const params = initialize(config, 1);
  const executor = await createOrtExecutor({ threads });
  const objective = causalLanguageModel(config, 1, length, { documentMask: false });
  const step = await TrainStep.create({ executor, config: training, objective, microBatches: 1, params });
  const batch = { batchSize: 1, sequenceLength: length, ids, targets, segments: new Int32Array(length).fill(1) };
  const idleMemoryMB = process.memoryUsage().rss / 1e6;
  const losses: number[] = [];
  const times: number[] = [];
  let version = '';
  const peerTimes: number[] = [];
  const peerLosses: number[] = [];
  let peerMemory = 0;
  const found = findTorch();
  let torch: Torch | undefined;
  if ('python' in found) {
    const folder = await mkdtemp(join(tmpdir(), 'abovo-bench-'));
    const [weights, batches] = [join(folder, 'weights.safetensors'), join(folder, 'batches.safetensors')];
    await writeFile(weights, encodeSafetensors(params));
    const whole = (data: Int32Array) => hostTensor('i32', [1, 1, length], data);
    await writeFile(batches, encodeSafetensors({ ids: whole(ids), targets: whole(targets) }));
    torch = new Torch(found.python, threads);
    const train = { ...training, learningRates: [training.learningRate] };
    ({ version } = await torch.open({ config, train, weights, batches, threads, micro: 1 }));
    await rm(folder, { recursive: true, force: true });
  }
  for (let n = 0; n <= rounds; n++) {
    const start = performance.now();
    losses.push((await step.run(n, [batch])).loss);
    times.push((performance.now() - start) / 1000);
    if (!torch) continue;
    const run = await torch.run(n, 1);
    peerTimes.push(run.seconds);
    peerLosses.push(run.losses[0] as number);
    peerMemory = run.peakMemoryMB;
  }
  await torch?.close();
  const peakMemoryMB = process.resourceUsage().maxRSS / 1000;
  await step.close();
  await executor.close();
  const median = (list: readonly number[]) => list.slice(1).sort((a, b) => a - b)[(list.length - 1) >> 1] as number;
  return {
    length,
    tokensPerSecond: length / median(times),
    peakMemoryMB,
    idleMemoryMB,
    losses,
    ...(torch && {
      peer: { version, tokensPerSecond: length / median(peerTimes), peakMemoryMB: peerMemory },
      // The first step's loss comes from equal weights; later ones also compare gradients.
      lossDifference: Math.max(...losses.map((loss, i) => Math.abs(loss - (peerLosses[i] as number)))),
    }),
  };
}

if (values.child) {
  console.log(JSON.stringify(await measure(Number(values.child))));
  process.exit(0);
}

const lengths = values.lengths.split(',').map(Number);
const results: Measured[] = [];
for (const length of lengths) {
  const args = ['--import', 'tsx', fileURLToPath(import.meta.url), '--child', String(length)];
  const run = spawnSync(process.execPath, [...args, '--threads', String(threads), '--rounds', String(rounds)], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (run.status !== 0) throw new Error(`bench long: ${length} tokens ended with ${run.status ?? run.signal}`);
  const result = JSON.parse(run.stdout.trim().split('\n').at(-1) as string) as Measured;
  results.push(result);
  if (values.json) continue;
  const { peer } = result;
  const beside = peer
    ? `; torch ${peer.version} ${peer.tokensPerSecond.toFixed(0)} tokens/s, ${peer.peakMemoryMB.toFixed(0)} MB; losses within ${result.lossDifference!.toExponential(1)}`
    : '';
  console.log(
    `${length} tokens: ${result.tokensPerSecond.toFixed(0)} tokens/s, peak ${result.peakMemoryMB.toFixed(0)} MB${beside}`,
  );
}
const [first, last] = [results[0] as Measured, results.at(-1) as Measured];
const growth = (last.peakMemoryMB - first.peakMemoryMB) / (last.length - first.length);
const config = decoderConfig({
  family: 'llama',
  vocabSize: 512,
  contextLength: 512,
  hiddenSize: 256,
  numLayers: 4,
  numHeads: 4,
});
console.log(
  JSON.stringify({
    bench: 'long',
    ours: Number(last.tokensPerSecond.toFixed(1)),
    unit: 'tokens/s',
    peer: last.peer
      ? { name: 'torch', version: last.peer.version, value: Number(last.peer.tokensPerSecond.toFixed(1)) }
      : null,
    ratio: last.peer ? Number((last.tokensPerSecond / last.peer.tokensPerSecond).toFixed(3)) : null,
    bound: null,
    parameters: countParameters(config).total,
    lengths: results.map(({ losses: _losses, ...rest }) => rest),
    kilobytesPerToken: Number((1000 * growth).toFixed(1)),
    peakMemoryMB: Math.round(last.peakMemoryMB),
    machine: `${cpus()[0]?.model ?? 'unknown'} x ${cpus().length}`,
  }),
);
