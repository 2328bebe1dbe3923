import wtf from 'wtf_wikipedia';

export interface WikitextOptions {
  /** Tables as rows of cells with bars between them, or left out. */
  readonly tables: 'keep' | 'drop';
  /** Formulas as LaTeX between dollar signs, or left out. */
  readonly math: 'keep' | 'drop';
  /** Headings of sections that are left out with what is below them, in any case. */
  readonly dropSections: readonly string[];
  /** Rows of a table that are kept; longer ones are data, not text. */
  readonly maxTableRows: number;
}

/** Sections that list other things than the article's own text, in the larger Wikipedias. */
export const apparatus: readonly string[] = [
  'references', 'external links', 'see also', 'further reading', 'notes', 'bibliography', 'sources', 'footnotes', 'citations',
  'einzelnachweise', 'weblinks', 'siehe auch', 'literatur', 'anmerkungen',
  'notes et références', 'références', 'liens externes', 'voir aussi', 'bibliographie', 'annexes',
  'referencias', 'enlaces externos', 'véase también', 'bibliografía', 'notas',
  'note', 'bibliografia', 'voci correlate', 'altri progetti', 'collegamenti esterni',
  'referências', 'ligações externas', 'ver também',
  'примечания', 'ссылки', 'литература', 'см. также',
  'przypisy', 'linki zewnętrzne', 'zobacz też', 'referenties', 'externe links', 'zie ook',
  '脚注', '外部リンク', '関連項目', '参考文献', '参考资料', '外部链接', '参见', '각주', '외부 링크', '같이 보기',
]; // biome-ignore format: one list

export const wikitextDefaults: WikitextOptions = {
  tables: 'keep',
  math: 'keep',
  dropSections: apparatus,
  maxTableRows: 200,
};

export interface Article {
  readonly text: string;
  readonly categories: readonly string[];
  /** First infobox, name and values as text. */
  readonly infobox?: { readonly type: string; readonly values: Readonly<Record<string, string>> };
  /** Where the page only points to another one. */
  readonly redirect?: string;
  readonly disambiguation: boolean;
}

/** Stands for a formula while the rest is parsed: braces in LaTeX would be read as templates. */
const placeholder = (index: number) => `\u{F0000}${index}\u{F0001}`;
const placeholders = /\u{F0000}(\d+)\u{F0001}/gu;

/** Wikitext → text with headings, lists, tables and formulas. Pure; time grows with the length of the page. */
export function wikitextToText(source: string, options: Partial<WikitextOptions> = {}, title = ''): Article {
  const { tables, math, dropSections, maxTableRows } = { ...wikitextDefaults, ...options };
  const dropped = new Set(dropSections.map((heading) => heading.toLowerCase()));
  const formulas: string[] = [];
  const withoutMath = replaceMath(source.replace(/[\u{F0000}\u{F0001}]/gu, ''), (formula, display) => {
    if (math === 'drop') return ' ';
    formulas.push(display ? `$$${formula}$$` : `$${formula}$`);
    return placeholder(formulas.length - 1);
  });
  const document = wtf(withoutMath, { title });
  const redirect = document.isRedirect() ? (document.redirectTo() as { page?: string } | null)?.page : undefined;
  const parts: string[] = [];
  let below: number | undefined;
  const sections = document.sections() as wtf.Section[];
  for (const section of sections) {
    const heading = section.title();
    const depth = section.depth();
    if (below !== undefined && depth > below) continue;
    below = dropped.has(heading.trim().toLowerCase()) ? depth : undefined;
    if (below !== undefined) continue;
    const body = [section.text({}).trim()];
    if (tables === 'keep') {
      for (const table of section.tables() as wtf.Table[])
        body.push(tableText(table.keyValue({}) as Array<Record<string, string>>, maxTableRows));
    }
    const text = body.filter(Boolean).join('\n\n');
    if (heading && (text !== '' || sections.some((other) => other.parent()?.title() === heading))) {
      parts.push(`${'#'.repeat(Math.min(6, depth + 2))} ${heading}`);
    }
    if (text !== '') parts.push(text);
  }
  const box = document.infoboxes()[0];
  return {
    text: parts
      .join('\n\n')
      .replace(placeholders, (_, index: string) => formulas[Number(index)] ?? '')
      .replace(/^ \* /gm, '- ')
      // What templates for pronunciation and the like leave behind.
      .replace(/ ?\([\s,;]*\)/g, '')
      .replace(/(\S) {2,}/g, '$1 ')
      .replace(/\n{3,}/g, '\n\n')
      .trim(),
    categories: document.categories(),
    ...(box ? { infobox: { type: box.type(), values: textValues(box.keyValue() as Record<string, unknown>) } } : {}),
    ...(redirect === undefined ? {} : { redirect }),
    disambiguation: document.isDisambiguation(),
  };
}

/** Calls `put` for the content of each `<math>`, `<chem>` and `{{math|…}}`-less formula; a tag that is not closed stays text. */
function replaceMath(source: string, put: (formula: string, display: boolean) => string): string {
  let out = '';
  let from = 0;
  const lower = source.toLowerCase();
  const open = /<(math|chem|ce)(\s[^<>]*)?>/gi;
  for (let match = open.exec(source); match; match = open.exec(source)) {
    if (match[2]?.endsWith('/')) continue;
    const close = lower.indexOf(`</${(match[1] as string).toLowerCase()}>`, open.lastIndex);
    // None follows: none will follow later tags of this name either, but the text is kept.
    if (close < 0) break;
    const formula = source.slice(open.lastIndex, close).trim();
    out += source.slice(from, match.index) + put(formula, /display\s*=\s*"?block/i.test(match[2] ?? ''));
    from = close + (match[1] as string).length + 3;
    open.lastIndex = from;
  }
  return out + source.slice(from);
}

function tableText(rows: ReadonlyArray<Record<string, string>>, maxRows: number): string {
  if (rows.length === 0 || rows.length > maxRows) return '';
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const named = columns.some((column) => !/^col\d+$/.test(column));
  const cell = (value: unknown) =>
    String(value ?? '')
      .replace(/\s+/g, ' ')
      .trim();
  const lines = rows.map((row) => columns.map((column) => cell(row[column])).join(' | '));
  if (named) lines.unshift(columns.map((column) => (/^col\d+$/.test(column) ? '' : cell(column))).join(' | '));
  return lines.filter((line) => line.replace(/[| ]/g, '') !== '').join('\n');
}

function textValues(values: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).flatMap(([key, value]) =>
      typeof value === 'string' && value.trim() ? [[key, value.trim()]] : [],
    ),
  );
}
