import { markOf } from './encoding.js';
import type { FormatName } from './reader.js';
import { formatOfName } from './table.js';
import { isTar } from './tar.js';

/** Bytes that formats are told by. */
export const sniffBytes = 4096;

export type Kind = FormatName | 'zip' | 'tar';

const startsWith = (head: Uint8Array, text: string) =>
  Buffer.from(head.subarray(0, text.length)).toString('latin1') === text;

/** Formats whose first bytes give them away, whatever their name is. A ZIP file may be one of several. */
function magicOf(head: Uint8Array): 'pdf' | 'parquet' | 'zip' | 'tar' | undefined {
  // PDF readers look for the mark within the first kilobyte: some programs write something before it.
  if (Buffer.from(head.subarray(0, 1024)).toString('latin1').includes('%PDF-')) return 'pdf';
  if (startsWith(head, 'PAR1')) return 'parquet';
  if (startsWith(head, 'PK\u0003\u0004') || startsWith(head, 'PK\u0005\u0006')) return 'zip';
  return isTar(head) ? 'tar' : undefined;
}

/** Text formats by what stands at the beginning. */
function textKind(head: Uint8Array): FormatName | undefined {
  const encoding = markOf(head) ?? 'utf-8';
  const text = new TextDecoder(encoding)
    .decode(head)
    .replace(/^\uFEFF/, '')
    .trimStart();
  if (/^(?:<\?xml|<!doctype|<html|<article|<!--|<pmc-articleset)/i.test(text)) {
    if (/\bxmlns:ix\s*=|inlineXBRL/i.test(text)) return 'ixbrl';
    if (/<html[\s>]|<!doctype html/i.test(text)) return 'html';
    if (/<article[\s>]|<pmc-articleset|JATS|NLM\/\/DTD/i.test(text)) return 'jats';
    return undefined;
  }
  if (text.startsWith('{')) {
    const line = text.split('\n')[0]!;
    try {
      JSON.parse(line);
      return 'jsonl';
    } catch {
      return undefined;
    }
  }
  return undefined;
}

/**
 * What a file is: binary formats by their first bytes, text formats by their name, what is left by its beginning. A name is
 * believed only as far as the bytes allow: reading `a.pdf` that holds text is reading text.
 */
export function kindOf(name: string, head: Uint8Array): Kind {
  const magic = magicOf(head);
  const named = formatOfName(name);
  if (magic === 'zip') return named === 'docx' || named === 'xlsx' || named === 'epub' ? named : 'zip';
  if (magic) return magic;
  if (named === 'html') return textKind(head) === 'ixbrl' ? 'ixbrl' : 'html';
  if (named) return named;
  return textKind(head) ?? 'text';
}

/** What a ZIP file holds, by the names of its entries. */
export function zipKind(names: readonly string[]): 'docx' | 'xlsx' | 'epub' | undefined {
  if (names.includes('word/document.xml')) return 'docx';
  if (names.includes('xl/workbook.xml')) return 'xlsx';
  return names.includes('META-INF/container.xml') ? 'epub' : undefined;
}
