import type { BatchSource, ChatExample, TokenBatch } from '../../base/contract/index.js';
import { InvalidInput, Random } from '../../base/core/index.js';
import { ChatTemplate } from '../../model/tokenizer/index.js';
import type { EncodedChatTokens, Tokenizer } from '../../model/tokenizer/index.js';

/** A tokenized chat: `assistant[i]` is 1 where token i was written by the assistant. */
export interface EncodedChat {
  readonly ids: ArrayLike<number>;
  readonly assistant: ArrayLike<number | boolean>;
}

export interface PackOptions {
  readonly sequenceLength: number;
  readonly batchSize: number;
  readonly seed: number;
  /** Fills what no chat takes; any id will do, as no loss is taken and nothing attends there. */
  readonly padId?: number;
  readonly overlong?: 'cut' | 'reject';
}

export interface PackStatistics {
  /** Chats that take part. */
  readonly chats: number;
  /** Of these, chats of which only the beginning fits. */
  readonly cut: number;
  /** Left out because they are too long (`overlong: 'reject'`, or no answer token is left after the cut). */
  readonly overlong: number;
  /** Left out because nothing in them was written by the assistant. */
  readonly withoutAnswer: number;
  /** Tokens on which a loss is taken, per epoch. */
  readonly targets: number;
  readonly rows: number;
  /** Share of positions that carry a chat. */
  readonly fill: number;
}

interface Piece {
  readonly chat: EncodedChat;
  /** Positions taken: one less than tokens, as the last token is only a target. */
  readonly length: number;
}

/** Whether a loss is taken on any token from 1 to `length`. */
function hasTarget({ chat, length }: Piece): boolean {
  for (let i = 1; i <= length; i++) if (chat.assistant[i]) return true;
  return false;
}

/** Best fit, longest first: each piece goes into the row with the least room that still holds it. */
function fillRows(pieces: readonly Piece[], sequenceLength: number): Piece[][] {
  const byRoom: Piece[][][] = Array.from({ length: sequenceLength + 1 }, () => []);
  const rows: Piece[][] = [];
  for (const piece of [...pieces].sort((a, b) => b.length - a.length)) {
    let room = piece.length;
    while (room <= sequenceLength && byRoom[room].length === 0) room++;
    let row: Piece[];
    if (room > sequenceLength) {
      row = [];
      rows.push(row);
      room = sequenceLength;
    } else row = byRoom[room].pop() as Piece[];
    row.push(piece);
    byRoom[room - piece.length].push(row);
  }
  return rows;
}

/**
 * Packs chats into rows of `sequenceLength` positions. Each chat is a segment of its own, so none sees another; the
 * target is the next token where the assistant wrote it and -100 elsewhere. Rows are shuffled anew each epoch; the
 * last batch of an epoch is completed with empty rows.
 *
 * @throws InvalidInput when no chat is left to learn from.
 */
export function packChatTokens(
  chats: Iterable<EncodedChat>,
  options: PackOptions,
): BatchSource & { readonly statistics: PackStatistics } {
  const { sequenceLength, batchSize, seed, padId = 0, overlong = 'cut' } = options;
  const pieces: Piece[] = [];
  let cut = 0;
  let tooLong = 0;
  let withoutAnswer = 0;
  for (const chat of chats) {
    const whole: Piece = { chat, length: chat.ids.length - 1 };
    const fits = whole.length <= sequenceLength;
    const piece: Piece = fits ? whole : { chat, length: sequenceLength };
    if (!hasTarget(whole)) withoutAnswer++;
    else if (!fits && (overlong === 'reject' || !hasTarget(piece))) tooLong++;
    else {
      pieces.push(piece);
      if (!fits) cut++;
    }
  }
  if (pieces.length === 0) {
    throw new InvalidInput(
      'finetuning.empty',
      `fine-tuning: expected chats with an assistant's answer of at most ${sequenceLength} tokens, got none (${withoutAnswer} without an answer, ${tooLong} too long)`,
      { withoutAnswer, tooLong },
    );
  }
  const rows = fillRows(pieces, sequenceLength);
  const batchesPerEpoch = Math.ceil(rows.length / batchSize);
  let targets = 0;
  let positions = 0;
  for (const { chat, length } of pieces) {
    positions += length;
    for (let i = 1; i <= length; i++) if (chat.assistant[i]) targets++;
  }
  let shuffled: { epoch: number; order: Int32Array } | undefined;
  const orderOf = (epoch: number): Int32Array => {
    if (shuffled?.epoch !== epoch) {
      const order = Int32Array.from(rows, (_, i) => i);
      shuffled = { epoch, order: new Random(seed).fork('chats').fork(epoch).shuffle(order) };
    }
    return shuffled.order;
  };
  return {
    batchSize,
    sequenceLength,
    batchesPerEpoch,
    statistics: {
      chats: pieces.length,
      cut,
      overlong: tooLong,
      withoutAnswer,
      targets,
      rows: rows.length,
      fill: positions / (rows.length * sequenceLength),
    },
    batch(index: number): TokenBatch {
      const order = orderOf(Math.floor(index / batchesPerEpoch));
      const first = (index % batchesPerEpoch) * batchSize;
      const size = batchSize * sequenceLength;
      const ids = new Int32Array(size).fill(padId);
      const rowTargets = new Int32Array(size).fill(-100);
      const segments = new Int32Array(size);
      for (let b = 0; b < batchSize && first + b < order.length; b++) {
        let at = b * sequenceLength;
        for (const [n, { chat, length }] of rows[order[first + b]].entries()) {
          for (let i = 0; i < length; i++, at++) {
            ids[at] = chat.ids[i];
            segments[at] = n + 1;
            if (chat.assistant[i + 1]) rowTargets[at] = chat.ids[i + 1];
          }
        }
      }
      return { batchSize, sequenceLength, ids, targets: rowTargets, segments };
    },
  };
}

/** Encodes chats lazily with a model's own template. A chat that the template refuses is an error naming its number. */
function* encodeAll(
  examples: Iterable<ChatExample>,
  tokenizer: Tokenizer,
  template: ChatTemplate,
): Iterable<EncodedChat> {
  let number = 0;
  for (const { messages } of examples) {
    number++;
    let encoded: EncodedChatTokens;
    try {
      encoded = template.encode(tokenizer, messages);
    } catch (error) {
      if (!(error instanceof InvalidInput)) throw error;
      throw new InvalidInput(error.code, `fine-tuning: chat ${number}: ${error.message}`, { number }, error);
    }
    yield { ids: Int32Array.from(encoded.ids), assistant: encoded.assistantMask };
  }
}

/**
 * Chats as micro-batches for `train`: rendered with the chat template, encoded, packed; see `packChatTokens`.
 *
 * @throws InvalidInput when the template refuses a chat (its number is in the message) or none is left to learn from.
 */
export function packChats(
  examples: Iterable<ChatExample>,
  tokenizer: Tokenizer,
  template: string | ChatTemplate,
  options: PackOptions,
): BatchSource & { readonly statistics: PackStatistics } {
  const bound = typeof template === 'string' ? new ChatTemplate(template) : template;
  return packChatTokens(encodeAll(examples, tokenizer, bound), options);
}
