/**
 * Trains a tiny model and writes `result.json`; kills itself (SIGKILL) a few milliseconds after the n-th call of the
 * executor, when asked to. Usage: train-child.ts FOLDER pretraining|fine-tuning [CALL DELAY_MS]
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BatchSource } from '../../src/base/contract/index.js';
import { Random } from '../../src/base/core/index.js';
import { sha256 } from '../../src/base/core/index.node.js';
import { createOrtExecutor } from '../../src/compiler/runtime/index.node.js';
import type { Executor } from '../../src/compiler/runtime/index.js';
import { decoderConfig, initialize } from '../../src/model/architecture/index.js';
import { packChatTokens, resolveFinetuningConfig } from '../../src/stages/alignment/index.js';
import { readMetrics, resolveTrainConfig, train } from '../../src/stages/training/index.js';

const [folder, kind, killCall, killDelay] = process.argv.slice(2);
const sequenceLength = 16;
const batchSize = 2;
const vocabSize = 32;
const random = new Random(`kill-${kind}`);

const architecture = decoderConfig({
  family: kind === 'pretraining' ? 'gpt2' : 'llama',
  vocabSize,
  contextLength: sequenceLength,
  hiddenSize: 16,
  numLayers: 1,
  numHeads: 2,
});
const common = { learningRate: 0.01, microBatchSize: batchSize, steps: 24, checkpointEvery: 3, validateEvery: 5 };

function documents(): BatchSource {
  const text = Int32Array.from({ length: 4000 }, (_, i) => (i * i + random.int(3)) % vocabSize);
  return {
    batchSize,
    sequenceLength,
    batchesPerEpoch: 40,
    batch(index) {
      const size = batchSize * sequenceLength;
      const start = new Random(index).int(text.length - size - 1);
      const segments = Int32Array.from({ length: size }, (_, i) => (i % sequenceLength < 9 ? 1 : 2));
      return {
        batchSize,
        sequenceLength,
        ids: text.slice(start, start + size),
        targets: text.slice(start + 1, start + size + 1),
        segments,
      };
    },
  };
}

function chats(): BatchSource {
  const examples = Array.from({ length: 40 }, () => {
    const length = 4 + random.int(10);
    return {
      ids: Array.from({ length }, () => random.int(vocabSize)),
      assistant: Array.from({ length }, (_, i) => i > length / 2),
    };
  });
  return packChatTokens(examples, { sequenceLength, batchSize, seed: 5 });
}

let calls = 0;
function counted(executor: Executor): Executor {
  return new Proxy(executor, {
    get(target, key) {
      const member = Reflect.get(target, key, target) as unknown;
      if (typeof member !== 'function') return member;
      return (...args: unknown[]) => {
        if (String(++calls) === killCall) setTimeout(() => process.kill(process.pid, 'SIGKILL'), Number(killDelay));
        return (member as (...args: unknown[]) => unknown).apply(target, args);
      };
    },
  });
}

const executor = counted(await createOrtExecutor({ device: 'cpu', threads: 1 }));
const batches = kind === 'pretraining' ? documents() : chats();
const result = await train({
  // Pretraining accumulates two micro-batches and drops activations; fine-tuning runs the fused step and picks the best.
  config:
    kind === 'pretraining'
      ? resolveTrainConfig({ ...common, batchTokens: 64, dropout: 0.1 })
      : resolveFinetuningConfig({ ...common, batchTokens: 32, optimizer: 'muon', select: 'best' }).config,
  architecture,
  initial: initialize(architecture, 11),
  batches,
  validation: batches,
  executor,
  folder,
});
const params = Object.fromEntries(
  Object.entries(result.params).map(([name, { data }]) => [
    name,
    sha256(new Uint8Array(data.buffer, data.byteOffset, data.byteLength)),
  ]),
);
const lines = (await readMetrics(result.metricsPath)).map((line) => ({ ...line, seconds: 0 }));
writeFileSync(join(folder, 'result.json'), JSON.stringify({ params, lines, best: result.bestValidation }));
console.log(JSON.stringify({ calls }));
await executor.close();
