import { type ReaderOptions, TexReader } from './reader.js';
import {
  accents,
  droppedEnvironments,
  headings,
  mathEnvironments,
  silent,
  symbols,
  tableEnvironments,
} from './symbols.js';
import { type Token, isChar, spell } from './tokens.js';

export interface LatexOptions extends ReaderOptions {
  /** Formulas as LaTeX with the author's macros expanded, or left out. */
  readonly math?: 'keep' | 'drop';
  /** Tables as rows of cells with bars between them, or left out. */
  readonly tables?: 'keep' | 'drop';
}

export interface LatexText {
  readonly text: string;
  readonly title?: string;
  readonly authors?: string;
}

/** Arguments before the content of an environment that are not text. */
const environmentArguments: Readonly<Record<string, string>> = {
  tabular: '[{', 'tabular*': '{[{', tabularx: '{[{', longtable: '[{', tabulary: '{{', array: '[{', minipage: '[[[{', figure: '[', 'figure*': '[', table: '[', 'table*': '[',
  wrapfigure: '[{[{', multicols: '{', enumerate: '[', itemize: '[', description: '[', adjustwidth: '{{', list: '{{', spacing: '{',
}; // biome-ignore format: a table

class Renderer {
  readonly #reader: TexReader;
  readonly #math: 'keep' | 'drop';
  readonly #tables: 'keep' | 'drop';
  #out: string[] = [];
  #lists: Array<{ readonly kind: string; item: number }> = [];
  #depth = 0;
  title: string | undefined;
  authors: string | undefined;

  constructor(source: string, { math = 'keep', tables = 'keep', ...options }: LatexOptions) {
    this.#reader = new TexReader(source, options);
    this.#math = math;
    this.#tables = tables;
  }

  document(hasBody: boolean): string {
    // Definitions of the preamble count, its text does not.
    if (hasBody) {
      for (let token = this.#reader.next(); token; token = this.#reader.next()) {
        if (token.kind !== 'control') continue;
        if (token.name === 'begin' && this.#reader.name() === 'document') break;
        if (token.name === 'title' || token.name === 'author') this.#captured(token.name);
        else this.#quiet(token.name);
      }
    }
    this.#until(() => false);
    return tidy(this.#out.join(''));
  }

  /** Renders tokens apart from what has been written. */
  #apart(tokens: readonly Token[]): string {
    const out = this.#out;
    this.#out = [];
    if (++this.#depth > 200) return '';
    // A mark that no source can hold ends the tokens.
    this.#reader.unread([...tokens, { kind: 'control', name: '\u0000end' }]);
    this.#until((token) => token.kind === 'control' && token.name === '\u0000end');
    this.#depth--;
    const text = this.#out.join('');
    this.#out = out;
    return text;
  }

  #until(isEnd: (token: Token) => boolean): void {
    for (let token = this.#reader.next(); token; token = this.#reader.next()) {
      if (isEnd(token) || this.#one(token)) return;
    }
  }

  /** Renders a token and what belongs to it; true where it ended the document. */
  #one(token: Token): boolean {
    switch (token.kind) {
      case 'char':
        this.#out.push(token.text === '~' ? ' ' : token.text);
        break;
      case 'space':
        this.#out.push(' ');
        break;
      case 'paragraph':
        this.#out.push('\n\n');
        break;
      case 'math':
        this.#formula(token.display, (other) => other.kind === 'math');
        break;
      case 'verbatim':
        this.#out.push(token.block ? `\n\n\`\`\`\n${token.text.trimEnd()}\n\`\`\`\n\n` : token.text);
        break;
      case 'control':
        if (token.name === 'end') return this.#reader.name() === 'document';
        this.#control(token.name);
        break;
      default:
        break;
    }
    return false;
  }

  /** Commands that print nothing and take their arguments along; false for others. */
  #quiet(name: string): boolean {
    const shape = silent[name];
    if (shape === undefined) return false;
    this.#reader.star();
    for (const kind of shape) {
      if (kind === '[') this.#reader.optional();
      else this.#reader.argument();
    }
    return true;
  }

  #captured(name: 'title' | 'author'): void {
    this.#reader.optional();
    const text = tidy(this.#apart(this.#reader.argument())).replace(/\s+/g, ' ');
    if (name === 'title') this.title ??= text;
    else this.authors ??= text;
  }

