import type { NodeOf, ValueId } from '../ir/index.js';
import type { Builder } from './builder.js';
import { matmul } from './linear.js';
import { names } from './rule.js';
import type { Rules } from './rule.js';

/** Added to a score that must not count; see attention.ts. */
const masked = -1e30;

type BlockedNode = NodeOf<'blockedAttention'> | NodeOf<'blockedAttentionGrad'>;

/** Bounds of one block while the loop runs: queries start … end, keys low … high, all i64 [1]. */
interface Bounds {
  readonly start: string;
  readonly end: string;
  readonly low: string;
  readonly high: string;
}

/** Writes the body of the loop over blocks of queries. */
class Blocks {
  readonly batch: number;
  readonly heads: number;
  readonly length: number;
  readonly size: number;
  readonly groups: number;
  readonly blockSize: number;
  readonly #builder: Builder;
  readonly #node: BlockedNode;
  readonly #segments: ValueId | undefined;

  constructor(builder: Builder, node: BlockedNode, segments: ValueId | undefined) {
    this.#builder = builder;
    this.#node = node;
    this.#segments = segments;
    const shape = builder.type(node.inputs[0]).shape as readonly number[];
    [this.batch, this.heads, this.length, this.size] = shape as readonly [number, number, number, number];
    this.groups = builder.type(node.inputs[1]).shape[1] as number;
    this.blockSize = node.attributes.blockSize;
  }

  op(name: string, ...inputs: string[]): string {
    return this.#builder.node(name, inputs);
  }

  int(value: number): string {
    return this.#builder.ints([value]);
  }

  bounds(iteration: string): Bounds {
    const { causal, window } = this.#node.attributes;
    const start = this.op('Mul', this.op('Reshape', iteration, this.int(1)), this.int(this.blockSize));
    const end = this.op('Add', start, this.int(this.blockSize));
    const low = window > 0 ? this.op('Max', this.int(0), this.op('Sub', start, this.int(window - 1))) : this.int(0);
    const all = this.int(this.length);
    const high = causal ? end : window > 0 ? this.op('Min', all, this.op('Add', end, this.int(window - 1))) : all;
    return { start, end, low, high };
  }

  /** Rows from … to of the third axis. */
  rows(tensor: string, from: string, to: string): string {
    return this.op('Slice', tensor, from, to, this.int(2));
  }

  /** The block's queries (or their gradients) with the heads of a group in its rows: [B, G, R·Q, K]. */
  folded(block: string): string {
    const { batch, heads, groups, blockSize, size } = this;
    const rows = (heads / groups) * blockSize;
    return this.#builder.reshape(block, [batch, heads, blockSize, size], [batch, groups, rows, size]);
  }

  /** [B, G, R·Q, K] back to [B, H, Q, K]. */
  unfolded(block: string, output?: string): string {
    const { batch, heads, groups, blockSize, size } = this;
    const rows = (heads / groups) * blockSize;
    return this.#builder.reshape(block, [batch, groups, rows, size], [batch, heads, blockSize, size], output);
  }

