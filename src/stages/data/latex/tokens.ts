/** A token of TeX: a control sequence, a character, or a verbatim stretch that TeX would not look into. */
export type Token =
  | { readonly kind: 'control'; readonly name: string }
  | { readonly kind: 'char'; readonly text: string }
  | { readonly kind: 'open' }
  | { readonly kind: 'close' }
  | { readonly kind: 'math'; readonly display: boolean }
  | { readonly kind: 'space' }
  | { readonly kind: 'paragraph' }
  | { readonly kind: 'parameter'; readonly number: number }
  | { readonly kind: 'verbatim'; readonly text: string; readonly block: boolean };

const verbatimEnvironments = [
  'verbatim',
  'verbatim*',
  'lstlisting',
  'minted',
  'Verbatim',
  'alltt',
  'code',
  'comment',
  'filecontents',
  'filecontents*',
];
/** Of these nothing is printed. */
const silent = new Set(['comment', 'filecontents', 'filecontents*']);

const letter = /[A-Za-z@]/;

/** Splits TeX source into tokens: comments go, blank lines end paragraphs. Linear in its length. */
export function tokenize(source: string): Token[] {
  const tokens: Token[] = [];
  const length = source.length;
  let at = 0;
  let lineStart = true;
  while (at < length) {
    const c = source[at] as string;
    if (c === '%') {
      const end = source.indexOf('\n', at);
      at = end < 0 ? length : end + 1;
      // TeX skips the blanks that begin the next line.
      while (source[at] === ' ' || source[at] === '\t') at++;
      lineStart = true;
    } else if (c === '\n' || c === ' ' || c === '\t' || c === '\r') {
      let lines = 0;
      while (at < length && /\s/.test(source[at] as string)) {
        if (source[at] === '\n') lines++;
        at++;
      }
      tokens.push({ kind: lines > 1 || (lines > 0 && lineStart) ? 'paragraph' : 'space' });
      lineStart = lines > 0;
      continue;
    } else if (c === '\\') {
      at = control(at);
    } else if (c === '{') {
      tokens.push({ kind: 'open' });
      at++;
    } else if (c === '}') {
      tokens.push({ kind: 'close' });
      at++;
    } else if (c === '$') {
      const display = source[at + 1] === '$';
      tokens.push({ kind: 'math', display });
      at += display ? 2 : 1;
    } else if (c === '#' && /[1-9]/.test(source[at + 1] ?? '')) {
      tokens.push({ kind: 'parameter', number: Number(source[at + 1]) });
      at += 2;
    } else {
      const text = String.fromCodePoint(source.codePointAt(at) as number);
      tokens.push({ kind: 'char', text });
      at += text.length;
    }
    lineStart = c === '%';
  }
  return tokens;

  function control(from: number): number {
    let end = from + 1;
    if (end >= length) return end;
    if (!letter.test(source[end] as string)) {
      const name = String.fromCodePoint(source.codePointAt(end) as number);
      tokens.push({ kind: 'control', name });
      return end + name.length;
    }
    while (end < length && letter.test(source[end] as string)) end++;
    const name = source.slice(from + 1, end);
    if ((name === 'verb' || name === 'lstinline') && end < length) {
      const start = source[end] === '*' ? end + 1 : end;
      const mark = source[start] as string;
      const close = mark === undefined || /\s/.test(mark) ? -1 : source.indexOf(mark === '{' ? '}' : mark, start + 1);
      if (close > 0 && !source.slice(start, close).includes('\n')) {
        tokens.push({ kind: 'verbatim', text: source.slice(start + 1, close), block: false });
        return close + 1;
      }
    }
    if (name === 'begin' && source[end] === '{') {
      const close = source.indexOf('}', end);
      const environment = close < 0 ? '' : source.slice(end + 1, close);
      if (verbatimEnvironments.includes(environment)) {
        const stop = source.indexOf(`\\end{${environment}}`, close);
        if (stop > 0) {
          const body = source.slice(close + 1, stop).replace(/^(\[[^\]]*\]|\{[^}]*\})*[ \t]*\n?/, '');
          if (!silent.has(environment)) tokens.push({ kind: 'verbatim', text: body, block: true });
          return stop + environment.length + 6;
        }
      }
    }
    tokens.push({ kind: 'control', name });
    // Blanks behind a word only end it.
    while (source[end] === ' ' || source[end] === '\t') end++;
    if (source[end] === '\n' && source[end + 1] !== '\n') end++;
    return end;
  }
}

/** A token as TeX would write it: for formulas. */
export function spell(token: Token, next?: Token): string {
  switch (token.kind) {
    case 'control': {
      const word = /[A-Za-z@]$/.test(token.name);
      return `\\${token.name}${word && next?.kind === 'char' && letter.test(next.text) ? ' ' : ''}`;
    }
    case 'char':
      return token.text;
    case 'open':
      return '{';
    case 'close':
      return '}';
    case 'math':
      return token.display ? '$$' : '$';
    case 'space':
      return ' ';
    case 'paragraph':
      return '\n';
    case 'parameter':
      return `#${token.number}`;
    case 'verbatim':
      return token.text;
    default:
      return token satisfies never;
  }
}

export const isChar = (token: Token | undefined, text: string): boolean =>
  token?.kind === 'char' && token.text === text;
