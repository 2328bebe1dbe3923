import { type ReaderLimits, TexError, TokenStream, readerLimits } from './token-stream.js';
import { type Token, isChar, tokenize } from './tokens.js';

/** A macro: its parameter text (delimiters between parameters), how many parameters, and what it becomes. */
interface Macro {
  readonly parameters: number;
  /** Default of the first parameter, where it is optional. */
  readonly optional?: readonly Token[];
  /** `\def`: tokens before, between and behind the parameters; undefined takes plain arguments. */
  readonly delimiters?: readonly (readonly Token[])[];
  readonly body: readonly Token[];
}

export interface ReaderOptions {
  /** Source of `\input{name}`, or undefined where there is none. */
  readonly input?: (name: string) => string | undefined;
  readonly limits?: ReaderLimits;
}

const definers = new Set([
  'newcommand',
  'renewcommand',
  'providecommand',
  'DeclareRobustCommand',
  'newcommandx',
  'newrobustcmd',
]);
/** Tests of packages with their branches in braces: how many arguments come before these. Taken as failed but for the second list. */
const bracedTests: Readonly<Record<string, number>> = {
  ifdef: 1, ifcsdef: 1, ifundef: 1, ifcsundef: 1, iftoggle: 1, ifbool: 1, ifstrequal: 2, ifstrempty: 1, ifblank: 1, ifthenelse: 1, ifnumequal: 2, ifnumgreater: 2, ifnumless: 2, ifinlist: 2,
}; // biome-ignore format: a table
const bracedPasses = new Set(['ifundef', 'ifcsundef']);

const sameToken = (a: Token, b: Token): boolean =>
  a.kind === b.kind &&
  (a.kind !== 'char' || a.text === (b as { text: string }).text) &&
  (a.kind !== 'control' || a.name === (b as { name: string }).name);

/**
 * Tokens with the author's macros expanded, files read in and conditionals decided: what is left are characters, groups
 * and the commands of LaTeX itself.
 */
export class TexReader extends TokenStream {
  readonly environments = new Map<string, { readonly begin: Macro; readonly end: readonly Token[] }>();
  /** Printed names of theorem-like environments. */
  readonly theorems = new Map<string, string>();
  readonly #macros = new Map<string, Macro>();
  readonly #conditions = new Map<string, boolean>();
  readonly #options: ReaderOptions;
  readonly #limits: ReaderLimits;
  #expansions = 0;

  constructor(source: string, options: ReaderOptions = {}) {
    super(options.limits ?? readerLimits);
    this.#options = options;
    this.#limits = options.limits ?? readerLimits;
    this.readFile(tokenize(source));
  }

  /** The next token after definitions, conditionals, files and macros have been dealt with. */
  next(): Token | undefined {
    for (;;) {
      const token = this.raw();
      if (token?.kind !== 'control') return token;
      if (!this.#handled(token.name)) return token;
    }
  }

  #handled(name: string): boolean {
    const macro = this.#macros.get(name);
    if (macro) {
      this.#expand(macro);
      return true;
    }
    if (definers.has(name)) return this.#newCommand();
    if (name === 'def' || name === 'gdef' || name === 'edef' || name === 'xdef') return this.#def();
    if (name === 'let' || name === 'futurelet') return this.#let();
    if (name === 'newenvironment' || name === 'renewenvironment') return this.#newEnvironment();
    if (name === 'newtheorem') return this.#newTheorem();
    if (name === 'DeclareMathOperator') return this.#operator();
    if (name === 'input' || name === 'include' || name === 'subfile') return this.#input();
    if (name === '@ifnextchar' || name === 'kernel@ifnextchar') return this.#nextCharacter(this.raw());
    if (name === '@ifstar') return this.#nextCharacter({ kind: 'char', text: '*' }, true);
    if (name === 'newif') return this.#newIf();
    if (name.startsWith('if')) return this.#condition(name);
    if (name === 'else' || name === 'or') return this.#skipBranch(false);
    if (name === 'fi') return true;
    const set = /^(.+)(true|false)$/.exec(name);
    if (set && this.#conditions.has(set[1] as string)) {
      this.#conditions.set(set[1] as string, set[2] === 'true');
      return true;
    }
    return false;
  }

