import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { repositoryRoot } from '../../../../test/support.js';
import type { BatchSource, TokenBatch } from '../../../base/contract/index.js';
import { gradients } from '../../../compiler/autodiff/index.js';
import { trace } from '../../../compiler/ir/index.js';
import type { Tensor, ValueType } from '../../../compiler/ir/index.js';
import { createInterpreter } from '../../../compiler/runtime/index.js';
import { createOrtExecutor } from '../../../compiler/runtime/index.node.js';
import { forward, parameterSpecs } from '../../../model/architecture/index.js';
import { loadModel } from '../../../model/architecture/index.node.js';
import { causalLanguageModel, prefixBatches } from './index.js';

interface Expected {
  readonly ids: number[][];
  readonly segments: number[][];
  readonly prefix: number[][];
  readonly positions: number[][];
  readonly targets: number[][];
  readonly models: Record<string, { loss: number; logits: number[]; gradients: Record<string, number> }>;
}
const golden = join(repositoryRoot, 'test/golden');

describe.each(['gpt2', 'llama-grouped', 'mistral'])('%s reads prefixes both ways', (name) => {
  it('with the logits, loss and gradients of transformers under the same mask', async () => {
    const expected = JSON.parse(await readFile(join(golden, 'prefix/expected.json'), 'utf8')) as Expected;
    const { loss, logits, gradients: norms } = expected.models[name]!;
    const { config, params } = await loadModel(join(golden, 'hf-decoders', name), 'decoder');
    const flat = (rows: number[][]) => Int32Array.from(rows.flat());
    const batch = {
      ...{ batchSize: 2, sequenceLength: 10 },
      ids: flat(expected.ids),
      segments: flat(expected.segments),
      prefix: flat(expected.prefix),
      targets: flat(expected.targets),
    };
    const objective = causalLanguageModel(config, 2, 10, { prefixes: true });
    const feeds = objective.feeds(batch);
    expect([...(feeds.positions!.data as Int32Array)]).toEqual(expected.positions.flat());
    const names = Object.keys(parameterSpecs(config));
    const types = Object.fromEntries(
      Object.entries(parameterSpecs(config)).map(([key, { shape }]): [string, ValueType] => [
        key,
        { dtype: 'f32', shape },
      ]),
    );
    const graph = trace('prefix', { ...objective.inputs, ...types }, (t) => {
      const { ids, positions, segments, prefix } = t as Record<string, Tensor>;
      const sum = objective.lossSum(t, t);
      const found = gradients(
        sum,
        names.map((key) => t[key] as Tensor),
      );
      return {
        loss: sum,
        logits: forward(config, t, { ids: ids!, positions: positions!, segments, prefix }).logits,
        ...Object.fromEntries(names.map((key, i) => [`d:${key}`, found[i] as Tensor])),
      };
    });
    const ort = await createOrtExecutor({ threads: 1 });
    for (const executor of [createInterpreter(), ort]) {
      const out = await executor.run({
        program: await executor.load(graph),
        feeds: { ...params, ...feeds },
        fetch: ['loss', 'logits', ...names.map((key) => `d:${key}`)],
      });
      expect(Math.abs((out.loss!.data[0] as number) - loss)).toBeLessThan(1e-3);
      logits.forEach((value, i) => expect(Math.abs((out.logits!.data[i] as number) - value)).toBeLessThan(1e-4));
      for (const [key, norm] of Object.entries(norms)) {
        const own = Math.hypot(...(out[`d:${key}`]!.data as Float32Array));
        expect(Math.abs(own - norm), key).toBeLessThan(1e-3 * Math.max(1, norm));
      }
    }
    await ort.close();
  });
});

it('cuts every document anew, and asks for nothing of a prefix', () => {
  const segments = Int32Array.from([1, 1, 1, 1, 1, 2, 3, 3, 0, 0, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4]);
  const ids = Int32Array.from(segments, (_, i) => i + 1);
  const targets = Int32Array.from(ids, (id, i) =>
    segments[i] !== 0 && segments[i] === segments[i + 1] ? id + 1 : -100,
  );
  const plain: TokenBatch = { batchSize: 2, sequenceLength: 10, ids, targets, segments };
  const source: BatchSource = { batchSize: 2, sequenceLength: 10, batchesPerEpoch: 40, batch: () => plain };
  const batches = prefixBatches(source, { seed: 3 });
  const cuts = new Set<number>();
  for (let n = 0; n < 40; n++) {
    const batch = batches.batch(n);
    expect(batches.batch(n)).toEqual(batch);
    expect([batch.ids, plain.targets]).toEqual([ids, targets]);
    for (const [start, end] of [
      [0, 5],
      [6, 8],
      [10, 20],
    ] as const) {
      const own = batch.prefix.subarray(start, end);
      const cut = own.indexOf(0);
      expect(cut).toBeGreaterThanOrEqual(1);
      expect(own.subarray(cut).every((value) => value === 0)).toBe(true);
      // What is asked for is all behind the cut, its first token included.
      const asked = [...batch.targets.subarray(start, end)].filter((target) => target >= 0);
      expect(asked).toEqual([...ids.subarray(start + cut, end)]);
      if (start === 10) cuts.add(cut);
    }
    expect([batch.prefix[5], batch.prefix[8], batch.targets[5]]).toEqual([0, 0, -100]);
  }
  expect([...cuts].sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
});
