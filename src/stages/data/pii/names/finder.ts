import type { Finder } from '../engine.js';
import type { Span } from '../types.js';
import { familyNames, givenNames, knownWords, placeNames, weights } from './model.js';
import { Tagger, type Tagged, unpackWeights } from './tagger.js';
import { kinds, type Tokens } from './tokens.js';
import { functionWords, isKnown, WordSet } from './words.js';

const types: Readonly<Record<Tagged['label'], string>> = {
  PER: 'PERSON',
  LOC: 'LOCATION',
  ORG: 'ORGANIZATION',
  NRP: 'NRP',
  TITLE: 'TITLE',
};

const postcode =
  /^(?:\d{3,6}|\d{3} \d{2}|\d{5}-\d{3,4}|\d{4}-\d{3}|\d{4} ?[A-Z]{2}|[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}|[A-Z]\d[A-Z] ?\d[A-Z]\d|[A-Z]{1,2}-\d{4,5})$/i;
const postcodeCue =
  /(?:zip|postal|post ?code|postcode|plz|cap|código postal|code postal)(?: ?code)?(?: is| ?:| ?=| number)?\s{0,3}$/i;

/** Finds names of persons, places, organizations, groups and titles by the trained tagger. */
export class NameFinder implements Finder {
  readonly #tagger: Tagger;
  readonly #known: WordSet;