  #control(name: string): void {
    if (name in symbols) this.#out.push(symbols[name] as string);
    else if (name === 'ensuremath') this.#formulaOf(this.#reader.argument());
    else if (name in accents) this.#accent(accents[name] as string);
    else if (name in headings) this.#heading(headings[name] as number);
    else if (name === '(' || name === '[') {
      const close = name === '(' ? ')' : ']';
      this.#formula(name === '[', (token) => token.kind === 'control' && token.name === close);
    } else if (name === '\\' || name === 'tabularnewline') {
      this.#reader.star();
      this.#reader.optional();
      this.#out.push('\n');
    } else if (name === 'begin') this.#begin(this.#reader.name());
    else if (name === 'item') this.#item();
    else if (name === 'title' || name === 'author') this.#captured(name);
    else if (name === 'caption' || name === 'captionof') {
      if (name === 'captionof') this.#reader.argument();
      this.#reader.star();
      this.#reader.optional();
      this.#out.push(`\n\n${this.#apart(this.#reader.argument())}\n\n`);
    } else if (name === 'footnote' || name === 'footnotetext') {
      this.#reader.optional();
      this.#out.push(` (${tidy(this.#apart(this.#reader.argument()))})`);
    } else if (name === 'href') {
      this.#reader.argument();
      this.#out.push(this.#apart(this.#reader.argument()));
    } else if (name === 'texorpdfstring') {
      this.#out.push(this.#apart(this.#reader.argument()));
      this.#reader.argument();
    } else if (name === 'char' || name === 'symbol') this.#reader.argument();
    else this.#quiet(name);
    // Anything else is passed over; the groups behind it are text (\emph{egg}).
  }

  #accent(mark: string): void {
    const [first = '', ...rest] = Array.from(
      this.#apart(this.#reader.argument()).replace(/^ı/, 'i').replace(/^ȷ/, 'j'),
    );
    this.#out.push((first + mark).normalize('NFC') + rest.join(''));
  }

  #heading(level: number): void {
    this.#reader.star();
    this.#reader.optional();
    const text = tidy(this.#apart(this.#reader.argument())).replace(/\s+/g, ' ');
    this.#out.push(`\n\n${'#'.repeat(level)} ${text}\n\n`);
  }

  #item(): void {
    const list = this.#lists[this.#lists.length - 1];
    const label = this.#reader.optional();
    const indent = '  '.repeat(Math.max(0, this.#lists.length - 1));
    const text = label ? tidy(this.#apart(label)) : '';
    if (list) list.item++;
    const mark = text ? `- ${text}: ` : list?.kind === 'enumerate' ? `${list.item}. ` : '- ';
    this.#out.push(`\n${indent}${mark}`);
  }

  #begin(name: string): void {
    const plain = name.replace(/\*$/, '');
    if (mathEnvironments.has(name)) {
      if (plain === 'alignat') this.#reader.argument();
      this.#formula(true, undefined, name);
      return;
    }
    if (this.#reader.beginEnvironment(name)) {
      const { end = [] } = this.#reader.environments.get(name) ?? {};
      this.#until((token) => this.#ends(token, name));
      this.#out.push(this.#apart(end));
      return;
    }
    for (const kind of environmentArguments[name] ?? '') {
      if (kind === '[') this.#reader.optional();
      else this.#reader.argument();
    }
    if (droppedEnvironments.has(name)) this.#skip(name);
    else if (tableEnvironments.has(name)) this.#table(name);
    else if (plain === 'itemize' || plain === 'enumerate' || plain === 'description') {
      this.#lists.push({ kind: plain, item: 0 });
      this.#out.push('\n');
      this.#until((token) => this.#ends(token, name));
      this.#lists.pop();
      this.#out.push('\n\n');
    } else {
      const theorem =
        this.#reader.theorems.get(plain) ??
        (plain === 'proof' ? 'Proof' : plain === 'abstract' ? 'Abstract' : undefined);
      const note = theorem ? this.#reader.optional() : undefined;
      this.#out.push('\n\n');
      if (theorem) this.#out.push(`${theorem}${note ? ` (${tidy(this.#apart(note))})` : ''}. `);
      this.#until((token) => this.#ends(token, name));
      this.#out.push('\n\n');
    }
  }

  /** Whether a token begins `\end{name}`; then it has been read to its brace. */
  #ends(token: Token, name: string): boolean {
    if (token.kind !== 'control' || token.name !== 'end') return false;
    const found = this.#reader.name();
    if (found === name) return true;
    // Another end, out of place: it is passed over, but never that of the document.
    if (found === 'document') {
      this.#reader.unread([
        token,
        { kind: 'open' },
        ...Array.from(found, (text): Token => ({ kind: 'char', text })),
        { kind: 'close' },
      ]);
      return true;
    }
    this.#reader.unread([{ kind: 'control', name: 'relax' }]);
    return false;
  }

  #skip(name: string): void {
    for (let token = this.#reader.raw(); token; token = this.#reader.raw()) {
      if (token.kind === 'control' && token.name === 'end' && this.#reader.name() === name) return;
    }
  }

  #table(name: string): void {
    const out = this.#out;
    const rows: string[][] = [['']];
    this.#out = [];
    const flush = () => {
      const row = rows[rows.length - 1] as string[];
      row[row.length - 1] = tidy(this.#out.join('')).replace(/\s+/g, ' ');
      this.#out = [];
    };
    for (let token = this.#reader.next(); token; token = this.#reader.next()) {
      if (this.#ends(token, name)) break;
      if (isChar(token, '&')) {
        flush();
        (rows[rows.length - 1] as string[]).push('');
      } else if (token.kind === 'control' && (token.name === '\\' || token.name === 'tabularnewline')) {
        this.#reader.optional();
        flush();
        rows.push(['']);
      } else if (this.#one(token)) break;
    }
    flush();
    this.#out = out;
    const lines = rows.map((row) => row.join(' | ')).filter((line) => line.replace(/[| ]/g, '') !== '');
    if (this.#tables === 'keep') this.#out.push(`\n\n${lines.join('\n')}\n\n`);
  }

  #formulaOf(tokens: readonly Token[]): void {
    this.#reader.unread([...tokens, { kind: 'math', display: false }]);
    this.#formula(false, (token) => token.kind === 'math');
  }

  /** A formula to its closing token, or to the end of its environment. */
  #formula(display: boolean, isEnd: ((token: Token) => boolean) | undefined, environment?: string): void {
    const tokens: Token[] = [];
    let depth = 0;
    for (let token = this.#reader.next(); token; token = this.#reader.next()) {
      if (isEnd?.(token) && depth <= 0) break;
      if (token.kind === 'open') depth++;
      else if (token.kind === 'close') depth--;
      if (
        token.kind === 'control' &&
        (token.name === 'label' || token.name === 'tag' || token.name === 'nonumber' || token.name === 'notag')
      ) {
        if (token.name === 'label' || token.name === 'tag') this.#reader.argument();
        continue;
      }
      if (environment !== undefined && token.kind === 'control' && token.name === 'end') {
        const name = this.#reader.name();
        if (name === environment) break;
        tokens.push(token, { kind: 'char', text: `{${name}}` });
        continue;
      }
      if (token.kind === 'control' && (token.name === 'xspace' || token.name === 'ensuremath')) continue;
      // A dollar sign inside \text{…} is a formula in text in a formula: spelled as it stands.
      tokens.push(token);
    }
    if (this.#math === 'drop') {
      this.#out.push(' ');
      return;
    }
    const text = tokens
      .map((token, i) => spell(token, tokens[i + 1]))
      .join('')
      .replace(/\s+/g, ' ')
      .trim();
    const aligned =
      environment && /^(align|alignat|eqnarray|flalign|gather|multline)/.test(environment) && /\\\\|&/.test(text);
    const body = aligned ? `\\begin{aligned} ${text} \\end{aligned}` : text;
    if (body !== '') this.#out.push(display ? `\n$$${body}$$\n` : `$${body}$`);
  }
}

/** Ligatures of TeX, and blanks as a reader would have them. */
function tidy(text: string): string {
  return text
    .split(/(\$\$?[^$]*\$\$?|```[\s\S]*?```)/)
    .map((part, i) =>
      i % 2 === 1
        ? part
        : part
            .replace(/---/g, '—')
            .replace(/--/g, '–')
            .replace(/``/g, '“')
            .replace(/''/g, '”')
            .replace(/[ \t]+/g, ' '),
    )
    .join('')
    .replace(/ *\n */g, '\n')
    .replace(/\n{3,}/g, '\n\n')
    .replace(/ +([,.;:!?)])/g, '$1')
    .trim();
}

/**
 * LaTeX source → text: the author's macros expanded, files read in, headings, lists, tables and formulas kept, references and
 * figures left out. Errors: `TexError` where a limit is passed; broken markup is read as far as it goes.
 */
export function latexToText(source: string, options: LatexOptions = {}): LatexText {
  const renderer = new Renderer(source, options);
  const text = renderer.document(/\\begin\s*\{document\}/.test(source));
  return {
    text,
    ...(renderer.title ? { title: renderer.title } : {}),
    ...(renderer.authors ? { authors: renderer.authors } : {}),
  };
}
