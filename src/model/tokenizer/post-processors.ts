import { Fields, type PartReader, flatten, pickReader, refuse } from './reader.js';

/** A place in what a text, or a pair of texts, becomes: a token put there (`text` is -1), or all tokens of one of the texts. */
export interface LayoutItem {
  readonly text: -1 | 0 | 1;
  readonly id: number;
  readonly typeId: number;
}
export type Layout = readonly LayoutItem[];

/** Tokens' offsets leave out their spaces; `addPrefixSpace`: save the one that was put before the text. */
export interface Trim {
  readonly addPrefixSpace: boolean;
}

/** What is put around a text or a pair, and whether offsets leave out the spaces of a token. */
export interface PostProcessing {
  /** By the number of texts; `special`: with the file's own tokens. */
  layout(texts: 1 | 2, special: boolean): Layout;
  readonly trims: readonly Trim[];
}

/** One step: it arranges what the step before it made, which begins as one part a text. */
interface Step {
  readonly trim?: Trim;
  arrange?(parts: Layout[], special: boolean): Layout[];
}

const tokenItem = (id: number, typeId: number): LayoutItem => ({ text: -1, id, typeId });
const textItem = (text: 0 | 1, typeId: number): LayoutItem => ({ text, id: -1, typeId });

type Read = (fields: Fields) => (vocabSize: number) => Step;

function pairId(fields: Fields, name: string, vocabSize: number): number {
  const pair = fields.list(name, 2);
  const id = pair[1];
  if (typeof pair[0] !== 'string' || !Number.isInteger(id) || (id as number) < 0 || (id as number) >= vocabSize) {
    refuse(fields.at(name), 'a token and its id', pair);
  }
  return id as number;
}

function trimOf(fields: Fields): Trim | undefined {
  if (!fields.boolean('trim_offsets', true)) return undefined;
  return { addPrefixSpace: fields.boolean('add_prefix_space', true) };
}

const readBert: Read = (fields) => (vocabSize) => {
  const cls = pairId(fields, 'cls', vocabSize);
  const sep = pairId(fields, 'sep', vocabSize);
  return {
    arrange: (parts, special) =>
      special
        ? parts.map((part, i) =>
            i === 0 ? [tokenItem(cls, 0), ...part, tokenItem(sep, 0)] : [...part, tokenItem(sep, 1)],
          )
        : parts,
  };
};

const readRoberta: Read = (fields) => (vocabSize) => {
  const cls = pairId(fields, 'cls', vocabSize);
  const sep = pairId(fields, 'sep', vocabSize);
  return {
    trim: trimOf(fields),
    // RoBERTa has one type only.
    arrange: (parts, special) =>
      parts.map((part, i) => {
        const flat = part.map((item) => ({ ...item, typeId: 0 }));
        return special ? [tokenItem(i === 0 ? cls : sep, 0), ...flat, tokenItem(sep, 0)] : flat;
      }),
  };
};

/** A piece of a template: ids of a special token, or the first or second text. */
type Piece =
  | { readonly ids: readonly number[]; readonly typeId: number }
  | { readonly text: 0 | 1; readonly typeId: number };

function readPieces(fields: Fields, name: string, vocabSize: number): Piece[] {
  const specials = fields.raw('special_tokens') === undefined ? undefined : fields.fields('special_tokens');
  return fields.list(name, 64).map((item, i) => {
    const piece = new Fields(item, `${fields.path}.${name}[${i}]`);
    if (piece.raw('Sequence') !== undefined) {
      const sequence = piece.fields('Sequence');
      const text = sequence.oneOf('id', ['A', 'B']) === 'A' ? 0 : 1;
      return { text, typeId: sequence.count('type_id', 2 ** 32, 0) };
    }
    const token = piece.fields('SpecialToken');
    const id = token.string('id');
    const special = specials?.raw(id);
    if (special === undefined) refuse(`${fields.path}.special_tokens`, `an entry for ${JSON.stringify(id)}`, undefined);
    const ids = new Fields(special, `${fields.path}.special_tokens`).list('ids', 64);
    for (const value of ids) {
      if (!Number.isInteger(value) || (value as number) < 0 || (value as number) >= vocabSize) {
        refuse(`${fields.path}.special_tokens`, `ids from 0 to ${vocabSize - 1}`, value);
      }
    }
    return { ids: ids as number[], typeId: token.count('type_id', 2 ** 32, 0) };
  });
}

