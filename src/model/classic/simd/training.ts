import { InvalidInput } from '../../../base/core/index.js';
import { assemble } from './assembler.js';
import { rowStride } from './rows.js';
import { trainingFunctions } from './training-functions.js';

/** Steps of the sigmoid's table on either side of 0, and where it ends: beyond ±8 the last value stands. */
const tableEnd = 8;
const tableSteps = 64;
const tableSize = 2 * tableEnd * tableSteps + 1;
/** One page less than an address reaches, so that the end of a list has an address too. */
const largest = 65535 * 65536;

export interface TrainingSizes {
  /** Columns of both matrices. */
  readonly dim: number;
  readonly inputRows: number;
  readonly outputRows: number;
  /** Most input rows of one call. */
  readonly maxInputs: number;
  /** Most targets of one call. */
  readonly maxTargets: number;
}

/** Where everything lies in the memory, in bytes; plain data, so that worker threads can be given it. */
export interface TrainingLayout extends TrainingSizes {
  readonly stride: number;
  readonly input: number;
  readonly output: number;
  readonly table: number;
  /** Start of the scratch space of the first thread. */
  readonly scratch: number;
  readonly scratchBytes: number;
  readonly threads: number;
  readonly bytes: number;
}

/** Matrices, tables and each thread's scratch space one after the other. */
export function trainingLayout(sizes: TrainingSizes, threads = 1): TrainingLayout {
  const stride = rowStride(sizes.dim);
  const input = 64;
  const output = input + 4 * stride * sizes.inputRows;
  const table = output + 4 * stride * sizes.outputRows;
  const scratch = Math.ceil((table + 8 * tableSize) / 64) * 64;
  // Hidden and error rows, inputs, targets, labels, scores.
  const floats = 2 * stride + sizes.maxInputs + 3 * sizes.maxTargets;
  const scratchBytes = Math.ceil((4 * floats) / 64 + 4) * 64;
  const bytes = scratch + threads * scratchBytes;
  if (bytes > largest) {
    const rows = sizes.inputRows + sizes.outputRows;
    throw new InvalidInput(
      'vectors.memory',
      `vectors: expected matrices of at most 4 GiB in all, got ${rows} rows of ${sizes.dim} floats (${(bytes / 2 ** 30).toFixed(1)} GiB); raise minCount, or lower dim or buckets`,
      { rows, dim: sizes.dim },
    );
  }
  return { ...sizes, stride, input, output, table, scratch, scratchBytes, threads, bytes };
}

/** Memory for a layout, zero throughout but for the sigmoid's table; `shared` for worker threads. */
export function trainingMemory(layout: TrainingLayout, shared = false): WebAssembly.Memory {
  const pages = Math.ceil(layout.bytes / 65536);
  let memory: WebAssembly.Memory;
  try {
    memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared });
  } catch (error) {
    throw new InvalidInput(
      'vectors.memory',
      `vectors: expected ${(layout.bytes / 2 ** 20).toFixed(0)} MiB of memory, and there is not so much; raise minCount, or lower dim or buckets`,
      { bytes: layout.bytes },
      error,
    );
  }
  const table = new Float32Array(memory.buffer, layout.table, 2 * tableSize);
  for (let i = 0; i < tableSize; i++) {
    const x = i / tableSteps - tableEnd;
    table[2 * i] = 1 / (1 + Math.exp(-x));
    table[2 * i + 1] = Math.log1p(Math.exp(-x));
  }
  return memory;
}

/** What the module exports; counts are of what stands in the lists. */
interface TrainingExports {
  gather(inputs: number, scale: number): void;
  spread(inputs: number, scale: number): void;
  step(inputs: number, targets: number, rate: number, hiddenScale: number, gradientScale: number): number;
  score(rows: number): void;
  learn(rows: number): void;
}

/** Training of two matrices on one thread: lists to fill, and functions that read them. */
export interface TrainingKernels {
  readonly layout: TrainingLayout;
  /** Rows of the input matrix that make up the hidden vector. */
  readonly inputs: Int32Array;
  /** Rows of the output matrix. */
  readonly targets: Int32Array;
  /** 1 for a target that is to be likely, 0 for one that is to be unlikely. */
  readonly labels: Float32Array;
  /** What `score` writes and `learn` reads: one number for each of the first rows of the output matrix. */
  readonly scores: Float32Array;
  readonly hidden: Float32Array;
  /** Sets `hidden` to the sum of input rows times `scale`. */
  readonly gather: TrainingExports['gather'];
  /** Adds the gradient that `learn` collected, times `scale`, to input rows. */
  readonly spread: TrainingExports['spread'];
  /**
   * Gathers, does one step of logistic regression on each target in turn, and spreads. Returns the sum of the losses in
   * nats, from before each step.
   */
  readonly step: TrainingExports['step'];
  /** Multiplies `hidden` with the first rows of the output matrix. */
  readonly score: TrainingExports['score'];
  /** Collects the gradient of `hidden` (sum of factor times row), and adds factor times `hidden` to each row. */
  readonly learn: TrainingExports['learn'];
}

/** Kernels over the memory of a layout, with the scratch space of one of its threads. */
export function trainingKernels(memory: WebAssembly.Memory, layout: TrainingLayout, thread = 0): TrainingKernels {
  const { stride, maxInputs, maxTargets } = layout;
  const hidden = layout.scratch + thread * layout.scratchBytes;
  const error = hidden + 4 * stride;
  const inputs = error + 4 * stride;
  const targets = inputs + 4 * maxInputs;
  const labels = targets + 4 * maxTargets;
  const scores = labels + 4 * maxTargets;
  const functions = trainingFunctions({
    ...layout,
    tableEnd,
    tableSteps,
    hidden,
    error,
    inputs,
    targets,
    labels,
    scores,
  });
  const shared = typeof SharedArrayBuffer !== 'undefined' && memory.buffer instanceof SharedArrayBuffer;
  const module = new WebAssembly.Module(assemble(functions, shared));
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  return {
    ...(exports as unknown as TrainingExports),
    layout,
    inputs: new Int32Array(memory.buffer, inputs, maxInputs),
    targets: new Int32Array(memory.buffer, targets, maxTargets),
    labels: new Float32Array(memory.buffer, labels, maxTargets),
    scores: new Float32Array(memory.buffer, scores, maxTargets),
    hidden: new Float32Array(memory.buffer, hidden, layout.dim),
  };
}

/** A matrix of the memory without the padding of its rows, copied. */
export function readRows(
  memory: WebAssembly.Memory,
  layout: TrainingLayout,
  matrix: 'input' | 'output',
  rows: number,
): Float32Array<ArrayBuffer> {
  const { dim, stride } = layout;
  const from = new Float32Array(memory.buffer, layout[matrix], rows * stride);
  const result = new Float32Array(rows * dim);
  for (let row = 0; row < rows; row++) result.set(from.subarray(row * stride, row * stride + dim), row * dim);
  return result;
}

/** As `readRows`, without a copy where rows have no padding: the whole memory then lives as long as the result. */
export function viewRows(
  memory: WebAssembly.Memory,
  layout: TrainingLayout,
  matrix: 'input' | 'output',
  rows: number,
): Float32Array {
  if (layout.stride !== layout.dim) return readRows(memory, layout, matrix, rows);
  return new Float32Array(memory.buffer, layout[matrix], rows * layout.dim);
}
