import { type Edit, type EditingRewriter, type Rewriter, type Span, rewriteSpan } from './align.js';
import { bertApply, bertSteps } from './bert-normalizer.js';
import { bytesToPrintable, pushUtf8 } from './bytes.js';
import { lowercase } from './lowercase.js';
import { type PartReader, checkGrowth, contentOf, flatten, pickReader, refuse, regexOf } from './reader.js';
import { classOf } from './unicode.js';
import { unicodeForm } from './unicode-forms.js';
import { readPrecompiled } from './unigram/index.js';

/** What stands between a text and the pre-tokenizer. */
export interface Normalization {
  readonly steps: readonly Rewriter[];
  apply(text: string): string;
  /** The same with places, where the span has them. */
  rewrite(span: Span): Span;
}

/** Replaces every match by a text. */
export function replaceAll(pattern: RegExp, content: string): Rewriter {
  return {
    apply: (text) => text.replace(pattern, () => content),
    edits: (text) =>
      [...text.matchAll(pattern)].map((m) => ({ start: m.index, end: m.index + m[0].length, text: content })),
  };
}

/** Puts `content` before a text that is not empty; it shares the place of the first character. */
export function prepend(content: string, unless?: string): Rewriter {
  const wanted = (text: string) => text.length > 0 && !(unless !== undefined && text.startsWith(unless));
  return {
    apply: (text) => (wanted(text) ? content + text : text),
    edits: (text) => (wanted(text) ? [{ start: 0, end: 0, text: content }] : []),
  };
}

const unchanged: Rewriter = { apply: (text) => text, edits: () => [] };

function strip(left: boolean, right: boolean): Rewriter {
  const pattern = new RegExp(
    [left && '^\\p{White_Space}+', right && '\\p{White_Space}+$'].filter(Boolean).join('|'),
    'gu',
  );
  return left || right ? replaceAll(pattern, '') : unchanged;
}

/** Every byte as its printable character. */
export const bytesAsText: EditingRewriter = {
  apply(text) {
    const bytes: number[] = [];
    for (let at = 0; at < text.length; ) at = pushUtf8(text, at, bytes);
    return bytesToPrintable(bytes);
  },
  edits(text) {
    const edits: Edit[] = [];
    for (let at = 0; at < text.length; ) {
      const bytes: number[] = [];
      const next = pushUtf8(text, at, bytes);
      edits.push({ start: at, end: next, text: bytesToPrintable(bytes) });
      at = next;
    }
    return edits;
  },
};

/** Steps of a normalizer, and where there is one a quicker way through all of them. */
interface NormalizerSteps {
  readonly steps: readonly Rewriter[];
  readonly apply?: (text: string) => string;
}

export type NormalizerType =
  | 'BertNormalizer'
  | 'ByteLevel'
  | 'Lowercase'
  | 'NFC'
  | 'NFD'
  | 'NFKC'
  | 'NFKD'
  | 'Nmt'
  | 'Precompiled'
  | 'Prepend'
  | 'Replace'
  | 'Strip'
  | 'StripAccents';

const one = (step: Rewriter): NormalizerSteps => ({ steps: [step] });

export const normalizerReaders: Readonly<Record<NormalizerType, PartReader<NormalizerSteps>>> = {
  BertNormalizer: {
    fields: 'clean_text handle_chinese_chars strip_accents lowercase',
    read(fields) {
      const lower = fields.boolean('lowercase', true);
      const options = {
        cleanText: fields.boolean('clean_text', true),
        handleChineseChars: fields.boolean('handle_chinese_chars', true),
        // Left open, accents go where capitals go.
        stripAccents: fields.boolean('strip_accents', lower),
        lowercase: lower,
      };
      return { steps: bertSteps(options), apply: bertApply(options) };
    },
  },
  ByteLevel: { fields: '', read: () => one(bytesAsText) },
  Lowercase: { fields: '', read: () => one(lowercase) },
  NFC: { fields: '', read: () => one(unicodeForm('NFC')) },
  NFD: { fields: '', read: () => one(unicodeForm('NFD')) },
  NFKC: { fields: '', read: () => one(unicodeForm('NFKC')) },
  NFKD: { fields: '', read: () => one(unicodeForm('NFKD')) },
  Nmt: {
    fields: '',
    read: () => ({
      steps: [
        replaceAll(new RegExp(`[${classOf('nmtRemoved')}]+`, 'gu'), ''),
        replaceAll(new RegExp(`[${classOf('nmtSpaces')}]`, 'gu'), ' '),
      ],
    }),
  },
  Precompiled: {
    fields: 'precompiled_charsmap match',
    read: (fields) => one(readPrecompiled(fields)),
  },
  Prepend: { fields: 'prepend', read: (fields) => one(prepend(contentOf(fields, 'prepend'))) },
  Replace: {
    fields: 'pattern content',
    read(fields) {
      const pattern = regexOf(fields, 'pattern');
      if (pattern.test('')) refuse(fields.at('pattern'), 'a pattern that matches no empty text', '""');
      return one(replaceAll(pattern, contentOf(fields, 'content')));
    },
  },
  Strip: {
    fields: 'strip_left strip_right',
    read: (fields) => one(strip(fields.boolean('strip_left', true), fields.boolean('strip_right', true))),
  },
  StripAccents: { fields: '', read: () => one(replaceAll(new RegExp(`[${classOf('marks')}]+`, 'gu'), '')) },
};

/** The `normalizer` of tokenizer.json. */
export function readNormalizers(value: unknown): Normalization {
  const parts = flatten(value, 'normalizer', 'normalizers').map((fields) =>
    pickReader(normalizerReaders, fields)(fields),
  );
  const steps = parts.flatMap((part) => part.steps);
  const quick = parts.flatMap(({ steps: inner, apply }) =>
    apply ? [apply] : inner.map((step) => (text: string) => step.apply(text)),
  );
  const checked = (before: number, after: string) => {
    checkGrowth('normalizer', before, after.length);
    return after;
  };
  const apply =
    quick.length === 1
      ? quick[0]
      : (text: string) => quick.reduce((out, next) => checked(text.length, next(out)), text);
  return {
    steps,
    apply,
    rewrite(span) {
      if (steps.length === 0) return span;
      if (span.align) {
        return steps.reduce((out, step) => {
          const next = rewriteSpan(out, step);
          checkGrowth('normalizer', span.text.length, next.text.length);
          return next;
        }, span);
      }
      const text = apply(span.text);
      return text === span.text ? span : { text, first: span.first };
    },
  };
}
