import {
  add,
  broadcastTo,
  crossEntropyGrad,
  exp,
  expandDims,
  matmul,
  multiplyDims,
  mul,
  neg,
  reduceMean,
  reduceSum,
  reshape,
  rope,
  slice,
  softmax,
  sub,
  sum,
} from '../ir/index.js';
import type { Tensor } from '../ir/index.js';
import { only, refused, staticShape, sumTo } from './rule.js';
import type { Application, VjpRules } from './rule.js';

type Names =
  | 'matmul'
  | 'softmax'
  | 'logSoftmax'
  | 'layerNorm'
  | 'rmsNorm'
  | 'crossEntropy'
  | 'crossEntropyGrad'
  | 'rope'
  | 'attention'
  | 'cachedAttention';

const addIf = (a: Tensor | undefined, b: Tensor | undefined) => (a && b ? add(a, b) : (a ?? b));
const rowSum = (x: Tensor) => reduceSum(x, -1, { keepDims: true });
const columnSum = (x: Tensor) =>
  x.rank === 1
    ? x
    : sum(
        x,
        x.shape.slice(0, -1).map((_, i) => i),
      );

/** Mean over the last axis of p·scale as one matrix-vector product: reads p once and writes nothing of its size. */
function weightedMean(p: Tensor, scale: Tensor): Tensor {
  const width = staticShape(scale)[0];
  const rows = reshape(p, [multiplyDims(...p.shape.slice(0, -1)), width]);
  return reshape(matmul(rows, reshape(scale, [width, 1]), { alpha: 1 / width }), [...p.shape.slice(0, -1), 1]);
}

function matmulRule({ attributes, inputs: [a, b], gradients, needs }: Application<'matmul'>) {
  const { transposeA, transposeB, alpha } = attributes;
  const dy = only(gradients);
  const byA = () =>
    transposeA
      ? matmul(b, dy, { transposeA: transposeB, transposeB: true, alpha })
      : matmul(dy, b, { transposeB: !transposeB, alpha });
  const byB = () => {
    // One matrix b for a whole stack: fold the stack into the rows, so that its gradient is one product.
    const fold = b.rank === 2 && a.rank > 2 && !transposeA;
    const flat = (x: Tensor) => (fold ? reshape(x, [multiplyDims(...x.shape.slice(0, -1)), x.shape.at(-1)!]) : x);
    return transposeB
      ? matmul(flat(dy), flat(a), { transposeA: true, transposeB: transposeA, alpha })
      : matmul(flat(a), flat(dy), { transposeA: !transposeA, alpha });
  };
  return [needs[0] ? sumTo(byA(), a.shape) : undefined, needs[1] ? sumTo(byB(), b.shape) : undefined];
}

/**
 * With x̂ = (x - mean)·r and g = dy·scale: dx = r·(g - mean(g) - x̂·mean(g·x̂)), dScale = Σ dy·x̂, dBias = Σ dy
 * (Ba, Kiros, Hinton 2016, differentiated).
 */
function layerNormRule({
  inputs: [x, scale],
  outputs,
  gradients: [dy, dMean, dInverseStd],
  needs,
}: Application<'layerNorm'>) {
  const [, mean, inverseStd] = outputs;
  const width = staticShape(scale)[0];
  const xHat = mul(sub(x, mean), inverseStd);
  const product = dy && (needs[0] || needs[1]) ? mul(dy, xHat) : undefined;
  let dx: Tensor | undefined;
  if (needs[0]) {
    if (dy && product) {
      const g = mul(dy, scale);
      const centred = sub(g, reduceMean(g, -1, { keepDims: true }));
      dx = mul(sub(centred, mul(xHat, weightedMean(product, scale))), inverseStd);
    }
    if (dMean) dx = addIf(dx, broadcastTo(mul(dMean, 1 / width), x.shape));
    if (dInverseStd) dx = addIf(dx, mul(xHat, mul(mul(dInverseStd, mul(inverseStd, inverseStd)), -1 / width)));
  }
  return [dx, needs[1] && product ? columnSum(product) : undefined, needs[2] && dy ? columnSum(dy) : undefined];
}

/** As layer normalization without the mean: dx = r·(g - x̂·mean(g·x̂)). */
function rmsNormRule({
  inputs: [x, scale],
  outputs: [, inverseRms],
  gradients: [dy, dInverse],
  needs,
}: Application<'rmsNorm'>) {
  const width = staticShape(scale)[0];
  const xHat = mul(x, inverseRms);
  const product = dy && mul(dy, xHat);
  let dx: Tensor | undefined;
  if (needs[0]) {
    if (dy && product) dx = mul(sub(mul(dy, scale), mul(xHat, weightedMean(product, scale))), inverseRms);
    if (dInverse) dx = addIf(dx, mul(xHat, mul(mul(dInverse, mul(inverseRms, inverseRms)), -1 / width)));
  }
  return [dx, needs[1] && product ? columnSum(product) : undefined];
}

