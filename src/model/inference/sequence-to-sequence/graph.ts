import { broadcastTo, crossEntropy, multiplyDims, reshape, scalar, trace } from '../../../compiler/ir/index.js';
import type { Graph, Tensor, ValueType } from '../../../compiler/ir/index.js';
import { decodeTarget, encodeSource, sourceMemory } from '../../architecture/index.js';
import type { EncoderDecoderConfig } from '../../architecture/index.js';
import { parameterTypes } from '../program.js';

// B sources, S source tokens each, N answers of each source, C capacity of the answers' cache, H heads of K numbers.

const layersOf = (config: EncoderDecoderConfig) => Array.from({ length: config.numDecoderLayers }, (_, n) => n);

/** ids and mask [B, S] → keys and values of the source in each decoder layer: `key.n` and `value.n` [B, H, S, K]. */
export function encodingGraph(config: EncoderDecoderConfig): Graph {
  const rows: ValueType = { dtype: 'i32', shape: ['B', 'S'] };
  return trace('encode', { ids: rows, mask: rows, ...parameterTypes(config) }, (t) => {
    const { hidden } = encodeSource(config, t, { ids: t.ids as Tensor, mask: t.mask as Tensor });
    const memory = sourceMemory(config, t, hidden, { B: 'B', S: 'S' });
    return Object.fromEntries(
      memory.flatMap(({ key, value }, n) => [
        [`key.${n}`, key],
        [`value.${n}`, value],
      ]),
    );
  });
}

/**
 * One token of each answer: ids [B, N], its place position [1, 1], lengths [B·N] of the cache with it, the source's mask
 * [B, S], memory and cache → logits [B·N, V] with their log Σ exp [B·N], and the cache.
 */
export function answeringGraph(config: EncoderDecoderConfig): Graph {
  const { numHeads: H, headSize: K } = config;
  const memory: ValueType = { dtype: 'f32', shape: ['B', H, 'S', K] };
  const cache: ValueType = { dtype: 'f32', shape: ['B*N', H, 'C', K] };
  const inputs: Record<string, ValueType> = {
    ids: { dtype: 'i32', shape: ['B', 'N'] },
    position: { dtype: 'i32', shape: [1, 1] },
    lengths: { dtype: 'i32', shape: ['B*N'] },
    mask: { dtype: 'i32', shape: ['B', 'S'] },
  };
  for (const n of layersOf(config)) {
    Object.assign(inputs, { [`memoryKey.${n}`]: memory, [`memoryValue.${n}`]: memory });
    Object.assign(inputs, { [`key.${n}`]: cache, [`value.${n}`]: cache });
  }
  return trace('answer', { ...inputs, ...parameterTypes(config) }, (t) => {
    const pair = (key: string, value: string) => ({ key: t[key] as Tensor, value: t[value] as Tensor });
    const rows = multiplyDims('B', 'N');
    const { logits, cache: updated } = decodeTarget(config, t, {
      ids: reshape(t.ids as Tensor, [rows, 1]),
      positions: t.position as Tensor,
      sourceMask: t.mask as Tensor,
      memory: layersOf(config).map((n) => pair(`memoryKey.${n}`, `memoryValue.${n}`)),
      cache: { layers: layersOf(config).map((n) => pair(`key.${n}`, `value.${n}`)), lengths: t.lengths as Tensor },
    });
    const { logSumExp } = crossEntropy(logits, broadcastTo(scalar(-100, 'i32'), [rows]));
    const outputs: Record<string, Tensor> = { logits, logSumExp };
    updated.forEach(({ key, value }, n) => Object.assign(outputs, { [`newKey.${n}`]: key, [`newValue.${n}`]: value }));
    return outputs;
  });
}
