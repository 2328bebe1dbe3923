import type { BatchSource } from '../../../base/contract/index.js';
import { InvalidInput, Random } from '../../../base/core/index.js';
import type { EncodedChat } from '../pack.js';

/** Two answers to one prompt, the first preferred; both with the prompt. */
export interface EncodedPair {
  readonly chosen: EncodedChat;
  readonly rejected: EncodedChat;
}

/** A micro-batch of pairs, packed: both sides of each lie somewhere in the rows. Sequence 2p is pair p's chosen side, 2p + 1 its rejected one. */
export interface PairTokens {
  readonly batchSize: number;
  readonly sequenceLength: number;
  readonly ids: Int32Array;
  readonly targets: Int32Array;
  readonly segments: Int32Array;
  /** Sequence that each position belongs to, or -1. */
  readonly sequences: Int32Array;
  /** Answer tokens of each sequence, 0 where there is none. */
  readonly lengths: Float32Array;
  /** Σ log p of the reference for each sequence. */
  readonly reference: Float32Array;
  /** Pairs in this batch; the arrays have room for more. */
  readonly pairs: number;
  /** Number of each pair in the list that was packed. */
  readonly numbers: readonly number[];
}

export interface PairPackOptions {
  readonly sequenceLength: number;
  /** Rows of a micro-batch. */
  readonly batchSize: number;
  readonly seed: number;
  readonly padId?: number;
}

export interface PairStatistics {
  readonly pairs: number;
  /** Left out because a side is longer than a row. */
  readonly overlong: number;
  /** Left out because a side has no answer. */
  readonly withoutAnswer: number;
  /** Left out because both sides are equal. */
  readonly equal: number;
  readonly fill: number;
}

export interface PackedPairs extends BatchSource<PairTokens> {
  readonly statistics: PairStatistics;
  /** Room for pairs in a batch. */
  readonly pairsPerBatch: number;
  /** The same batches in the order they were packed, each once: to ask the reference. */
  plain(index: number): PairTokens;
  /** The same source with the reference's log-probabilities of each pair of the list, [chosen, rejected]. */
  withReference(scores: ReadonlyMap<number, readonly [number, number]>): PackedPairs;
}

const answerTokens = ({ ids, assistant }: EncodedChat): number => {
  let count = 0;
  for (let i = 1; i < ids.length; i++) if (assistant[i]) count++;
  return count;
};

const sameTokens = (a: EncodedChat, b: EncodedChat): boolean => {
  if (a.ids.length !== b.ids.length) return false;
  for (let i = 0; i < a.ids.length; i++) if (a.ids[i] !== b.ids[i]) return false;
  return true;
};

interface Placed {
  readonly number: number;
  /** Row and offset of the chosen and the rejected side. */
  readonly places: readonly [readonly [number, number], readonly [number, number]];
}

/**
 * Packs pairs into micro-batches: in an order drawn with the seed each pair goes into the current batch, each side
 * into the fullest row that still holds it; a pair that does not fit opens the next batch. Which pairs share a batch is
 * drawn once, the order of the batches anew each epoch. Pairs that teach nothing are left out and counted.
 *
 * @throws InvalidInput when no pair is left to learn from.
 */
