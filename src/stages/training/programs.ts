import { gradients } from '../../compiler/autodiff/index.js';
import { add, div, min, mul, reduceSum, sqrt, trace, zeros } from '../../compiler/ir/index.js';
import type { Graph, Tensor, ValueType } from '../../compiler/ir/index.js';
import type { TrainConfig } from './config.js';
import type { Objective } from './objectives/index.js';
import { applyUpdate, groupOf, scalarNames, stateNames } from './optimizer.js';
import type { Group } from './optimizer.js';

/** Names of a parameter's buffers; each has a twin `next:…` that a program writes while it reads the first. */
export const parameterBuffer = (name: string) => `param:${name}`;
export const gradientBuffer = (name: string) => `grad:${name}`;
export const stateBuffer = (name: string, state: string) => `${state}:${name}`;
export const next = (buffer: string) => `next:${buffer}`;

/** A graph and which of its ports are buffers: inputs of these names are bound, outputs `next:name` written, then both swap. */
export interface StepProgram {
  readonly graph: Graph;
  readonly reads: readonly string[];
  readonly writes: readonly string[];
}

export type StepPrograms =
  /** One micro-batch per step: everything in one program. */
  | { readonly kind: 'fused'; readonly step: StepProgram }
  /** Several: gradients add up in buffers, an all-reduce could stand between the two. */
  | { readonly kind: 'split'; readonly accumulate: StepProgram; readonly apply: StepProgram };

const scalar: ValueType = { dtype: 'f32', shape: [] };

export function groupsOf(config: TrainConfig, objective: Objective<never>): Group[] {
  return [...new Set(Object.values(objective.parameters).map((info) => groupOf(config, info)))];
}

function sumOfSquares(gradients: readonly Tensor[]): Tensor {
  return gradients.map((g) => reduceSum(mul(g, g))).reduce((total, square) => add(total, square));
}

/** Global gradient norm and, with clipping, the factor min(1, clipNorm / (norm + 1e-6)). */
function gradientNorm(gradients: readonly Tensor[], clipNorm: number): { norm: Tensor; clip?: Tensor } {
  const norm = sqrt(sumOfSquares(gradients));
  return clipNorm > 0 ? { norm, clip: min(div(clipNorm, add(norm, 1e-6)), 1) } : { norm };
}

function optimizerPart(
  config: TrainConfig,
  objective: Objective<never>,
  inputs: Readonly<Record<string, Tensor>>,
  gradientOf: Readonly<Record<string, Tensor>>,
): Record<string, Tensor> {
  const names = Object.keys(objective.parameters);
  const { norm, clip } = gradientNorm(
    names.map((name) => gradientOf[name]),
    config.clipNorm,
  );
  const outputs: Record<string, Tensor> = { gradNorm: norm };
  for (const name of names) {
    const info = objective.parameters[name];
    const state = Object.fromEntries(stateNames(config, info).map((key) => [key, inputs[stateBuffer(name, key)]]));
    const update = applyUpdate(config, info, {
      parameter: inputs[parameterBuffer(name)],
      gradient: gradientOf[name],
      state,
      clip,
      scalars: inputs,
      inputFirst: objective.inputFirst,
    });
    outputs[next(parameterBuffer(name))] = update.parameter;
    for (const [key, value] of Object.entries(update.state)) outputs[next(stateBuffer(name, key))] = value;
  }
  return outputs;
}

/**
 * Traces a whole train step. Per micro-batch: loss = lossSum · lossScale, where lossScale = 1 / targets of the whole
 * step, so that the gradient of a step does not depend on how it was cut into micro-batches.
 */
