import type { TrainingKernels, TrainingLayout } from '../simd/index.js';
import type { SliceWorker } from './job.js';
import type { AliasTable, CodeTree } from './sampling.js';

/** All that a thread needs for training; plain data and shared arrays, so that it can be sent to a worker. */
export interface Word2vecPlan {
  readonly layout: TrainingLayout;
  readonly memory: WebAssembly.Memory;
  readonly ids: Int32Array;
  readonly starts: Float64Array;
  readonly keep: Float64Array;
  readonly longest: number;
  readonly skipgram: boolean;
  readonly mean: boolean;
  readonly window: number;
  readonly negative: number;
  readonly noise?: AliasTable;
  readonly tree?: CodeTree;
  /** fastText: rows of the input matrix that make up word n, from `starts[n]` on. A word alone is its own row. */
  readonly subwords?: { readonly starts: Int32Array; readonly rows: Int32Array };
}

/** Training of skip-gram or CBOW on one thread's kernels. */
export function word2vecWorker(plan: Word2vecPlan, kernels: TrainingKernels): SliceWorker {
  const { ids, starts, keep, window, negative, skipgram, mean, noise, tree, subwords } = plan;
  const { inputs, targets, labels, step } = kernels;
  const sentence = new Int32Array(plan.longest);
  const outputs = plan.layout.outputRows;
  if (noise) labels.fill(0).fill(1, 0, 1);

  return (from, to, rate, random, tally) => {
    // A Weyl sequence through the mixer of `randomBits`. A bare shift register (xorshift32) saves some 2 ns a draw, but
    // each of its draws is a linear function of the one before.
    let state = random | 0;
    const next = (): number => {
      state = (state + 0x9e3779b9) | 0;
      let x = state;
      x = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
      x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
      return (x ^ (x >>> 15)) >>> 0;
    };
    let loss = 0;
    let examples = 0;
    /** Fills the targets for a word to be predicted; returns how many. */
    const aim = (word: number): number => {
      let n = 0;
      if (noise) {
        targets[n++] = word;
        for (let i = 0; i < negative; i++) {
          const cell = Math.floor((next() / 4294967296) * outputs);
          const drawn = next() < noise.own[cell]! ? cell : noise.other[cell]!;
          if (drawn !== word) targets[n++] = drawn;
          // fastText draws again, word2vec does with less noise.
          else if (subwords && outputs > 1) i--;
        }
        return n;
      }
      for (let i = tree!.starts[word]!; i < tree!.starts[word + 1]!; i++) {
        targets[n] = tree!.nodes[i]!;
        labels[n++] = 1 - tree!.turns[i]!;
      }
      return n;
    };
    /** Lists the rows of a word as inputs from `at` on; returns where they end. */
    const list = (word: number, at: number): number => {
      let n = at;
      for (let i = subwords!.starts[word]!; i < subwords!.starts[word + 1]!; i++) inputs[n++] = subwords!.rows[i]!;
      return n;
    };
    for (let s = from; s < to; s++) {
      let length = 0;
      for (let i = starts[s]!; i < starts[s + 1]!; i++) {
        const id = ids[i]!;
        if (keep[id]! > next()) sentence[length++] = id;
      }
      for (let i = 0; i < length; i++) {
        const reach = window - Math.floor((next() / 4294967296) * window);
        const first = i > reach ? i - reach : 0;
        const last = i + reach < length ? i + reach : length - 1;
        const word = sentence[i]!;
        if (skipgram && subwords) {
          const rows = list(word, 0);
          for (let j = first; j <= last; j++) {
            if (j === i) continue;
            loss += step(rows, aim(sentence[j]!), rate, 1 / rows, 1);
            examples++;
          }
          continue;
        }
        if (skipgram) {
          for (let j = first; j <= last; j++) {
            if (j === i) continue;
            const n = aim(word);
            inputs[0] = sentence[j]!;
            loss += step(1, n, rate, 1, 1);
            examples++;
          }
          continue;
        }
        let context = 0;
        for (let j = first; j <= last; j++) {
          if (j === i) continue;
          if (subwords) context = list(sentence[j]!, context);
          else inputs[context++] = sentence[j]!;
        }
        if (context === 0) continue;
        const n = aim(word);
        // As gensim: with the mean the whole gradient goes to each word of the context, with the sum its share.
        loss += mean ? step(context, n, rate, 1 / context, 1) : step(context, n, rate, 1, 1 / context);
        examples++;
      }
    }
    tally.loss += loss;
    tally.examples += examples;
  };
}
