/** Combining marks of TeX's accents, put behind the letter and composed. */
export const accents: Readonly<Record<string, string>> = {
  "'": '\u0301', '`': '\u0300', '^': '\u0302', '"': '\u0308', '~': '\u0303', '=': '\u0304', '.': '\u0307',
  u: '\u0306', v: '\u030c', H: '\u030b', c: '\u0327', k: '\u0328', d: '\u0323', b: '\u0331', r: '\u030a', t: '\u0361',
}; // biome-ignore format: a table

/** Commands that print a character or two. */
export const symbols: Readonly<Record<string, string>> = {
  '%': '%', '&': '&', '#': '#', $: '$', _: '_', '{': '{', '}': '}', ' ': ' ', '\n': ' ', ',': '\u2009', ';': ' ', ':': ' ', '!': '', '/': '', '-': '', '@': '',
  ss: 'ß', SS: 'ẞ', ae: 'æ', AE: 'Æ', oe: 'œ', OE: 'Œ', o: 'ø', O: 'Ø', aa: 'å', AA: 'Å', l: 'ł', L: 'Ł', i: 'ı', j: 'ȷ', dh: 'ð', DH: 'Ð', th: 'þ', TH: 'Þ',
  S: '§', P: '¶', dag: '†', ddag: '‡', pounds: '£', euro: '€', EUR: '€', copyright: '©', textcopyright: '©', textregistered: '®', texttrademark: '™',
  textbackslash: '\\', textasciitilde: '~', textasciicircum: '^', textbar: '|', textless: '<', textgreater: '>', textunderscore: '_', textbraceleft: '{', textbraceright: '}',
  ldots: '…', dots: '…', textellipsis: '…', textendash: '–', textemdash: '—', textquoteleft: '‘', textquoteright: '’', textquotedblleft: '“', textquotedblright: '”',
  guillemotleft: '«', guillemotright: '»', glqq: '„', grqq: '“', textdegree: '°', textbullet: '•', textmu: 'µ', textperiodcentered: '·', slash: '/', quad: ' ', qquad: ' ',
  TeX: 'TeX', LaTeX: 'LaTeX', LaTeXe: 'LaTeX2e', BibTeX: 'BibTeX', space: ' ', nobreakspace: ' ', newline: '\n', linebreak: '\n', par: '\n\n', today: '',
}; // biome-ignore format: a table

/** Headings, by depth. */
export const headings: Readonly<Record<string, number>> = {
  part: 1, chapter: 1, section: 2, subsection: 3, subsubsection: 4, paragraph: 5, subparagraph: 6,
}; // biome-ignore format: a table

/** Commands that print nothing, and how many arguments go with them; `[` takes an optional one where it stands. */
export const silent: Readonly<Record<string, string>> = {
  documentclass: '[{', usepackage: '[{', RequirePackage: '[{', label: '{', index: '{', cite: '[[{', citep: '[[{', citet: '[[{', citealp: '[[{', citeauthor: '[[{', citeyear: '[[{', parencite: '[[{', textcite: '[[{', nocite: '{',
  ref: '{', eqref: '{', pageref: '{', cref: '{', Cref: '{', autoref: '{', nameref: '{', hyperref: '[', includegraphics: '[{', bibliography: '{', bibliographystyle: '{', addbibresource: '{',
  vspace: '{', hspace: '{', setlength: '{{', addtolength: '{{', setcounter: '{{', addtocounter: '{{', stepcounter: '{', refstepcounter: '{', pagestyle: '{', thispagestyle: '{', pagenumbering: '{',
  newpage: '', clearpage: '', cleardoublepage: '', pagebreak: '[', noindent: '', indent: '', centering: '', raggedright: '', maketitle: '', tableofcontents: '', listoffigures: '', listoftables: '', printindex: '', printbibliography: '[', appendix: '',
  bigskip: '', medskip: '', smallskip: '', vfill: '', hfill: '', hrule: '', hline: '', toprule: '[', midrule: '[', bottomrule: '[', cmidrule: '{', cline: '{', itshape: '', bfseries: '', ttfamily: '', rmfamily: '', sffamily: '', scshape: '', upshape: '', mdseries: '', normalfont: '',
  tiny: '', scriptsize: '', footnotesize: '', small: '', normalsize: '', large: '', Large: '', LARGE: '', huge: '', Huge: '', em: '', it: '', bf: '', tt: '', rm: '', sf: '', sc: '', sl: '', frontmatter: '', mainmatter: '', backmatter: '', sloppy: '', protect: '', relax: '', global: '', long: '',
  phantom: '{', vphantom: '{', hphantom: '{', rule: '[{{', color: '{', selectlanguage: '{', addcontentsline: '{{{', markboth: '{{', markright: '{', thanks: '{', date: '{', graphicspath: '{', hypersetup: '{', definecolor: '{{{', theoremstyle: '{', newcounter: '{[', numberwithin: '{{', geometry: '{', lstset: '{', tikzset: '{', makeatletter: '', makeatother: '', allowdisplaybreaks: '[', qed: '', qedhere: '', footnotemark: '[', makeindex: '', newlength: '{', newsavebox: '{', DeclareFontFamily: '{{{', DeclareFontShape: '{{{{{{', DeclareSymbolFont: '{{{{{', DeclareMathSymbol: '{{{{', DeclareMathAlphabet: '{{{{{', multicolumn: '{{', multirow: '[{[{', renewcounter: '{', AtBeginDocument: '{', AtEndDocument: '{', makebox: '[[', framebox: '[[', parbox: '[[[{', textcolor: '[{', colorbox: '{', fcolorbox: '{{', raisebox: '{[[', newgeometry: '{', fontsize: '{{', selectfont: '', scalebox: '{', resizebox: '{{', rotatebox: '[{', xspace: '', PassOptionsToPackage: '{{',
}; // biome-ignore format: a table

/** Environments whose content is a formula. */
export const mathEnvironments = new Set(
  'math displaymath equation equation* align align* alignat alignat* gather gather* multline multline* eqnarray eqnarray* flalign flalign* dmath dmath* mathpar mathparpagebreakable prooftree'.split(
    ' ',
  ),
);

/** Environments of which nothing is kept. */
export const droppedEnvironments = new Set(
  'thebibliography tikzpicture picture pspicture theindex titlepage filecontents comment pgfpicture tikzcd forest diagram'.split(
    ' ',
  ),
);

/** Environments that hold cells of a table. */
export const tableEnvironments = new Set('tabular tabular* tabularx longtable tabulary supertabular array'.split(' '));
