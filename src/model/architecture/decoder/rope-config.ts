import type { Json } from '../../../base/core/index.js';
import { yarnAttentionFactor } from '../../nn/index.js';
import type { RotaryScaling } from '../../nn/index.js';
import { refuseField } from '../fields.js';
import type { Fields } from '../fields.js';
import type { DecoderConfig } from './config.js';

/** Base and scaling of one set of rotary frequencies. */
export interface Rope {
  readonly ropeTheta: number;
  readonly ropeScaling: RotaryScaling | null;
}

/** YaRN's factor of cosines and sines, from whichever of its three spellings there is. */
function attentionFactor(rope: Fields, factor: number): number {
  const [all, queries] = [rope.number('mscale_all_dim', 0), rope.number('mscale', 0)];
  const inferred =
    all > 0 && queries > 0
      ? yarnAttentionFactor(factor, queries) / yarnAttentionFactor(factor, all)
      : yarnAttentionFactor(factor);
  return rope.number('attention_factor', inferred);
}

/**
 * Reads `rope_parameters` of transformers 5 or `rope_scaling` of transformers 4 (`rope` is that object, where there is
 * one); `theta` is the base that stands beside it, `contextLength` the model's.
 */
export function ropeFromHf(rope: Fields | undefined, theta: number, contextLength: number): Rope {
  const ropeTheta = rope?.number('rope_theta', theta) ?? theta;
  const type = rope?.get('rope_type') ?? rope?.get('type') ?? 'default';
  if (!rope || type === 'default') return { ropeTheta, ropeScaling: null };
  rope.only('partial_rotary_factor', [1]);
  const original = rope.number('original_max_position_embeddings', contextLength);
  const scaling = (): RotaryScaling => {
    switch (type) {
      case 'linear':
        return { type, factor: rope.number('factor') };
      case 'dynamic':
        return { type, factor: rope.number('factor'), original: contextLength };
      case 'llama3':
        return {
          type,
          factor: rope.number('factor'),
          original,
          lowFactor: rope.number('low_freq_factor'),
          highFactor: rope.number('high_freq_factor'),
        };
      case 'yarn': {
        const factor = rope.number('factor', contextLength / original);
        return {
          type,
          factor,
          original,
          betaFast: rope.number('beta_fast', 32),
          betaSlow: rope.number('beta_slow', 1),
          attentionFactor: attentionFactor(rope, factor),
          truncate: rope.boolean('truncate', true),
        };
      }
      default:
        return refuseField('rope_type', 'to be one of default, linear, dynamic, yarn, llama3', type);
    }
  };
  return { ropeTheta, ropeScaling: scaling() };
}

/** `rope_parameters` as transformers 5 reads them. */
export function ropeToHf({ ropeTheta, ropeScaling }: Rope): Record<string, Json> {
  const base = { rope_theta: ropeTheta };
  if (!ropeScaling) return { ...base, rope_type: 'default' };
  const { type, factor } = ropeScaling;
  switch (ropeScaling.type) {
    case 'linear':
    case 'dynamic':
      return { ...base, rope_type: type, factor };
    case 'llama3':
      return {
        ...base,
        rope_type: type,
        factor,
        original_max_position_embeddings: ropeScaling.original,
        low_freq_factor: ropeScaling.lowFactor,
        high_freq_factor: ropeScaling.highFactor,
      };
    case 'yarn':
      return {
        ...base,
        rope_type: type,
        factor,
        original_max_position_embeddings: ropeScaling.original,
        beta_fast: ropeScaling.betaFast,
        beta_slow: ropeScaling.betaSlow,
        attention_factor: ropeScaling.attentionFactor,
        truncate: ropeScaling.truncate,
      };
    default:
      return ropeScaling satisfies never;
  }
}

/**
 * `max_position_embeddings`: the context, but with dynamic scaling the context that is stretched. What the text may
 * reach beyond it stands in a field of our own, which transformers passes over.
 */
export function contextToHf({ contextLength, ropeScaling }: DecoderConfig): Record<string, Json> {
  if (ropeScaling?.type !== 'dynamic' || ropeScaling.original === contextLength) {
    return { max_position_embeddings: contextLength };
  }
  return { max_position_embeddings: ropeScaling.original, abovo_context_length: contextLength };
}