function crossEntropyRule({
  inputs: [logits, targets],
  outputs: [, logSumExp],
  gradients: [dLoss, dLse],
}: Application<'crossEntropy'>) {
  const byLoss = dLoss && crossEntropyGrad(logits, targets, logSumExp, dLoss);
  const byLse = dLse && mul(softmax(logits), expandDims(dLse, -1));
  return [addIf(byLoss, byLse)];
}

/** The gradient by x is the rotation backwards; those by the tables are products of the two halves. */
function ropeRule({ attributes: { interleaved }, inputs: [x, cosine, sine], gradients, needs }: Application<'rope'>) {
  const dy = only(gradients);
  const halves = (t: Tensor) => {
    const size = staticShape(t)[3];
    return interleaved
      ? [slice(t, 3, 0, size, 2), slice(t, 3, 1, size, 2)]
      : [slice(t, 3, 0, size / 2), slice(t, 3, size / 2, size)];
  };
  const byTable = (pick: (x1: Tensor, x2: Tensor, d1: Tensor, d2: Tensor) => Tensor, table: Tensor) => {
    const [x1, x2] = halves(x);
    const [d1, d2] = halves(dy);
    return sumTo(reduceSum(pick(x1, x2, d1, d2), 1), table.shape);
  };
  return [
    needs[0] ? rope(dy, cosine, neg(sine), { interleaved }) : undefined,
    needs[1] ? byTable((x1, x2, d1, d2) => add(mul(d1, x1), mul(d2, x2)), cosine) : undefined,
    needs[2] ? byTable((x1, x2, d1, d2) => sub(mul(d2, x1), mul(d1, x2)), sine) : undefined,
  ];
}

/**
 * From the saved probabilities P: dP = dO·vᵀ, dS = P·(dP - rowsum(dO·O)) (FlashAttention, Dao et al. 2022, appendix B:
 * rowsum(dP·P) = rowsum(dO·O), which is over K instead of T elements), dq = scale·dS·k, dk = scale·dSᵀ·q, dv = Pᵀ·dO.
 * The H/G query heads of a group are consecutive, so they fold into rows and the products sum over them by themselves.
 */
function attentionRule({
  attributes: { scale },
  inputs: [q, k, v],
  outputs,
  gradients: [dOut, dProbabilities],
  needs,
}: Application<'attention'>) {
  const [batch, heads, length, size] = staticShape(q);
  const groups = staticShape(k)[1];
  const rows = (heads / groups) * length;
  const fold = (x: Tensor, last: number) => reshape(x, [batch, groups, rows, last]);
  const [out, probabilities] = [fold(outputs[0], size), fold(outputs[1], length)];
  const dO = dOut && fold(dOut, size);
  const dPExtra = dProbabilities && fold(dProbabilities, length);
  const dP = addIf(dO && matmul(dO, v, { transposeB: true }), dPExtra);
  const rowDot = addIf(dO && rowSum(mul(dO, out)), dPExtra && rowSum(mul(dPExtra, probabilities)));
  const dS = dP && rowDot && (needs[0] || needs[1]) ? mul(probabilities, sub(dP, rowDot)) : undefined;
  return [
    dS && needs[0] ? reshape(matmul(dS, k, { alpha: scale }), q.shape) : undefined,
    dS && needs[1] ? matmul(dS, fold(q, size), { transposeA: true, alpha: scale }) : undefined,
    dO && needs[2] ? matmul(probabilities, dO, { transposeA: true }) : undefined,
  ];
}

export const fusedVjps: VjpRules<Names> = {
  matmul: matmulRule,
  softmax({ outputs: [y], gradients }) {
    const dy = only(gradients);
    return [mul(y, sub(dy, rowSum(mul(dy, y))))];
  },
  logSoftmax({ outputs: [y], gradients }) {
    const dy = only(gradients);
    return [sub(dy, mul(exp(y), rowSum(dy)))];
  },
  layerNorm: layerNormRule,
  rmsNorm: rmsNormRule,
  crossEntropy: crossEntropyRule,
  crossEntropyGrad: refused('it is a gradient itself, and second derivatives are not provided'),
  rope: ropeRule,
  attention: attentionRule,
  cachedAttention: refused('it serves decoding, where nothing is trained: use attention'),
};
