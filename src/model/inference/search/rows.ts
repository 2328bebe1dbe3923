import { gather, trace } from '../../../compiler/ir/index.js';
import type { Graph, Tensor, ValueType } from '../../../compiler/ir/index.js';
import type { BufferRef, Executor, ProgramId } from '../../../compiler/runtime/index.js';
import { hostTensor } from '../../../compiler/tensor/index.js';

/** Logits of a step. */
export interface StepResult {
  /** [rows·V] */
  readonly logits: Float32Array;
  /** log Σ exp of each row. */
  readonly normalizers: Float32Array;
}

/** A batch of prompts being answered, each in as many rows. */
export interface RowSession {
  /** Reads one more token per row. */
  step(tokens: readonly number[]): Promise<StepResult>;
  /**
   * Row r goes on from row parents[r]; there may be fewer rows than before, always whole prompts, whose places among
   * the present ones `prompts` names.
   */
  select(parents: readonly number[], prompts: readonly number[]): Promise<void>;
  end(): Promise<void>;
}

/** A model that answers prompts row by row: what search drives. */
export interface RowModel {
  readonly vocabSize: number;
  readonly eos: number | null;
  /** Throws `InvalidInput` for a prompt that is empty, too long with its answer, or of unknown tokens. */
  check(prompt: readonly number[], maxTokens: number): void;
  /** What is before the answer in the sequence it continues: rules about repetition look at it. */
  history(prompt: readonly number[]): readonly number[];
  /** Reads the prompts; the first step then takes the last token of `history`. */
  begin(prompts: readonly (readonly number[])[], rowsPerPrompt: number, maxTokens: number): Promise<RowSession>;
  close(): Promise<void>;
}

let sets = 0;

/** `count` tensors [R, H, L, K] of which rows are chosen. */
function selectGraph(count: number, heads: number, size: number): Graph {
  const inputs: Record<string, ValueType> = { rows: { dtype: 'i32', shape: ['P'] } };
  for (let n = 0; n < count; n++) inputs[`x.${n}`] = { dtype: 'f32', shape: ['R', heads, 'L', size] };
  return trace('select', inputs, (t) =>
    Object.fromEntries(
      Array.from({ length: count }, (_, n) => [`y.${n}`, gather(t[`x.${n}`] as Tensor, t.rows as Tensor)]),
    ),
  );
}

/** The program that chooses rows of all tensors of a set at once. */
export class RowSelector {
  readonly executor: Executor;
  readonly count: number;
  readonly heads: number;
  readonly size: number;
  readonly #program: ProgramId;

  private constructor(executor: Executor, count: number, heads: number, size: number, program: ProgramId) {
    this.executor = executor;
    this.count = count;
    this.heads = heads;
    this.size = size;
    this.#program = program;
  }

  /** For sets of `count` tensors [rows, heads, length, size]. */
  static async load(executor: Executor, count: number, heads: number, size: number): Promise<RowSelector> {
    return new RowSelector(executor, count, heads, size, await executor.load(selectGraph(count, heads, size)));
  }

  async run(from: readonly BufferRef[], to: readonly BufferRef[], rows: readonly number[]): Promise<void> {
    const named = (refs: readonly BufferRef[], letter: string) =>
      Object.fromEntries(refs.map((ref, n) => [`${letter}.${n}`, ref]));
    await this.executor.run({
      program: this.#program,
      feeds: { rows: hostTensor('i32', [rows.length], [...rows]) },
      bind: named(from, 'x'),
      into: named(to, 'y'),
    });
  }

  close(): Promise<void> {
    return this.executor.unload(this.#program);
  }
}

/** Key and value tensors [rows, heads, length, size] of all layers, in buffers of which a second set takes chosen rows. */
export class RowTensors {
  readonly #selector: RowSelector;
  readonly #length: number;
  readonly #most: number;
  #names: readonly string[];
  #spare: readonly string[] | undefined;
  #rows: number;

  private constructor(selector: RowSelector, rows: number, length: number, names: readonly string[]) {
    this.#selector = selector;
    this.#length = length;
    this.#most = rows;
    this.#rows = rows;
    this.#names = names;
  }

  static async allocate(selector: RowSelector, rows: number, length: number): Promise<RowTensors> {
    const tensors = new RowTensors(selector, rows, length, RowTensors.#fresh(selector));
    await tensors.#allocate(tensors.#names);
    return tensors;
  }

  static #fresh({ count }: RowSelector): readonly string[] {
    const set = ++sets;
    return Array.from({ length: count }, (_, n) => `rows${set}.${n}`);
  }

  async #allocate(names: readonly string[]): Promise<void> {
    const { executor, heads, size } = this.#selector;
    const shape = [this.#most, heads, this.#length, size];
    await executor.allocate(Object.fromEntries(names.map((name) => [name, { dtype: 'f32' as const, shape }])));
  }

  #refs(names: readonly string[], rows: number): BufferRef[] {
    const { heads, size } = this.#selector;
    return names.map((buffer) => ({ buffer, offset: 0, shape: [rows, heads, this.#length, size] }));
  }

  /** Where the tensors lie now. */
  refs(): BufferRef[] {
    return this.#refs(this.#names, this.#rows);
  }

  /** `count` rows from `first` on. */
  refsOf(first: number, count: number): BufferRef[] {
    const { heads, size } = this.#selector;
    const row = heads * this.#length * size;
    const shape = [count, heads, this.#length, size];
    return this.#names.map((buffer) => ({ buffer, offset: first * row, shape }));
  }

  /** Row r becomes what row rows[r] was. */
  async select(rows: readonly number[]): Promise<void> {
    if (rows.length === this.#rows && rows.every((row, r) => row === r)) return;
    if (!this.#spare) {
      this.#spare = RowTensors.#fresh(this.#selector);
      await this.#allocate(this.#spare);
    }
    await this.#selector.run(this.refs(), this.#refs(this.#spare, rows.length), rows);
    [this.#names, this.#spare] = [this.#spare, this.#names];
    this.#rows = rows.length;
  }

  free(): Promise<void> {
    return this.#selector.executor.free([...this.#names, ...(this.#spare ?? [])]);
  }
}
