import { SaxesParser } from 'saxes';
import { type Limits, Unreadable } from './limits.js';

/** An element of a small tree; texts stand between elements as strings. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: (XmlElement | string)[];
}

export interface XmlHandlers {
  open?(name: string, attributes: Readonly<Record<string, string>>): void;
  text?(text: string): void;
  close?(name: string): void;
}

// What the DTDs of publishers define and files use without saying so.
const entities: Record<string, string> = {
  nbsp: '\u00a0',
  ndash: '–',
  mdash: '—',
  lsquo: '‘',
  rsquo: '’',
  ldquo: '“',
  rdquo: '”',
  hellip: '…',
  copy: '©',
  reg: '®',
  deg: '°',
  plusmn: '±',
  times: '×',
  micro: 'µ',
  eacute: 'é',
  auml: 'ä',
  ouml: 'ö',
  uuml: 'ü',
};

/** Text of XML bytes: UTF-8, UTF-16 by its mark, else what the declaration says. */
export function xmlText(bytes: Uint8Array): string {
  const [a, b] = bytes;
  if ((a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff)) {
    return new TextDecoder(a === 0xff ? 'utf-16le' : 'utf-16be').decode(bytes);
  }
  const head = Buffer.from(bytes.subarray(0, 200)).toString('latin1');
  const label = /^[^>]*?encoding\s*=\s*["']([\w.-]{1,40})["']/.exec(head)?.[1] ?? 'utf-8';
  try {
    return new TextDecoder(label, { fatal: true }).decode(bytes);
  } catch {
    throw new Unreadable(`not ${label} text`);
  }
}

/**
 * Walks through XML. Names keep no prefix (`dc:title` is `title`) unless `prefixes` is set. Entities of a DTD are never expanded,
 * so that none can grow; elements, texts, depth and time are limited. Errors: `Unreadable` where it is not well-formed.
 */
export function scanXml(text: string, handlers: XmlHandlers, limits: Limits, prefixes = false): void {
  const parser = new SaxesParser({ xmlns: false });
  Object.assign(parser.ENTITIES, entities);
  const bare = (name: string): string => (prefixes ? name : name.slice(name.indexOf(':') + 1));
  const endsAt = Date.now() + limits.seconds * 1000;
  let depth = 0;
  let nodes = 0;
  parser.on('error', (error) => {
    if (!/entity/i.test(error.message)) throw new Unreadable(`broken XML: ${error.message}`);
  });
  parser.on('opentag', ({ name, attributes }) => {
    if (++nodes > limits.nodes) throw new Unreadable(`more than ${limits.nodes} elements`);
    if (++depth > limits.depth) throw new Unreadable(`elements deeper than ${limits.depth}`);
    handlers.open?.(bare(name), attributes as Record<string, string>);
  });
  parser.on('text', (part) => handlers.text?.(part));
  parser.on('cdata', (part) => handlers.text?.(part));
  parser.on('closetag', ({ name }) => {
    depth--;
    handlers.close?.(bare(name));
  });
  for (let at = 0; at < text.length; at += 1 << 16) {
    parser.write(text.slice(at, at + (1 << 16)));
    if (Date.now() > endsAt) throw new Unreadable(`took longer than ${limits.seconds} seconds`);
  }
  parser.close();
}

/** The tree of a small XML file. */
export function parseXml(text: string, limits: Limits, prefixes = false): XmlElement {
  const root: XmlElement = { name: '', attributes: {}, children: [] };
  const stack = [root];
  scanXml(
    text,
    {
      open(name, attributes) {
        const element: XmlElement = { name, attributes, children: [] };
        stack.at(-1)!.children.push(element);
        stack.push(element);
      },
      text: (part) => stack.at(-1)!.children.push(part),
      close: () => stack.pop(),
    },
    limits,
    prefixes,
  );
  return root;
}

/** Elements below one, in the order of the file. */
export function* elements(parent: XmlElement): Generator<XmlElement> {
  for (const child of parent.children) if (typeof child !== 'string') yield child;
}

/** The first element with a name, at any depth. */
export function firstElement(parent: XmlElement, name: string): XmlElement | undefined {
  for (const child of elements(parent)) {
    if (child.name === name) return child;
    const inner = firstElement(child, name);
    if (inner) return inner;
  }
  return undefined;
}

/** All elements with a name, at any depth. */
export function allElements(parent: XmlElement, name: string, found: XmlElement[] = []): XmlElement[] {
  for (const child of elements(parent)) {
    if (child.name === name) found.push(child);
    allElements(child, name, found);
  }
  return found;
}

/** Text of an element and all below it, with single spaces. */
export function innerText(element: XmlElement | undefined): string {
  if (!element) return '';
  const parts: string[] = [];
  const visit = (node: XmlElement): void => {
    for (const child of node.children) {
      if (typeof child === 'string') parts.push(child);
      else visit(child);
    }
  };
  visit(element);
  return parts.join('').replace(/\s+/g, ' ').trim();
}