  /** Softmax of the block's scores against its keys, [B, G, R·Q, S]. */
  probabilities(queries: string, keys: string, bounds: Bounds): string {
    const builder = this.#builder;
    const { batch, heads, groups, blockSize } = this;
    const scores = matmul(builder, queries, keys, { transposeB: true, alpha: this.#node.attributes.scale });
    const mask = this.#mask(bounds);
    const shared = heads !== groups;
    const perHead = shared ? builder.node('Reshape', [scores, builder.ints([batch, heads, blockSize, -1])]) : scores;
    const limited = mask === undefined ? perHead : this.op('Add', perHead, mask);
    const weights = builder.node('Softmax', [limited], { attributes: { axis: -1 } });
    if (!shared) return weights;
    return builder.node('Reshape', [weights, builder.ints([batch, groups, (heads / groups) * blockSize, -1])]);
  }

  /** 0 where a query of the block may see a key and `masked` elsewhere, broadcastable to [B, H, Q, S]. */
  #mask({ start, end, low, high }: Bounds): string | undefined {
    const builder = this.#builder;
    const { causal, window } = this.#node.attributes;
    const seen: string[] = [];
    if (causal || window > 0) {
      const range = (from: string, to: string) =>
        this.op('Range', this.op('Squeeze', from), this.op('Squeeze', to), builder.scalar('i64', 1));
      const distance = this.op('Sub', this.op('Unsqueeze', range(start, end), this.int(1)), range(low, high));
      if (causal) seen.push(this.op('GreaterOrEqual', distance, builder.scalar('i64', 0)));
      if (window > 0) {
        seen.push(this.op('Less', distance, builder.scalar('i64', window)));
        if (!causal) seen.push(this.op('Greater', distance, builder.scalar('i64', -window)));
      }
    }
    if (this.#segments !== undefined) {
      const segments = builder.name(this.#segments);
      const part = (from: string, to: string) => this.op('Slice', segments, from, to, this.int(1));
      const query = this.op('Unsqueeze', part(start, end), builder.ints([1, 3]));
      const key = this.op('Unsqueeze', part(low, high), builder.ints([1, 2]));
      seen.push(this.op('Equal', query, key));
    }
    if (seen.length === 0) return undefined;
    const visible = seen.reduce((a, b) => this.op('And', a, b));
    return this.op('Where', visible, builder.scalar('f32', 0), builder.scalar('f32', masked));
  }

  /**
   * Runs `body` for each block. It gets the iteration and the names of the carried tensors, and gives their new values
   * and the block of an output [B, H, Q, K]. Results: the carried tensors, then the output [B, H, T, K] under `output`.
   */
  loop(
    carried: ReadonlyArray<{ readonly initial: string; readonly result: string }>,
    output: string,
    body: (
      iteration: string,
      carried: readonly string[],
    ) => { readonly next: readonly string[]; readonly block: string },
  ): void {
    const builder = this.#builder;
    const { batch, heads, groups, length, size, blockSize } = this;
    const count = length / blockSize;
    const iteration = builder.fresh();
    const going = builder.fresh();
    const states = carried.map(() => builder.fresh());
    const state = { dtype: 'f32', shape: [batch, groups, length, size] } as const;
    const graph = builder.body(
      [
        { name: iteration, dtype: 'i64', shape: [] },
        { name: going, dtype: 'bool', shape: [] },
        ...states.map((name) => ({ name, ...state })),
      ],
      () => {
        const { next, block } = body(iteration, states);
        return [
          { name: this.op('Identity', going), dtype: 'bool', shape: [] },
          ...next.map((name) => ({ name, ...state })),
          { name: block, dtype: 'f32', shape: [batch, heads, blockSize, size] },
        ];
      },
    );
    const stacked = builder.fresh();
    builder.node('Loop', [builder.scalar('i64', count), '', ...carried.map(({ initial }) => initial)], {
      attributes: { body: graph },
      outputs: [...carried.map(({ result }) => result), stacked],
    });
    const ordered = builder.node('Transpose', [stacked], { attributes: { perm: [1, 2, 0, 3, 4] } });
    builder.reshape(ordered, [batch, heads, count, blockSize, size], [batch, heads, length, size], output);
  }

  /** Zeros of keys and values, to add gradients to. */
  zeros(): string {
    const { batch, groups, length, size } = this;
    return this.op('Expand', this.#builder.scalar('f32', 0), this.#builder.ints([batch, groups, length, size]));
  }

  /** Adds rows low … high to a sum over all keys. */
  addRows(sum: string, rows: string, { low, high }: Bounds): string {
    const zero = this.int(0);
    const after = this.op('Sub', this.int(this.length), high);
    const pads = this.#builder.node('Concat', [zero, zero, low, zero, zero, zero, after, zero], {
      attributes: { axis: 0 },
    });
    return this.op('Add', sum, this.op('Pad', rows, pads));
  }
}

export const blockedAttention: Rules<'blockedAttention' | 'blockedAttentionGrad'> = {
  blockedAttention: (node, builder) => {
    const [q, k, v] = names(node, builder).inputs;
    const blocks = new Blocks(builder, node, node.inputs[3]);
    blocks.loop([], names(node, builder).outputs[0], (iteration) => {
      const bounds = blocks.bounds(iteration);
      const { start, end, low, high } = bounds;
      const queries = blocks.folded(blocks.rows(q, start, end));
      const weights = blocks.probabilities(queries, blocks.rows(k, low, high), bounds);
      const block = blocks.unfolded(matmul(builder, weights, blocks.rows(v, low, high), {}));
      return { next: [], block };
    });
  },
  blockedAttentionGrad: (node, builder) => {
    const { inputs, outputs } = names(node, builder);
    const [q, k, v, out, dOut] = inputs;
    const [dq, dk, dv] = outputs;
    const { scale } = node.attributes;
    const blocks = new Blocks(builder, node, node.inputs[5]);
    const zeros = blocks.zeros();
    const carried = [
      { initial: zeros, result: dk },
      { initial: zeros, result: dv },
    ];
    blocks.loop(carried, dq, (iteration, [sumK, sumV]) => {
      const bounds = blocks.bounds(iteration);
      const { start, end, low, high } = bounds;
      const block = (x: string) => blocks.folded(blocks.rows(x, start, end));
      const [queries, dO] = [block(q), block(dOut)];
      const [keys, values] = [blocks.rows(k, low, high), blocks.rows(v, low, high)];
      const weights = blocks.probabilities(queries, keys, bounds);
      const mean = builder.node('ReduceSum', [blocks.op('Mul', dO, block(out)), builder.ints([-1])], {
        attributes: { keepdims: 1 },
      });
      const dP = matmul(builder, dO, values, { transposeB: true });
      const dS = blocks.op('Mul', weights, blocks.op('Sub', dP, mean));
      const byKeys = matmul(builder, dS, queries, { transposeA: true, alpha: scale });
      const byValues = matmul(builder, weights, dO, { transposeA: true });
      return {
        next: [blocks.addRows(sumK, byKeys, bounds), blocks.addRows(sumV, byValues, bounds)],
        block: blocks.unfolded(matmul(builder, dS, keys, { alpha: scale })),
      };
    });
  },
};
