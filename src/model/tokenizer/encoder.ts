import { InvalidInput, Random } from '../../base/core/index.js';
import { type AddedToken, AddedTokenFinder } from './added-tokens.js';
import { type Span, wholeSpan } from './align.js';
import { BestOfParts } from './best-of-parts.js';
import type { Segmentation, SubwordModel, Symbols } from './model.js';
import { PieceCache } from './piece-cache.js';
import { trimOffsets } from './post-processors.js';
import { type PreTokenizer, type Stages, asStages, piecesOf } from './pre-tokenizers.js';
import type { TokenizerSpec } from './schema.js';
import type { EncodeOptions } from './tokenizer.js';

/** How a call encodes: which added tokens it looks for, and how it samples, if it does. */
export interface Mode {
  readonly kind: 'all' | 'plain';
  readonly sample?: (text: string, start: number, end: number) => Symbols;
}

const modes = { all: { kind: 'all', sample: undefined }, plain: { kind: 'plain', sample: undefined } } as const;

const mostAlpha = 1000;
const mostBest = 1000;

function checkBest(name: string, value: number): void {
  if (Number.isInteger(value) && value >= 1 && value <= mostBest) return;
  const message = `encode: ${name}: expected a whole number from 1 to ${mostBest}, got ${value}`;
  throw new InvalidInput('tokenizer.sampling', message);
}

/** The way of one text from characters to ids: added tokens, normalizer, pre-tokenizer, model. */
export class Encoder {
  readonly #spec: TokenizerSpec;
  readonly #model: SubwordModel;
  readonly #raw: { all: AddedTokenFinder; plain: AddedTokenFinder };
  readonly #normalized: { all: AddedTokenFinder; plain: AddedTokenFinder };
  /** Pre-tokenization, where a scanner does the first cut. */
  readonly #stages: Stages | undefined;
  /** Ids of what the scanner cuts, where more steps follow: their outcome depends on the piece alone. */
  readonly #pieceIds: PieceCache | undefined;
  readonly #cutAt: string | undefined;

  constructor(spec: TokenizerSpec) {
    this.#spec = spec;
    this.#model = spec.model;
    const finders = (normalized: boolean) => {
      // Without a normalizer both kinds are looked for in the same text.
      const texts = spec.added
        .filter((token) => (token.normalized && spec.normalization.steps.length > 0) === normalized)
        .map((token): [string, AddedToken] => [
          normalized ? spec.normalization.apply(token.content) : token.content,
          token,
        ]);
      const plain = texts.filter(([, token]) => !token.special);
      return { all: new AddedTokenFinder(texts), plain: new AddedTokenFinder(plain) };
    };
    this.#raw = finders(false);
    this.#normalized = finders(true);
    const { steps } = spec.preTokenization;
    this.#stages = asStages(steps);
    if (this.#stages && this.#stages.rest.length > 0) this.#pieceIds = new PieceCache();
    if (steps.length === 0) this.#cutAt = spec.model.cutMark;
  }

  /** What the options of a call come to. Errors: `InvalidInput` where the model cannot sample so. */
  mode({ parseSpecial = true, sampling }: Pick<EncodeOptions, 'parseSpecial' | 'sampling'>): Mode {
    if (!sampling) return parseSpecial ? modes.all : modes.plain;
    const sample = this.#model.sample?.bind(this.#model);
    if (!sample) {
      throw new InvalidInput(
        'tokenizer.sampling',
        'encode: sampling: expected a BPE or Unigram model, got another one',
      );
    }
    if (sampling.dropout !== undefined && !(sampling.dropout >= 0 && sampling.dropout <= 1)) {
      const message = `encode: sampling.dropout: expected a number from 0 to 1, got ${sampling.dropout}`;
      throw new InvalidInput('tokenizer.sampling', message);
    }
    const { alpha = 0, nbest = 1 } = sampling;
    if (!(alpha >= 0 && alpha <= mostAlpha)) {
      const message = `encode: sampling.alpha: expected a number from 0 to ${mostAlpha}, got ${alpha}`;
      throw new InvalidInput('tokenizer.sampling', message);
    }
    checkBest('sampling.nbest', nbest);
    const random = sampling.seed instanceof Random ? sampling.seed : new Random(sampling.seed);
    const drawn = { ...sampling, random: () => random.float() };
    return { kind: parseSpecial ? 'all' : 'plain', sample: (text, start, end) => sample(text, start, end, drawn) };
  }

  /** Appends the ids of a text to `out`. */
  encode(text: string, plainAt: ReadonlySet<number> | undefined, mode: Mode, out: number[]): void {
    const finder = this.#raw[mode.kind];
    if (!finder.touches(text)) this.#encodeRaw({ text, first: true }, mode, out);
    else {
      for (const part of finder.split({ text, first: true }, plainAt)) {
        if (part.token) out.push(part.token.id);
        else this.#encodeRaw(part.span, mode, out);
      }
    }
  }

  /**
   * The `most` best segmentations of a text, best first. Errors: `InvalidInput` where `most` is not from 1 to 1000, and where the
   * model has no scores.
   */
  nBest(text: string, most: number): Segmentation[] {
    const model = this.#model;
    checkBest('nBest', most);
    if (!model.nBest) throw new InvalidInput('tokenizer.nbest', 'nBest: expected a Unigram model, got another one');
    const best = new BestOfParts(most);
    for (const raw of this.#raw.all.split({ text, first: true })) {
      if (raw.token) best.add([{ ids: [raw.token.id], score: 0 }]);
      else {
        for (const part of this.#normalized.all.split(this.#spec.normalization.rewrite(raw.span))) {
          if (part.token) best.add([{ ids: [part.token.id], score: 0 }]);
          else {
            for (const piece of piecesOf(this.#spec.preTokenization.steps, part.span)) {
              best.add(model.nBest(piece.text, 0, piece.text.length, most));
            }
          }
        }
      }
    }
    return best.all();
  }

  #encodeRaw(raw: Span, mode: Mode, out: number[]): void {
    const span = this.#spec.normalization.rewrite(raw);
    if (!this.#normalized[mode.kind].touches(span.text)) {
      this.#encodeSpan(span, mode, out);
      return;
    }
    for (const part of this.#normalized[mode.kind].split(span)) {
      if (part.token) out.push(part.token.id);
      else this.#encodeSpan(part.span, mode, out);
    }
  }

  #encodeSpan(span: Span, { sample }: Mode, out: number[]): void {
    const { steps } = this.#spec.preTokenization;
    if (sample) {
      for (const { text } of piecesOf(steps, span)) {
        const { ids, length } = sample(text, 0, text.length);
        for (let i = 0; i < length; i++) out.push(ids[i]);
      }
    } else if (this.#stages) {
      const { prepare, scanner, rest } = this.#stages;
      const { text, first } = prepare(span);
      const model = this.#model;
      const plain = rest.length === 0;
      for (let at = 0; at < text.length; ) {
        const end = scanner(text, at, text.length);
        if (end >= 0) {
          if (plain) model.encode(text, at, end, out);
          else this.#encodePiece(text, at, end, first && at === 0, rest, out);
        }
        at = end < 0 ? ~end : end;
      }
    } else if (this.#cutAt !== undefined) this.#encodeCut(span.text, this.#cutAt, out);
    else for (const piece of piecesOf(steps, span)) this.#model.encode(piece.text, 0, piece.text.length, out);
  }

  /** Ids of text[start, end) after the steps that follow the scanner. */
  #encodePiece(
    text: string,
    start: number,
    end: number,
    first: boolean,
    rest: readonly PreTokenizer[],
    out: number[],
  ): void {
    // A step may do something else at the beginning of the input.
    const cache = !first && end - start <= PieceCache.longest ? this.#pieceIds : undefined;
    const hash = cache ? PieceCache.hash(text, start, end) : 0;
    if (cache?.find(text, start, end, hash, out)) return;
    const before = out.length;
    for (const piece of piecesOf(rest, { text: text.slice(start, end), first })) {
      this.#model.encode(piece.text, 0, piece.text.length, out);
    }
    cache?.add(text, start, end, hash, Int32Array.from(out.slice(before)), out.length - before);
  }

