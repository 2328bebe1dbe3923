import type { Edit, Rewriter } from './align.js';
import { classOf } from './unicode.js';

export type UnicodeForm = 'NFC' | 'NFD' | 'NFKC' | 'NFKD';

const younger = new RegExp(`[${classOf('normalization')}]`, 'u');
const betweenYounger = new RegExp(`[^${classOf('normalization')}]+`, 'gu');

/** A character on its way, and how many of the text it stands for: 0 for one, 1 for none (it was added), -n for n more. */
interface Item {
  readonly char: string;
  readonly change: number;
}

function normalize(text: string, form: UnicodeForm): string {
  return younger.test(text) ? text.replace(betweenYounger, (part) => part.normalize(form)) : text.normalize(form);
}

const nonStarters = new Map<string, boolean>();
/** Whether a character has a combining class other than 0: it then changes places with marks of other classes. */
export function isNonStarter(char: string): boolean {
  let known = nonStarters.get(char);
  if (known === undefined) {
    const reorders = (text: string) => text.normalize('NFD') !== text;
    known = !younger.test(char) && (reorders(`a${char}\u0334`) || reorders(`a\u0301${char}`));
    nonStarters.set(char, known);
  }
  return known;
}

const sameClass = (a: string, b: string) =>
  a === b || ((a + b).normalize('NFD') === a + b && (b + a).normalize('NFD') === b + a);

function compose(a: string, b: string): string | undefined {
  if (younger.test(a) || younger.test(b)) return undefined;
  const pair = (a + b).normalize('NFC');
  return pair.length === ((pair.codePointAt(0) as number) > 0xffff ? 2 : 1) ? pair : undefined;
}

/** Characters taken apart and put in canonical order. */
function decompose(text: string, form: 'NFD' | 'NFKD'): Item[] {
  const out: Item[] = [];
  let marks: Item[] = [];
  const flush = () => {
    if (marks.length > 1) {
      // The engine knows the order; equal marks keep theirs.
      const waiting = new Map<string, Item[]>();
      for (const mark of marks) {
        const list = waiting.get(mark.char);
        if (list) list.push(mark);
        else waiting.set(mark.char, [mark]);
      }
      for (const list of waiting.values()) list.reverse();
      for (const char of marks
        .map((mark) => mark.char)
        .join('')
        .normalize('NFD'))
        out.push(waiting.get(char)?.pop() as Item);
    } else out.push(...marks);
    marks = [];
  };
  for (const given of text) {
    let change = 0;
    for (const char of normalize(given, form)) {
      if (isNonStarter(char)) marks.push({ char, change });
      else {
        flush();
        out.push({ char, change });
      }
      change = 1;
    }
  }
  flush();
  return out;
}

/** Canonical composition (Unicode 15, D117), which counts the characters that each result stands for. */
function recompose(items: readonly Item[]): Item[] {
  const out: Item[] = [];
  let base: Item | undefined;
  let marks: Item[] = [];
  const flush = () => {
    if (base) out.push(base);
    for (const mark of marks) out.push(mark);
    marks = [];
  };
  for (const item of items) {
    const starter = !isNonStarter(item.char);
    const last = marks.at(-1);
    if (!base) {
      if (starter) base = item;
      else out.push(item);
      continue;
    }
    const blocked = last !== undefined && (starter || sameClass(last.char, item.char));
    const composed = blocked ? undefined : compose(base.char, item.char);
    if (composed !== undefined) base = { char: composed, change: base.change + item.change - 1 };
    else if (starter) {
      flush();
      base = item;
    } else marks.push(item);
  }
  flush();
  return out;
}

// ASCII does not change and nothing combines before it: what can change is the rest, with the character before it.
const mayChange = /[\0-\x7f]?[^\0-\x7f]+/gu;

/** A Unicode normalization form, as of Unicode 12 whatever the engine knows; places as in the reference library. */
export function unicodeForm(form: UnicodeForm): Rewriter {
  const decomposed = form === 'NFC' || form === 'NFD' ? 'NFD' : 'NFKD';
  return {
    apply: (text) => normalize(text, form),
    edits(text) {
      const edits: Edit[] = [];
      for (const match of text.matchAll(mayChange)) {
        const part = match[0];
        if (normalize(part, form) === part) continue;
        let items = decompose(part, decomposed);
        if (form === 'NFC' || form === 'NFKC') items = recompose(items);
        edits.push(editOf(items, text, match.index, match.index + part.length));
      }
      return edits;
    },
  };
}

/** A replacement of text[start, end) by items: each comes from the next character, or from the one before it where it was added. */
function editOf(items: readonly Item[], text: string, start: number, end: number): Edit {
  const from: number[] = [];
  let at = start;
  const next = () => {
    at += (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
  };
  for (const { char, change } of items) {
    const source = change > 0 ? at - 1 : at;
    for (let i = 0; i < char.length; i++) from.push(source);
    for (let left = change > 0 ? 0 : 1 - change; left > 0; left--) next();
  }
  return { start, end, text: items.map((item) => item.char).join(''), from };
}
