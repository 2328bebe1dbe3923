import { InvalidInput, invariant } from '../../base/core/index.js';
import type { Executor, ProgramId, RunCall, TensorSpec } from '../../compiler/runtime/index.js';
import { hostTensor } from '../../compiler/tensor/index.js';
import type { HostTensor } from '../../compiler/tensor/index.js';
import type { Params } from '../../model/architecture/index.js';
import type { TrainConfig } from './config.js';
import type { Objective } from './objectives/index.js';
import { average, scalarFeeds, stateNames } from './optimizer.js';
import type { Group } from './optimizer.js';
import {
  gradientBuffer,
  groupsOf,
  next,
  parameterBuffer,
  stateBuffer,
  trainPrograms,
  validationProgram,
} from './programs.js';
import type { StepProgram } from './programs.js';

export interface StepResult {
  /** Mean loss per target token over the step, nats, before the update. */
  readonly loss: number;
  /** Global norm of the gradient before clipping. */
  readonly gradNorm: number;
  /** Where `config.noiseScale` asks for it. */
  readonly noise?: NoiseEstimate;
}

/**
 * Unbiased estimates from the gradients of b and of B targets (McCandlish et al. 2018, appendix A.1): the trace of the
 * gradient's covariance per target, and the square of the true gradient. The ratio of their means over many steps
 * is the simple noise scale, a batch size in targets.
 */
export interface NoiseEstimate {
  readonly trace: number;
  readonly square: number;
}

interface Loaded {
  readonly id: ProgramId;
  readonly bind: Readonly<Record<string, string>>;
  readonly into: Readonly<Record<string, string>>;
  readonly swap: ReadonlyArray<readonly [string, string]>;
}

async function load(executor: Executor, program: StepProgram): Promise<Loaded> {
  return {
    id: await executor.load(program.graph),
    bind: Object.fromEntries(program.reads.map((name) => [name, name])),
    into: Object.fromEntries(program.writes.map((name) => [next(name), next(name)])),
    swap: program.writes.map((name) => [name, next(name)] as const),
  };
}

/** Micro-batches stand for the small batch, of their mean size; the step for the large one. */
function noiseOf(
  small: readonly { readonly square: number; readonly targets: number }[],
  largeSquare: number,
  large: number,
): NoiseEstimate {
  const mean = (pick: (one: (typeof small)[number]) => number) =>
    small.reduce((sum, one) => sum + pick(one), 0) / small.length;
  const [size, square] = [mean(({ targets }) => targets), mean((one) => one.square)];
  return {
    trace: (square - largeSquare) / (1 / size - 1 / large),
    square: (large * largeSquare - size * square) / (large - size),
  };
}

const scalarOf = (tensor: HostTensor) => Number(tensor.data[0]);

/**
 * A compiled train step with its state (parameters, optimizer moments, gradient sums) in named buffers of an executor.
 * Nothing is allocated per step: programs read one set of buffers and write its twin, then the names swap.
 */
export class TrainStep<Batch> {
  readonly config: TrainConfig;
  readonly objective: Objective<Batch>;
  readonly microBatches: number;
  #executor: Executor;
  #step?: Loaded;
  #accumulate?: Loaded;
  #apply?: Loaded;
  #groups: readonly Group[];
  #stateSpecs: Record<string, TensorSpec>;
  #buffers: string[];

