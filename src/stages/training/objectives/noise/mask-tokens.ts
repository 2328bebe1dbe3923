import type { BatchSource, TokenBatch } from '../../../../base/contract/index.js';
import { InvalidInput, Random } from '../../../../base/core/index.js';
import { ignoredTarget } from '../../../../model/nn/index.js';

/** A micro-batch with some tokens masked: what stands where, and what stood at the masked places. */
export interface MaskedBatch {
  readonly batchSize: number;
  readonly sequenceLength: number;
  /** [batchSize, sequenceLength], masked. */
  readonly ids: Int32Array;
  /** Text of each position within its row, 0 for padding. */
  readonly segments: Int32Array;
  /** Places of [batchSize · sequenceLength] whose token is asked for. */
  readonly rows: Int32Array;
  /** The tokens there, -100 where a row has fewer places than there is room for. */
  readonly targets: Int32Array;
}

export interface MaskOptions {
  readonly maskId: number;
  readonly vocabSize: number;
  /** Tokens that are never masked. */
  readonly specialIds: ReadonlySet<number>;
  /** Share of the tokens that is asked for (default 0.15). */
  readonly share?: number;
  /** Of these, the shares that become the mask token (0.8) and a random one (0.1); the rest stays. */
  readonly masked?: number;
  readonly random?: number;
  /**
   * Mask words as a whole: 1 for ids that go on with the word before them (`##` pieces, pieces without a space).
   * Absent masks token by token.
   */
  readonly continues?: Uint8Array;
}

/** Places of a row that are asked for: the share of its tokens, one at least. */
export const placesPerRow = (sequenceLength: number, share = 0.15): number =>
  Math.max(1, Math.round(sequenceLength * share));

function checked(options: MaskOptions): Required<Omit<MaskOptions, 'continues'>> & Pick<MaskOptions, 'continues'> {
  const { share = 0.15, masked = 0.8, random = 0.1 } = options;
  if (!(share > 0 && share < 1))
    throw new InvalidInput('training.noise', `mask tokens: expected a share between 0 and 1, got ${share}`);
  if (!(masked >= 0 && random >= 0 && masked + random <= 1)) {
    throw new InvalidInput(
      'training.noise',
      `mask tokens: expected masked and random to add up to 1 at most, got ${masked} and ${random}`,
    );
  }
  return { ...options, share, masked, random };
}

/**
 * Chooses a share of a text's tokens (whole words, where asked) and masks them (Devlin et al. 2019: 80 % the mask
 * token, 10 % a random one, 10 % themselves). Writes into `ids`, and the places and tokens into `rows` and `targets` from
 * `to` on, `room` at most.
 */
function maskText(
  ids: Int32Array,
  from: number,
  end: number,
  options: ReturnType<typeof checked>,
  random: Random,
  out: { readonly rows: Int32Array; readonly targets: Int32Array; readonly to: number; readonly room: number },
): number {
  const { specialIds, continues, maskId, vocabSize } = options;
  const words: number[][] = [];
  for (let i = from; i < end; i++) {
    if (specialIds.has(ids[i])) continue;
    const before = words.at(-1);
    if (continues?.[ids[i]] === 1 && before?.at(-1) === i - 1) before.push(i);
    else words.push([i]);
  }
  const tokens = words.reduce((sum, word) => sum + word.length, 0);
  const budget = Math.min(out.room, Math.max(tokens > 0 ? 1 : 0, Math.round(tokens * options.share)));
  let taken = 0;
  for (const word of random.shuffle(words)) {
    if (taken === budget) break;
    // A word that does not fit is left for a shorter one; where none fits, part of it is taken.
    if (taken + word.length > budget && taken > 0) continue;
    for (const place of word.slice(0, budget - taken)) {
      out.rows[out.to + taken] = place;
      out.targets[out.to + taken] = ids[place];
      taken++;
      const draw = random.float();
      if (draw < options.masked) ids[place] = maskId;
      else if (draw < options.masked + options.random) ids[place] = random.int(vocabSize);
    }
  }
  return taken;
}

/**
 * Batches of packed texts with tokens masked anew in every epoch: batch n is a pure function of the source's batch n, the
 * options and the seed. Each row has room for its share of places, which its texts use up in turn.
 */
export function maskedBatches(
  source: BatchSource,
  options: MaskOptions & { readonly seed: number },
): BatchSource<MaskedBatch> & { readonly places: number } {
  const settings = checked(options);
  const { batchSize, sequenceLength } = source;
  const room = placesPerRow(sequenceLength, settings.share);
  const places = batchSize * room;
  return {
    batchSize,
    sequenceLength,
    batchesPerEpoch: source.batchesPerEpoch,
    places,
    batch(index) {
      const plain: TokenBatch = source.batch(index);
      const random = new Random(options.seed).fork('mask').fork(index);
      const ids = Int32Array.from(plain.ids);
      const rows = new Int32Array(places);
      const targets = new Int32Array(places).fill(ignoredTarget);
      for (let b = 0; b < batchSize; b++) {
        let used = 0;
        const start = b * sequenceLength;
        const end = start + sequenceLength;
        for (let from = start; from < end; ) {
          let to = from + 1;
          while (to < end && plain.segments[to] === plain.segments[from]) to++;
          if (plain.segments[from] !== 0) {
            const out = { rows, targets, to: b * room + used, room: room - used };
            used += maskText(ids, from, to, settings, random, out);
          }
          from = to;
        }
        // Places without a token repeat the row's first one and count for nothing.
        rows.fill(start, b * room + used, (b + 1) * room);
      }
      return { batchSize, sequenceLength, ids, segments: plain.segments, rows, targets };
    },
  };
}
