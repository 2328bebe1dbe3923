import { InvalidInput, type Json } from '../../../base/core/index.js';
import { toBase64 } from '../unigram/precompiled.js';
import type { SentencePieceFile } from './model-file.js';

export interface SentencePieceOptions {
  /** Put the model's beginning before a text, its end after it. Default false, as in SentencePiece. */
  readonly addBos?: boolean;
  readonly addEos?: boolean;
}

type JsonObject = Record<string, Json>;
const mark = '▁';
const mostSpaces = 1000;

function refuse(expected: string, got: string): never {
  throw new InvalidInput('sentencepiece.model', `SentencePiece model: expected ${expected}, got ${got}`);
}

/**
 * A SentencePiece model as tokenizer.json. Ids are the model's. Two fields of this room's own make them so in every case: `match`
 * of the normalizer and `hidden_ids` of a Unigram model; readers that pass over them give the same ids but on rare texts.
 * In BPE models with pieces of the user's and a dummy prefix, texts that begin with such a piece or with `▁` get no prefix, as
 * in other readers of tokenizer.json.
 * Errors: `InvalidInput` for word models, models that put the space mark after words, and BPE models with unused pieces.
 */
export function sentencePieceJson(file: SentencePieceFile, options: SentencePieceOptions = {}): JsonObject {
  if (file.whitespaceAsSuffix) refuse('spaces before words', 'a model with spaces after them, which is not supported');
  if (file.type === 'word') refuse('a Unigram, BPE or character model', 'a word model, which is not supported');
  const ids = new Map(file.pieces.map(({ piece }, id) => [piece, id]));
  const unkId = file.pieces.findIndex(({ type }) => type === 'unknown');
  if (unkId < 0) refuse('an unknown piece', 'none');
  const joined = file.type === 'bpe' || file.type === 'char';
  // In a Unigram model these are pieces like others; merges cannot build them, so here they are found before.
  const found = joined ? file.pieces.filter(({ type }) => type === 'userDefined') : [];
  const added = (piece: string, special: boolean) => ({
    id: ids.get(piece) as number,
    content: piece,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: !special,
    special,
  });
  const specials = file.pieces.filter(({ type }) => type === 'unknown' || type === 'control');
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [
      ...specials.map(({ piece }) => added(piece, true)),
      ...found.map(({ piece }) => added(piece, false)),
    ],
    normalizer: normalizer(file, found.length > 0),
    pre_tokenizer: preTokenizer(file, found.length > 0),
    post_processor: postProcessor(file, ids, options),
    decoder: decoder(file),
    model: modelOf(file, ids, unkId),
  };
}

const replace = (pattern: { String: string } | { Regex: string }, content: string) => ({
  type: 'Replace',
  pattern,
  content,
});

function normalizer(file: SentencePieceFile, withFound: boolean): Json {
  const steps: Json[] = [];
  if (file.charsmap) {
    steps.push({ type: 'Precompiled', precompiled_charsmap: toBase64(file.charsmap), match: 'longest' });
  }
  if (file.removeExtraWhitespaces) {
    // At the end SentencePiece looks at what is written already: a mark of the text's own goes with the spaces.
    const trimmed = file.escapeWhitespaces ? `\\A +|[ ${mark}]+\\z` : '\\A +| +\\z';
    steps.push(replace({ Regex: trimmed }, ''), replace({ Regex: ' {2,}' }, ' '));
  }
  // Found pieces are looked for in normalized text, and so are normalized themselves: there the pre-tokenizer makes the marks.
  if (!withFound) {
    const space = file.escapeWhitespaces ? mark : ' ';
    if (file.addDummyPrefix) steps.push({ type: 'Prepend', prepend: space });
    if (file.escapeWhitespaces) steps.push(replace({ String: ' ' }, mark));
  }
  return steps.length === 0 ? null : { type: 'Sequence', normalizers: steps };
}

function preTokenizer(file: SentencePieceFile, withFound: boolean): Json {
  const metaspace = (scheme: string, split: boolean) => ({
    type: 'Metaspace',
    replacement: mark,
    prepend_scheme: scheme,
    split,
  });
  if (withFound) return metaspace(file.addDummyPrefix ? 'first' : 'never', false);
  // Where no piece goes over a mark, words may be looked at one by one.
  const within = file.pieces.some(({ piece, type }) => type !== 'control' && piece.indexOf(mark, 1) > 0);
  const words = file.type === 'unigram' && !within;
  return words && file.escapeWhitespaces ? metaspace('never', true) : null;
}