  #expand(macro: Macro): void {
    if (++this.#expansions > this.#limits.expansions)
      throw new TexError(`more than ${this.#limits.expansions} macros expanded`);
    const values: Token[][] = [];
    if (macro.delimiters) {
      this.#match(macro.delimiters[0] as readonly Token[]);
      for (let i = 1; i <= macro.parameters; i++) {
        const delimiter = macro.delimiters[i] as readonly Token[];
        values.push(delimiter.length === 0 ? this.argument() : this.#until(delimiter));
      }
    } else {
      for (let i = 0; i < macro.parameters; i++) {
        values.push(i === 0 && macro.optional ? (this.optional() ?? [...macro.optional]) : this.argument());
      }
    }
    if (values.length === 0) this.unread(macro.body);
    else
      this.unread(
        macro.body.flatMap((token) => (token.kind === 'parameter' ? (values[token.number - 1] ?? []) : [token])),
      );
  }

  /** Begins an environment of the author's; its end comes when `\end` names it. */
  beginEnvironment(name: string): boolean {
    const found = this.environments.get(name);
    if (!found) return false;
    this.#expand(found.begin);
    return true;
  }

  #match(wanted: readonly Token[]): void {
    for (const token of wanted) {
      const got = this.raw();
      if (got && !sameToken(got, token)) {
        this.unread([got]);
        return;
      }
    }
  }

