import { Fields, flatten, refuse } from './reader.js';

/** What is put around a text, and whether offsets leave out the spaces of a token. */
export interface PostProcessing {
  readonly prefixIds: readonly number[];
  readonly suffixIds: readonly number[];
  /** Set where tokens' offsets leave out their spaces; the value is the processor's `add_prefix_space`. */
  readonly trim?: { readonly addPrefixSpace: boolean };
}

interface Mutable {
  prefixIds: number[];
  suffixIds: number[];
  trim?: { readonly addPrefixSpace: boolean };
}

function pairId(fields: Fields, name: string, vocabSize: number): number {
  const pair = fields.list(name, 2);
  const id = pair[1];
  if (typeof pair[0] !== 'string' || !Number.isInteger(id) || (id as number) < 0 || (id as number) >= vocabSize) {
    refuse(fields.at(name), 'a token and its id', pair);
  }
  return id as number;
}

function template(fields: Fields, out: Mutable, vocabSize: number): void {
  const specials = fields.raw('special_tokens') === undefined ? undefined : fields.fields('special_tokens');
  const before: number[] = [];
  const after: number[] = [];
  let seen = false;
  for (const [i, item] of fields.list('single', 64).entries()) {
    const piece = new Fields(item, `${fields.path}.single[${i}]`);
    if (piece.raw('Sequence') !== undefined) {
      if (seen) refuse(piece.path, 'the sequence once', 'twice');
      seen = true;
      continue;
    }
    const name = piece.fields('SpecialToken').string('id');
    const special = specials?.raw(name);
    if (special === undefined) {
      refuse(`${fields.path}.special_tokens`, `an entry for ${JSON.stringify(name)}`, undefined);
    }
    for (const id of new Fields(special, `${fields.path}.special_tokens`).list('ids', 64)) {
      if (!Number.isInteger(id) || (id as number) < 0 || (id as number) >= vocabSize) {
        refuse(`${fields.path}.special_tokens`, `ids from 0 to ${vocabSize - 1}`, id);
      }
      (seen ? after : before).push(id as number);
    }
  }
  if (!seen) refuse(`${fields.path}.single`, 'a template with the sequence A', 'none');
  out.prefixIds = [...before, ...out.prefixIds];
  out.suffixIds = [...out.suffixIds, ...after];
}

/** Steps of the `post_processor` of tokenizer.json for one text (pairs are not this project's). */
export function readPostProcessors(value: unknown, vocabSize: number): PostProcessing {
  const out: Mutable = { prefixIds: [], suffixIds: [] };
  for (const fields of flatten(value, 'post_processor', 'processors')) {
    const type = fields.string('type');
    switch (type) {
      case 'ByteLevel':
        if (fields.boolean('trim_offsets', true))
          out.trim = { addPrefixSpace: fields.boolean('add_prefix_space', true) };
        break;
      case 'RobertaProcessing':
        if (fields.boolean('trim_offsets', true))
          out.trim = { addPrefixSpace: fields.boolean('add_prefix_space', true) };
        out.prefixIds.unshift(pairId(fields, 'cls', vocabSize));
        out.suffixIds.push(pairId(fields, 'sep', vocabSize));
        break;
      case 'BertProcessing':
        out.prefixIds.unshift(pairId(fields, 'cls', vocabSize));
        out.suffixIds.push(pairId(fields, 'sep', vocabSize));
        break;
      case 'TemplateProcessing':
        template(fields, out, vocabSize);
        break;
      default:
        refuse(fields.at('type'), 'ByteLevel, TemplateProcessing, RobertaProcessing, BertProcessing or Sequence', type);
    }
  }
  return out;
}

/** Offsets of a token without the spaces at its ends, as ByteLevel post-processing gives them. */
export function trimOffsets(
  token: string,
  offsets: [number, number],
  first: boolean,
  addPrefixSpace: boolean,
): [number, number] {
  const isSpace = (char: string) => char === 'Ġ' || /\p{White_Space}/u.test(char);
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
