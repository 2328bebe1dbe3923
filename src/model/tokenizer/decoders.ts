import { bytesToEscaped, bytesToTextStrict, escapedToBytes, printableToBytes } from './bytes.js';
import { type Fields, flatten, patternOf, refuse } from './reader.js';
import { compilePattern, escapePattern } from './regex.js';

/** Texts of consecutive tokens; bytes that are not UTF-8 are escaped. */
type Step = (tokens: string[]) => string[];

const fuse: Step = (tokens) => [tokens.join('')];

const byteLevel: Step = (tokens) => {
  const parts = tokens.map((token) => printableToBytes(token) ?? escapedToBytes(token));
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return [bytesToEscaped(all)];
};

/** Runs of `<0xNN>` become their bytes. `replace`: a run that is not UTF-8 becomes one U+FFFD a byte, as in the reference library. */
const byteFallback =
  (replace: boolean): Step =>
  (tokens) => {
    const out: string[] = [];
    let run: number[] = [];
    const flush = () => {
      if (run.length === 0) return;
      const bytes = Uint8Array.from(run);
      if (replace) out.push(bytesToTextStrict(bytes) ?? '\ufffd'.repeat(run.length));
      else out.push(bytesToEscaped(bytes));
      run = [];
    };
    for (const token of tokens) {
      const match = /^<0x([0-9A-Fa-f]{2})>$/.exec(token);
      if (match) run.push(Number.parseInt(match[1], 16));
      else {
        flush();
        out.push(token);
      }
    }
    flush();
    return out;
  };

function strip(content: string, start: number, stop: number): Step {
  return (tokens) =>
    tokens.map((token) => {
      const chars = [...token];
      let from = 0;
      while (from < start && chars[from] === content) from++;
      let to = chars.length;
      while (to > from && chars.length - to < stop && chars[to - 1] === content) to--;
      return chars.slice(from, to).join('');
    });
}

function readStep(fields: Fields, exact: boolean): Step {
  const type = fields.string('type');
  switch (type) {
    case 'ByteLevel':
      return byteLevel;
    case 'ByteFallback':
      return byteFallback(!exact);
    case 'Fuse':
      return fuse;
    case 'Strip':
      return strip(fields.string('content'), fields.count('start', 1e6, 0), fields.count('stop', 1e6, 0));
    case 'Replace': {
      const pattern = patternOf(fields, 'pattern');
      const source =
        'literal' in pattern ? new RegExp(escapePattern(pattern.literal), 'gu') : compilePattern(pattern.regex);
      const content = fields.string('content');
      return (tokens) => tokens.map((token) => token.replace(source, () => content));
    }
    case 'Metaspace': {
      const replacement = fields.string('replacement', '▁');
      const older = fields.raw('add_prefix_space') === false ? 'never' : 'always';
      const drops = fields.oneOf('prepend_scheme', ['always', 'first', 'never'], older) !== 'never';
      return (tokens) =>
        tokens.map((token, i) =>
          (i === 0 && drops && token.startsWith(replacement) ? token.slice(replacement.length) : token).replaceAll(
            replacement,
            ' ',
          ),
        );
    }
    case 'BPEDecoder': {
      const suffix = fields.string('suffix', '</w>');
      return (tokens) => tokens.map((token, i) => token.replaceAll(suffix, i === tokens.length - 1 ? '' : ' '));
    }
    default:
      return refuse(
        fields.at('type'),
        'ByteLevel, ByteFallback, Fuse, Strip, Replace, Metaspace, BPEDecoder or Sequence',
        type,
      );
  }
}

/** Turns token texts into text. `exact` keeps bytes that are not UTF-8 in escaped form. */
export interface TokenDecoder {
  /** Text with U+FFFD for what is not UTF-8. */
  text(tokens: readonly string[]): string;
  /** Text with such bytes escaped. */
  exact(tokens: readonly string[]): string;
  /** Whether the text of a sequence begins with the text of each of its beginnings, bytes taken apart. */
  readonly byteLevel: boolean;
}

/** The `decoder` of tokenizer.json; without one, tokens are joined by spaces as in the reference library. */
export function readDecoders(value: unknown): TokenDecoder {
  const items = flatten(value, 'decoder', 'decoders');
  const run = (steps: readonly Step[]) => (tokens: readonly string[]) =>
    steps.length === 0 ? tokens.join(' ') : steps.reduce((texts, step) => step(texts), [...tokens]).join('');
  return {
    text: run(items.map((fields) => readStep(fields, false))),
    exact: run(items.map((fields) => readStep(fields, true))),
    byteLevel: items.length === 1 && items[0].string('type') === 'ByteLevel',
  };
}
