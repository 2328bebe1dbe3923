import { type Rewriter, type Span, rewriteSpan, sliceSpan } from './align.js';
import { classScanner } from './class-scanner.js';
import { bytesAsText, prepend, replaceAll } from './normalizers.js';
import { type Fields, type PartReader, flatten, patternOf, pickReader, refuse, regexOf } from './reader.js';
import { escapePattern, wordClass } from './regex.js';
import { gpt2Pattern, scannerFor } from './patterns.js';
import type { Scanner } from './scanners.js';
import { scriptScanner } from './scripts.js';
import { classOf } from './unicode.js';

const behaviors = ['Removed', 'Isolated', 'MergedWithPrevious', 'MergedWithNext', 'Contiguous'] as const;
type Behavior = (typeof behaviors)[number];

/** A step that turns one span into several. */
export interface PreTokenizer {
  /** Set where the step only cuts, and a hand-written scanner knows where. */
  readonly scanner?: Scanner;
  /** Set where the step rewrites the text and does not cut it. */
  readonly rewrite?: (span: Span) => Span;
  split(span: Span): Span[];
}

/** What stands between normalizer and model. */
export interface PreTokenization {
  readonly steps: readonly PreTokenizer[];
  /** The last step turns text to bytes in printable form; that is left to the model. */
  readonly byteLevel: boolean;
}

const sliceAll = (span: Span, bounds: readonly number[]): Span[] => {
  const out: Span[] = [];
  for (let i = 0; i < bounds.length; i += 2) {
    if (bounds[i + 1] > bounds[i]) out.push(sliceSpan(span, bounds[i], bounds[i + 1]));
  }
  return out;
};

function scan(scanner: Scanner): PreTokenizer {
  return {
    scanner,
    split(span) {
      const bounds: number[] = [];
      for (let at = 0; at < span.text.length; ) {
        const end = scanner(span.text, at, span.text.length);
        if (end >= 0) bounds.push(at, end);
        at = end < 0 ? ~end : end;
      }
      return sliceAll(span, bounds);
    },
  };
}

/** Matches of a pattern and what stands between them, each a piece unless it is dropped. */
function matchScanner(pattern: RegExp, dropsMatches: boolean, dropsGaps: boolean): Scanner {
  // Most matches begin where the one before ended: looked for only there, they cost no object.
  const here = new RegExp(pattern.source, pattern.flags.replace('g', 'y'));
  const after = (text: string, at: number) => at + ((text.codePointAt(at) as number) > 0xffff ? 2 : 1);
  return (text, start, end) => {
    here.lastIndex = start;
    if (here.test(text) && here.lastIndex > start) return dropsMatches ? ~here.lastIndex : here.lastIndex;
    pattern.lastIndex = after(text, start);
    let match = pattern.exec(text);
    while (match && match[0] === '') {
      pattern.lastIndex = after(text, match.index);
      match = match.index < end ? pattern.exec(text) : null;
    }
    const next = match?.index ?? end;
    return dropsGaps ? ~next : next;
  };
}

/** Cuts at the matches of a pattern; `behavior` says where the matches go (`invert`: the rest counts as the match). */
function splitBy(pattern: RegExp, behavior: Behavior, invert: boolean): PreTokenizer {
  if (behavior === 'Isolated') return scan(matchScanner(pattern, false, false));
  if (behavior === 'Removed') return scan(matchScanner(pattern, !invert, invert));
  return {
    split(span) {
      const parts: { start: number; end: number; matched: boolean }[] = [];
      let at = 0;
      for (const match of span.text.matchAll(pattern)) {
        if (match[0].length === 0) continue;
        if (match.index > at) parts.push({ start: at, end: match.index, matched: invert });
        at = match.index + match[0].length;
        parts.push({ start: match.index, end: at, matched: !invert });
      }
      if (at < span.text.length) parts.push({ start: at, end: span.text.length, matched: invert });
      return sliceAll(span, place(parts, behavior));
    },
  };
}

