// Tokens per second of whole train steps (forward, backward, clipping, AdamW; 16 x 256 tokens) beside the same model in
// PyTorch: same weights, same batches, alternating in one run. First both must compute the same losses.
//   npm run bench -- train [--model gpt2|llama] [--micro 4] [--rounds 5] [--threads 2] [--steps 20] [--peer-micro N] [--profile] [--json]
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Random } from '../src/base/core/index.js';
import type { TokenBatch } from '../src/base/contract/index.js';
import { createOrtExecutor } from '../src/compiler/runtime/index.node.js';
import { measurePeak } from '../src/compiler/runtime/index.js';
import { encodeSafetensors, hostTensor } from '../src/compiler/tensor/index.js';
import { countParameters, decoderConfig, flopsPerToken, initialize } from '../src/model/architecture/index.js';
import {
  TrainStep,
  causalLanguageModel,
  learningRateFactor,
  resolveTrainConfig,
} from '../src/stages/training/index.js';
import { Torch, findTorch } from './peers/torch.js';

const { values } = parseArgs({
  options: {
    model: { type: 'string', default: 'gpt2' },
    micro: { type: 'string', default: '4' },
    rounds: { type: 'string', default: '5' },
    threads: { type: 'string', default: String(Math.min(2, availableParallelism())) },
    steps: { type: 'string', default: '20' },
    'peer-micro': { type: 'string' },
    profile: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});
const say = (line: string) => {
  if (!values.json) console.log(line);
};
const [micro, rounds, threads, compared] = [values.micro, values.rounds, values.threads, values.steps].map(Number) as [
  number,
  number,
  number,
  number,
];
const batchSize = 16;
const sequenceLength = 256;
const tokens = batchSize * sequenceLength;

const family = values.model === 'llama' ? 'llama' : 'gpt2';
const config =
  family === 'gpt2'
    ? decoderConfig({
        family,
        vocabSize: 256,
        contextLength: sequenceLength,
        hiddenSize: 384,
        numLayers: 6,
        numHeads: 6,
      })
    : decoderConfig({
        family,
        vocabSize: 8192,
        contextLength: sequenceLength,
        hiddenSize: 512,
        numLayers: 8,
        numHeads: 8,
      });
const training = resolveTrainConfig({
  learningRate: 1e-3,
  batchTokens: tokens,
  microBatchSize: micro,
  steps: 1000,
  warmupSteps: 10,
});

/** Batches with something to learn: each token follows from the one before it, with noise. */
const random = new Random('bench train');
const batches = Array.from({ length: 8 }, () => {
  const stream = new Int32Array(batchSize * (sequenceLength + 1));
  let token = 0;
  for (let i = 0; i < stream.length; i++) {
    token = random.float() < 0.2 ? random.int(config.vocabSize) : (token * 5 + 17) % config.vocabSize;
    stream[i] = token;
  }
  const row = (b: number, shift: number) =>
    stream.subarray(b * (sequenceLength + 1) + shift).subarray(0, sequenceLength);
  return { input: row, target: (b: number) => row(b, 1) };
});
const gather = (
  pick: (batch: (typeof batches)[number], b: number) => Int32Array,
  from: number,
  to: number,
  n: number,
) => {
  const data = new Int32Array((to - from) * sequenceLength);
  for (let b = from; b < to; b++) data.set(pick(batches[n % batches.length], b), (b - from) * sequenceLength);
  return data;
};
const microBatches = (n: number): TokenBatch[] =>
  Array.from({ length: batchSize / micro }, (_, i) => ({
    batchSize: micro,
    sequenceLength,
    ids: gather((batch, b) => batch.input(b, 0), i * micro, (i + 1) * micro, n),
    targets: gather((batch, b) => batch.target(b), i * micro, (i + 1) * micro, n),
    segments: new Int32Array(micro * sequenceLength).fill(1),
  }));

const params = initialize(config, 1);
const objective = causalLanguageModel(config, micro, sequenceLength, { documentMask: false });
const executor = await createOrtExecutor({ threads });
const open = (on: typeof executor) =>
  TrainStep.create({ executor: on, config: training, objective, microBatches: batchSize / micro, params });
const step = await open(executor);
let ourStep = 0;
async function ours(steps: number): Promise<{ seconds: number; losses: number[] }> {
  const losses: number[] = [];
  const start = performance.now();
  for (let i = 0; i < steps; i++) losses.push((await step.run(ourStep, microBatches(ourStep++))).loss);
  return { seconds: (performance.now() - start) / 1000, losses };
}

const found = findTorch();
let torch: Torch | undefined;
let version = '';
if ('python' in found) {
  const folder = await mkdtemp(join(tmpdir(), 'abovo-bench-'));
  const all = (pick: Parameters<typeof gather>[0]) => {
    const data = new Int32Array(batches.length * tokens);
    for (let n = 0; n < batches.length; n++) data.set(gather(pick, 0, batchSize, n), n * tokens);
    return hostTensor('i32', [batches.length, batchSize, sequenceLength], data);
  };
  await writeFile(join(folder, 'weights.safetensors'), encodeSafetensors(params));
  const both = { ids: all((batch, b) => batch.input(b, 0)), targets: all((batch, b) => batch.target(b)) };
  await writeFile(join(folder, 'batches.safetensors'), encodeSafetensors(both));
  const learningRates = Array.from({ length: 200 }, (_, n) => training.learningRate * learningRateFactor(training, n));
  const open = async (size: number) => {
    const peer = new Torch(found.python, threads);
    const opened = await peer.open({
      config,
      train: { ...training, learningRates },
      weights: join(folder, 'weights.safetensors'),
      batches: join(folder, 'batches.safetensors'),
      threads,
      micro: size,
    });
    version = opened.version;
    return peer;
  };
  // The peer cuts its batch as suits it best.
  const given = Number(values['peer-micro'] ?? 0);
  let best = { size: given || batchSize, seconds: Number.POSITIVE_INFINITY };
  for (const size of given ? [] : [batchSize, 4]) {
    const trial = await open(size);
    await trial.run(0, 1);
    const { seconds } = await trial.run(1, 2);
    if (seconds < best.seconds) best = { size, seconds };
    await trial.close();
  }
  torch = await open(best.size);
  await rm(folder, { recursive: true, force: true });
  say(`peer: torch ${version}, ${best.size} sequences at a time`);
} else say(`no peer: ${found.reason}`);

let difference = 0;
if (torch) {
  const [us, them] = [await ours(compared), await torch.run(0, compared)];
  difference = Math.max(...us.losses.map((loss, i) => Math.abs(loss - them.losses[i])));
  say(
    `losses of ${compared} steps: ${us.losses[0].toFixed(4)} to ${us.losses.at(-1)!.toFixed(4)}, largest difference ${difference.toExponential(1)}`,
  );
  if (!(difference < 1e-3)) {
    throw new Error(`bench train: expected losses within 1e-3 of torch's, got a difference of ${difference}`);
  }
} else await ours(2);

const median = (list: readonly number[]) => [...list].sort((a, b) => a - b)[list.length >> 1];
const perRound = 3;
const speeds: { ours: number[]; torch: number[] } = { ours: [], torch: [] };
let torchMemory = 0;
for (let round = 0; round < rounds; round++) {
  speeds.ours.push((perRound * tokens) / (await ours(perRound)).seconds);
  if (!torch) continue;
  const run = await torch.run(compared + round * perRound, perRound);
  speeds.torch.push((perRound * tokens) / run.seconds);
  torchMemory = run.peakMemoryMB;
}
await torch?.close();
const tokensPerSecond = median(speeds.ours);
const peerTokensPerSecond = torch ? median(speeds.torch) : 0;
// Of rounds side by side: a machine that slows down slows both.
const ratio = torch ? median(speeds.ours.map((speed, i) => speed / speeds.torch[i])) : null;
const { flopsPerSecond } = await measurePeak(executor);
const flops = flopsPerToken(config, sequenceLength).training;
const bound = flopsPerSecond / flops;
const peakMemoryMB = process.resourceUsage().maxRSS / 1000;
await step.close();
await executor.close();

if (values.profile) {
  const profiled = await createOrtExecutor({ threads, profile: true });
  const watched = await open(profiled);
  const steps = 3;
  for (let n = 0; n < steps; n++) await watched.run(n, microBatches(n));
  for (const [name, program] of Object.entries(watched.programs)) {
    const profile = Object.entries(await profiled.profile(program));
    const total = profile.reduce((sum, [, { milliseconds }]) => sum + milliseconds, 0);
    say(`${name}: ${(total / steps).toFixed(0)} ms a step`);
    for (const [operator, { calls, milliseconds }] of profile) {
      const share = ((100 * milliseconds) / total).toFixed(1).padStart(5);
      const time = (milliseconds / steps).toFixed(1).padStart(8);
      if (milliseconds / total > 0.001)
        say(`  ${operator.padEnd(28)}${String(calls / steps).padStart(6)} ${time} ms ${share} %`);
    }
  }
  await watched.close();
  await profiled.close();
}

const parameters = countParameters(config).total;
say(
  `${family}, ${(parameters / 1e6).toFixed(1)} M parameters, ${batchSize} x ${sequenceLength} tokens a step, ${threads} threads`,
);
say(
  `abovo ${tokensPerSecond.toFixed(0)} tokens/s, ${((100 * tokensPerSecond) / bound).toFixed(0)} % of the measured peak of ${(flopsPerSecond / 1e9).toFixed(0)} GFLOP/s`,
);
if (torch)
  say(
    `torch ${version} ${peerTokensPerSecond.toFixed(0)} tokens/s, peak memory ${torchMemory.toFixed(0)} MB; ratio ${ratio!.toFixed(2)}`,
  );
console.log(
  JSON.stringify({
    bench: 'train',
    ours: Number(tokensPerSecond.toFixed(1)),
    unit: 'tokens/s',
    peer: torch ? { name: 'torch', version, value: Number(peerTokensPerSecond.toFixed(1)) } : null,
    ratio: ratio === null ? null : Number(ratio.toFixed(3)),
    bound: Number(bound.toFixed(1)),
    model: family,
    parameters,
    lossDifference: torch ? difference : null,
    peakMemoryMB: Math.round(peakMemoryMB),
    machine: `${cpus()[0]?.model ?? 'unknown'} x ${cpus().length}`,
  }),
);
