import type { Json } from '../../../base/core/index.js';
import { officeProperties } from './docx.js';
import { type Limits, Unreadable, endsTask } from './limits.js';
import { markdownTable } from './markup.js';
import type { FormatContext, FormatReader, Found } from './reader.js';
import { recordReader } from './record.js';
import { allElements, firstElement, parseXml, scanXml, xmlText } from './xml.js';
import { ZipArchive } from './zip.js';

/** Formats of numbers that are dates without being spelled out in the file (ECMA-376 Part 1, 18.8.30). */
const builtInDates = new Set([14, 15, 16, 17, 18, 19, 20, 21, 22, 27, 30, 36, 45, 46, 47, 50, 57]);

interface Workbook {
  readonly sheets: readonly { readonly name: string; readonly path: string; readonly hidden: boolean }[];
  readonly strings: readonly string[];
  /** For each style of a cell: whether its number is a date. */
  readonly dates: readonly boolean[];
  /** Days count from 1904 (old Macs) instead of 1900. */
  readonly epoch1904: boolean;
}

async function partText(archive: ZipArchive, path: string): Promise<string | undefined> {
  const entry = archive.find(path);
  return entry && xmlText(await archive.read(entry));
}

/** A format code that shows parts of a date: letters outside of quotes, brackets and escapes. */
export function isDateFormat(code: string): boolean {
  return /[dmyhs]/i.test(code.replace(/"[^"]*"|\\.|\[[^\]]*\]|_.|\*./g, '')) && !/^general$/i.test(code);
}

/** A day number as ISO 8601; whole days without a time, numbers below 1 as a time alone. */
export function excelDate(serial: number, epoch1904: boolean): string | undefined {
  if (!Number.isFinite(serial) || serial < 0 || serial > 2_958_465.999_99) return undefined;
  // Day 60 is 29 February 1900, which never was: Lotus's mistake, kept by the format.
  const days = epoch1904 ? serial - 24_107 : (serial < 60 ? serial + 1 : serial) - 25_569;
  const iso = new Date(Math.round(days * 86_400) * 1000).toISOString();
  if (serial < 1 && !epoch1904) return iso.slice(11, 19);
  return Number.isInteger(serial) ? iso.slice(0, 10) : iso.slice(0, 19);
}

async function openWorkbook(archive: ZipArchive, limits: Limits): Promise<Workbook> {
  const text = await partText(archive, 'xl/workbook.xml');
  if (text === undefined) throw new Unreadable('a ZIP file without xl/workbook.xml: not an XLSX file');
  const workbook = parseXml(text, limits, true);
  const bare = (name: string) => name.slice(name.indexOf(':') + 1);
  const relations = parseXml((await partText(archive, 'xl/_rels/workbook.xml.rels')) ?? '<x/>', limits);
  const targets = new Map(
    allElements(relations, 'Relationship').map(({ attributes: { Id, Target = '' } }) => [
      Id,
      Target.startsWith('/') ? Target.slice(1) : `xl/${Target}`,
    ]),
  );
  const all = (name: string) => [...allElements(workbook, name), ...allElements(workbook, `x:${name}`)];
  const sheets = all('sheet').map(({ attributes }) => {
    const id = Object.entries(attributes).find(([key]) => bare(key) === 'id' && key !== 'id')?.[1];
    return {
      name: attributes.name ?? '',
      path: targets.get(id ?? '') ?? '',
      hidden: attributes.state === 'hidden' || attributes.state === 'veryHidden',
    };
  });
  const styles = parseXml((await partText(archive, 'xl/styles.xml')) ?? '<x/>', limits);
  const codes = new Map(
    allElements(styles, 'numFmt').map(({ attributes }) => [Number(attributes.numFmtId), attributes.formatCode ?? '']),
  );
  const cellStyles = firstElement(styles, 'cellXfs');
  const dates = (cellStyles ? allElements(cellStyles, 'xf') : []).map(({ attributes }) => {
    const id = Number(attributes.numFmtId);
    const code = codes.get(id);
    return code === undefined ? builtInDates.has(id) : isDateFormat(code);
  });
  const epoch = all('workbookPr')[0]?.attributes.date1904;
  return {
    sheets,
    strings: sharedStrings((await partText(archive, 'xl/sharedStrings.xml')) ?? '<x/>', limits),
    dates,
    epoch1904: epoch === '1' || epoch === 'true',
  };
}

/** Strings that cells point to; runs are joined, readings (furigana) left out. */
function sharedStrings(xml: string, limits: Limits): string[] {
  const strings: string[] = [];
  let inText = false;
  let phonetic = 0;
  scanXml(
    xml,
    {
      open(name) {
        if (name === 'si') strings.push('');
        else if (name === 'rPh') phonetic++;
        else if (name === 't') inText = phonetic === 0;
      },
      text(part) {
        if (inText) strings[strings.length - 1] += part;
      },
      close(name) {
        if (name === 't') inText = false;
        else if (name === 'rPh') phonetic--;
      },
    },
    limits,
  );
  return strings;
}

const columnOf = (reference: string): number => {
  let column = 0;
  for (const char of /^[A-Z]{1,3}/.exec(reference)?.[0] ?? '') column = column * 26 + char.charCodeAt(0) - 64;
  return column - 1;
};

/** Rows of a sheet as text. Formulas give the value that was saved with them. */
function sheetRows(xml: string, book: Workbook, limits: Limits): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = { column: 0, type: 'n', style: 0 };
  let value = '';
  let collecting = false;
  let cells = 0;
  scanXml(
    xml,
    {
      open(name, attributes) {
        if (name === 'row') row = [];
        else if (name === 'c') {
          const column = attributes.r ? columnOf(attributes.r) : row.length;
          cell = {
            column: column < 0 ? row.length : column,
            type: attributes.t ?? 'n',
            style: Number(attributes.s ?? 0),
          };
          value = '';
        } else if (name === 'v' || name === 't') collecting = true;
      },
      text(part) {
        if (collecting) value += part;
      },
      close(name) {
        if (name === 'v' || name === 't') collecting = false;
        else if (name === 'c' && value !== '') {
          cells += Math.max(1, cell.column - row.length);
          if (cells > limits.nodes) throw new Unreadable(`more than ${limits.nodes} cells`);
          while (row.length < cell.column) row.push('');
          row[cell.column] = cellText(value, cell, book);
        } else if (name === 'row') rows.push(row);
      },
    },
    limits,
  );
  return rows;
}

