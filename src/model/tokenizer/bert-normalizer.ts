import type { Edit, Rewriter } from './align.js';
import { lowercase } from './lowercase.js';
import { classOf } from './unicode.js';
import { isNonStarter, unicodeForm } from './unicode-forms.js';

export interface BertNormalizerOptions {
  /** Drop control characters and make every white space a space. */
  readonly cleanText: boolean;
  /** Put spaces around Chinese characters. */
  readonly handleChineseChars: boolean;
  readonly stripAccents: boolean;
  readonly lowercase: boolean;
}

// U+FFFD and 0 are among the characters that BERT calls control.
const control = new RegExp(`[${classOf('control')}]`, 'gu');
const space = /[\t\n\r\p{White_Space}]/gu;
const chinese =
  /[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u{20000}-\u{2a6df}\u{2a700}-\u{2b81f}\u{2b920}-\u{2ceaf}\u{2f800}-\u{2fa1f}]/gu;
const accents = new RegExp(`[${classOf('accents')}]`, 'gu');

function replacing(pattern: RegExp, content: (char: string) => string): Rewriter {
  return {
    apply: (text) => text.replace(pattern, content),
    edits: (text) =>
      Array.from(text.matchAll(pattern), (match): Edit => {
        const end = match.index + match[0].length;
        return { start: match.index, end, text: content(match[0]) };
      }),
  };
}

/** Steps of BERT's normalizer (Devlin et al. 2018), each with its places. */
export function bertSteps(options: BertNormalizerOptions): Rewriter[] {
  const steps: Rewriter[] = [];
  if (options.cleanText) {
    steps.push(
      replacing(control, () => ''),
      replacing(space, () => ' '),
    );
  }
  if (options.handleChineseChars) steps.push(replacing(chinese, (char) => ` ${char} `));
  if (options.stripAccents) {
    steps.push(
      unicodeForm('NFD'),
      replacing(accents, () => ''),
    );
  }
  if (options.lowercase) steps.push(lowercase);
  return steps;
}

/** The same in one go: characters are looked up one by one, as long as none of them changes places with its neighbour. */
export function bertApply(options: BertNormalizerOptions): (text: string) => string {
  const steps = bertSteps(options);
  const slow = (text: string) => steps.reduce((out, step) => step.apply(out), text);
  const known: (string | undefined)[] = [];
  return (text) => {
    let out = '';
    let copied = 0;
    for (let at = 0; at < text.length; ) {
      const unit = text.charCodeAt(at);
      if (unit >= 0x20 && unit < 0x7f) {
        at++;
        continue;
      }
      const point = text.codePointAt(at) as number;
      const next = at + (point > 0xffff ? 2 : 1);
      let replaced = known[point];
      if (replaced === undefined) {
        const char = String.fromCodePoint(point);
        replaced = slow(char);
        // A mark that is left (a spacing one, or one younger than BERT's tables) may change places with its neighbours.
        if (options.stripAccents && Array.from(replaced).some(isNonStarter)) return slow(text);
        known[point] = replaced;
      }
      out += text.slice(copied, at) + replaced;
      copied = next;
      at = next;
    }
    out = copied === 0 ? text : out + text.slice(copied);
    return options.lowercase ? out.toLowerCase() : out;
  };
}
