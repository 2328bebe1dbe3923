import { byteLength } from './document.js';

/** Separator that GPT-2's corpora put between documents. */
export const endOfText = '<|endoftext|>';

/** Cuts a text into parts of at most `most` bytes that tile it, at line ends where there are any, else between characters. */
function cutAtLines(text: string, most: number): string[] {
  const parts: string[] = [];
  let part = '';
  let size = 0;
  const flush = () => {
    if (part) parts.push(part);
    part = '';
    size = 0;
  };
  for (const line of text.match(/[^\n]*\n|[^\n]+$/g) ?? []) {
    const bytes = byteLength(line);
    if (size + bytes > most) flush();
    if (bytes <= most) {
      part += line;
      size += bytes;
      continue;
    }
    for (const char of line) {
      const width = byteLength(char);
      if (size + width > most) flush();
      part += char;
      size += width;
    }
  }
  flush();
  return parts;
}

/**
 * Groups paragraphs of a text that comes in parts into documents of at most `most` bytes; a longer paragraph is cut at line
 * ends. The documents tile the text: joined they are it.
 */
export async function* groupParagraphs(parts: AsyncIterable<string>, most: number): AsyncGenerator<string> {
  let group = '';
  let size = 0;
  let rest = '';
  function* take(paragraph: string): Generator<string> {
    const bytes = byteLength(paragraph);
    if (size + bytes > most && group) {
      yield group;
      group = '';
      size = 0;
    }
    if (bytes > most) {
      const cut = cutAtLines(paragraph, most);
      yield* cut.slice(0, -1);
      group = cut[cut.length - 1];
      size = byteLength(group);
      return;
    }
    group += paragraph;
    size += bytes;
  }
  for await (const part of parts) {
    rest += part;
    // A paragraph ends after its blank lines; the last one may go on in the next part.
    const ends = [...rest.matchAll(/\n[^\S\n]*\n\s*/g)].map((match) => match.index + match[0].length);
    let from = 0;
    for (const end of ends) {
      if (end === rest.length) break;
      yield* take(rest.slice(from, end));
      from = end;
    }
    rest = rest.slice(from);
    // A text without blank lines still flows through bounded memory.
    if (rest.length > 4 * most) {
      const cut = cutAtLines(rest, most);
      for (const piece of cut.slice(0, -1)) yield* take(piece);
      rest = cut[cut.length - 1];
    }
  }
  if (rest) yield* take(rest);
  if (group) yield group;
}

/** Texts between separators; a line break right after a separator belongs to it. */
export async function* splitAtSeparator(parts: AsyncIterable<string>, separator: string): AsyncGenerator<string> {
  let rest = '';
  for await (const part of parts) {
    rest += part;
    const pieces = rest.split(separator);
    rest = pieces.pop() as string;
    for (const piece of pieces) yield piece.replace(/^\r?\n/, '');
  }
  yield rest.replace(/^\r?\n/, '');
}
