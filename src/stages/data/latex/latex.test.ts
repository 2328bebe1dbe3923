import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { testData } from '../../../../test/support.js';
import { TexError, latexToText } from './index.js';

const text = (source: string, options = {}) => latexToText(source, options).text;

describe('LaTeX', () => {
  it('expands macros with arguments, defaults, delimiters and stars', () => {
    expect(text('\\newcommand{\\egg}[2][brown]{#1 #2 egg}An \\egg{hen}, a \\egg[white]{owl}.')).toBe(
      'An brown hen egg, a white owl egg.',
    );
    expect(text('\\def\\pair<#1|#2>{(#1 and #2)}\\pair<a|{b|c}>')).toBe('(a and b|c)');
    expect(text('\\newcommand*\\a{x}\\let\\b\\a\\renewcommand{\\a}{y}\\a\\b')).toBe('yx');
    expect(text('\\DeclareMathOperator{\\Hom}{Hom}$\\Hom(a)$')).toBe('$\\operatorname{Hom}(a)$');
    expect(text('\\newenvironment{box}[1]{[#1: }{]}\\begin{box}{egg}oval\\end{box}')).toBe('[egg: oval]');
  });

  it('decides conditionals', () => {
    expect(
      text('\\newif\\ifdraft a\\ifdraft b\\else c\\fi\\drafttrue\\ifdraft d\\fi\\iffalse \\ifx\\a\\b e\\fi f\\fi'),
    ).toBe('acd');
    expect(text('\\ifdef{\\x}{y}{n}\\ifundef{\\x}{y}{n}')).toBe('ny');
  });

  it('keeps headings, lists, tables, notes and accents, and leaves references out', () => {
    const source = [
      '\\documentclass{article} Not this. \\title{On \\emph{eggs}}\\author{A. Hen}',
      '\\begin{document}\\maketitle',
      "\\section{Shape}\\label{s} An egg~\\cite{hen} is oval --- ``mostly'' --- \\%.\\footnote{Not all.} % nothing",
      'M\\"uller, \\\'{e}, \\v{c}, \\ss.',
      '\\begin{itemize}\\item one \\item[b] two\\end{itemize}',
      '\\begin{enumerate}\\item first\\item second\\end{enumerate}',
      '\\begin{tabular}{ll}\\hline a & b \\\\ 1 & $x$ \\\\ \\end{tabular}',
      '\\begin{verbatim}\n\\raw{%}\n\\end{verbatim}',
      '\\begin{tikzpicture}gone\\end{tikzpicture}',
      '\\begin{thebibliography}{9}\\bibitem{hen} gone\\end{thebibliography}',
      '\\end{document} Nor this.',
    ].join('\n');
    const { title, authors, ...rest } = latexToText(source);
    expect([title, authors]).toEqual(['On eggs', 'A. Hen']);
    expect(rest.text).toBe(
      [
        '## Shape',
        'An egg is oval — “mostly” — %. (Not all.) Müller, é, č, ß.\n\n- one\n- b: two',
        '1. first\n2. second',
        'a | b\n1 | $x$',
        '```\n\\raw{%}\n```',
      ].join('\n\n'),
    );
  });

  it('keeps formulas with their macros expanded, or drops them', () => {
    const source =
      '\\newcommand{\\R}{\\mathbb{R}}Let $x \\in \\R$ and\\begin{align}a &= b \\label{e} \\\\ c &= d\\end{align}hold. \\[y\\] \\(z\\)';
    expect(text(source)).toBe(
      'Let $x \\in\\mathbb{R}$ and\n$$\\begin{aligned} a &= b \\\\ c &= d \\end{aligned}$$\nhold.\n$$y$$\n$z$',
    );
    expect(text(source, { math: 'drop' })).toBe('Let and hold.');
  });

  it('reads files in, each from the text that names it', () => {
    const files: Record<string, string> = { a: 'A \\input{b}', b: 'B' };
    expect(text('\\input{a} and \\include{none}.', { input: (name: string) => files[name] })).toBe('A B and.');
    expect(() => text('\\input{a}', { input: () => '\\input{a}x' })).toThrow(TexError);
  });

  it('ends where macros do not', () => {
    for (const bomb of [
      '\\def\\a{\\a\\a}\\a',
      '\\def\\a{x\\b}\\def\\b{\\a}\\a',
      '\\newcommand{\\a}[1]{\\a{#1#1}}\\a{x}',
    ])
      expect(() => text(bomb, { limits: { expansions: 10_000, tokens: 100_000, depth: 4 } })).toThrow(TexError);
    // Printing itself is taken as the plain command.
    expect(text('\\renewcommand{\\emph}{\\emph}\\emph{x}')).toBe('x');
  });

  it('survives any markup', () => {
    const piece = fc.constantFrom(
      '\\',
      '{',
      '}',
      '[',
      ']',
      '$',
      '$$',
      '&',
      '%',
      '\n',
      '\\begin{',
      'tabular',
      'align',
      'x',
      ' ',
      '#1',
      '\\def\\x',
      '\\x',
      '\\end{',
      '\\item',
      '\\if',
      '\\fi',
      '\\else',
      '\\footnote',
      '\\verb|',
      '^',
      '\\newcommand',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 120 }), (pieces) => {
        try {
          expect(typeof text(pieces.join(''), { limits: { expansions: 2000, tokens: 50_000, depth: 4 } })).toBe(
            'string',
          );
        } catch (error) {
          expect(error).toBeInstanceOf(TexError);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('reads the HoTT book: sixteen files and 800 lines of macros', (context) => {
    const main = testData(context, 'crawl/latex/hott/main.tex');
    const folder = dirname(main);
    const input = (name: string) => {
      const path = join(folder, name.endsWith('.tex') ? name : `${name}.tex`);
      return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
    };
    const book = latexToText(readFileSync(main, 'utf8'), { input });
    expect(book.title).toBe('Homotopy Type Theory: Univalent Foundations of Mathematics');
    expect(book.text.length).toBeGreaterThan(1_300_000);
    expect(book.text).toContain(
      '## Type theory versus set theory\n\nHomotopy type theory is (among other things) a foundational language',
    );
    expect(book.text).toContain('pronounced as “the term $a$ has type $A$”');
    // What the authors named is spelled out: none of their macros is left in a formula.
    for (const macro of ['\\UU', '\\idtype', '\\ensuremath', '\\trans{', '\\opp{', '\\nat'])
      expect(book.text).not.toContain(macro);
    expect(book.text).not.toMatch(/\\(begin|end)\{(enumerate|itemize|thm|proof|lem)\}/);
  }, 60_000);
});
