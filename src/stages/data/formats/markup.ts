import { Parser } from 'htmlparser2';
import { Flow } from './flow.js';
import { type Limits, Unreadable } from './limits.js';

/** One line of a table: bars and line breaks inside of cells are put out of the way. */
const rowLine = (cells: readonly string[], width: number): string =>
  `| ${Array.from({ length: width }, (_, i) =>
    (cells[i] ?? '').replace(/\s+/g, ' ').replaceAll('|', '\\|').trim(),
  ).join(' | ')} |`;

/** Rows as a Markdown table, the first one as its head. Empty rows and columns are left out; one column is plain lines. */
export function markdownTable(rows: ReadonlyArray<readonly string[]>): string {
  const full = rows.filter((row) => row.some((cell) => cell.trim() !== ''));
  const width = full.reduce((most, row) => Math.max(most, row.length), 0);
  const used = Array.from({ length: width }, (_, i) => i).filter((i) =>
    full.some((row) => (row[i] ?? '').trim() !== ''),
  );
  const kept = full.map((row) => used.map((i) => row[i] ?? ''));
  if (kept.length === 0) return '';
  if (used.length === 1) return kept.map((row) => row[0]!.trim()).join('\n');
  const lines = kept.map((row) => rowLine(row, used.length));
  return [lines[0], `|${' --- |'.repeat(used.length)}`, ...lines.slice(1)].join('\n');
}

/** Called for every element and text, before the renderer sees it. */
export interface MarkupHooks {
  open?(name: string, attributes: Readonly<Record<string, string>>): void;
  text?(text: string): void;
  close?(name: string): void;
}

export interface MarkupOptions {
  readonly limits: Limits;
  readonly hooks?: MarkupHooks;
  /** Elements whose text is left out, besides scripts, styles and the head. */
  readonly skip?: ReadonlySet<string>;
  /** Names carry prefixes that count (`ix:`), empty elements end themselves. */
  readonly xhtml?: boolean;
}

const skipped = new Set(['script', 'style', 'head', 'template', 'noscript', 'svg', 'iframe', 'object']);
const blocks = new Set(
  'p div section article aside header footer main nav figure figcaption blockquote address dl dd dt fieldset form hr ul ol body center details summary'.split(
    ' ',
  ),
);

interface Table {
  readonly outer: Flow;
  readonly rows: string[][];
  cell?: { readonly flow: Flow; readonly span: number };
}

/**
 * Text of an HTML or XHTML file that is all content (a chapter, a converted document, a report): headings with `#`, lists with
 * `-` and numbers, tables as Markdown. Nothing is judged: main content of web pages is another matter.
 */
export function markupText(source: string, { limits, hooks, skip, xhtml = false }: MarkupOptions): string {
  const root = new Flow();
  const tables: Table[] = [];
  const lists: { ordered: boolean; count: number }[] = [];
  const endsAt = Date.now() + limits.seconds * 1000;
  let flow = root;
  let depth = 0;
  let nodes = 0;
  let hidden = 0;
  let pre = 0;
  const hides = (name: string) => skipped.has(name) || skip?.has(name);
  const count = () => {
    if (++nodes > limits.nodes) throw new Unreadable(`more than ${limits.nodes} elements and texts`);
  };
  const endCell = (table: Table) => {
    const { cell } = table;
    if (!cell) return;
    const row = table.rows.at(-1) ?? table.rows[table.rows.push([]) - 1]!;
    row.push(cell.flow.toString());
    for (let i = 1; i < cell.span; i++) row.push('');
    table.cell = undefined;
    flow = table.outer;
  };
  const open = (name: string, attributes: Readonly<Record<string, string>>) => {
    if (/^h[1-6]$/.test(name)) {
      flow.break(2);
      if (tables.length === 0) flow.prefix(`${'#'.repeat(Number(name[1]))} `);
    } else if (blocks.has(name)) {
      flow.break(tables.length > 0 || lists.length > 0 || name === 'dt' || name === 'dd' ? 1 : 2);
      if (name === 'ul' || name === 'ol') lists.push({ ordered: name === 'ol', count: 0 });
    } else if (name === 'li') {
      flow.break(1);
      const list = lists.at(-1);
      if (list) list.count++;
      const indent = '  '.repeat(Math.max(0, Math.min(lists.length, 20) - 1));
      flow.prefix(list?.ordered ? `${indent}${list.count}. ` : `${indent}- `);
    } else if (name === 'br') flow.break(1);
    else if (name === 'pre') {
      flow.break(2);
      pre++;
    } else if (name === 'img') {
      const alt = attributes.alt?.trim();
      if (alt) flow.text(` ${alt} `);
    } else if (name === 'table') {
      flow.break(2);
      tables.push({ outer: flow, rows: [] });
    } else if (tables.length > 0) {
      const table = tables.at(-1)!;
      if (name === 'tr') {
        endCell(table);
        table.rows.push([]);
      } else if (name === 'td' || name === 'th') {
        endCell(table);
        const span = Math.min(100, Math.max(1, Number.parseInt(attributes.colspan ?? '1', 10) || 1));
        table.cell = { flow: new Flow(), span };
        flow = table.cell.flow;
      } else if (name === 'caption') flow.break(1);
    }
  };
  const close = (name: string) => {
    if (/^h[1-6]$/.test(name)) {
      flow.dropPrefix();
      flow.break(2);
    } else if (blocks.has(name)) {
      if ((name === 'ul' || name === 'ol') && lists.length > 0) lists.pop();
      flow.break(tables.length > 0 || lists.length > 0 ? 1 : 2);
    } else if (name === 'li') {
      flow.dropPrefix();
      flow.break(1);
    } else if (name === 'pre') {
      pre = Math.max(0, pre - 1);
      flow.break(2);
    } else if ((name === 'td' || name === 'th') && tables.length > 0) endCell(tables.at(-1)!);
    else if (name === 'table' && tables.length > 0) {
      const table = tables.pop()!;
      endCell(table);
      flow = table.outer;
      flow.break(2);
      // A table inside a cell would break the outer one: its cells follow each other.
      if (tables.length > 0) flow.text(table.rows.map((row) => row.filter(Boolean).join(', ')).join('; '));
      else flow.raw(markdownTable(table.rows));
      flow.break(2);
    }
  };
  const parser = new Parser(
    {
      onopentag(name, attributes) {
        count();
        if (++depth > limits.depth) throw new Unreadable(`elements deeper than ${limits.depth}`);
        hooks?.open?.(name, attributes);
        if (hides(name)) hidden++;
        else if (hidden === 0) open(name, attributes);
      },
      ontext(text) {
        count();
        hooks?.text?.(text);
        if (hidden > 0) return;
        if (pre > 0 && tables.length === 0) flow.raw(text);
        else flow.text(text);
      },
      onclosetag(name) {
        depth--;
        hooks?.close?.(name);
        if (hides(name)) hidden = Math.max(0, hidden - 1);
        else if (hidden === 0) close(name);
      },
    },
    { decodeEntities: true, recognizeSelfClosing: xhtml, recognizeCDATA: xhtml },
  );
  for (let at = 0; at < source.length; at += 1 << 16) {
    parser.write(source.slice(at, at + (1 << 16)));
    if (Date.now() > endsAt) throw new Unreadable(`took longer than ${limits.seconds} seconds`);
  }
  parser.end();
  while (tables.length > 0) close('table');
  return root
    .toString()
    .replace(/[ \t]+$/gm, '')
    .trim();
}
