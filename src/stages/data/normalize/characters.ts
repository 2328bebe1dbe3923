/** C0 but tab and line feed, DEL, C1; anchors of annotations, noncharacters, the soft hyphen. Carriage returns are `normalizeSpace`'s. */
const controls = /(?![\t\n\r\u0085])\p{Cc}|[\u00ad\ufdd0-\ufdef\ufff9-\ufffb\ufffe\uffff]/gu;
const anyControl = new RegExp(controls.source, 'u');
/** Invisible characters that no script needs: zero-width space, word joiner, invisible operators, the byte order mark inside a text. */
const invisible = /[\u200b\u2060-\u2064\u206a-\u206f\ufeff\u180e]/g;
const joiner = /[\u200c\u200d]/;
/** Scripts whose letters take other shapes beside a joiner. */
const shaping =
  /[\p{Script=Arabic}\p{Script=Syriac}\p{Script=Nko}\p{Script=Mongolian}\p{Script=Mandaic}\p{Script=Devanagari}\p{Script=Bengali}\p{Script=Gurmukhi}\p{Script=Gujarati}\p{Script=Oriya}\p{Script=Tamil}\p{Script=Telugu}\p{Script=Kannada}\p{Script=Malayalam}\p{Script=Sinhala}\p{Script=Tibetan}\p{Script=Myanmar}\p{Script=Khmer}\p{Script=Hebrew}\p{Script=Inherited}]/u;
const pictograph = /[\p{Extended_Pictographic}\p{Emoji_Modifier}\ufe0f]/u;
const tags = /[\u{e0000}-\u{e007f}]+/gu;
const blackFlag = '\u{1f3f4}';

/** Takes out control characters, noncharacters and soft hyphens; halves of surrogate pairs become U+FFFD. */
export function removeControls(text: string): string {
  const whole = text.toWellFormed ? text.toWellFormed() : text.replace(/\p{Surrogate}/gu, '\ufffd');
  return anyControl.test(whole) ? whole.replace(controls, '') : whole;
}

function before(text: string, at: number): string {
  const low = text.charCodeAt(at - 1);
  return at === 0 ? '' : (low & 0xfc00) === 0xdc00 && at > 1 ? text.slice(at - 2, at) : text[at - 1]!;
}

/** True for a joiner that shapes what stands around it: inside a word of a script that joins, or between pictographs. */
function isNeeded(mark: string, previous: string, next: string): boolean {
  if (previous === '' || next === '') return false;
  if (mark === '\u200d' && pictograph.test(previous) && pictograph.test(next)) return true;
  return shaping.test(previous) && shaping.test(next);
}

/** Takes out invisible characters; joiners (ZWJ, ZWNJ) stay in scripts and emoji that need them, tags in flags. */
export function removeInvisible(text: string): string {
  let result = text.replace(invisible, '');
  if (tags.test(result)) {
    tags.lastIndex = 0;
    result = result.replace(tags, (run, at: number) => (before(result, at) === blackFlag ? run : ''));
  }
  tags.lastIndex = 0;
  if (!joiner.test(result)) return result;
  // Of several in a row the first counts, for what stands after them all.
  return result.replace(/[\u200c\u200d]+/g, (run, at: number) => {
    const code = result.codePointAt(at + run.length);
    return isNeeded(run[0]!, before(result, at), code === undefined ? '' : String.fromCodePoint(code)) ? run[0]! : '';
  });
}

const bidi = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/;
const bidiAll = new RegExp(bidi.source, 'g');
const rightToLeft = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]|[\ud802\ud803\ud83a\ud83b][\udc00-\udfff]/;

/** Embeddings and isolates that are opened are closed again, in order, within the paragraph. */
function isBalanced(line: string): boolean {
  const open: string[] = [];
  for (const character of line) {
    if (character === '\u202c') {
      if (open.pop() !== 'embedding') return false;
    } else if (character === '\u2069') {
      if (open.pop() !== 'isolate') return false;
    } else if (character === '\u202d' || character === '\u202e') return false;
    else if (character === '\u202a' || character === '\u202b') open.push('embedding');
    else if (character >= '\u2066' && character <= '\u2068') open.push('isolate');
  }
  return open.length === 0;
}

/**
 * Takes out direction marks. `auto` keeps them in lines with letters that run right to left, where embeddings and isolates are balanced and nothing is
 * overridden: overrides make text read otherwise than it is written.
 */
export function removeBidi(text: string, how: 'auto' | 'remove'): string {
  if (!bidi.test(text)) return text;
  if (how === 'remove') return text.replace(bidiAll, '');
  return text
    .split('\n')
    .map((line) => {
      if (!bidi.test(line)) return line;
      if (!rightToLeft.test(line)) return line.replace(bidiAll, '');
      return isBalanced(line) ? line : line.replace(/[\u202a-\u202e\u2066-\u2069]/g, '');
    })
    .join('\n');
}

/** `trim` takes out spaces at the ends of lines and blank lines after the first; `collapse` also runs of spaces inside lines, and indentation. */
export function normalizeSpace(text: string, how: 'trim' | 'collapse'): string {
  const lines = text
    .replace(/\r\n?|[\u0085\u2028]/g, '\n')
    .replaceAll('\u2029', '\n\n')
    .replace(/[\u00a0\u1680\u2000-\u200a\u202f\u205f]/g, ' ')
    .split('\n');
  const kept: string[] = [];
  let blank = 0;
  for (const line of lines) {
    const trimmed = how === 'collapse' ? line.replace(/[ \t\u3000]+/g, ' ').trim() : line.trimEnd();
    if (trimmed === '') blank++;
    else {
      if (kept.length > 0 && blank > 0) kept.push('');
      blank = 0;
      kept.push(trimmed);
    }
  }
  return kept.join('\n');
}

/** Quotation marks and apostrophes of all shapes as `"` and `'`. */
export function straightenQuotes(text: string): string {
  return text
    .replace(/[\u201c-\u201f\u00ab\u00bb\u2033\u301d-\u301f\uff02]/g, '"')
    .replace(/[\u2018-\u201b\u2039\u203a\u2032\uff07]/g, "'");
}