function place(parts: { start: number; end: number; matched: boolean }[], behavior: Behavior): number[] {
  const bounds: number[] = [];
  let previous: boolean | undefined;
  for (const { start, end, matched } of parts) {
    const last = bounds.length - 1;
    const joins =
      last > 0 &&
      ((behavior === 'MergedWithPrevious' && matched && previous === false) ||
        (behavior === 'MergedWithNext' && !matched && previous === true) ||
        (behavior === 'Contiguous' && matched === previous));
    if (joins) bounds[last] = end;
    else if (behavior !== 'Removed' || !matched) bounds.push(start, end);
    // A match joined to the piece before it ends that piece: the next match stands alone.
    previous = matched;
  }
  return bounds;
}

function rewriteBy(rewrite: (span: Span) => Span): PreTokenizer {
  return { rewrite, split: (span) => [rewrite(span)] };
}

const rewrite = (rewriter: Rewriter) => rewriteBy((span) => rewriteSpan(span, rewriter));

/** Steps of a Metaspace pre-tokenizer: spaces become `replacement`, one stands before the first word. */
function metaspace(fields: Fields): PreTokenizer[] {
  const replacement = fields.string('replacement', '▁');
  if ([...replacement].length !== 1) refuse(fields.at('replacement'), 'one character', replacement);
  // `add_prefix_space` is the older spelling of the scheme.
  const older = fields.raw('add_prefix_space') === false ? 'never' : 'always';
  const scheme = fields.oneOf('prepend_scheme', ['always', 'first', 'never'], older);
  const spaces = replaceAll(/ /gu, replacement);
  const before = prepend(replacement, replacement);
  const steps: PreTokenizer[] = [rewrite(spaces)];
  if (scheme === 'always') steps.push(rewrite(before));
  if (scheme === 'first') steps.push(rewriteBy((span) => (span.first ? rewriteSpan(span, before) : span)));
  // Each mark begins a piece.
  if (fields.boolean('split', true)) {
    steps.push(
      scan((text, start, end) => {
        const next = text.indexOf(replacement, start + 1);
        return next < 0 ? end : next;
      }),
    );
  }
  return steps;
}

function byteLevel(fields: Fields): PreTokenizer[] {
  const steps: PreTokenizer[] = [];
  if (fields.boolean('add_prefix_space', true)) steps.push(rewrite(prepend(' ', ' ')));
  if (fields.boolean('use_regex', true)) steps.push(scan(scannerFor(gpt2Pattern) as Scanner));
  steps.push(rewrite(bytesAsText));
  return steps;
}

function split(fields: Fields): PreTokenizer[] {
  const pattern = patternOf(fields, 'pattern');
  const behavior = fields.oneOf('behavior', behaviors);
  const invert = fields.boolean('invert', false);
  if ('literal' in pattern && pattern.literal === '') refuse(fields.at('pattern'), 'a pattern that is not empty', '');
  if ('regex' in pattern) {
    // Pieces of a scanner tile the text, so isolating the matches or removing what is not matched come to the same.
    const tiles = behavior === 'Isolated' || (behavior === 'Removed' && invert);
    const scanner = tiles ? scannerFor(pattern.regex) : undefined;
    if (scanner) return [scan(scanner)];
  }
  return [splitBy(regexOf(fields, 'pattern'), behavior, invert)];
}

function fixedLength(fields: Fields): PreTokenizer[] {
  const length = fields.count('length', 1e9, 5);
  if (length === 0) refuse(fields.at('length'), 'a whole number from 1 on', 0);
  return [
    scan((text, start, end) => {
      let at = start;
      for (let left = length; left > 0 && at < end; left--) at += (text.codePointAt(at) as number) > 0xffff ? 2 : 1;
      return at;
    }),
  ];
}

const space = '\\p{White_Space}';

