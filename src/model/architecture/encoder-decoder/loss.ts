import type { Tensor } from '../../../compiler/ir/index.js';
import type { Dim } from '../../../compiler/ir/index.js';
import { causalLmLoss, ignoredTarget } from '../../nn/index.js';
import type { CausalLmLoss } from '../../nn/index.js';
import { reshape, multiplyDims } from '../../../compiler/ir/index.js';
import type { Params } from '../specs.js';
import type { EncoderDecoderConfig } from './config.js';
import { decodeTarget, encodeSource, sourceMemory } from './forward.js';
import type { SourceInput, TargetInput } from './forward.js';

/** One batch of sources with their targets, padded; B rows of S source and T target tokens. */
export interface SequenceToSequenceBatch extends Pick<SourceInput, 'dropout' | 'linear'> {
  /** i32 [B, S]. */
  readonly sourceIds: Tensor;
  /** i32 or bool [B, S]: 0 for padding. */
  readonly sourceMask?: Tensor;
  /** What the decoder reads, i32 [B, T]: its start token and the targets one place later (see `shiftRight`). */
  readonly targetIds: Tensor;
  /** What it shall write, i32 [B, T]; -100 where there is no loss (padding). */
  readonly labels: Tensor;
  /** Documents and places of packed rows, as in `SourceInput` and `TargetInput`. */
  readonly segments?: TargetInput['segments'];
  readonly sourcePositions?: Tensor;
  readonly targetPositions?: Tensor;
}

/** Cross-entropy of the labels, the decoder reading the true tokens before each (teacher forcing). */
export function sequenceToSequenceLoss(
  config: EncoderDecoderConfig,
  params: Params<Tensor>,
  batch: SequenceToSequenceBatch,
): CausalLmLoss & { readonly logits: Tensor } {
  const { sourceIds, sourceMask, targetIds, labels, segments, sourcePositions, targetPositions } = batch;
  const hooks = { dropout: batch.dropout, linear: batch.linear };
  const [B, S] = sourceIds.shape as readonly [Dim, Dim];
  const { hidden } = encodeSource(config, params, {
    ...hooks,
    ids: sourceIds,
    mask: sourceMask,
    segments: segments?.source,
    positions: sourcePositions,
  });
  const { logits } = decodeTarget(config, params, {
    ...hooks,
    ids: targetIds,
    memory: sourceMemory(config, params, hidden, { B, S }, batch.linear),
    sourceMask,
    segments,
    positions: targetPositions,
  });
  return { ...causalLmLoss(logits, reshape(labels, [multiplyDims(...labels.shape)])), logits };
}

/**
 * What the decoder reads for these labels: its start token, then each label one place later, `pad` where a label does
 * not count (-100).
 */
export function shiftRight(
  { decoderStart, pad }: Pick<EncoderDecoderConfig, 'decoderStart' | 'pad'>,
  labels: readonly number[],
): number[] {
  return labels.map((_, t) => {
    const before = t === 0 ? decoderStart : (labels[t - 1] as number);
    return before === ignoredTarget ? (pad ?? decoderStart) : before;
  });
}