  constructor() {
    this.#known = WordSet.parse(knownWords);
    this.#tagger = new Tagger(
      unpackWeights(weights),
      this.#known,
      WordSet.parse(placeNames),
      WordSet.parse(givenNames),
      WordSet.parse(familyNames),
    );
  }

  find(text: string): Span[] {
    const { tokens, found } = this.#tagger.tag(text);
    const spans: Span[] = [];
    found.forEach((tagged, n) => {
      // Groups come from their list, which is surer.
      if (tagged.label === 'NRP') return;
      if (tagged.label === 'TITLE' && !isTitle(text, tokens, tagged, found[n + 1])) return;
      // Below what rules with checksums give: where both find something, the rule is right.
      const score = Math.round((0.3 + 0.44 * tagged.probability) * 1000) / 1000;
      for (const [from, to] of pieces(text, tokens, tagged)) {
        const start = tokens.start[from];
        const end = tokens.end[to - 1];
        const value = text.slice(start, end);
        if (tagged.label === 'LOC' && !/\p{L}/u.test(value)) {
          const before = text.slice(Math.max(0, start - 24), start);
          const near = spans.at(-1);
          if (postcode.test(value) && postcodeCue.test(before))
            spans.push({ start, end, type: 'ZIP_CODE', score: 0.84, rule: 'postcode' });
          else if (near?.type === 'LOCATION' && start - near.end <= 3)
            spans.push({ start, end, type: 'LOCATION', score: 0.41, rule: 'tagger' });
          continue;
        }
        // "SSN: …", "MRN 123": the label of a number is no name.
        if (/^\p{Lu}{2,5}$/u.test(value) && /^ ?(?:[:=#]|is |no\.? |\d)/.test(text.slice(end, end + 5))) continue;
        if (tagged.label !== 'LOC' && tagged.label !== 'TITLE' && !isName(text, tokens, from, to)) continue;
        const split = tagged.label === 'LOC' ? townAndPostcode(text, start, value) : 0;
        if (split > 0) {
          spans.push({ start, end: start + split, type: 'LOCATION', score, rule: 'tagger' });
          spans.push({ start: start + split + 1, end, type: 'ZIP_CODE', score, rule: 'postcode after a town' });
          continue;
        }
        spans.push({ start, end, type: types[tagged.label], score, rule: 'tagger' });
      }
    });
    const foreign = isForeign(text, tokens, this.#known);
    return sameWithin(text, foreign ? spans.filter((span) => isSure(text, span)) : spans);
  }
}

/** Least share of English among words in small letters; prose has 85 % and more, the next of kin under 30 %. */
const leastEnglish = 0.5;

/** Whether the first 300 words in small letters are mostly not English: the tagger then takes common words for names. Short texts are let pass. */
function isForeign(text: string, tokens: Tokens, known: WordSet): boolean {
  let words = 0;
  let english = 0;
  for (let k = 0; k < tokens.count && words < 300; k++) {
    if (tokens.kind[k] !== kinds.word || tokens.end[k] - tokens.start[k] < 3) continue;
    const word = text.slice(tokens.start[k], tokens.end[k]);
    if (word !== word.toLowerCase()) continue;
    // Scripts without spaces: about four letters a word.
    words += word.charCodeAt(0) > 0x24f ? Math.ceil(word.length / 4) : 1;
    if (isKnown(known, word)) english++;
  }
  return words >= 8 && english < leastEnglish * words;
}

/** In another language: names after an honorific, addresses with a number. */
function isSure(text: string, { start, end, type }: Span): boolean {
  if (type === 'PERSON')
    return /(?:^|[^\p{L}])(?:herr|frau|dr|prof|mr|mrs|ms|monsieur|madame|mme|señora?|sr|sra|signora?|dott|pan|pani|hr|fru|herra|rouva)\.? $/iu.test(
      text.slice(Math.max(0, start - 12), start),
    );
  return (
    type === 'ZIP_CODE' ||
    type === 'TITLE' ||
    (type === 'LOCATION' && /\p{L}/u.test(text.slice(start, end)) && /\d/.test(text.slice(start, end)))
  );
}

/** One person, one type: a word of a person's full name that stands alone elsewhere in the text is that person. */
function sameWithin(text: string, spans: readonly Span[]): Span[] {
  const known = new Set<string>();
  for (const { type, start, end } of spans) {
    const words = type === 'PERSON' ? text.slice(start, end).split(/\s+/) : [];
    if (words.length > 1) for (const word of words) if (word.length > 2) known.add(word);
  }
  if (known.size === 0) return [...spans];
  return spans.map((span) =>
    (span.type === 'ORGANIZATION' || span.type === 'LOCATION') && known.has(text.slice(span.start, span.end))
      ? { ...span, type: 'PERSON' }
      : span,
  );
}

/** Length of the town in "in Springfield 62704 we …"; 0 where this is no town and postcode in the midst of a line. */
function townAndPostcode(text: string, start: number, value: string): number {
  const match = /^(\p{L}[\p{L}.'’ ,-]{1,60}) (\S{3,8}|\d{3} \d{2}|\d{4} [A-Z]{2})$/u.exec(value);
  if (!match || !/\d{3}/.test(match[2]) || !postcode.test(match[2])) return 0;
  const line = text.slice(Math.max(0, start - 40), start);
  return /\p{Ll}{2} $/u.test(line) ? match[1].length : 0;
}

/** A word of two letters at least that is more than grammar. */
function isName(text: string, tokens: Tokens, from: number, to: number): boolean {
  for (let k = from; k < to; k++) {
    if (tokens.kind[k] !== kinds.word || tokens.end[k] - tokens.start[k] < 2) continue;
    if (!functionWords.has(text.slice(tokens.start[k], tokens.end[k]).toLowerCase())) return true;
  }
  return false;
}

const honorific =
  /^(?:mr|mrs|ms|mx|dr|miss|prof|professor|sir|lady|lord|rev|reverend|madam|madame|monsieur|herr|frau|señora?|capt|captain|sgt|lt|col|judge|senator|president|king|queen|father|sister)\b\.?$/i;

/** An honorific before a name, or a job that has a line to itself. */
function isTitle(text: string, tokens: Tokens, { from, to }: Tagged, next: Tagged | undefined): boolean {
  if (honorific.test(text.slice(tokens.start[from], tokens.end[to - 1])))
    return next?.label === 'PER' && next.from - to <= 1;
  const before = from === 0 || tokens.kind[from - 1] === kinds.line;
  const after = to === tokens.count || tokens.kind[to] === kinds.line;
  return before && after;
}

/** Cuts a stretch at line breaks (blank lines only, for places) and takes signs off its ends. */
function* pieces(text: string, tokens: Tokens, { label, from, to }: Tagged): Generator<readonly [number, number]> {
  let start = from;
  for (let i = from; i <= to; i++) {
    const line = i < to && tokens.kind[i] === kinds.line;
    const cut =
      line &&
      (label !== 'LOC' ||
        (text.indexOf('\n', text.indexOf('\n', tokens.start[i]) + 1) < tokens.end[i] &&
          text.slice(tokens.start[i], tokens.end[i]).split('\n').length > 2));
    if (i < to && !cut) continue;
    let first = start;
    let last = i;
    const isEdge = (k: number, end: boolean): boolean =>
      tokens.kind[k] === kinds.line ||
      (tokens.kind[k] === kinds.sign &&
        !/[)#"&]/.test(text[tokens.start[k]]) &&
        !(end && text[tokens.start[k]] === '.' && isAbbreviated(text, tokens, k)));
    while (first < last && isEdge(first, false)) first++;
    while (last > first && isEdge(last - 1, true)) last--;
    let letters = false;
    for (let k = first; k < last; k++)
      if (tokens.kind[k] === kinds.word || tokens.kind[k] === kinds.number) letters = true;
    if (letters) yield [first, last];
    start = i + 1;
  }
}

/** Whether the full stop at k belongs to a word of at most four letters right before it: `Mr.`, `Inc.`, `St.` */
function isAbbreviated(text: string, tokens: Tokens, k: number): boolean {
  if (k === 0 || tokens.end[k - 1] !== tokens.start[k]) return false;
  return /^(?:Mr|Mrs|Ms|Dr|Inc|Ltd|Co|Corp|St|Ave|Rd|Jr|Sr|Prof|u|S|A|str|Blvd|Ln|Apt|Rev)$/i.test(
    text.slice(tokens.start[k - 1], tokens.end[k - 1]),
  );
}
