import { add, exp, log, max, mul, neg, sigmoid, square, sub } from '../../../compiler/ir/index.js';
import type { Tensor } from '../../../compiler/ir/index.js';

// P pairs. Everything is f32 [P], natural logarithms of whole answers unless said.

/** What a model, and where the loss asks for it the frozen reference, say of the two sides of each pair. */
export interface PairScores {
  /** Σ log p(token) over the answer. */
  readonly chosen_P: Tensor;
  readonly rejected_P: Tensor;
  /** Tokens of the answers. */
  readonly chosenLength_P: Tensor;
  readonly rejectedLength_P: Tensor;
  readonly referenceChosen_P: Tensor;
  readonly referenceRejected_P: Tensor;
}

export interface PreferenceLossOptions {
  /** How far the policy may go from the reference: small is far (DPO 0.1). In IPO it is the regularization τ, in ORPO the weight λ. */
  readonly beta: number;
  /** cDPO: probability that a label is wrong. Sigmoid loss only. */
  readonly labelSmoothing: number;
  /** SimPO: the margin γ that the chosen answer must lead by; `gammaOverBeta` times β. */
  readonly gammaOverBeta: number;
}

/** -log σ(x) = softplus(-x), without overflow on either side. */
const negLogSigmoid = (x: Tensor): Tensor => {
  const m = max(neg(x), 0);
  return add(m, log(add(exp(neg(m)), exp(sub(neg(x), m)))));
};

/** How much more the policy prefers the chosen side than the reference does. */
const logRatio = (s: PairScores): Tensor =>
  sub(sub(s.chosen_P, s.rejected_P), sub(s.referenceChosen_P, s.referenceRejected_P));

const perToken = (s: PairScores) => ({
  chosen: mul(s.chosen_P, reciprocalOf(s.chosenLength_P)),
  rejected: mul(s.rejected_P, reciprocalOf(s.rejectedLength_P)),
});

const reciprocalOf = (length_P: Tensor): Tensor => exp(neg(log(max(length_P, 1))));

/** log(p / (1 - p)) of the geometric mean probability p = exp(x), x < 0. */
function logOdds(x: Tensor): Tensor {
  // 1 - exp(x) loses its digits near x = 0; a probability so near 1 is cut.
  return sub(x, log(max(sub(1, exp(x)), 1e-6)));
}

/** A loss over pairs, and whether it needs the reference's log-probabilities. */
export interface PreferenceLoss {
  readonly reference: boolean;
  /** Whether the mean negative log-likelihood of the chosen answer is part of it. */
  readonly likelihood: boolean;
  readonly source: string;
  loss(scores: PairScores, options: PreferenceLossOptions): Tensor;
}

/** Losses over pairs; each gives f32 [P]. Adding one is a row here. */
export const preferenceLosses = {
  sigmoid: {
    reference: true,
    likelihood: false,
    source: 'Rafailov et al. 2023 (DPO); with label smoothing Mitchell 2023 (cDPO)',
    loss(s, { beta, labelSmoothing }) {
      const x = mul(logRatio(s), beta);
      if (labelSmoothing === 0) return negLogSigmoid(x);
      return add(mul(negLogSigmoid(x), 1 - labelSmoothing), mul(negLogSigmoid(neg(x)), labelSmoothing));
    },
  },
  hinge: {
    reference: true,
    likelihood: false,
    source: 'Zhao et al. 2023 (SLiC), on the ratio to the reference as in Liu et al. 2023',
    loss: (s, { beta }) => max(sub(1, mul(logRatio(s), beta)), 0),
  },
  ipo: {
    reference: true,
    likelihood: false,
    source: 'Azar et al. 2023 (IPO), on means over the tokens of an answer as its authors ask',
    loss(s, { beta }) {
      const policy = perToken(s);
      const reference = perToken({ ...s, chosen_P: s.referenceChosen_P, rejected_P: s.referenceRejected_P });
      const x = sub(sub(policy.chosen, policy.rejected), sub(reference.chosen, reference.rejected));
      return square(sub(x, 1 / (2 * beta)));
    },
  },
  simpo: {
    reference: false,
    likelihood: false,
    source: 'Meng et al. 2024 (SimPO)',
    loss(s, { beta, gammaOverBeta }) {
      const { chosen, rejected } = perToken(s);
      return negLogSigmoid(mul(sub(sub(chosen, rejected), gammaOverBeta), beta));
    },
  },
  orpo: {
    reference: false,
    likelihood: true,
    source: 'Hong et al. 2024 (ORPO)',
    loss(s, { beta }) {
      const { chosen, rejected } = perToken(s);
      return mul(negLogSigmoid(sub(logOdds(chosen), logOdds(rejected))), beta);
    },
  },
} as const satisfies Readonly<Record<string, PreferenceLoss>>;

export type PreferenceLossName = keyof typeof preferenceLosses;

/** σ(β·log-ratio): the probability that the implicit reward gives the chosen side, for reports. */
export const preferenceProbability = (s: PairScores, beta: number): Tensor => sigmoid(mul(logRatio(s), beta));