const bothTexts: Piece[] = [
  { text: 0, typeId: 0 },
  { text: 1, typeId: 1 },
];

const readTemplate: Read = (fields) => (vocabSize) => {
  const single = readPieces(fields, 'single', vocabSize);
  const pair = fields.raw('pair') === undefined ? bothTexts : readPieces(fields, 'pair', vocabSize);
  const needs = (name: string, pieces: readonly Piece[], text: 0 | 1) => {
    if (!pieces.some((piece) => 'text' in piece && piece.text === text)) {
      refuse(fields.at(name), `a template with the sequence ${'AB'[text]}`, 'none');
    }
  };
  needs('single', single, 0);
  needs('pair', pair, 0);
  needs('pair', pair, 1);
  if (single.some((piece) => 'text' in piece && piece.text === 1)) {
    refuse(fields.at('single'), 'a template without the sequence B', 'one with it');
  }
  return {
    arrange(parts, special) {
      if (parts.length > 2) refuse(fields.path, 'one template', 'one after another');
      const out: Layout[] = [];
      for (const piece of parts.length === 1 ? single : pair) {
        const { typeId } = piece;
        if ('text' in piece) out.push(parts[piece.text].map((item) => ({ ...item, typeId })));
        else if (special) out.push(piece.ids.map((id) => tokenItem(id, typeId)));
      }
      return out;
    },
  };
};

export type PostProcessorType = 'BertProcessing' | 'ByteLevel' | 'RobertaProcessing' | 'TemplateProcessing';

export const postProcessorReaders: Readonly<Record<PostProcessorType, PartReader<(vocabSize: number) => Step>>> = {
  BertProcessing: { fields: 'cls sep', read: readBert },
  ByteLevel: { fields: 'trim_offsets add_prefix_space', read: (fields) => () => ({ trim: trimOf(fields) }) },
  RobertaProcessing: { fields: 'cls sep trim_offsets add_prefix_space', read: readRoberta },
  TemplateProcessing: { fields: 'single pair special_tokens', read: readTemplate },
};

/** The `post_processor` of tokenizer.json. */
export function readPostProcessors(value: unknown, vocabSize: number): PostProcessing {
  const steps = flatten(value, 'post_processor', 'processors').map((fields) =>
    pickReader(postProcessorReaders, fields)(fields)(vocabSize),
  );
  const arrange = (texts: 1 | 2, special: boolean): Layout => {
    let parts: Layout[] = texts === 1 ? [[textItem(0, 0)]] : [[textItem(0, 0)], [textItem(1, 1)]];
    for (const step of steps) parts = step.arrange?.(parts, special) ?? parts;
    return parts.flat();
  };
  const layouts = [arrange(1, false), arrange(1, true), arrange(2, false), arrange(2, true)];
  return {
    layout: (texts, special) => layouts[2 * (texts - 1) + Number(special)],
    trims: steps.flatMap((step) => step.trim ?? []),
  };
}

const isSpace = (char: string) => char === 'Ġ' || /\p{White_Space}/u.test(char);

/** Offsets of a token without the spaces at its ends, as ByteLevel post-processing gives them. */
export function trimOffsets(
  token: string,
  offsets: [number, number],
  first: boolean,
  addPrefixSpace: boolean,
): [number, number] {
  const chars = [...token];
  let leading = chars.findIndex((char) => !isSpace(char));
  if (leading < 0) leading = chars.length;
  let trailing = 0;
  while (trailing < chars.length && isSpace(chars[chars.length - 1 - trailing])) trailing++;
  let [start, end] = offsets;
  if (leading > 0) {
    if ((first || start === 0) && addPrefixSpace) leading--;
    start = Math.min(start + leading, end);
  }
  if (trailing > 0 && end >= trailing) end = Math.max(end - trailing, start);
  return [start, end];
}
