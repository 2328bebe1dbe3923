import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { repositoryRoot } from '../../../../test/support.js';
import { gradients } from '../../../compiler/autodiff/index.js';
import { mean, trace } from '../../../compiler/ir/index.js';
import type { Tensor } from '../../../compiler/ir/index.js';
import type { Executor } from '../../../compiler/runtime/index.js';
import { createOrtExecutor } from '../../../compiler/runtime/index.node.js';
import { decoderConfig, initialize } from '../../../model/architecture/index.js';
import type { DecoderConfig } from '../../../model/architecture/index.js';
import { train } from '../../training/index.js';
import type { EncodedPair, PreferenceLossName } from './index.js';
import { packPairs, pairScores, preferenceLosses, preferenceObjective, resolvePreferenceConfig } from './index.js';

let executor: Executor;
beforeAll(async () => {
  executor = await createOrtExecutor({ device: 'cpu', threads: 1 });
});
afterAll(() => executor.close());

interface Golden {
  readonly peer: string;
  readonly lengths: readonly number[];
  readonly policy: readonly number[];
  readonly reference: readonly number[];
  readonly rows: ReadonlyArray<{
    readonly loss: PreferenceLossName;
    readonly options: object;
    readonly value: number;
    readonly gradient: readonly number[];
  }>;
}
const golden = JSON.parse(readFileSync(join(repositoryRoot, 'test/golden/preference/losses.json'), 'utf8')) as Golden;

describe('losses over pairs', () => {
  const pairs = golden.policy.length / 2;
  it.each(golden.rows)(
    `$loss $options are as in ${golden.peer}, gradients too`,
    async ({ loss, options, value, gradient }) => {
      const names = ['chosen', 'rejected', 'chosenLength', 'rejectedLength', 'referenceChosen', 'referenceRejected'];
      const type = { dtype: 'f32', shape: [pairs] } as const;
      const graph = trace('loss', Object.fromEntries(names.map((name) => [name, type])), (given) => {
        const { chosen, rejected, chosenLength, rejectedLength, referenceChosen, referenceRejected } = given as Record<
          string,
          Tensor
        >;
        const losses_P = preferenceLosses[loss].loss(
          {
            chosen_P: chosen!,
            rejected_P: rejected!,
            chosenLength_P: chosenLength!,
            rejectedLength_P: rejectedLength!,
            referenceChosen_P: referenceChosen!,
            referenceRejected_P: referenceRejected!,
          },
          { beta: 0.1, labelSmoothing: 0, gammaOverBeta: 0.5, ...options },
        );
        const total = mean(losses_P);
        const [dChosen, dRejected] = gradients(total, [chosen!, rejected!]);
        return { total, dChosen: dChosen!, dRejected: dRejected! };
      });
      const half = (values: readonly number[], side: number) => ({
        dtype: 'f32' as const,
        shape: [pairs],
        data: Float32Array.from(values.slice(side * pairs, (side + 1) * pairs)),
      });
      const program = await executor.load(graph);
      const out = await executor.run({
        program,
        feeds: {
          chosen: half(golden.policy, 0),
          rejected: half(golden.policy, 1),
          chosenLength: half(golden.lengths, 0),
          rejectedLength: half(golden.lengths, 1),
          referenceChosen: half(golden.reference, 0),
          referenceRejected: half(golden.reference, 1),
        },
        fetch: ['total', 'dChosen', 'dRejected'],
      });
      await executor.unload(program);
      expect(Number(out.total!.data[0])).toBeCloseTo(value, 5);
      const found = [...out.dChosen!.data, ...out.dRejected!.data].map(Number);
      found.forEach((slope, i) => expect(slope, `gradient ${i}`).toBeCloseTo(gradient[i]!, 5));
    },
  );
});

const answer = (prompt: readonly number[], reply: readonly number[]) => ({
  ids: [...prompt, ...reply],
  assistant: [...prompt.map(() => 0), ...reply.map(() => 1)],
});