function postProcessor(
  { pieces, bosPiece, eosPiece }: SentencePieceFile,
  ids: ReadonlyMap<string, number>,
  { addBos = false, addEos = false }: SentencePieceOptions,
): Json {
  if (!addBos && !addEos) return null;
  const idOf = (name: string): number => {
    const id = ids.get(name) ?? -1;
    if (pieces[id]?.type !== 'control') refuse(`a control piece ${JSON.stringify(name)} to put around texts`, 'none');
    return id;
  };
  const token = (name: string, type_id: number) => ({ SpecialToken: { id: name, type_id } });
  const around = (id: string, type_id: number): Json[] => [
    ...(addBos ? [token(bosPiece, type_id)] : []),
    { Sequence: { id, type_id } },
    ...(addEos ? [token(eosPiece, type_id)] : []),
  ];
  const names = [...(addBos ? [bosPiece] : []), ...(addEos ? [eosPiece] : [])];
  return {
    type: 'TemplateProcessing',
    single: around('A', 0),
    pair: [...around('A', 0), ...around('B', 1)],
    special_tokens: Object.fromEntries(names.map((name) => [name, { id: name, ids: [idOf(name)], tokens: [name] }])),
  };
}

function decoder(file: SentencePieceFile): Json {
  const space = file.escapeWhitespaces ? [replace({ String: mark }, ' ')] : [];
  const bytes = file.byteFallback ? [{ type: 'ByteFallback' }] : [];
  const strip = file.addDummyPrefix || file.removeExtraWhitespaces;
  // A text whose spaces were trimmed begins with none.
  const most = file.removeExtraWhitespaces ? mostSpaces : 1;
  return {
    type: 'Sequence',
    decoders: [
      ...space,
      ...bytes,
      { type: 'Fuse' },
      ...(strip ? [{ type: 'Strip', content: ' ', start: most, stop: 0 }] : []),
    ],
  };
}

function modelOf(file: SentencePieceFile, ids: ReadonlyMap<string, number>, unkId: number): Json {
  const { pieces, byteFallback } = file;
  if (file.type === 'unigram') {
    const hidden = pieces.flatMap(({ type }, id) => (type === 'byte' || type === 'unused' ? [id] : []));
    return {
      type: 'Unigram',
      unk_id: unkId,
      vocab: unigramVocab(file),
      byte_fallback: byteFallback,
      ...(hidden.length > 0 && { hidden_ids: hidden }),
    };
  }
  const vocab = Object.fromEntries(ids);
  const unk = pieces[unkId].piece;
  return {
    type: 'BPE',
    dropout: null,
    unk_token: unk,
    continuing_subword_prefix: null,
    end_of_word_suffix: null,
    fuse_unk: true,
    byte_fallback: byteFallback,
    ignore_merges: false,
    vocab,
    merges: file.type === 'char' ? [] : mergesOf(file, ids),
  };
}

/** Pieces with scores as SentencePiece uses them. */
function unigramVocab({ pieces }: SentencePieceFile): Json {
  const normal = pieces.filter(({ type }) => type === 'normal').map(({ score }) => score);
  const least = normal.reduce((a, b) => Math.min(a, b), Infinity);
  // Its largest score starts from the least positive float, so that of a user's piece is -0.1 in models of log-probabilities.
  const most = normal.reduce((a, b) => Math.max(a, b), 2 ** -126);
  const encoder = new TextEncoder();
  return pieces.map(({ piece, score, type }) => {
    if (type === 'userDefined') return [piece, encoder.encode(piece).length * most - 0.1];
    // Scores of the other kinds count for nothing there; here a lower one would lower that of unknown characters.
    return [piece, type === 'normal' || normal.length === 0 ? score : Math.max(score, least)];
  });
}

/** Every way to put a piece together from two others, the piece of the highest score first. */
function mergesOf({ pieces }: SentencePieceFile, ids: ReadonlyMap<string, number>): Json {
  const merges: { readonly left: string; readonly right: string; readonly id: number }[] = [];
  const joins = (piece: string) => {
    const type = pieces[ids.get(piece) ?? -1]?.type;
    return type === 'normal' || type === 'userDefined';
  };
  pieces.forEach(({ piece, type }, id) => {
    if (type === 'unused') refuse('no unused pieces in a BPE model', JSON.stringify(piece));
    if (type !== 'normal') return;
    let cut = 0;
    for (const char of piece) {
      cut += char.length;
      const left = piece.slice(0, cut);
      const right = piece.slice(cut);
      if (joins(left) && joins(right)) merges.push({ left, right, id });
    }
  });
  const idOf = (piece: string) => ids.get(piece) as number;
  merges.sort(
    (a, b) =>
      pieces[b.id].score - pieces[a.id].score ||
      a.id - b.id ||
      idOf(a.left) - idOf(b.left) ||
      idOf(a.right) - idOf(b.right),
  );
  return merges.map(({ left, right }) => [left, right]);
}
