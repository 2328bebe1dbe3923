import { blockTags, ElementNode, type Node, TextNode } from './tree.js';

/** How the text is written: `text` for reading by a model, `markdown` with marks for headings, code and emphasis. */
export type TextFormat = 'text' | 'markdown';

/** A line of the text and what it was made of. */
export interface Line {
  text: string;
  /** Line breaks before it: 1, or 2 for a blank line between. */
  gap: 1 | 2;
  kind: 'text' | 'heading' | 'item' | 'term' | 'row' | 'code' | 'caption';
  /** Characters of the line that stand in links. */
  linked: number;
}

/** Collects lines; blank lines between blocks, one line per item of a list and per row of a table. */
class Writer {
  readonly lines: Line[] = [];
  /** The line that is being written. */
  #line: Line | undefined;
  #gap: 1 | 2 = 1;
  #space = false;
  /** Written before the next text: the mark of a list item. */
  #mark = '';
  kind: Line['kind'] = 'text';
  inLink = 0;

  break(lines: 1 | 2): void {
    this.#space = false;
    this.#line = undefined;
    if (this.#gap < lines) this.#gap = lines;
  }
  mark(text: string): void {
    this.#mark = text;
  }
  #open(kind: Line['kind']): Line {
    if (this.#line) {
      if (this.#space) this.#line.text += ' ';
    } else {
      this.#line = { text: '', gap: this.#gap, kind, linked: 0 };
      this.lines.push(this.#line);
      this.#gap = 1;
    }
    this.#space = false;
    if (this.#mark !== '') {
      this.#line.text += this.#mark;
      if (this.#line.kind === 'text' && !this.#mark.startsWith('#')) this.#line.kind = 'item';
      this.#mark = '';
    }
    return this.#line;
  }
  inline(text: string): void {
    const collapsed = text.replace(/[\s\u00a0]+/g, ' ');
    const body = collapsed.trim();
    if (collapsed.startsWith(' ')) this.#space = true;
    if (body === '') return;
    const line = this.#open(this.kind);
    line.text += body;
    if (this.inLink > 0) line.linked += body.length;
    this.#space = collapsed.endsWith(' ');
  }
  /** Text as it stands. */
  verbatim(text: string, kind: Line['kind'], linked = 0): void {
    const line = this.#open(kind);
    line.text += text;
    line.linked += linked;
  }
}

/** Lines with the gaps between them. */
export function joinLines(lines: readonly Line[]): string {
  let text = '';
  for (const line of lines) text += (text === '' ? '' : '\n'.repeat(line.gap)) + line.text;
  return text;
}

const headings = new Set(['h1', 'h2', 'h3', 'h4', 'h5', 'h6']);
/** Deepest indentation of lists that is shown. */
const maxIndent = 8;

function preformatted(node: Node): string {
  if (node instanceof TextNode) return node.text;
  if (node.dropped) return '';
  if (node.tag === 'br') return '\n';
  let text = '';
  for (const child of node.children) text += preformatted(child);
  return blockTags.has(node.tag) && node.tag !== 'pre' && !text.endsWith('\n') ? `${text}\n` : text;
}

function oneLine(node: ElementNode, format: TextFormat): string {
  const writer = new Writer();
  for (const child of node.children) write(writer, child, format, 0);
  return writer.lines
    .map((line) =>
      line.text.includes('\n')
        ? line.text
            .split('\n')
            .map((part) => part.trim())
            .join(' ')
        : line.text,
    )
    .join(' ');
}

function isTabular(table: ElementNode): boolean {
  // Rows of one cell are layout, and so are cells that hold blocks of paragraphs.
  let wide = 0;
  let rows = 0;
  let long = 0;
  const visit = (element: ElementNode): void => {
    for (const child of element.children) {
      if (!(child instanceof ElementNode) || child.dropped) continue;
      if (child.tag === 'tr') {
        rows++;
        const cells = child.children.filter(
          (cell): cell is ElementNode => cell instanceof ElementNode && (cell.tag === 'td' || cell.tag === 'th'),
        );
        if (cells.length > 1) wide++;
        for (const cell of cells) {
          if (
            cell.textLength > 400 ||
            cell.children.some((c) => c instanceof ElementNode && (c.tag === 'table' || c.tag === 'ul'))
          )
            long++;
        }
      } else if (child.tag !== 'table') visit(child);
    }
  };
  visit(table);
  return rows > 0 && wide * 2 >= rows && long === 0;
}

function writeTable(writer: Writer, table: ElementNode, format: TextFormat): void {
  writer.break(2);
  let row = 0;
  const visit = (element: ElementNode): void => {
    for (const child of element.children) {
      if (!(child instanceof ElementNode) || child.dropped) continue;
      if (child.tag !== 'tr') {
        if (child.tag === 'caption') {
          writer.inline(oneLine(child, format));
          writer.break(1);
        } else visit(child);
        continue;
      }
      const cells = child.children
        .filter(
          (cell): cell is ElementNode =>
            cell instanceof ElementNode && !cell.dropped && (cell.tag === 'td' || cell.tag === 'th'),
        )
        .map((cell) => oneLine(cell, format).replaceAll('|', '\\|'));
      if (cells.every((cell) => cell === '')) continue;
      writer.verbatim(`| ${cells.join(' | ')} |`, 'row');
      writer.break(1);
      if (format === 'markdown' && row++ === 0) {
        writer.verbatim(`|${' --- |'.repeat(cells.length)}`, 'row');
        writer.break(1);
      }
    }
  };
  visit(table);
  writer.break(2);
}

function writeCode(writer: Writer, element: ElementNode, format: TextFormat): void {
  const code = preformatted(element).replace(/\r\n?/g, '\n').replace(/^\n+/, '').trimEnd();
  if (code === '') return;
  writer.break(2);
  writer.verbatim(format === 'markdown' ? `\`\`\`\n${code}\n\`\`\`` : code, 'code');
  writer.break(2);
}

function writeList(writer: Writer, list: ElementNode, format: TextFormat, depth: number): void {
  writer.break(depth > 0 ? 1 : 2);
  let number = 0;
  for (const child of list.children) {
    if (child instanceof ElementNode && child.tag === 'li') {
      if (child.dropped || child.textLength === 0) continue;
      writer.break(1);
      writer.mark(`${'  '.repeat(Math.min(depth, maxIndent))}${list.tag === 'ol' ? `${++number}. ` : '- '}`);
      for (const inner of child.children) write(writer, inner, format, depth + 1);
    } else write(writer, child, format, depth);
  }
  writer.mark('');
  writer.break(depth > 0 ? 1 : 2);
}

function write(writer: Writer, node: Node, format: TextFormat, depth: number): void {
  if (node instanceof TextNode) {
    writer.inline(node.text);
    return;
  }
  if (node.dropped) return;
  const { tag } = node;
  if (tag === 'br') writer.break(1);
  else if (tag === 'hr') writer.break(2);
  else if (tag === 'pre' || tag === 'listing' || tag === 'xmp') writeCode(writer, node, format);
  else if (tag === 'ul' || tag === 'ol') writeList(writer, node, format, depth);
  else if (tag === 'table' && isTabular(node)) writeTable(writer, node, format);
  else if (blockTags.has(tag)) {
    // Below a list item blocks stay close to their mark.
    const gap = depth > 0 || tag === 'tr' || tag === 'dd' || tag === 'dt' || tag === 'figcaption' ? 1 : 2;
    writer.break(gap);
    if (format === 'markdown' && headings.has(tag) && node.textLength > 0)
      writer.mark(`${'#'.repeat(Number(tag[1]))} `);
    const { kind } = writer;
    if (headings.has(tag)) {
      writer.kind = 'heading';
    } else if (tag === 'dt') writer.kind = 'term';
    else if (tag === 'figcaption') writer.kind = 'caption';
    for (const child of node.children) write(writer, child, format, depth);
    writer.kind = kind;
    writer.break(gap);
    if (tag === 'td' || tag === 'th') writer.break(1);
  } else if (format === 'markdown' && (tag === 'code' || tag === 'tt') && node.textLength > 0) {
    writer.inline(' '.repeat(Number(/^\s/.test(firstText(node)))));
    writer.verbatim(`\`${oneLine(node, format)}\``, writer.kind);
  } else if (tag === 'math') writer.inline(node.attribute('alttext') || mathText(node));
  else {
    const link = tag === 'a' && node.attributes?.href !== undefined ? 1 : 0;
    writer.inLink += link;
    for (const child of node.children) write(writer, child, format, depth);
    writer.inLink -= link;
  }
}

function firstText(node: Node): string {
  if (node instanceof TextNode) return node.text;
  return node.children.length > 0 ? firstText(node.children[0]!) : '';
}

/** Of a formula written twice, as marks for display and as TeX, the second. */
function mathText(math: ElementNode): string {
  let tex = '';
  let marks = '';
  const visit = (element: ElementNode): void => {
    for (const child of element.children) {
      if (child instanceof TextNode) marks += child.text;
      else if (child.tag === 'annotation')
        tex ||= child.children.map((c) => (c instanceof TextNode ? c.text : '')).join('');
      else visit(child);
    }
  };
  visit(math);
  return tex || marks;
}

/** Writes elements as lines: paragraphs between blank lines, lists, tables and code in their shape. */
export function renderLines(parts: readonly ElementNode[], format: TextFormat = 'text'): Line[] {
  const writer = new Writer();
  for (const part of parts) {
    writer.break(2);
    write(writer, part, format, 0);
  }
  return writer.lines;
}
