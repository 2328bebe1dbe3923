import {
  add,
  crossEntropy,
  div,
  equal,
  expandDims,
  iota,
  matmul,
  max,
  mul,
  neg,
  reduceSum,
  reshape,
  slice,
  trace,
  where,
} from '../../../compiler/ir/index.js';
import type { Graph, Tensor, ValueType } from '../../../compiler/ir/index.js';
import type { HostTensor } from '../../../compiler/tensor/index.js';
import { forward, parameterSpecs } from '../../../model/architecture/index.js';
import type { DecoderConfig } from '../../../model/architecture/index.js';
import { positionsOf } from '../../training/index.js';
import type { Objective } from '../../training/index.js';
import { preferenceLosses } from './losses.js';
import type { PreferenceLoss, PreferenceLossName, PreferenceLossOptions } from './losses.js';
import type { PackedPairs, PairTokens } from './pairs.js';

// B rows, T positions, N = B·T, P pairs, S = 2·P sequences, V vocabulary.

export interface PreferenceOptions extends PreferenceLossOptions {
  readonly loss: PreferenceLossName;
  /** Weight of the chosen answer's mean negative log-likelihood per token, added to the loss (Pang et al. 2024); ORPO has it at 1. */
  readonly likelihoodWeight: number;
}

const inputsOf = ({ batchSize, sequenceLength, pairsPerBatch }: PackedPairs): Record<string, ValueType> => {
  const tokens: ValueType = { dtype: 'i32', shape: [batchSize, sequenceLength] };
  const perSequence: ValueType = { dtype: 'f32', shape: [2 * pairsPerBatch] };
  return {
    ids: tokens,
    positions: tokens,
    segments: tokens,
    targets: tokens,
    sequences: tokens,
    lengths: perSequence,
    reference: perSequence,
  };
};

export function feedsOf(batch: PairTokens): Record<string, HostTensor> {
  const shape = [batch.batchSize, batch.sequenceLength];
  const tokens = (data: Int32Array): HostTensor => ({ dtype: 'i32', shape, data });
  const perSequence = (data: Float32Array): HostTensor => ({ dtype: 'f32', shape: [data.length], data });
  return {
    ids: tokens(batch.ids),
    positions: tokens(positionsOf(batch)),
    segments: tokens(batch.segments),
    targets: tokens(batch.targets),
    sequences: tokens(batch.sequences),
    lengths: perSequence(batch.lengths),
    reference: perSequence(batch.reference),
  };
}

/** Σ log p(target) of each sequence, f32 [S]: a product with a 0-1 matrix, as rows hold parts of several sequences. */
function sequenceLogProbabilities(
  config: DecoderConfig,
  params: Readonly<Record<string, Tensor>>,
  inputs: Readonly<Record<string, Tensor>>,
  count: number,
  dropout?: { readonly rate: number; readonly key: Tensor },
): Tensor {
  const { ids, positions, segments, targets, sequences } = inputs;
  const { logits: logits_NV } = forward(config, params, { ids, positions, segments, dropout } as never);
  const n = (ids!.shape as number[]).reduce((a, b) => a * b, 1);
  const { loss: loss_N } = crossEntropy(logits_NV, reshape(targets!, [n]));
  const owner_N1 = expandDims(reshape(sequences!, [n]), 1);
  const member_NS = where(equal(owner_N1, iota([1, count], 1)), 1, 0);
  return neg(reshape(matmul(reshape(loss_N, [1, n]), member_NS), [count]));
}

const sideOf = (values_S: Tensor, pairs: number, side: 0 | 1): Tensor =>
  reshape(slice(reshape(values_S, [pairs, 2]), 1, side, side + 1), [pairs]);

/** A preference loss over packed pairs as an objective of `train`: mean over pairs. */
export function preferenceObjective(
  config: DecoderConfig,
  source: PackedPairs,
  options: PreferenceOptions,
): Objective<PairTokens> {
  const pairs = source.pairsPerBatch;
  const row: PreferenceLoss = preferenceLosses[options.loss];
  const weight = row.likelihood ? 1 : options.likelihoodWeight;
  return {
    name: `${config.family}-${options.loss}`,
    parameters: parameterSpecs(config),
    inputFirst: config.family === 'gpt2',
    inputs: inputsOf(source),
    lossSum(params, inputs, { dropout } = {}) {
      const scores_S = sequenceLogProbabilities(config, params, inputs, 2 * pairs, dropout);
      const { lengths, reference } = inputs as { lengths: Tensor; reference: Tensor };
      const chosen_P = sideOf(scores_S, pairs, 0);
      const chosenLength_P = sideOf(lengths, pairs, 0);
      const scores = {
        chosen_P,
        rejected_P: sideOf(scores_S, pairs, 1),
        chosenLength_P,
        rejectedLength_P: sideOf(lengths, pairs, 1),
        referenceChosen_P: sideOf(reference, pairs, 0),
        referenceRejected_P: sideOf(reference, pairs, 1),
      };
      let loss_P = row.loss(scores, options);
      if (weight > 0) {
        const perToken_P = where(equal(chosenLength_P, 0), 0, div(neg(chosen_P), max(chosenLength_P, 1)));
        loss_P = add(loss_P, mul(perToken_P, weight));
      }
      // Places without a pair.
      return reduceSum(where(equal(chosenLength_P, 0), 0, loss_P));
    },
    feeds: feedsOf,
    countTargets: (batch) => batch.pairs,
  };
}

/** Forward pass alone: Σ log p of each sequence of a batch, output `scores` f32 [S]. */
export function scoreProgram(config: DecoderConfig, source: PackedPairs): Graph {
  const { reference, lengths, ...inputs } = inputsOf(source);
  void reference;
  void lengths;
  const specs = parameterSpecs(config);
  const parameters = Object.fromEntries(
    Object.entries(specs).map(([name, { shape }]) => [`param:${name}`, { dtype: 'f32', shape } satisfies ValueType]),
  );
  return trace(`${config.family}-pair-scores`, { ...inputs, ...parameters }, (given) => {
    const params = Object.fromEntries(Object.keys(specs).map((name) => [name, given[`param:${name}`] as Tensor]));
    return { scores: sequenceLogProbabilities(config, params, given, 2 * source.pairsPerBatch) };
  });
}
