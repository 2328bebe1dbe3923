import {
  cast,
  cos,
  div,
  equal,
  exp,
  geluGrad,
  less,
  log,
  mul,
  neg,
  pow,
  sign,
  siluGrad,
  sin,
  sub,
  where,
} from '../ir/index.js';
import type { PrimitiveName, Tensor } from '../ir/index.js';
import { only, refused, sumTo, zero } from './rule.js';
import type { Application, Vjp, VjpRules } from './rule.js';

type Names =
  | 'neg'
  | 'abs'
  | 'sign'
  | 'floor'
  | 'exp'
  | 'log'
  | 'sqrt'
  | 'reciprocal'
  | 'sin'
  | 'cos'
  | 'tanh'
  | 'sigmoid'
  | 'erf'
  | 'relu'
  | 'gelu'
  | 'silu'
  | 'geluGrad'
  | 'siluGrad'
  | 'not'
  | 'cast'
  | 'stopGradient'
  | 'add'
  | 'sub'
  | 'mul'
  | 'div'
  | 'pow'
  | 'max'
  | 'min'
  | 'equal'
  | 'less'
  | 'lessEqual'
  | 'and'
  | 'or'
  | 'where';

/** From (dy, x, y) to dx. */
const unary =
  (rule: (dy: Tensor, x: Tensor, y: Tensor) => Tensor): Vjp<PrimitiveName> =>
  ({ inputs, outputs, gradients }) => [rule(only(gradients), inputs[0], outputs[0])];

/** From (dy, a, b, y) to da and db, each before the sum over what was broadcast. */
const binary =
  (byA: (dy: Tensor, a: Tensor, b: Tensor, y: Tensor) => Tensor, byB: typeof byA): Vjp<PrimitiveName> =>
  ({ inputs: [a, b], outputs: [y], gradients, needs }) => {
    const dy = only(gradients);
    return [
      needs[0] ? sumTo(byA(dy, a, b, y), a.shape) : undefined,
      needs[1] ? sumTo(byB(dy, a, b, y), b.shape) : undefined,
    ];
  };

/** dy where `wins` is the larger operand, half of it where both are equal. */
const share = (dy: Tensor, wins: Tensor, loses: Tensor) =>
  where(less(loses, wins), dy, where(equal(wins, loses), mul(dy, 0.5), 0));

function whereRule({ inputs: [condition, a, b], gradients, needs }: Application<'where'>) {
  const dy = only(gradients);
  return [
    undefined,
    needs[1] ? sumTo(where(condition, dy, 0), a.shape) : undefined,
    needs[2] ? sumTo(where(condition, 0, dy), b.shape) : undefined,
  ];
}

const isBool = zero('the result is true or false');

export const elementwiseVjps: VjpRules<Names> = {
  neg: unary((dy) => neg(dy)),
  abs: unary((dy, x) => mul(dy, sign(x))),
  sign: zero('constant but for a jump at 0'),
  floor: zero('constant but for jumps'),
  exp: unary((dy, _, y) => mul(dy, y)),
  log: unary((dy, x) => div(dy, x)),
  sqrt: unary((dy, _, y) => div(mul(dy, 0.5), y)),
  reciprocal: unary((dy, _, y) => neg(mul(mul(dy, y), y))),
  sin: unary((dy, x) => mul(dy, cos(x))),
  cos: unary((dy, x) => neg(mul(dy, sin(x)))),
  tanh: unary((dy, _, y) => mul(dy, sub(1, mul(y, y)))),
  sigmoid: unary((dy, _, y) => mul(dy, mul(y, sub(1, y)))),
  erf: unary((dy, x) => mul(dy, mul(exp(neg(mul(x, x))), 2 / Math.sqrt(Math.PI)))),
  relu: unary((dy, x) => where(less(0, x), dy, 0)),
  gelu: ({ attributes, inputs: [x], gradients }) => [geluGrad(x, only(gradients), attributes)],
  silu: unary((dy, x) => siluGrad(x, dy)),
  geluGrad: refused('it is a gradient itself, and second derivatives are not provided'),
  siluGrad: refused('it is a gradient itself, and second derivatives are not provided'),
  not: isBool,
  cast: unary((dy, x) => cast(dy, x.dtype)),
  stopGradient: zero('asked to stop here'),
  add: binary(
    (dy) => dy,
    (dy) => dy,
  ),
  sub: binary(
    (dy) => dy,
    (dy) => neg(dy),
  ),
  mul: binary(
    (dy, _, b) => mul(dy, b),
    (dy, a) => mul(dy, a),
  ),
  div: binary(
    (dy, _, b) => div(dy, b),
    (dy, _, b, y) => neg(div(mul(dy, y), b)),
  ),
  pow: binary(
    (dy, a, b) => mul(dy, mul(b, pow(a, sub(b, 1)))),
    (dy, a, _, y) => mul(dy, mul(y, log(a))),
  ),
  max: binary(
    (dy, a, b) => share(dy, a, b),
    (dy, a, b) => share(dy, b, a),
  ),
  min: binary(
    (dy, a, b) => share(dy, neg(a), neg(b)),
    (dy, a, b) => share(dy, neg(b), neg(a)),
  ),
  equal: isBool,
  less: isBool,
  lessEqual: isBool,
  and: isBool,
  or: isBool,
  where: whereRule,
};
