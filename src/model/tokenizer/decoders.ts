import { bytesToEscaped, bytesToTextStrict, escapedToBytes, printableToBytes } from './bytes.js';
import { type Fields, type PartReader, checkGrowth, contentOf, flatten, pickReader, regexOf } from './reader.js';

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

/** Spaces before punctuation and English contractions, which a word-by-word decoding put there. */
const cleanups: readonly [string, string][] = [
  [' .', '.'],
  [' ?', '?'],
  [' !', '!'],
  [' ,', ','],
  [" ' ", "'"],
  [" n't", "n't"],
  [" 'm", "'m"],
  [' do not', " don't"],
  [" 's", "'s"],
  [" 've", "'ve"],
  [" 're", "'re"],
];
const cleanUp = (text: string) => cleanups.reduce((out, [from, to]) => out.replaceAll(from, to), text);

function metaspace(fields: Fields): Step {
  const replacement = fields.string('replacement', '▁');
  const older = fields.raw('add_prefix_space') === false ? 'never' : 'always';
  const drops = fields.oneOf('prepend_scheme', ['always', 'first', 'never'], older) !== 'never';
  return (tokens) => tokens.map((token, i) => token.replaceAll(replacement, i === 0 && drops ? '' : ' '));
}

function wordPiece(fields: Fields): Step {
  const prefix = fields.string('prefix', '##');
  const cleanup = fields.boolean('cleanup', true);
  return (tokens) =>
    tokens.map((token, i) => {
      const text = i === 0 ? token : token.startsWith(prefix) ? token.slice(prefix.length) : ` ${token}`;
      return cleanup ? cleanUp(text) : text;
    });
}

function ctc(fields: Fields): Step {
  const pad = fields.string('pad_token', '<pad>');
  const delimiter = fields.string('word_delimiter_token', '|');
  const cleanup = fields.boolean('cleanup', true);
  return (tokens) =>
    tokens
      .filter((token, i) => token !== tokens[i - 1])
      .map((token) => {
        const text = pad === '' ? token : token.replaceAll(pad, '');
        return cleanup ? cleanUp(text).replaceAll(delimiter, ' ') : text;
      })
      .filter((text) => text !== '');
}

export type DecoderType =
  | 'BPEDecoder'
  | 'ByteFallback'
  | 'ByteLevel'
  | 'CTC'
  | 'Fuse'
  | 'Metaspace'
  | 'Replace'
  | 'Strip'
  | 'WordPiece';

/** `exact` keeps bytes that are not UTF-8. */
export const decoderReaders: Readonly<Record<DecoderType, PartReader<(exact: boolean) => Step>>> = {
  BPEDecoder: {
    fields: 'suffix',
    read(fields) {
      const suffix = fields.string('suffix', '</w>');
      return () => (tokens) => tokens.map((token, i) => token.replaceAll(suffix, i === tokens.length - 1 ? '' : ' '));
    },
  },
  ByteFallback: { fields: '', read: () => (exact) => byteFallback(!exact) },
  ByteLevel: { fields: '', read: () => () => byteLevel },
  CTC: { fields: 'pad_token word_delimiter_token cleanup', read: (fields) => () => ctc(fields) },
  Fuse: { fields: '', read: () => () => fuse },
  Metaspace: { fields: 'replacement prepend_scheme', read: (fields) => () => metaspace(fields) },
  Replace: {
    fields: 'pattern content',
    read(fields) {
      const pattern = regexOf(fields, 'pattern');
      const content = contentOf(fields, 'content');
      return () => (tokens) => tokens.map((token) => token.replace(pattern, () => content));
    },
  },
  Strip: {
    fields: 'content start stop',
    read(fields) {
      const step = strip(fields.string('content'), fields.count('start', 1e6, 0), fields.count('stop', 1e6, 0));
      return () => step;
    },
  },
  WordPiece: { fields: 'prefix cleanup', read: (fields) => () => wordPiece(fields) },
};

/** Turns token texts into text. `exact` keeps bytes that are not UTF-8 in escaped form. */
export interface TokenDecoder {
  /** Text with U+FFFD for what is not UTF-8. */
  text(tokens: readonly string[]): string;
  /** Text with such bytes escaped. */
  exact(tokens: readonly string[]): string;
  /** Whether the text of a sequence begins with the text of each of its beginnings, bytes taken apart. */
  readonly byteLevel: boolean;
}

const lengthOf = (texts: readonly string[]) => texts.reduce((sum, text) => sum + text.length, 0);

/** The `decoder` of tokenizer.json; without one, tokens are joined by spaces as in the reference library. */
export function readDecoders(value: unknown): TokenDecoder {
  const items = flatten(value, 'decoder', 'decoders');
  const makers = items.map((fields) => pickReader(decoderReaders, fields)(fields));
  const run = (exact: boolean) => {
    const steps = makers.map((make) => make(exact));
    return (tokens: readonly string[]) => {
      if (steps.length === 0) return tokens.join(' ');
      const before = lengthOf(tokens);
      let texts = [...tokens];
      for (const step of steps) {
        texts = step(texts);
        checkGrowth('decoder', before, lengthOf(texts));
      }
      return texts.join('');
    };
  };
  return {
    text: run(false),
    exact: run(true),
    byteLevel: items.length === 1 && items[0].string('type') === 'ByteLevel',
  };
}