  private constructor(executor: Executor, config: TrainConfig, objective: Objective<Batch>, microBatches: number) {
    this.#executor = executor;
    this.config = config;
    this.objective = objective;
    this.microBatches = microBatches;
    this.#groups = groupsOf(config, objective);
    this.#stateSpecs = {};
    const specs: Record<string, TensorSpec> = {};
    for (const [name, info] of Object.entries(objective.parameters)) {
      const spec: TensorSpec = { dtype: 'f32', shape: info.shape };
      specs[parameterBuffer(name)] = spec;
      if (microBatches > 1) specs[gradientBuffer(name)] = spec;
      for (const key of stateNames(config, info)) this.#stateSpecs[stateBuffer(name, key)] = spec;
    }
    Object.assign(specs, this.#stateSpecs);
    this.#buffers = Object.keys(specs);
  }

  /**
   * Compiles the step and fills the buffers: parameters from `params`, optimizer state from `state` (of a checkpoint)
   * or zeros.
   */
  static async create<Batch>(options: {
    readonly executor: Executor;
    readonly config: TrainConfig;
    readonly objective: Objective<Batch>;
    readonly microBatches: number;
    readonly params: Params<HostTensor>;
    readonly state?: Readonly<Record<string, HostTensor>>;
  }): Promise<TrainStep<Batch>> {
    const { executor, config, objective, microBatches, params, state } = options;
    const step = new TrainStep(executor, config, objective, microBatches);
    const allocated: Record<string, TensorSpec> = {};
    const written: Record<string, HostTensor> = {};
    for (const [name, info] of Object.entries(objective.parameters)) {
      const given = params[name];
      if (!given || given.dtype !== 'f32' || given.shape.join() !== info.shape.join()) {
        throw new InvalidInput(
          'training.parameter',
          `train step: expected parameter ${name} as f32 [${info.shape}], got ${given ? `${given.dtype} [${given.shape}]` : 'none'}`,
          { name },
        );
      }
      written[parameterBuffer(name)] = given;
      allocated[next(parameterBuffer(name))] = { dtype: 'f32', shape: info.shape };
      if (microBatches > 1) {
        allocated[gradientBuffer(name)] = { dtype: 'f32', shape: info.shape };
        allocated[next(gradientBuffer(name))] = { dtype: 'f32', shape: info.shape };
      }
    }
    for (const [name, spec] of Object.entries(step.#stateSpecs)) {
      if (state) {
        invariant(state[name], `train step: state without ${name}`);
        written[name] = state[name];
      } else {
        const start = Object.keys(objective.parameters).find((key) => name === stateBuffer(key, average));
        if (start === undefined) allocated[name] = spec;
        else written[name] = params[start];
      }
      allocated[next(name)] = spec;
    }
    const programs = trainPrograms(config, objective, microBatches);
    if (programs.kind === 'fused') step.#step = await load(executor, programs.step);
    else {
      step.#accumulate = await load(executor, programs.accumulate);
      step.#apply = await load(executor, programs.apply);
    }
    await executor.allocate(allocated);
    await executor.write(written);
    return step;
  }

  /**
   * One optimizer step. `step` is its 0-based number: it sets the learning rate and bias corrections, and with the
   * seed the dropout masks, so a step is a pure function of state, number and batches.
   */
  async run(step: number, batches: readonly Batch[]): Promise<StepResult> {
    invariant(batches.length === this.microBatches, `train step: expected ${this.microBatches} micro-batches`);
    let targets = 0;
    for (const batch of batches) targets += this.objective.countTargets(batch);
    const lossScale = hostTensor('f32', [], [1 / Math.max(1, targets)]);
    const feedsOf = (batch: Batch, index: number): Record<string, HostTensor> => {
      const feeds = { ...this.objective.feeds(batch), lossScale };
      if (this.config.dropout === 0) return feeds;
      const key = [this.config.seed, step * this.microBatches + index];
      return { ...feeds, dropoutKey: hostTensor('i32', [2], key) };
    };
    const scalars = scalarFeeds(this.config, this.#groups, step);
    if (this.#step) {
      const feeds = { ...feedsOf(batches[0], 0), ...scalars };
      const out = await this.#run(this.#step, feeds, ['loss', 'gradNorm']);
      return { loss: scalarOf(out.loss), gradNorm: scalarOf(out.gradNorm) };
    }
    invariant(this.#accumulate && this.#apply, 'train step: no programs');
    let loss = 0;
    const small: { readonly square: number; readonly targets: number }[] = [];
    const { noiseScale } = this.config;
    for (const [index, batch] of batches.entries()) {
      const fetch = noiseScale ? ['loss', 'gradSquare'] : ['loss'];
      const out = await this.#run(this.#accumulate, feedsOf(batch, index), fetch);
      loss += scalarOf(out.loss);
      const own = this.objective.countTargets(batch);
      // The gradient of a micro-batch is scaled by the targets of the step; by its own it is the gradient of its mean.
      if (noiseScale && own > 0) small.push({ square: scalarOf(out.gradSquare) * (targets / own) ** 2, targets: own });
    }
    const { gradNorm } = await this.#run(this.#apply, scalars, ['gradNorm']);
    const norm = scalarOf(gradNorm);
    return { loss, gradNorm: norm, ...(small.length > 1 && { noise: noiseOf(small, norm * norm, targets) }) };
  }

  #run(program: Loaded, feeds: Record<string, HostTensor>, fetch: string[]): Promise<Record<string, HostTensor>> {
    const call: RunCall = {
      program: program.id,
      feeds,
      bind: program.bind,
      into: program.into,
      fetch,
      swap: program.swap,
    };
    return this.#executor.run(call);
  }

  /** The compiled programs, to profile them: `step`, or `accumulate` and `apply`. */
  get programs(): Readonly<Record<string, ProgramId>> {
    const loaded = { step: this.#step, accumulate: this.#accumulate, apply: this.#apply };
    return Object.fromEntries(Object.entries(loaded).flatMap(([name, value]) => (value ? [[name, value.id]] : [])));
  }

  /** Copies of the parameters as they stand, or of their moving average. */
  async parameters(which: 'last' | 'average' = 'last'): Promise<Params<HostTensor>> {
    const names = Object.keys(this.objective.parameters);
    const buffer = (name: string) => (which === 'last' ? parameterBuffer(name) : stateBuffer(name, average));
    const read = await this.#executor.read(names.map(buffer));
    return Object.fromEntries(names.map((name) => [name, read[buffer(name)]]));
  }

  /** Copies of the optimizer state, by buffer name. */
  state(): Promise<Record<string, HostTensor>> {
    return this.#executor.read(Object.keys(this.#stateSpecs));
  }

  /** Unloads programs and frees all buffers. */
  async close(): Promise<void> {
    for (const program of [this.#step, this.#accumulate, this.#apply]) {
      if (program) await this.#executor.unload(program.id);
    }
    await this.#executor.free(this.#buffers.flatMap((name) => [name, next(name)]));
  }
}

/** Mean loss over batches, with the parameters of a train step's buffers, or with their moving average. */
export class Validation<Batch> {
  #executor: Executor;
  #objective: Objective<Batch>;
  #program: Loaded;

  private constructor(executor: Executor, objective: Objective<Batch>, program: Loaded) {
    this.#executor = executor;
    this.#objective = objective;
    this.#program = program;
  }

  static async create<Batch>(
    executor: Executor,
    objective: Objective<Batch>,
    which: 'last' | 'average' = 'last',
  ): Promise<Validation<Batch>> {
    const program = await load(executor, validationProgram(objective));
    if (which === 'last') return new Validation(executor, objective, program);
    const bind = Object.keys(objective.parameters).map((name) => [parameterBuffer(name), stateBuffer(name, average)]);
    return new Validation(executor, objective, { ...program, bind: Object.fromEntries(bind) });
  }

  /** Mean negative log-likelihood per target in nats, and the number of targets. */
  async run(batches: Iterable<Batch>, signal?: AbortSignal): Promise<{ loss: number; targets: number }> {
    let sum = 0;
    let targets = 0;
    for (const batch of batches) {
      if (signal?.aborted) break;
      const out = await this.#executor.run({
        program: this.#program.id,
        feeds: this.#objective.feeds(batch),
        bind: this.#program.bind,
        fetch: ['lossSum'],
      });
      sum += scalarOf(out.lossSum);
      targets += this.#objective.countTargets(batch);
    }
    return { loss: targets > 0 ? sum / targets : 0, targets };
  }

  async close(): Promise<void> {
    await this.#executor.unload(this.#program.id);
  }
}