export function packPairs(pairs: readonly EncodedPair[], options: PairPackOptions): PackedPairs {
  const { sequenceLength, batchSize, seed, padId = 0 } = options;
  const counts = { overlong: 0, withoutAnswer: 0, equal: 0 };
  const usable: number[] = [];
  pairs.forEach(({ chosen, rejected }, number) => {
    if (answerTokens(chosen) === 0 || answerTokens(rejected) === 0) counts.withoutAnswer++;
    else if (sameTokens(chosen, rejected)) counts.equal++;
    else if (Math.max(chosen.ids.length, rejected.ids.length) - 1 > sequenceLength) counts.overlong++;
    else usable.push(number);
  });
  if (usable.length === 0) {
    throw new InvalidInput(
      'preference.empty',
      `preference: expected pairs of different answers of at most ${sequenceLength} tokens, got none (${counts.withoutAnswer} without an answer, ${counts.equal} equal, ${counts.overlong} too long)`,
      counts,
    );
  }
  const order = new Random(seed).fork('pairs').shuffle(Int32Array.from(usable));
  const packed: Placed[][] = [];
  let room = new Int32Array(batchSize).fill(sequenceLength);
  let current: Placed[] = [];
  let taken = 0;
  const place = (length: number, rooms: Int32Array): readonly [number, number] | undefined => {
    let best = -1;
    for (let row = 0; row < batchSize; row++) {
      if (rooms[row]! >= length && (best < 0 || rooms[row]! < rooms[best]!)) best = row;
    }
    if (best < 0) return undefined;
    const at = sequenceLength - rooms[best]!;
    rooms[best]! -= length;
    return [best, at];
  };
  for (const number of order) {
    const { chosen, rejected } = pairs[number]!;
    const lengths = [chosen.ids.length - 1, rejected.ids.length - 1] as const;
    taken += lengths[0] + lengths[1];
    for (;;) {
      const rooms = room.slice();
      const first = place(lengths[0], rooms);
      const second = first && place(lengths[1], rooms);
      if (first && second) {
        current.push({ number, places: [first, second] });
        room = rooms;
        break;
      }
      if (current.length === 0) {
        throw new InvalidInput(
          'preference.batch',
          `preference: expected micro-batches that hold both sides of a pair, got ${batchSize} row(s) of ${sequenceLength} tokens; take microBatchSize 2 or more`,
        );
      }
      packed.push(current);
      current = [];
      room = new Int32Array(batchSize).fill(sequenceLength);
    }
  }
  packed.push(current);
  const pairsPerBatch = Math.max(...packed.map((batch) => batch.length));
  const fill = taken / (packed.length * batchSize * sequenceLength);
  return source(new Map());

  function source(reference: ReadonlyMap<number, readonly [number, number]>): PackedPairs {
    let shuffled: { epoch: number; order: Int32Array } | undefined;
    const orderOf = (epoch: number): Int32Array => {
      if (shuffled?.epoch !== epoch) {
        const numbers = Int32Array.from(packed, (_, i) => i);
        shuffled = { epoch, order: new Random(seed).fork('batches').fork(epoch).shuffle(numbers) };
      }
      return shuffled.order;
    };
    return {
      batchSize,
      sequenceLength,
      batchesPerEpoch: packed.length,
      pairsPerBatch,
      statistics: { pairs: usable.length, ...counts, fill },
      batch: (index) =>
        tokensOf(packed[orderOf(Math.floor(index / packed.length))[index % packed.length]!]!, reference),
      plain: (index) => tokensOf(packed[index]!, reference),
      withReference: source,
    };
  }

  function tokensOf(batch: readonly Placed[], scores: ReadonlyMap<number, readonly [number, number]>): PairTokens {
    const size = batchSize * sequenceLength;
    const ids = new Int32Array(size).fill(padId);
    const targets = new Int32Array(size).fill(-100);
    const segments = new Int32Array(size);
    const sequences = new Int32Array(size).fill(-1);
    const lengths = new Float32Array(2 * pairsPerBatch);
    const reference = new Float32Array(2 * pairsPerBatch);
    batch.forEach(({ number, places }, p) => {
      const pair = pairs[number]!;
      [pair.chosen, pair.rejected].forEach((side, s) => {
        const [row, from] = places[s]!;
        const start = row * sequenceLength + from;
        for (let i = 0; i + 1 < side.ids.length; i++) {
          ids[start + i] = side.ids[i]!;
          // Any number apart from its neighbours' keeps a sequence to itself.
          segments[start + i] = 2 * p + s + 1;
          sequences[start + i] = 2 * p + s;
          if (side.assistant[i + 1]) targets[start + i] = side.ids[i + 1]!;
        }
        lengths[2 * p + s] = answerTokens(side);
        reference[2 * p + s] = scores.get(number)?.[s] ?? 0;
      });
    });
    return {
      batchSize,
      sequenceLength,
      ids,
      targets,
      segments,
      sequences,
      lengths,
      reference,
      pairs: batch.length,
      numbers: batch.map(({ number }) => number),
    };
  }
}
