import { Parser } from 'htmlparser2';

const reference = /&(?:#\d{1,7}|#[xX][\da-fA-F]{1,6}|[a-zA-Z][a-zA-Z\d]{1,31});/g;
const markup = /<\/?[a-z][^<>]{0,1000}>/i;
const known = new Map<string, string>();

function decode(entity: string): string {
  let text = known.get(entity);
  if (text === undefined) {
    let decoded = '';
    const parser = new Parser({ ontext: (part) => (decoded += part) }, { decodeEntities: true });
    parser.end(entity);
    // Names that HTML does not know come back as they stand; a NUL has no place in text.
    text = decoded.replaceAll('\0', '');
    if (known.size >= 4096) known.clear();
    known.set(entity, text);
  }
  return text;
}

/** True where tags stand in the text: then entities are part of markup that somebody may still want to read. */
export const hasMarkup = (text: string): boolean => markup.test(text);

/** Resolves the character references of HTML that end in a semicolon, once: `&amp;lt;` becomes `&lt;`. */
export function decodeEntities(text: string): string {
  return text.includes('&') ? text.replace(reference, decode) : text;
}
