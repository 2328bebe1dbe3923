import { describe, expect, it } from 'vitest';
import { add, trace } from '../../../compiler/ir/index.js';
import type { Tensor, ValueType } from '../../../compiler/ir/index.js';
import { createInterpreter } from '../../../compiler/runtime/index.js';
import { hostTensor } from '../../../compiler/tensor/index.js';
import { decoderConfig, forward, initialize, parameterSpecs } from '../index.js';
import type { DecoderInput } from '../index.js';

const size = { vocabSize: 11, contextLength: 8, hiddenSize: 8, numLayers: 2, numHeads: 2, initializerRange: 0.3 };
const configs = [
  decoderConfig({ ...size, family: 'gpt2' }),
  decoderConfig({ ...size, family: 'llama', numKvHeads: 1, tieEmbeddings: false }),
];

describe.each(configs)('forward of $family', (config) => {
  const params = initialize(config, 3);

  /** Logits of rows of ids with their positions and segments. */
  async function logits(
    ids: number[][],
    positions: number[][],
    segments?: number[][],
    extra: (t: Record<string, Tensor>) => Partial<DecoderInput> = () => ({}),
  ): Promise<number[][]> {
    const executor = createInterpreter();
    const shape = [ids.length, (ids[0] as number[]).length];
    const inputs: Record<string, ValueType> = {
      ids: { dtype: 'i32', shape },
      positions: { dtype: 'i32', shape },
      segments: { dtype: 'i32', shape },
      key: { dtype: 'i32', shape: [2] },
    };
    for (const [name, spec] of Object.entries(parameterSpecs(config))) {
      inputs[name] = { dtype: 'f32', shape: spec.shape };
    }
    const graph = trace('forward', inputs, (t) => ({
      logits: forward(config, t, {
        ids: t.ids as Tensor,
        positions: t.positions as Tensor,
        ...(segments ? { segments: t.segments as Tensor } : {}),
        ...extra(t),
      }).logits,
    }));
    const matrix = (rows: number[][]) => hostTensor('i32', shape, rows.flat());
    const result = await executor.run({
      program: await executor.load(graph),
      feeds: {
        ...params,
        ids: matrix(ids),
        positions: matrix(positions),
        segments: matrix(segments ?? ids),
        key: hostTensor('i32', [2], [1, 2]),
      },
      fetch: ['logits'],
    });
    const data = Array.from(result.logits?.data as Float32Array);
    return Array.from({ length: data.length / 11 }, (_, row) => data.slice(11 * row, 11 * row + 11));
  }

  const expectRows = (actual: number[][], expected: number[][]) =>
    expected.forEach((row, r) => row.forEach((value, c) => expect(actual[r]?.[c]).toBeCloseTo(value, 5)));

  it('keeps packed documents apart', async () => {
    const [a, b] = [
      [3, 1, 4],
      [1, 5, 9, 2],
    ];
    const packed = await logits([[...a, ...b, 0]], [[0, 1, 2, 0, 1, 2, 3, 0]], [[1, 1, 1, 2, 2, 2, 2, 0]]);
    expectRows(packed.slice(0, 3), await logits([a], [[0, 1, 2]]));
    expectRows(packed.slice(3, 7), await logits([b], [[0, 1, 2, 3]]));
  });

  it('does not look ahead', async () => {
    const positions = [[0, 1, 2, 3]];
    const first = await logits([[3, 1, 4, 1]], positions);
    expectRows(first.slice(0, 3), (await logits([[3, 1, 4, 7]], positions)).slice(0, 3));
  });

  it('computes chosen rows alone', async () => {
    const ids = [
      [3, 1, 4],
      [2, 7, 1],
    ];
    const positions = ids.map(() => [0, 1, 2]);
    const all = await logits(ids, positions);
    // The dropout key, an i32 [2] that this call does not use otherwise, names rows 1 and 2.
    expectRows(await logits(ids, positions, undefined, (t) => ({ rows: t.key as Tensor })), [
      all[1] as number[],
      all[2] as number[],
    ]);
  });

  it('lets a hook see every linear map by its name', async () => {
    const ids = [[3, 1]];
    const seen: string[] = [];
    const plain = await logits(ids, [[0, 1]]);
    const hooked = await logits(ids, [[0, 1]], undefined, () => ({
      linear: (name, _, apply) => {
        seen.push(name);
        return name === 'lm_head.weight' ? add(apply(), 1) : apply();
      },
    }));
    expectRows(
      hooked,
      plain.map((row) => row.map((value) => value + 1)),
    );
    const matrices = Object.entries(parameterSpecs(config)).filter(([, spec]) => spec.kind === 'matrix');
    expect(seen).toEqual([...matrices.map(([name]) => name), 'lm_head.weight']);
  });

  it('drops out only when told to', async () => {
    const ids = [[3, 1, 4]];
    const positions = [[0, 1, 2]];
    const plain = await logits(ids, positions);
    const dropped = (rate: number) =>
      logits(ids, positions, undefined, (t) => ({ dropout: { rate, key: t.key as Tensor } }));
    expectRows(await dropped(0), plain);
    expect(await dropped(0.5)).not.toEqual(plain);
  });

  it('names a missing parameter', () => {
    expect(() =>
      trace('broken', { ids: { dtype: 'i32', shape: [1, 2] } }, ({ ids }) => ({
        logits: forward(config, {}, { ids: ids as Tensor, positions: ids as Tensor }).logits,
      })),
    ).toThrow(/expected a parameter (transformer.wpe|model.embed_tokens)/);
  });
});