  // No merge joins a character other than the mark to a mark after it, so words may be encoded one by one.
  #encodeCut(text: string, mark: string, out: number[]): void {
    let start = 0;
    for (let next = text.indexOf(mark, 1); next >= 0; next = text.indexOf(mark, next + 1)) {
      if (text[next - 1] === mark) continue;
      this.#model.encode(text, start, next, out);
      start = next;
    }
    if (start < text.length) this.#model.encode(text, start, text.length, out);
  }

  /** Ids of one text, and where each came from. */
  place(
    text: string,
    plainAt: ReadonlySet<number> | undefined,
    { kind, sample }: Mode,
    ids: number[],
    offsets: [number, number][],
  ): void {
    const { post, tokens: names, normalization, preTokenization } = this.#spec;
    const model = this.#model;
    const symbolsOf = sample ?? ((part: string, start: number, end: number) => model.symbols(part, start, end));
    const before = ids.length;
    const put = (id: number, span: Span, start: number, end: number) => {
      const { starts, ends } = span.align as NonNullable<Span['align']>;
      let range: [number, number] = end > start ? [starts[start], ends[end - 1]] : [0, 0];
      for (const { addPrefixSpace } of post.trims) {
        range = trimOffsets(names[id] ?? '', range, ids.length === before, addPrefixSpace);
      }
      ids.push(id);
      offsets.push(range);
    };
    for (const raw of this.#raw[kind].split(wholeSpan(text, true), plainAt)) {
      if (raw.token) {
        put(raw.token.id, raw.span, 0, raw.span.text.length);
        continue;
      }
      for (const part of this.#normalized[kind].split(normalization.rewrite(raw.span))) {
        if (part.token) put(part.token.id, part.span, 0, part.span.text.length);
        else {
          for (const piece of piecesOf(preTokenization.steps, part.span)) {
            const symbols = symbolsOf(piece.text, 0, piece.text.length);
            for (let i = 0; i < symbols.length; i++) put(symbols.ids[i], piece, symbols.starts[i], symbols.ends[i]);
          }
        }
      }
    }
  }
}