export type PreTokenizerType =
  | 'BertPreTokenizer'
  | 'ByteLevel'
  | 'CharDelimiterSplit'
  | 'Digits'
  | 'FixedLength'
  | 'Metaspace'
  | 'Punctuation'
  | 'Split'
  | 'UnicodeScripts'
  | 'Whitespace'
  | 'WhitespaceSplit';

export const preTokenizerReaders: Readonly<Record<PreTokenizerType, PartReader<PreTokenizer[]>>> = {
  BertPreTokenizer: {
    fields: '',
    read: () => [scan(classScanner({ drop: space, single: classOf('punctuation') }))],
  },
  ByteLevel: { fields: 'add_prefix_space use_regex', read: byteLevel },
  CharDelimiterSplit: {
    fields: 'delimiter',
    read: (fields) => [splitBy(new RegExp(escapePattern(fields.string('delimiter')), 'gu'), 'Removed', false)],
  },
  Digits: {
    fields: 'individual_digits',
    read: (fields) => [
      scan(classScanner(fields.boolean('individual_digits', false) ? { single: '\\p{N}' } : { run: '\\p{N}' })),
    ],
  },
  FixedLength: { fields: 'length', read: fixedLength },
  Metaspace: { fields: 'replacement prepend_scheme split', read: metaspace },
  Punctuation: {
    fields: 'behavior',
    read(fields) {
      const behavior = fields.oneOf('behavior', behaviors, 'Isolated');
      if (behavior === 'Isolated') return [scan(classScanner({ single: classOf('punctuation') }))];
      return [splitBy(new RegExp(`[${classOf('punctuation')}]`, 'gu'), behavior, false)];
    },
  },
  Split: { fields: 'pattern behavior invert', read: split },
  UnicodeScripts: { fields: '', read: () => [scan(scriptScanner())] },
  Whitespace: { fields: '', read: () => [scan(classScanner({ drop: space, run: `${wordClass}\\p{Join_Control}` }))] },
  WhitespaceSplit: { fields: '', read: () => [scan(classScanner({ drop: space }))] },
};

const mostByteLevels = 4;

/** The `pre_tokenizer` of tokenizer.json. */
export function readPreTokenizers(value: unknown): PreTokenization {
  const items = flatten(value, 'pre_tokenizer', 'pretokenizers');
  // Each of them may double the text.
  const doubling = items.filter((fields) => fields.string('type') === 'ByteLevel').length;
  if (doubling > mostByteLevels) refuse('pre_tokenizer', `at most ${mostByteLevels} ByteLevel steps`, doubling);
  const steps = items.flatMap((fields) => pickReader(preTokenizerReaders, fields)(fields));
  const last = items.at(-1)?.string('type') === 'ByteLevel';
  return { steps: last ? steps.slice(0, -1) : steps, byteLevel: last };
}

/** The same for a model that does not take bytes: it is given their printable form. */
export function bytesInText({ steps, byteLevel: last }: PreTokenization): PreTokenization {
  return { steps: last ? [...steps, rewrite(bytesAsText)] : steps, byteLevel: false };
}

/** A quick way through steps: rewriters, then a scanner, then the rest, which sees one piece at a time. */
export interface Stages {
  prepare(span: Span): Span;
  readonly scanner: Scanner;
  readonly rest: readonly PreTokenizer[];
}

/** The stages of steps, where they begin so. */
export function asStages(steps: readonly PreTokenizer[]): Stages | undefined {
  const at = steps.findIndex((step) => step.rewrite === undefined);
  const scanner = steps[at]?.scanner;
  if (!scanner) return undefined;
  const before = steps.slice(0, at);
  const prepare = (span: Span) => before.reduce((out, step) => step.rewrite?.(out) ?? out, span);
  return { prepare, scanner, rest: steps.slice(at + 1) };
}

/** All pieces of a span. */
export function piecesOf(steps: readonly PreTokenizer[], span: Span): Span[] {
  let spans = [span];
  for (const step of steps) spans = spans.flatMap((part) => step.split(part));
  return spans;
}
