import type { OnProgress } from '../../../base/contract/index.js';
import type { Executor } from '../../../compiler/runtime/index.js';
import type { HostTensor } from '../../../compiler/tensor/index.js';
import type { DecoderConfig, Params } from '../../../model/architecture/index.js';
import { feedsOf, scoreProgram } from './objective.js';
import type { PackedPairs } from './pairs.js';

/**
 * Σ log p of both sides of each pair under given weights, by the pair's number. A pure function of weights and pairs, so
 * a run that goes on asks again and gets the same.
 */
export async function pairScores(
  executor: Executor,
  config: DecoderConfig,
  params: Params<HostTensor>,
  source: PackedPairs,
  options: { readonly name?: string; readonly signal?: AbortSignal; readonly onProgress?: OnProgress } = {},
): Promise<Map<number, readonly [number, number]>> {
  const { name = 'reference', signal, onProgress } = options;
  const program = await executor.load(scoreProgram(config, source));
  const buffer = (parameter: string) => `reference:${parameter}`;
  const names = Object.keys(params);
  try {
    await executor.write(Object.fromEntries(names.map((key) => [buffer(key), params[key]!])));
    const bind = Object.fromEntries(names.map((key) => [`param:${key}`, buffer(key)]));
    const scores = new Map<number, readonly [number, number]>();
    for (let index = 0; index < source.batchesPerEpoch; index++) {
      signal?.throwIfAborted();
      const batch = source.plain(index);
      const { lengths, reference, ...feeds } = feedsOf(batch);
      void lengths;
      void reference;
      const out = await executor.run({ program, feeds, bind, fetch: ['scores'] });
      const values = out.scores!.data;
      batch.numbers.forEach((number, p) => {
        scores.set(number, [Number(values[2 * p]), Number(values[2 * p + 1])]);
      });
      onProgress?.({ stage: name, done: index + 1, total: source.batchesPerEpoch, unit: 'batches' });
    }
    return scores;
  } finally {
    await executor.unload(program);
    await executor.free(names.map(buffer));
  }
}
