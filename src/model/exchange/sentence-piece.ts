import type { Json } from '../../base/core/index.js';

/** A vocabulary whose pairs are joined by the score of what they become, as SentencePiece's BPE does. */
export interface ScoredPieces {
  /** Pieces by id, each once, ▁ standing for a space. */
  readonly pieces: readonly string[];
  readonly scores: ArrayLike<number>;
  /** Whether a piece takes part in joining: special and byte pieces do not. */
  readonly joins: (id: number) => boolean;
  /** Pieces found as a whole in a text, in the order of their ids. */
  readonly added: readonly { readonly id: number; readonly special: boolean }[];
  readonly unk?: number;
  /** A space stands before a text (and after each special token). */
  readonly spaceBefore: boolean;
  /** Ids put before and after a text. */
  readonly before: readonly number[];
  readonly after: readonly number[];
}

/** An entry of `added_tokens`. */
export function addedToken(id: number, content: string, special: boolean): { [key: string]: Json } {
  return { id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special };
}

/** A post-processor that puts tokens around a text; null where there are none. */
export function templateProcessing(
  tokens: (id: number) => string,
  before: readonly number[],
  after: readonly number[],
): Json {
  if (before.length + after.length === 0) return null;
  const around = (type: number, name: string): Json[] => [
    ...before.map((id) => ({ SpecialToken: { id: tokens(id), type_id: type } })),
    { Sequence: { id: name, type_id: type } },
    ...after.map((id) => ({ SpecialToken: { id: tokens(id), type_id: type } })),
  ];
  const special = [...new Set([...before, ...after])].map((id): [string, Json] => [
    tokens(id),
    { id: tokens(id), ids: [id], tokens: [tokens(id)] },
  ]);
  return {
    type: 'TemplateProcessing',
    single: around(0, 'A'),
    pair: [...around(0, 'A'), ...around(1, 'B')],
    special_tokens: Object.fromEntries(special),
  };
}

interface Join {
  readonly left: string;
  readonly right: string;
  readonly id: number;
}

/** Every way to split a piece into two others, by piece. */
export function* splitsOf(
  pieces: readonly (string | undefined)[],
  joins: (id: number) => boolean,
): Generator<Join, void, undefined> {
  const ids = new Map<string, number>();
  pieces.forEach((piece, id) => {
    if (piece !== undefined && joins(id)) ids.set(piece, id);
  });
  for (const [piece, id] of ids) {
    // By code points: a cut inside a pair of code units gives no pieces.
    for (let cut = 0; cut < piece.length; ) {
      cut += (piece.codePointAt(cut) as number) > 0xffff ? 2 : 1;
      if (cut >= piece.length) break;
      const left = piece.slice(0, cut);
      const right = piece.slice(cut);
      if (ids.has(left) && ids.has(right)) yield { left, right, id };
    }
  }
}

/**
 * tokenizer.json of a SentencePiece-style BPE with byte fallback. Merges are every way to split a piece into two
 * others, the piece with the highest score first: the pair that greedy joining would take next has the lowest rank.
 */
export function sentencePieceJson(vocabulary: ScoredPieces): { [key: string]: Json } {
  const { pieces, scores, spaceBefore, before, after } = vocabulary;
  const merges = [...splitsOf(pieces, vocabulary.joins)];
  merges.sort((x, y) => scores[y.id] - scores[x.id] || x.id - y.id);
  const steps: Json[] = [{ type: 'Replace', pattern: { String: ' ' }, content: '▁' }];
  if (spaceBefore) steps.unshift({ type: 'Prepend', prepend: '▁' });
  const decoders: Json[] = [
    { type: 'Replace', pattern: { String: '▁' }, content: ' ' },
    { type: 'ByteFallback' },
    { type: 'Fuse' },
  ];
  if (spaceBefore) decoders.push({ type: 'Strip', content: ' ', start: 1, stop: 0 });
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: vocabulary.added.map(({ id, special }) => addedToken(id, pieces[id], special)),
    normalizer: { type: 'Sequence', normalizers: steps },
    pre_tokenizer: null,
    post_processor: templateProcessing((id) => pieces[id], before, after),
    decoder: { type: 'Sequence', decoders },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: vocabulary.unk === undefined ? null : pieces[vocabulary.unk],
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: true,
      byte_fallback: true,
      ignore_merges: false,
      vocab: Object.fromEntries(pieces.map((piece, id) => [piece, id])),
      merges: merges.map(({ left, right }) => [left, right]),
    },
  };
}
