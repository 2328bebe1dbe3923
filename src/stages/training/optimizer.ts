import { add, div, mul, sqrt, sub } from '../../compiler/ir/index.js';
import type { Tensor } from '../../compiler/ir/index.js';
import { hostTensor } from '../../compiler/tensor/index.js';
import type { HostTensor } from '../../compiler/tensor/index.js';
import type { TrainConfig } from './config.js';
import { orthogonalize } from './muon.js';
import { learningRateFactor } from './schedule.js';

/** What an optimizer must know of a parameter. */
export interface ParameterInfo {
  readonly shape: readonly number[];
  readonly kind: 'embedding' | 'matrix' | 'vector' | 'head';
}

/** Parameters with one rule and one learning rate. */
export type Group = 'matrix' | 'muon' | 'embedding' | 'vector';

export type OptimizerConfig = Pick<
  TrainConfig,
  | 'optimizer'
  | 'learningRate'
  | 'embeddingLearningRate'
  | 'muonLearningRate'
  | 'beta1'
  | 'beta2'
  | 'epsilon'
  | 'muonMomentum'
  | 'muonScale'
  | 'weightDecay'
  | 'decayEmbeddings'
  | 'averageDecay'
>;

export function groupOf(config: OptimizerConfig, info: ParameterInfo): Group {
  if (info.kind === 'vector') return 'vector';
  if (info.kind === 'matrix') return config.optimizer === 'muon' ? 'muon' : 'matrix';
  return 'embedding';
}

/** State tensor that holds the moving average of a parameter. */
export const average = 'average';

/** Names of the state tensors of a parameter; each has the parameter's shape. */
export function stateNames(config: OptimizerConfig, info: ParameterInfo): readonly string[] {
  const moments = groupOf(config, info) === 'muon' ? ['momentum'] : ['moment1', 'moment2'];
  return config.averageDecay > 0 ? [...moments, average] : moments;
}

function decays(config: OptimizerConfig, group: Group): boolean {
  return (
    config.weightDecay > 0 &&
    (group === 'matrix' || group === 'muon' || (group === 'embedding' && config.decayEmbeddings))
  );
}

function peakRate(config: OptimizerConfig, group: Group): number {
  if (group === 'muon') return config.muonLearningRate;
  return group === 'embedding' ? (config.embeddingLearningRate ?? config.learningRate) : config.learningRate;
}

/** Names of the scalar inputs of a group: step size, share of the weights that stays, and AdamW's scaled epsilon. */
export function scalarNames(config: OptimizerConfig, group: Group): readonly string[] {
  return [
    `scalar:${group}:rate`,
    ...(decays(config, group) ? [`scalar:${group}:keep`] : []),
    ...(group === 'muon' ? [] : ['scalar:epsilon']),
  ];
}

/**
 * Values of the scalar inputs for update `step` (0-based), computed in float64.
 *
 * AdamW keeps M = m/(1-β₁) and V = v/(1-β₂), which saves two passes over each tensor: with bias corrections
 * c₁ = 1-β₁ᵗ, c₂ = 1-β₂ᵗ and s = √((1-β₂)/c₂), the published update lr·(m/c₁)/(√(v/c₂)+ε) equals
 * [lr·(1-β₁)/(c₁·s)] · M/(√V + ε/s).
 */
export function scalarFeeds(
  config: OptimizerConfig & Parameters<typeof learningRateFactor>[0],
  groups: Iterable<Group>,
  step: number,
): Record<string, HostTensor> {
  const factor = learningRateFactor(config, step);
  const { beta1, beta2 } = config;
  const second = Math.sqrt((1 - beta2) / (1 - beta2 ** (step + 1)));
  const first = (1 - beta1) / (1 - beta1 ** (step + 1));
  const values: Record<string, number> = {};
  for (const group of groups) {
    const rate = peakRate(config, group) * factor;
    values[`scalar:${group}:rate`] = group === 'muon' ? rate : (rate * first) / second;
    if (decays(config, group)) values[`scalar:${group}:keep`] = 1 - rate * config.weightDecay;
    if (group !== 'muon') values['scalar:epsilon'] = config.epsilon / second;
  }
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, hostTensor('f32', [], [value])]));
}

export interface Update {
  readonly parameter: Tensor;
  readonly state: Readonly<Record<string, Tensor>>;
}

/**
 * One update of one parameter. `clip` scales the gradient (global-norm clipping) and is folded in where the gradient
 * first enters; `scalars` are the inputs named by `scalarNames`.
 *
 * AdamW: Loshchilov and Hutter, "Decoupled Weight Decay Regularization" (2019). Muon: Jordan et al., "Muon: an
 * optimizer for hidden layers" (2024); `matchAdamw` is Moonshot's scale 0.2·√max(rows, columns) (2025).
 */
export function applyUpdate(...given: Parameters<typeof updateOf>): Update {
  const { parameter, state } = updateOf(...given);
  const [{ averageDecay: decay }, , inputs] = given;
  if (decay === 0) return { parameter, state };
  const mean = add(mul(inputs.state[average], decay), mul(parameter, 1 - decay));
  return { parameter, state: { ...state, [average]: mean } };
}

function updateOf(
  config: OptimizerConfig,
  info: ParameterInfo,
  inputs: {
    readonly parameter: Tensor;
    readonly gradient: Tensor;
    readonly state: Readonly<Record<string, Tensor>>;
    readonly clip?: Tensor;
    readonly scalars: Readonly<Record<string, Tensor>>;
    /** The weight lies as [in, out] instead of [out, in]. */
    readonly inputFirst: boolean;
  },
): Update {
  const group = groupOf(config, info);
  const { parameter, state, clip, scalars } = inputs;
  const gradient = clip ? mul(inputs.gradient, clip) : inputs.gradient;
  const rate = scalars[`scalar:${group}:rate`];
  const kept = decays(config, group) ? mul(parameter, scalars[`scalar:${group}:keep`]) : parameter;
  if (group === 'muon') {
    const momentum = add(mul(state.momentum, config.muonMomentum), gradient);
    const direction = orthogonalize(add(mul(momentum, config.muonMomentum), gradient));
    const size = mul(rate, muonFactor(config, info.shape, inputs.inputFirst));
    return { parameter: sub(kept, mul(direction, size)), state: { momentum } };
  }
  const moment1 = add(mul(state.moment1, config.beta1), gradient);
  const moment2 = add(mul(state.moment2, config.beta2), mul(gradient, gradient));
  const step = div(moment1, add(sqrt(moment2), scalars['scalar:epsilon']));
  return { parameter: sub(kept, mul(step, rate)), state: { moment1, moment2 } };
}

function muonFactor(config: OptimizerConfig, shape: readonly number[], inputFirst: boolean): number {
  const [rows, columns] = inputFirst ? [shape[1], shape[0]] : [shape[0], shape[1]];
  return config.muonScale === 'aspect'
    ? Math.sqrt(Math.max(1, rows / columns))
    : 0.2 * Math.sqrt(Math.max(rows, columns));
}