export function trainPrograms(config: TrainConfig, objective: Objective<never>, microBatches: number): StepPrograms {
  const names = Object.keys(objective.parameters);
  const typeOf = (name: string): ValueType => ({ dtype: 'f32', shape: objective.parameters[name].shape });
  const parameterInputs = Object.fromEntries(names.map((name) => [parameterBuffer(name), typeOf(name)]));
  const gradientInputs = Object.fromEntries(names.map((name) => [gradientBuffer(name), typeOf(name)]));
  const stateInputs = Object.fromEntries(
    names.flatMap((name) =>
      stateNames(config, objective.parameters[name]).map((key) => [stateBuffer(name, key), typeOf(name)] as const),
    ),
  );
  const scalarInputs = Object.fromEntries(
    groupsOf(config, objective).flatMap((group) => scalarNames(config, group).map((name) => [name, scalar] as const)),
  );
  const batchInputs: Record<string, ValueType> = { ...objective.inputs, lossScale: scalar };
  if (config.dropout > 0) batchInputs.dropoutKey = { dtype: 'i32', shape: [2] };

  const lossAndGradients = (inputs: Readonly<Record<string, Tensor>>) => {
    const params = Object.fromEntries(names.map((name) => [name, inputs[parameterBuffer(name)]]));
    const dropout = config.dropout > 0 ? { rate: config.dropout, key: inputs.dropoutKey } : undefined;
    const loss = mul(objective.lossSum(params, inputs, { dropout }), inputs.lossScale);
    const all = gradients(
      loss,
      names.map((name) => params[name]),
    );
    return { loss, gradientOf: Object.fromEntries(names.map((name, i) => [name, all[i]])) };
  };

  if (microBatches === 1) {
    const graph = trace(
      `${objective.name}-step`,
      { ...batchInputs, ...scalarInputs, ...parameterInputs, ...stateInputs },
      (inputs) => {
        const { loss, gradientOf } = lossAndGradients(inputs);
        return { loss, ...optimizerPart(config, objective, inputs, gradientOf) };
      },
    );
    const buffers = [...Object.keys(parameterInputs), ...Object.keys(stateInputs)];
    return { kind: 'fused', step: { graph: graph, reads: buffers, writes: buffers } };
  }

  const accumulate = trace(
    `${objective.name}-accumulate`,
    { ...batchInputs, ...parameterInputs, ...gradientInputs },
    (inputs) => {
      const { loss, gradientOf } = lossAndGradients(inputs);
      const square: Record<string, Tensor> = config.noiseScale
        ? { gradSquare: sumOfSquares(names.map((name) => gradientOf[name])) }
        : {};
      const sums = names.map((name) => {
        const buffer = gradientBuffer(name);
        return [next(buffer), add(gradientOf[name], inputs[buffer])] as const;
      });
      return { loss, ...square, ...Object.fromEntries(sums) };
    },
  );
  const apply = trace(
    `${objective.name}-apply`,
    { ...scalarInputs, ...parameterInputs, ...gradientInputs, ...stateInputs },
    (inputs) => {
      const gradientOf = Object.fromEntries(names.map((name) => [name, inputs[gradientBuffer(name)]]));
      // The next step starts from empty gradient buffers; writing zeros here is cheaper than a factor in `accumulate`.
      const empty = names.map((name) => [next(gradientBuffer(name)), zeros(objective.parameters[name].shape)] as const);
      return { ...optimizerPart(config, objective, inputs, gradientOf), ...Object.fromEntries(empty) };
    },
  );
  const gradientNames = Object.keys(gradientInputs);
  const buffers = [...Object.keys(parameterInputs), ...gradientNames, ...Object.keys(stateInputs)];
  return {
    kind: 'split',
    accumulate: {
      graph: accumulate,
      reads: [...Object.keys(parameterInputs), ...gradientNames],
      writes: gradientNames,
    },
    apply: { graph: apply, reads: buffers, writes: buffers },
  };
}

/** Forward pass alone: the sum of the loss over a batch's targets. */
export function validationProgram(objective: Objective<never>): StepProgram {
  const names = Object.keys(objective.parameters);
  const parameterInputs = Object.fromEntries(
    names.map((name) => [
      parameterBuffer(name),
      { dtype: 'f32', shape: objective.parameters[name].shape } satisfies ValueType,
    ]),
  );
  const graph = trace(`${objective.name}-validate`, { ...objective.inputs, ...parameterInputs }, (inputs) => {
    const params = Object.fromEntries(names.map((name) => [name, inputs[parameterBuffer(name)]]));
    return { lossSum: objective.lossSum(params, inputs, { plain: true }) };
  });
  return { graph: graph, reads: Object.keys(parameterInputs), writes: [] };
}
