import type { DType } from '../tensor/index.js';
import type { ValueType } from './graph.js';
import { anything, broadcastAll, broken, checkSameDtype, floats, numbers } from './rule.js';
import type { TypeRule, TypeRules } from './rule.js';
import { sameShape } from './shape.js';
import type { PrimitiveName } from './primitive.js';

type Unary = TypeRule<PrimitiveName>;

const unary = (dtypes: readonly DType[]): Unary => ({ arity: 1, dtypes, infer: (_, [x]) => [x] });

const binary = (op: string, dtypes: readonly DType[], result?: DType): Unary => ({
  arity: 2,
  dtypes,
  infer(_, inputs) {
    checkSameDtype(op, inputs);
    return [{ dtype: result ?? inputs[0].dtype, shape: broadcastAll(op, inputs) }];
  },
});

const gradient = (op: string): Unary => ({
  arity: 2,
  dtypes: floats,
  infer(_, inputs): ValueType[] {
    checkSameDtype(op, inputs);
    if (!sameShape(inputs[0].shape, inputs[1].shape)) throw broken(op, 'x and dy of one shape', inputs);
    return [inputs[0]];
  },
});

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

/** Element types that `cast` converts between. */
export const castDtypes: readonly DType[] = ['f32', 'f16', 'bf16', 'i64', 'i32', 'i8', 'u8', 'bool'];

export const elementwiseRules: TypeRules<Names> = {
  neg: unary(numbers),
  abs: unary(numbers),
  sign: unary(numbers),
  floor: unary(floats),
  exp: unary(floats),
  log: unary(floats),
  sqrt: unary(floats),
  reciprocal: unary(floats),
  sin: unary(floats),
  cos: unary(floats),
  tanh: unary(floats),
  sigmoid: unary(floats),
  erf: unary(floats),
  relu: unary(floats),
  gelu: unary(floats),
  silu: unary(floats),
  geluGrad: gradient('geluGrad'),
  siluGrad: gradient('siluGrad'),
  not: unary(['bool']),
  cast: {
    arity: 1,
    dtypes: castDtypes,
    infer({ dtype }, [x]) {
      if (!castDtypes.includes(dtype)) throw broken('cast', `one of ${castDtypes.join(' ')}`, dtype);
      return [{ dtype, shape: x.shape }];
    },
  },
  stopGradient: unary(anything),
  add: binary('add', numbers),
  sub: binary('sub', numbers),
  mul: binary('mul', numbers),
  div: binary('div', numbers),
  pow: binary('pow', floats),
  max: binary('max', numbers),
  min: binary('min', numbers),
  equal: binary('equal', numbers, 'bool'),
  less: binary('less', numbers, 'bool'),
  lessEqual: binary('lessEqual', numbers, 'bool'),
  and: binary('and', ['bool']),
  or: binary('or', ['bool']),
  where: {
    arity: 3,
    dtypes: ['bool'],
    infer(_, inputs) {
      const [, a, b] = inputs;
      if (a.dtype !== b.dtype || !numbers.includes(a.dtype))
        throw broken('where', 'two f32 or two i32 branches', inputs);
      return [{ dtype: a.dtype, shape: broadcastAll('where', inputs) }];
    },
  },
};
