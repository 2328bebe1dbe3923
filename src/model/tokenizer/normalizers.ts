import type { Edit, EditingRewriter, Rewriter } from './align.js';
import { bytesToPrintable, pushUtf8 } from './bytes.js';
import { type Fields, flatten, patternOf, refuse } from './reader.js';
import { readPrecompiled } from './unigram/precompiled.js';
import { compilePattern, escapePattern } from './regex.js';

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

// Characters that may combine when normalized stand together: a base with its marks, the letters of a Hangul syllable.
const clusters = /(?:[\u1100-\u115f][\u1160-\u11a7]|[\uac00-\ud7a3])[\u11a8-\u11ff]?\p{M}*|\P{M}\p{M}*|\p{M}+/gu;

/** A rewriter that works cluster by cluster. */
function byCluster(apply: (text: string) => string): Rewriter {
  return {
    apply,
    edits(text) {
      const edits: Edit[] = [];
      let whole = '';
      for (const match of text.matchAll(clusters)) {
        const replaced = apply(match[0]);
        whole += replaced;
        if (replaced !== match[0]) {
          edits.push({ start: match.index, end: match.index + match[0].length, text: replaced, inPlace: true });
        }
      }
      const expected = apply(text);
      // Where clusters interact after all, the text is one edit: ids are right and offsets coarse.
      return whole === expected ? edits : [{ start: 0, end: text.length, text: expected, inPlace: true }];
    },
  };
}

/** Lower case character by character, so a final sigma is an ordinary one, as in the reference library. */
const lowercase = (text: string) => text.replaceAll('Σ', 'σ').toLowerCase();

function strip(left: boolean, right: boolean): Rewriter {
  const pattern = new RegExp(
    [left && '^\\p{White_Space}+', right && '\\p{White_Space}+$'].filter(Boolean).join('|'),
    'gu',
  );
  return left || right ? replaceAll(pattern, '') : { apply: (text) => text, edits: () => [] };
}

/** Every byte as its printable character. */
const byteLevel: EditingRewriter = {
  apply: (text) => byteLevel.edits(text).reduce((out, edit) => out + edit.text, ''),
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

function readNormalizer(fields: Fields): Rewriter {
  const type = fields.string('type');
  switch (type) {
    case 'NFC':
    case 'NFD':
    case 'NFKC':
    case 'NFKD':
      return byCluster((text) => text.normalize(type));
    case 'Lowercase':
      return byCluster(lowercase);
    case 'StripAccents':
      return replaceAll(/\p{M}+/gu, '');
    case 'Strip':
      return strip(fields.boolean('strip_left', true), fields.boolean('strip_right', true));
    case 'Prepend':
      return prepend(fields.string('prepend'));
    case 'Replace': {
      const pattern = patternOf(fields, 'pattern');
      const source =
        'literal' in pattern ? new RegExp(escapePattern(pattern.literal), 'gu') : compilePattern(pattern.regex);
      if (source.test('')) refuse(fields.at('pattern'), 'a pattern that matches no empty text', '""');
      return replaceAll(source, fields.string('content'));
    }
    case 'ByteLevel':
      return byteLevel;
    case 'Precompiled':
      return readPrecompiled(fields);
    default:
      return refuse(
        fields.at('type'),
        'NFC, NFD, NFKC, NFKD, Lowercase, StripAccents, Strip, Prepend, Replace, ByteLevel, Precompiled or Sequence',
        type,
      );
  }
}

/** Steps of the `normalizer` of tokenizer.json, in order. */
export function readNormalizers(value: unknown): Rewriter[] {
  return flatten(value, 'normalizer', 'normalizers').map(readNormalizer);
}