describe('packing pairs', () => {
  const token = fc.integer({ min: 1, max: 40 });
  const pair = fc
    .tuple(
      fc.array(token, { minLength: 1, maxLength: 5 }),
      fc.array(token, { maxLength: 9 }),
      fc.array(token, { maxLength: 9 }),
    )
    .map(
      ([prompt, chosen, rejected]): EncodedPair => ({
        chosen: answer(prompt, chosen),
        rejected: answer(prompt, rejected),
      }),
    );

  it('puts every usable pair into one batch, whole, and counts the others', () => {
    fc.assert(
      fc.property(fc.array(pair, { minLength: 1, maxLength: 30 }), fc.integer({ min: 0, max: 9 }), (pairs, seed) => {
        let source: ReturnType<typeof packPairs>;
        const usable = pairs.filter(
          ({ chosen, rejected }) =>
            Array.from(chosen.assistant).includes(1) &&
            Array.from(rejected.assistant).includes(1) &&
            String(chosen.ids) !== String(rejected.ids) &&
            Math.max(chosen.ids.length, rejected.ids.length) - 1 <= 12,
        );
        if (usable.length === 0) {
          expect(() => packPairs(pairs, { sequenceLength: 12, batchSize: 2, seed })).toThrow(/got none/);
          return;
        }
        source = packPairs(pairs, { sequenceLength: 12, batchSize: 2, seed });
        const seen: number[] = [];
        for (let index = 0; index < source.batchesPerEpoch; index++) {
          const batch = source.batch(index);
          for (const [p, number] of batch.numbers.entries()) {
            seen.push(number);
            for (const side of [0, 1]) {
              const { ids, assistant } = side === 0 ? pairs[number]!.chosen : pairs[number]!.rejected;
              const at = batch.sequences.indexOf(2 * p + side);
              const length = ids.length - 1;
              expect([...batch.ids.slice(at, at + length)]).toEqual([...(ids as number[])].slice(0, -1));
              const targets = Array.from({ length }, (_, i) => (assistant[i + 1] ? ids[i + 1] : -100));
              expect([...batch.targets.slice(at, at + length)]).toEqual(targets);
              expect(batch.lengths[2 * p + side]).toBe(targets.filter((target) => target !== -100).length);
              expect(batch.sequences.filter((sequence) => sequence === 2 * p + side)).toHaveLength(length);
            }
          }
        }
        expect(seen.sort((a, b) => a - b)).toEqual(pairs.flatMap((item, i) => (usable.includes(item) ? [i] : [])));
        const { pairs: used, overlong, withoutAnswer, equal } = source.statistics;
        expect(used + overlong + withoutAnswer + equal).toBe(pairs.length);
      }),
      { numRuns: 100 },
    );
  });
});

const architecture = decoderConfig({
  family: 'llama',
  vocabSize: 48,
  contextLength: 16,
  hiddenSize: 32,
  intermediateSize: 64,
  numLayers: 2,
  numHeads: 2,
  tieEmbeddings: true,
} as never) as DecoderConfig;

/** Prompts of one token; the answer that repeats it is preferred to one that does not. */
const echoes = (from: number): EncodedPair[] =>
  Array.from({ length: 40 }, (_, i) => {
    const token = from + (i % 20);
    return { chosen: answer([1, token], [token, 2]), rejected: answer([1, token], [from + ((i + 7) % 20), 2]) };
  });

describe('learning from pairs', () => {
  const folder = mkdtempSync(join(tmpdir(), 'abovo-preference-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const params = initialize(architecture, 3);

  it('scores a pair alike wherever it lies', async () => {
    const pairs = echoes(3);
    const one = await pairScores(
      executor,
      architecture,
      params,
      packPairs(pairs, { sequenceLength: 16, batchSize: 4, seed: 1 }),
    );
    const other = await pairScores(
      executor,
      architecture,
      params,
      packPairs(pairs, { sequenceLength: 9, batchSize: 3, seed: 2 }),
    );
    expect(one.size).toBe(pairs.length);
    for (const [number, scores] of one)
      scores.forEach((score, side) => expect(score).toBeCloseTo(other.get(number)![side]!, 4));
  });

  it.each(Object.keys(preferenceLosses) as PreferenceLossName[])(
    '%s makes the chosen answers likelier than the rejected',
    async (loss) => {
      const { config, options } = resolvePreferenceConfig({
        loss,
        learningRate: 0.01,
        batchTokens: 64,
        microBatchSize: 4,
        steps: 60,
        seed: 1,
        checkpointEvery: 0,
      });
      const pack = { sequenceLength: 16, batchSize: 4 };
      const plain = packPairs(echoes(3), { ...pack, seed: 1 });
      const source = plain.withReference(await pairScores(executor, architecture, params, plain));
      const objective = (given: unknown) => preferenceObjective(architecture, given as typeof source, options);
      const run = (name: string, steps = config.steps) =>
        train({
          config: { ...config, steps },
          architecture,
          initial: params,
          batches: source,
          objective,
          executor,
          folder: join(folder, loss, name),
        });
      const { params: learned, loss: last } = await run('whole');
      const after = await pairScores(executor, architecture, learned, plain);
      const led = [...after.values()].filter(([chosen, rejected]) => chosen > rejected).length / after.size;
      expect(led).toBeGreaterThan(0.9);
      // The same seed, the same bits.
      expect((await run('again')).loss).toBe(last);
    },
  );
});
