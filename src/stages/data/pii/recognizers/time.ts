import { isDay } from '../checks/digits.js';
import type { Recognizer } from '../types.js';

const months =
  'January|February|March|April|May|June|July|August|September|October|November|December|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept|Sep|Oct|Nov|Dec|' +
  'Januar|Februar|März|Mai|Juni|Juli|Oktober|Dezember|janvier|février|mars|avril|mai|juin|juillet|août|septembre|octobre|novembre|décembre|' +
  'enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|octubre|noviembre|diciembre';
const month = `(?:${months})\\.?`;
const days = 'Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday';
const clock = String.raw`(?:[01]?\d|2[0-3])(?::[0-5]\d){1,2}(?:\.\d{1,6})?(?: ?[ap]\.?m\.?(?![a-z]))?(?: ?(?:Z|UTC|GMT|[+-]\d{2}:?\d{2}))?(?![\w:])`;
const tail = String.raw`(?:(?:,? (?:at )?|T)${clock})?`;

/** Day, month and year in either order, two-digit years let pass. */
function isNumericDate(found: string): boolean {
  const parts = found
    .split(/[^\d]+/)
    .slice(0, 3)
    .map(Number);
  if (parts.length < 3) return true;
  const [a, b, c] = parts;
  if (/^\d{4}/.test(found)) return a >= 1000 && a < 2200 && isDay(a, b, c);
  const year = c < 100 ? 2000 + (c % 100) : c;
  return year >= 1000 && year < 2200 && (isDay(year, a, b) || isDay(year, b, a));
}

const yearCue =
  'in|since|during|of|from|by|until|till|before|after|around|circa|ca|early|late|mid|year|between|and|to|through|summer|winter|spring|autumn|fall|born|until|jahr|im|seit|en|depuis';

/** Dates, times and ages. */
export const time: readonly Recognizer[] = [
  {
    type: 'DATE_TIME',
    name: 'numeric date',
    family: 'time',
    trigger: 'digit',
    pattern: new RegExp(
      String.raw`(?<![\w.\/-])(?:\d{4}([-/.])(?:0?[1-9]|1[0-2])\1(?:0?[1-9]|[12]\d|3[01])|(?:0?[1-9]|[12]\d|3[01])([-/.])(?:0?[1-9]|[12]\d|3[01])\2(?:\d{4}|\d{2}))${tail}(?![\w\/-]|\.\d)`,
      'g',
    ),
    score: 0.85,
    validate: isNumericDate,
    check: 'a day of the calendar',
  },
  {
    type: 'DATE_TIME',
    name: 'written date',
    family: 'time',
    trigger: 'digit',
    pattern: new RegExp(
      String.raw`(?<![\p{L}\p{N}])(?:(?:(?:${days}),? )?(?:(?:0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th|\.)? (?:of |de )?${month}(?:,? (?:de )?\d{4})?|${month} (?:0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th)?(?:,? \d{4})?(?!\d)|${month},? (?:1[5-9]|20)\d{2}))(?![\p{L}\p{N}])${tail}`,
      'giu',
    ),
    score: 0.85,
  },
  {
    type: 'DATE_TIME',
    name: 'weekday',
    family: 'time',
    pattern: new RegExp(`(?<![\\p{L}\\p{N}])(?:${days})(?![\\p{L}\\p{N}])`, 'giu'),
    score: 0.6,
  },
  {
    type: 'DATE_TIME',
    name: 'year after a cue',
    family: 'time',
    trigger: 'digit',
    pattern: new RegExp(
      String.raw`(?<![\p{L}\p{N}])(?:${yearCue}) (?<v>(?:1[5-9]|20)\d{2})(?![\p{L}\p{N}]|[-./:,]\d|%| ?[€$£])`,
      'giu',
    ),
    score: 0.6,
  },
  {
    type: 'DATE_TIME',
    name: 'year',
    family: 'time',
    trigger: 'digit',
    pattern: /(?<![\p{L}\p{N}$€£#.,:/+-]|\d )(?:19[0-9]|20[0-4])\d(?=[\s.,;:!?)"'’\]]|$)(?![.,:]\d| \d)/gu,
    score: 0.3,
    context: [
      'published',
      'founded',
      'released',
      'established',
      'died',
      'graduated',
      'copyright',
      'season',
      'edition',
      'copyright',
      '©',
      'census',
      'election',
    ],
    contextScore: 0.6,
  },
  {
    type: 'DATE_TIME',
    name: 'decade',
    family: 'time',
    trigger: 'digit',
    pattern: /(?<![\p{L}\p{N}])(?:1[5-9]|20)\d0s(?![\p{L}\p{N}])/gu,
    score: 0.35,
  },
  {
    type: 'DATE_TIME',
    name: 'time of day',
    family: 'time',
    trigger: 'digit',
    pattern: new RegExp(
      String.raw`(?<![\w:.])(?:(?:[01]?\d|2[0-3])(?::[0-5]\d){1,2}(?: ?[ap]\.?m\.?(?![a-z]))?|(?:0?[1-9]|1[0-2]) ?[ap]\.?m\.?)(?![\w:])`,
      'gi',
    ),
    score: 0.5,
  },
  {
    type: 'AGE',
    name: 'years old',
    family: 'time',
    trigger: 'digit',
    pattern:
      /(?<![\w.$])(?<v>\d{1,3})(?=[- ]?(?:years?|yrs?|yr|y)[- ]?(?:old|of age)(?!\w)|[- ]?y\/?o(?!\w)|[- ]year[- ]olds?(?!\w)| ?ans(?= et|[.,;]|$)| Jahre alt| años)/gi,
    score: 0.9,
    validate: (found) => Number(found) <= 120,
    check: 'at most 120',
  },
  {
    type: 'AGE',
    name: 'age after a cue',
    family: 'time',
    trigger: 'digit',
    pattern:
      /(?<![\p{L}\p{N}])(?:aged?|age of|age is|age:|(?:just |recently |soon |now )?(?:turn|turns|turned|turning)|(?:i|he|she|they|who|we)(?:['’](?:ll|d))? (?:be|is|am|are|was|turned) (?:now |only |already |just )?|(?:i['’]m|he['’]s|she['’]s|i am|he is|she is) (?:now |only |already |just )?)\s{0,3}(?<v>\d{1,3})(?=[.,;!?)"']?(?:\s|$))(?!,\d| (?:%|percent|minutes?|hours?|days?|weeks?|months?|km|kg|miles?|of|th|feet|meters?|dollars?|points?|in)(?![\p{L}]))/giu,
    score: 0.75,
    validate: (found) => Number(found) > 0 && Number(found) <= 120,
    check: '1 to 120',
  },
];