function cellText(value: string, cell: { readonly type: string; readonly style: number }, book: Workbook): string {
  if (cell.type === 's') return book.strings[Number(value)] ?? '';
  if (cell.type === 'b') return value === '1' ? 'TRUE' : 'FALSE';
  if (cell.type !== 'n') return value;
  if (book.dates[cell.style]) return excelDate(Number(value), book.epoch1904) ?? value;
  // 0.1 + 0.2 is stored as 0.30000000000000004: 15 digits are what the program itself shows.
  const number = Number(value);
  return Number.isFinite(number) ? String(Number(number.toPrecision(15))) : value;
}

export const xlsx: FormatReader = {
  summary: 'workbooks: visible sheets as Markdown tables, dates as ISO 8601, formulas by their saved values',
  extensions: ['xlsx', 'xlsm', 'xltx'],
  documents: 'one a sheet; `rows: row` makes one of each row, as of CSV',
  cursor: 'part',
  async *read(input, context): AsyncGenerator<Found> {
    const { options, cursor, reject } = context;
    const { limits } = options;
    const archive = await ZipArchive.open(input, limits);
    const book = await openWorkbook(archive, limits);
    const properties = await officeProperties(archive, limits);
    for (let i = typeof cursor === 'number' ? cursor : 0; i < book.sheets.length; i++) {
      const { name, path, hidden } = book.sheets[i]!;
      if (hidden) continue;
      context.signal?.throwIfAborted();
      try {
        const xml = await partText(archive, path);
        if (xml === undefined) throw new Unreadable('not in the file');
        const rows = sheetRows(xml, book, limits);
        if (options.rows === 'row') yield* records(rows, name, i + 1, context);
        else {
          const text = markdownTable(rows);
          const metadata: Record<string, Json> = { ...properties.metadata, sheet: name };
          if (text !== '') yield { ...properties, text: `# ${name}\n\n${text}`, place: name, metadata, cursor: i + 1 };
        }
      } catch (error) {
        if (endsTask(error)) throw error;
        reject(`sheet ${name}: ${(error as Error).message}`);
      }
    }
  },
};

function* records(
  rows: readonly string[][],
  sheet: string,
  next: number,
  { options, reject }: FormatContext,
): Generator<Found> {
  const [head, ...body] = rows.filter((row) => row.length > 0);
  const reader = recordReader(options);
  for (const [i, row] of body.entries()) {
    const found = reader.read(Object.fromEntries((head ?? []).map((name, column) => [name, row[column] ?? ''])));
    if (typeof found === 'string') reject(`sheet ${sheet}, row ${i + 2}: ${found}`);
    else yield { ...found, place: `${sheet}:${i + 2}`, ...(i === body.length - 1 ? { cursor: next } : {}) };
  }
}
