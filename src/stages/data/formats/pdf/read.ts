import { messageOf } from '../../../../base/core/index.js';
import { type Limits, Unreadable, defaultLimits } from '../limits.js';
import { bodySize, columnsOf, guttersOf } from './columns.js';
import { type PageText, dropFurniture } from './furniture.js';
import { Vocabulary, joinLines } from './hyphens.js';
import { type Paragraph, joinAcross, paragraphsOf } from './paragraphs.js';
import { type TextItem, cleanText, segmentsOf } from './segments.js';

export interface PdfText {
  readonly text: string;
  readonly pages: number;
  readonly title?: string;
  readonly author?: string;
  /** ISO 8601. */
  readonly time?: string;
}

interface PdfItem {
  readonly str?: string;
  readonly transform?: readonly number[];
  readonly width?: number;
}

type PdfDocument = Awaited<ReturnType<typeof import('unpdf')['getDocumentProxy']>>;

/** Items of a page with the upright direction of its text; stamps along the edge are left out. */
async function pageText(document: PdfDocument, number: number): Promise<PageText> {
  const page = await document.getPage(number);
  try {
    const view = page.getViewport({ scale: 1 });
    const content = await page.getTextContent();
    const [a, b, c, d, e, f] = view.transform as [number, number, number, number, number, number];
    const turned: { turn: number; item: TextItem }[] = [];
    for (const { str, transform, width = 0 } of content.items as readonly PdfItem[]) {
      if (str === undefined || !transform || str === '') continue;
      const [ta, tb, tc, td, te, tf] = transform as [number, number, number, number, number, number];
      const dx = a * ta + c * tb;
      const dy = b * ta + d * tb;
      const turn = ((Math.round(Math.atan2(dy, dx) / (Math.PI / 2)) % 4) + 4) % 4;
      const size = Math.hypot(tc, td) || Math.hypot(ta, tb);
      if (!(size > 0.5 && size < 2000)) continue;
      const x = a * te + c * tf + e;
      const y = b * te + d * tf + f;
      turned.push({ turn, item: { text: cleanText(str), x, y, width, size } });
    }
    const counts = [0, 0, 0, 0];
    for (const { turn, item } of turned) counts[turn]! += item.text.length;
    const main = counts.indexOf(Math.max(...counts));
    const upright = turned.filter(({ turn }) => turn === main).map(({ item }) => upright90(item, main, view));
    const sideways = main % 2 === 1;
    return {
      width: sideways ? view.height : view.width,
      height: sideways ? view.width : view.height,
      segments: segmentsOf(upright),
    };
  } finally {
    page.cleanup();
  }
}

function upright90(item: TextItem, turn: number, view: { readonly width: number; readonly height: number }): TextItem {
  if (turn === 0) return item;
  if (turn === 1) return { ...item, x: item.y, y: view.width - item.x };
  if (turn === 2) return { ...item, x: view.width - item.x, y: view.height - item.y };
  return { ...item, x: view.height - item.y, y: item.x };
}

/** `D:20210511123456+02'00'` as ISO 8601. */
function pdfDate(text: unknown): string | undefined {
  const match = typeof text === 'string' && /^D?:?(\d{4})(\d\d)?(\d\d)?/.exec(text);
  if (!match) return undefined;
  const [, year, month, day] = match;
  return [year, month, month && day].filter(Boolean).join('-');
}

const said = (value: unknown): string | undefined =>
  typeof value === 'string' && value.trim() !== '' && value.isWellFormed() ? value.trim() : undefined;

async function open(bytes: Uint8Array): Promise<PdfDocument> {
  const { getDocumentProxy } = await import('unpdf');
  try {
    // A copy: the parser takes the buffer away.
    return await getDocumentProxy(new Uint8Array(bytes), {
      verbosity: 0,
      isEvalSupported: false,
      stopAtErrors: false,
    } as never);
  } catch (error) {
    const { name } = error as Error;
    if (name === 'PasswordException') throw new Unreadable('protected by a password');
    throw new Unreadable(`broken PDF file: ${messageOf(error)}`);
  }
}

/**
 * Text of a PDF file: columns in reading order, headers, footers and page numbers that repeat left out, words joined at line ends,
 * notes after the text that they stand under. Paragraphs are parted by blank lines.
 * Errors: `Unreadable` where the file is broken, protected by a password or without any text.
 */
export async function pdfText(
  bytes: Uint8Array,
  { limits = defaultLimits, signal }: { readonly limits?: Limits; readonly signal?: AbortSignal } = {},
): Promise<PdfText> {
  if (!Buffer.from(bytes.subarray(0, 1024)).toString('latin1').includes('%PDF-')) {
    throw new Unreadable('no PDF header (%PDF-)');
  }
  const endsAt = Date.now() + limits.seconds * 1000;
  const document = await open(bytes);
  try {
    const { numPages } = document;
    if (numPages > limits.pages) throw new Unreadable(`${numPages} pages: over the limit pages (${limits.pages})`);
    const pages: PageText[] = [];
    let broken: unknown;
    for (let number = 1; number <= numPages; number++) {
      signal?.throwIfAborted();
      if (Date.now() > endsAt) throw new Unreadable(`took longer than ${limits.seconds} seconds (page ${number})`);
      try {
        pages.push(await pageText(document, number));
      } catch (error) {
        broken ??= error;
      }
    }
    const letters = pages.reduce((sum, page) => sum + page.segments.reduce((s, item) => s + item.text.length, 0), 0);
    if (letters === 0) {
      if (broken) throw new Unreadable(`broken PDF file: ${messageOf(broken)}`);
      throw new Unreadable(`no text on ${numPages} pages: scanned images?`);
    }
    const text = layOut(pages);
    const info = await document.getMetadata().then(
      (metadata) => metadata.info as Record<string, unknown>,
      () => ({}) as Record<string, unknown>,
    );
    return {
      text,
      pages: numPages,
      title: said(info.Title),
      author: said(info.Author),
      time: pdfDate(info.CreationDate),
    };
  } finally {
    await document.destroy();
  }
}

/** Text of pages whose letters have places. */
export function layOut(pages: readonly PageText[]): string {
  dropFurniture(pages);
  const body = bodySize(pages.flatMap((page) => page.segments));
  const words = new Vocabulary();
  for (const page of pages) for (const segment of page.segments) words.add(segment.text);
  const join = (left: string, right: string) => joinLines(left, right, words);
  const paragraphs: Paragraph[] = [];
  const cuts = guttersOf(
    pages.map((page) => page.segments),
    body,
  );
  for (const [i, page] of pages.entries()) {
    for (const column of columnsOf(page.segments, body, cuts[i]!)) paragraphs.push(...paragraphsOf(column, body, join));
  }
  return joinAcross(paragraphs, join).join('\n\n');
}
