import { InvalidInput } from '../../../base/core/index.js';
import { type ProtoField, ProtoReader } from './protobuf.js';

/** Kinds of pieces, by their number in the file. */
const pieceTypes = [undefined, 'normal', 'unknown', 'control', 'userDefined', 'unused', 'byte'] as const;
const modelTypes = [undefined, 'unigram', 'bpe', 'word', 'char'] as const;
export type PieceType = NonNullable<(typeof pieceTypes)[number]>;
export type SentencePieceType = NonNullable<(typeof modelTypes)[number]>;

export interface SentencePiece {
  readonly piece: string;
  readonly score: number;
  readonly type: PieceType;
}

/** What of a SentencePiece model decides ids and texts. */
export interface SentencePieceFile {
  readonly pieces: readonly SentencePiece[];
  readonly type: SentencePieceType;
  readonly byteFallback: boolean;
  readonly whitespaceAsSuffix: boolean;
  /** Names of the beginning and the end of a text; not every model has these pieces. */
  readonly bosPiece: string;
  readonly eosPiece: string;
  readonly addDummyPrefix: boolean;
  readonly removeExtraWhitespaces: boolean;
  readonly escapeWhitespaces: boolean;
  /** Name of the normalization, `identity` or `nmt_nfkc` for example; its rules are `charsmap`. */
  readonly normalization: string;
  readonly charsmap?: Uint8Array;
}

const mostBytes = 64 * 1024 * 1024;
const mostPieces = 4_000_000;
const longestPiece = 512;

function refuse(what: string, expected: string, got: string | number): never {
  throw new InvalidInput('sentencepiece.model', `SentencePiece model: ${what}: expected ${expected}, got ${got}`);
}

function readPiece(proto: ProtoReader, message: ProtoField, id: number): SentencePiece {
  let piece = '';
  let score = 0;
  let type = 1;
  for (const field of proto.fields(message)) {
    if (field.id === 1) piece = proto.string(field);
    else if (field.id === 2) score = proto.float(field);
    else if (field.id === 3) type = proto.int(field);
  }
  const kind = pieceTypes[type];
  if (kind === undefined) refuse(`type of piece ${id}`, `a number from 1 to ${pieceTypes.length - 1}`, type);
  if (piece.length === 0 || piece.length > longestPiece) {
    refuse(`piece ${id}`, `1 to ${longestPiece} characters`, piece.length);
  }
  if (!Number.isFinite(score)) refuse(`score of piece ${id}`, 'a finite number', score);
  return { piece, score, type: kind };
}

/**
 * Reads a SentencePiece `.model` file (a `ModelProto` in protocol buffers). Fields that decide nothing here (how it was trained, self
 * tests) are passed over.
 * Errors: `InvalidInput` for what is no such file: truncated or oversized content, text that is not UTF-8, unknown types, no pieces.
 */
export function parseSentencePiece(bytes: Uint8Array): SentencePieceFile {
  if (bytes.length > mostBytes) refuse('the file', `at most ${mostBytes} bytes`, bytes.length);
  const proto = new ProtoReader(bytes);
  const pieces: SentencePiece[] = [];
  let type = 1;
  const flags = {
    byteFallback: false,
    whitespaceAsSuffix: false,
    addDummyPrefix: true,
    removeExtraWhitespaces: true,
    escapeWhitespaces: true,
  };
  let bosPiece = '<s>';
  let eosPiece = '</s>';
  let normalization = '';
  let charsmap: Uint8Array | undefined;
  for (const field of proto.fields()) {
    if (field.id === 1) {
      if (pieces.length === mostPieces) refuse('pieces', `at most ${mostPieces}`, 'more');
      pieces.push(readPiece(proto, field, pieces.length));
    }
    if (field.id === 2) {
      for (const inner of proto.fields(field)) {
        if (inner.id === 3) type = proto.int(inner);
        else if (inner.id === 46) bosPiece = proto.string(inner);
        else if (inner.id === 47) eosPiece = proto.string(inner);
        else if (inner.id === 24) flags.whitespaceAsSuffix = proto.int(inner) !== 0;
        else if (inner.id === 35) flags.byteFallback = proto.int(inner) !== 0;
      }
    } else if (field.id === 3) {
      for (const inner of proto.fields(field)) {
        if (inner.id === 1) normalization = proto.string(inner);
        else if (inner.id === 2) charsmap = proto.bytes(inner);
        else if (inner.id === 3) flags.addDummyPrefix = proto.int(inner) !== 0;
        else if (inner.id === 4) flags.removeExtraWhitespaces = proto.int(inner) !== 0;
        else if (inner.id === 5) flags.escapeWhitespaces = proto.int(inner) !== 0;
      }
    }
  }
  if (pieces.length === 0) refuse('the file', 'pieces', 'none; is it a SentencePiece model?');
  const kind = modelTypes[type];
  if (kind === undefined) refuse('model type', `a number from 1 to ${modelTypes.length - 1}`, type);
  const seen = new Set<string>();
  for (const { piece } of pieces) {
    if (seen.has(piece)) refuse('pieces', 'each once', JSON.stringify(piece.slice(0, 40)));
    seen.add(piece);
  }
  return { pieces, type: kind, ...flags, bosPiece, eosPiece, normalization, ...(charsmap?.length ? { charsmap } : {}) };
}
