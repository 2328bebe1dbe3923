// Decoding speed of a 110 M parameter model in fp32 with random weights, at batch 1 and 8, beside the bound that memory
// bandwidth sets: at batch 1 each token reads every weight once. Options: --family llama|gpt2, --threads N, --tokens N,
// --profile (milliseconds by operator), --no-peer, --json.
import { spawnSync } from 'node:child_process';
import { availableParallelism, cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { createOrtExecutor } from '../src/compiler/runtime/index.node.js';
import { cacheBytes, countParameters, decoderConfig, initialize } from '../src/model/architecture/index.js';
import { Engine } from '../src/model/inference/index.js';
import { readBandwidth } from './bandwidth.js';

const { values } = parseArgs({
  options: {
    family: { type: 'string', default: 'llama' },
    threads: { type: 'string', default: String(availableParallelism()) },
    tokens: { type: 'string', default: '96' },
    profile: { type: 'boolean', default: false },
    'no-peer': { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});
const threads = Number(values.threads);
const tokens = Number(values.tokens);
const promptLength = 16;
const say = (line: string) => (values.json ? console.error(line) : console.log(line));

const size = { vocabSize: 32_000, contextLength: 1024, hiddenSize: 768, numLayers: 12, numHeads: 12 };
const config = decoderConfig(
  values.family === 'gpt2' ? { ...size, family: 'gpt2' } : { ...size, family: 'llama', intermediateSize: 2048 },
);
const { total } = countParameters(config);
const weightBytes = 4 * (total - (config.family === 'gpt2' ? config.contextLength * config.hiddenSize : 0));
const middle = promptLength + tokens / 2;
// What one token reads: the weights, and the keys and values of the tokens before it.
const bytesPerToken = weightBytes + cacheBytes(config, middle);

const bandwidth = await readBandwidth(weightBytes, threads);
const beside = await readBandwidth(2e9, threads);
const bound = bandwidth / bytesPerToken;
say(`${config.family}, ${(total / 1e6).toFixed(1)} M parameters, ${(weightBytes / 1e6).toFixed(0)} MB read per token`);
say(
  `read bandwidth: ${(bandwidth / 1e9).toFixed(1)} GB/s on a buffer of that size, ${(beside / 1e9).toFixed(1)} GB/s on 2 GB`,
);
say(`bound at batch 1: ${bound.toFixed(1)} tokens/s`);

const executor = await createOrtExecutor({ threads, profile: values.profile });
const engine = await Engine.open({ config, params: initialize(config, 1), executor });
const promptIds = Array.from({ length: promptLength }, (_, i) => i + 1);

/** Tokens per second of `batch` sequences side by side, prompts not counted. */
async function measure(batch: number): Promise<number> {
  const request = { promptIds, maxTokens: tokens, sampling: { temperature: 0 } };
  const times = await Promise.all(
    Array.from({ length: batch }, async () => {
      const arrivals: number[] = [];
      for await (const _ of engine.submit(request)) arrivals.push(performance.now());
      return arrivals;
    }),
  );
  // From when the last sequence has joined until the first one leaves, all take every step together.
  const start = Math.max(...times.map((arrivals) => arrivals[0] as number));
  const end = Math.min(...times.map((arrivals) => arrivals.at(-1) as number));
  const counted = times.flat().filter((time) => time > start && time <= end).length;
  return (counted / (end - start)) * 1000;
}

const best = { 1: 0, 8: 0 };
for (let round = 0; round < 3; round++) {
  for (const batch of [1, 8] as const) best[batch] = Math.max(best[batch], await measure(batch));
}
const { computeMilliseconds, samplingMilliseconds } = engine.stats();
say(`batch 1: ${best[1].toFixed(1)} tokens/s, ${((100 * best[1]) / bound).toFixed(0)} % of the bound (goal 70 %)`);
say(`batch 8: ${best[8].toFixed(1)} tokens/s, ${(best[8] / best[1]).toFixed(2)} times batch 1 (goal 4)`);
say(
  `choosing tokens took ${((100 * samplingMilliseconds) / computeMilliseconds).toFixed(1)} % of the time of computing`,
);
if (values.profile) {
  const profile = Object.entries(await executor.profile(0)).sort(([, a], [, b]) => b.milliseconds - a.milliseconds);
  for (const [operator, { calls, milliseconds }] of profile.slice(0, 16)) {
    say(`${operator.padEnd(32)} ${String(calls).padStart(7)} calls ${milliseconds.toFixed(1).padStart(9)} ms`);
  }
}
await engine.close();
await executor.close();

/** The same shape in transformers, greedy with its own cache, where a Python with it is found (ABOVO_PYTHON). */
function peer(): { name: string; version: string; value: number; batch8: number } | null {
  const script = `
import json, sys, time, torch, transformers
from transformers import GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM
transformers.logging.set_verbosity_error()
torch.set_num_threads(${threads})
torch.manual_seed(1)
if "${config.family}" == "gpt2":
    model = GPT2LMHeadModel(GPT2Config(vocab_size=32000, n_positions=1024, bos_token_id=1, eos_token_id=2))
else:
    model = LlamaForCausalLM(LlamaConfig(vocab_size=32000, max_position_embeddings=1024, hidden_size=768,
        intermediate_size=2048, num_hidden_layers=12, num_attention_heads=12, tie_word_embeddings=True))
model.eval()
best = {}
with torch.inference_mode():
    for batch in (1, 8, 1, 8):
        ids = torch.arange(1, ${promptLength + 1}).repeat(batch, 1)
        out = model(ids, use_cache=True)
        next = out.logits[:, -1:].argmax(-1)
        start = time.perf_counter()
        for _ in range(${tokens} - 1):
            out = model(next, past_key_values=out.past_key_values, use_cache=True)
            next = out.logits[:, -1:].argmax(-1)
        rate = batch * (${tokens} - 1) / (time.perf_counter() - start)
        best[batch] = max(best.get(batch, 0), rate)
print(json.dumps({"name": "transformers on torch", "version": transformers.__version__ + " on " + torch.__version__,
    "value": best[1], "batch8": best[8]}))`;
  const run = spawnSync(process.env.ABOVO_PYTHON ?? 'python3', ['-c', script], { encoding: 'utf8', timeout: 600_000 });
  const line = run.status === 0 ? run.stdout.trim().split('\n').at(-1) : undefined;
  return line ? (JSON.parse(line) as { name: string; version: string; value: number; batch8: number }) : null;
}

const found = values['no-peer'] ? null : peer();
if (found)
  say(`${found.name} ${found.version}: ${found.value.toFixed(1)} tokens/s at batch 1, ${found.batch8.toFixed(1)} at 8`);
console.log(
  JSON.stringify({
    bench: 'decode',
    ours: best[1],
    unit: 'tokens/s at batch 1',
    peer: found,
    ratio: found ? best[1] / found.value : null,
    bound,
    shareOfBound: best[1] / bound,
    batch8: best[8],
    batch8Ratio: best[8] / best[1],
    bandwidthGBs: bandwidth / 1e9,
    bandwidth2GBs: beside / 1e9,
    peakMemoryMB: Math.round(process.resourceUsage().maxRSS / 1024),
    machine: `${cpus()[0]?.model ?? 'unknown'}, ${threads} threads`,
  }),
);