  #until(delimiter: readonly Token[]): Token[] {
    const tokens: Token[] = [];
    let depth = 0;
    for (;;) {
      const token = this.raw();
      if (!token) return tokens;
      tokens.push(token);
      if (token.kind === 'open') depth++;
      else if (token.kind === 'close') depth--;
      const tail = tokens.length - delimiter.length;
      if (depth === 0 && tail >= 0 && delimiter.every((item, i) => sameToken(item, tokens[tail + i] as Token))) {
        const value = tokens.slice(0, tail);
        return value[0]?.kind === 'open' && value[value.length - 1]?.kind === 'close' ? value.slice(1, -1) : value;
      }
    }
  }

  #commandName(): string | undefined {
    const [token] = this.argument().filter(({ kind }) => kind !== 'space');
    return token?.kind === 'control' ? token.name : undefined;
  }

  #count(): number {
    const given = this.optional();
    const first = given?.find(({ kind }) => kind === 'char');
    return first?.kind === 'char' ? Math.min(9, Number(first.text) || 0) : 0;
  }

  #newCommand(): true {
    this.star();
    const name = this.#commandName();
    const parameters = this.#count();
    const optional = parameters > 0 ? this.optional() : undefined;
    const body = this.argument();
    // What prints itself would never end.
    if (name && !(body.length === 1 && body[0]?.kind === 'control' && body[0].name === name))
      this.#macros.set(name, { parameters, body, ...(optional ? { optional } : {}) });
    return true;
  }

  #def(): true {
    const token = this.skipSpace();
    const delimiters: Token[][] = [[]];
    let next = this.raw();
    while (next && next.kind !== 'open') {
      if (next.kind === 'parameter') delimiters.push([]);
      else delimiters[delimiters.length - 1]?.push(next);
      next = this.raw();
    }
    const body = this.group();
    if (token?.kind === 'control') {
      const plain = delimiters.every((list) => list.length === 0);
      this.#macros.set(token.name, { parameters: delimiters.length - 1, body, ...(plain ? {} : { delimiters }) });
    }
    return true;
  }

  #let(): true {
    const token = this.skipSpace();
    let value = this.skipSpace();
    if (isChar(value, '=')) value = this.skipSpace();
    if (token?.kind !== 'control' || !value) return true;
    const known = value.kind === 'control' ? this.#macros.get(value.name) : undefined;
    if (known) this.#macros.set(token.name, known);
    else if (!(value.kind === 'control' && value.name === token.name))
      this.#macros.set(token.name, { parameters: 0, body: [value] });
    return true;
  }

  #newEnvironment(): true {
    this.star();
    const name = this.name();
    const parameters = this.#count();
    const optional = parameters > 0 ? this.optional() : undefined;
    const body = this.argument();
    this.environments.set(name, {
      begin: { parameters, body, ...(optional ? { optional } : {}) },
      end: this.argument(),
    });
    return true;
  }

  #newTheorem(): true {
    this.star();
    const name = this.name();
    this.optional();
    this.theorems.set(name, this.name());
    this.optional();
    return true;
  }

  #operator(): true {
    const star = this.star();
    const name = this.#commandName();
    const text = this.argument();
    const operator: Token[] = [
      { kind: 'control', name: 'operatorname' },
      ...(star ? [{ kind: 'char', text: '*' } as const] : []),
    ];
    if (name)
      this.#macros.set(name, { parameters: 0, body: [...operator, { kind: 'open' }, ...text, { kind: 'close' }] });
    return true;
  }

  #input(): true {
    const name = this.name();
    const source = name === '' ? undefined : this.#options.input?.(name);
    if (source !== undefined) this.readFile(tokenize(source));
    return true;
  }

  /** `\@ifnextchar`: one of two branches by what follows them. */
  #nextCharacter(wanted: Token | undefined, take = false): true {
    const [passed, failed] = [this.argument(), this.argument()];
    const next = this.skipSpace();
    const brace = wanted?.kind === 'control' && wanted.name === 'bgroup' && next?.kind === 'open';
    const same = brace || (next !== undefined && wanted !== undefined && sameToken(wanted, next));
    if (next && !(same && take)) this.unread([next]);
    this.unread(same ? passed : failed);
    return true;
  }

  #newIf(): true {
    const token = this.skipSpace();
    if (token?.kind === 'control') this.#conditions.set(token.name.replace(/^if/, ''), false);
    return true;
  }

  #condition(name: string): true {
    const before = bracedTests[name];
    if (before !== undefined) {
      for (let i = 0; i < before; i++) this.argument();
      const [passed, failed] = [this.argument(), this.argument()];
      this.unread(bracedPasses.has(name) ? passed : failed);
      return true;
    }
    const value =
      name === 'iftrue' ||
      this.#conditions.get(name.slice(2)) === true ||
      (name === 'ifx' && this.#equal()) ||
      (name === 'if' && this.#empty());
    // Any other test is taken as failed: what stands behind \else is the plain case.
    if (!value) this.#skipBranch(true);
    return true;
  }

  /** `\ifx`: the same token, or macros with the same text. */
  #equal(): boolean {
    const [a, b] = [this.raw(), this.raw()];
    if (!a || !b) return false;
    if (sameToken(a, b)) return true;
    const textOf = (token: Token) => (token.kind === 'control' ? this.#macros.get(token.name)?.body : undefined);
    const [left, right] = [textOf(a), textOf(b)];
    return (
      left !== undefined &&
      right !== undefined &&
      left.length === right.length &&
      left.every((token, i) => sameToken(token, right[i] as Token))
    );
  }

  /** `\if\relax\detokenize{…}\relax`, the usual test of an empty argument. */
  #empty(): boolean {
    const first = this.raw();
    const second = this.raw();
    if (
      first?.kind === 'control' &&
      first.name === 'relax' &&
      second?.kind === 'control' &&
      second.name === 'detokenize'
    ) {
      const value = this.argument();
      const last = this.raw();
      if (last && !(last.kind === 'control' && last.name === 'relax')) this.unread([last]);
      return value.length === 0;
    }
    this.unread([first, second].filter((token) => token !== undefined));
    return false;
  }

  /** Skips to `\fi`, or to `\else` of the same conditional where that is wanted. */
  #skipBranch(toElse: boolean): true {
    for (let depth = 0; ; ) {
      const token = this.raw();
      if (!token) return true;
      if (token.kind !== 'control') continue;
      if (token.name === 'fi' && depth-- === 0) return true;
      if (toElse && token.name === 'else' && depth === 0) return true;
      // \ifmmode, \ifx, \iffoo: all end with \fi; \newif names one that does not begin here.
      if (token.name === 'newif') this.raw();
      else if (token.name.startsWith('if') && token.name !== 'iff' && !(token.name in bracedTests)) depth++;
    }
  }
}
