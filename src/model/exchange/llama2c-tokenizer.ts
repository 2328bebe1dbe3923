import { InvalidInput } from '../../base/core/index.js';
import type { Json } from '../../base/core/index.js';
import { sentencePieceJson } from './sentence-piece.js';

/** A llama2.c vocabulary: piece and score by id. Ids 0, 1, 2 are <unk>, <s>, </s>; 3 to 258 the 256 bytes. */
export interface Llama2cVocabulary {
  readonly pieces: readonly string[];
  readonly scores: Float32Array;
}

/** llama2.c's id of byte 0. */
const firstByte = 3;
const longestPiece = 4096;

function refuse(message: string, fields: Record<string, unknown> = {}): never {
  throw new InvalidInput('llama2c.tokenizer', `llama2.c tokenizer: ${message}`, fields);
}

const byteName = (byte: number) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`;

/**
 * Reads tokenizer.bin: int32 longest piece, then per id float32 score, int32 length, UTF-8 bytes. The file does not
 * say how many pieces it has; the model's vocabulary does.
 *
 * @throws InvalidInput `llama2c.tokenizer` for truncated files, lengths out of bounds, pieces that are not UTF-8,
 * scores that are not numbers, or byte pieces that are not where the format has them.
 */
export function parseLlama2cTokenizer(bytes: Uint8Array, vocabSize: number): Llama2cVocabulary {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (vocabSize < firstByte + 256) {
    refuse(`expected a vocabulary of at least 259 (3 special pieces and 256 bytes), got ${vocabSize}`);
  }
  if (bytes.byteLength < 4) refuse(`expected at least 4 bytes, got ${bytes.byteLength}`);
  const longest = view.getInt32(0, true);
  if (longest < 1 || longest > longestPiece) refuse(`expected a longest piece of 1 to ${longestPiece}, got ${longest}`);
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const pieces: string[] = [];
  const scores = new Float32Array(vocabSize);
  let offset = 4;
  for (let id = 0; id < vocabSize; id++) {
    if (offset + 8 > bytes.byteLength) refuse(`expected ${vocabSize} pieces, the file ends at piece ${id}`, { id });
    const score = view.getFloat32(offset, true);
    const length = view.getInt32(offset + 4, true);
    offset += 8;
    if (Number.isNaN(score)) refuse(`expected a score for piece ${id}, got NaN`, { id });
    if (length < 0 || length > longestPiece || offset + length > bytes.byteLength) {
      refuse(`expected piece ${id} to end inside the file, got length ${length}`, { id, length });
    }
    let piece: string;
    try {
      piece = decoder.decode(bytes.subarray(offset, offset + length));
    } catch (cause) {
      throw new InvalidInput('llama2c.tokenizer', `llama2.c tokenizer: piece ${id} is not UTF-8`, { id }, cause);
    }
    offset += length;
    pieces.push(piece);
    scores[id] = score;
  }
  if (offset !== bytes.byteLength) {
    refuse(`expected ${vocabSize} pieces to fill the file, ${bytes.byteLength - offset} bytes are left over`);
  }
  for (let byte = 0; byte < 256; byte++) {
    const piece = pieces[firstByte + byte];
    if (piece !== byteName(byte)) {
      refuse(`expected piece ${firstByte + byte} to be ${byteName(byte)}, got ${JSON.stringify(piece)}`);
    }
  }
  return { pieces, scores };
}

/** Pieces as tokenizer.json has them: ▁ for a space, unadorned special tokens, each once. */
function uniquePieces({ pieces }: Llama2cVocabulary): string[] {
  const special = ['<unk>', '<s>', '</s>'];
  const seen = new Set<string>();
  return pieces.map((raw, id) => {
    const piece = id < firstByte ? (special[id] as string) : raw.replaceAll(' ', '▁');
    // llama2.c finds one of equal pieces; the others never occur, but keep their ids.
    const unique = seen.has(piece) ? `${piece}<dup-${id}>` : piece;
    seen.add(unique);
    return unique;
  });
}

/**
 * tokenizer.json of a SentencePiece-style BPE with byte fallback, whose merges have the order of the scores: the pair that
 * llama2.c's greedy loop would join next has the lowest rank.
 */
export function llama2cTokenizerJson(vocabulary: Llama2cVocabulary): Record<string, Json> {
  const special = [0, 1, 2];
  return sentencePieceJson({
    pieces: uniquePieces(vocabulary),
    scores: vocabulary.scores,
    // Special and byte pieces are never joined: no text becomes one of them.
    joins: (id) => id >= firstByte + 256,
    added: special.map((id) => ({ id, special: true })),
    unk: 0,
    spaceBefore: true,
    before: [1],
    after: [],
  });
}
