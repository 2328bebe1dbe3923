/** Text between tags, entities resolved. */
export class TextNode {
  parent: ElementNode;
  text: string;
  constructor(parent: ElementNode, text: string) {
    this.parent = parent;
    this.text = text;
  }
}

/** An element with the attributes that extraction reads; figures about it are filled in by `measure`. */
export class ElementNode {
  readonly tag: string;
  parent: ElementNode | undefined;
  children: Node[] = [];
  attributes: Record<string, string> | undefined = undefined;
  /** Length of the text with white space collapsed, in UTF-16 units. */
  textLength = 0;
  /** The part of `textLength` inside links; links inside the page count 0.3. */
  linkLength = 0;
  /** Commas of any script in the text. */
  commas = 0;
  /** Whether a block starts below. */
  hasBlocks = false;
  /** Length of the paragraphs of prose: long enough, few links. See `measureProse`. */
  prose = 0;
  /** What the paragraphs below say for this element as the container of the main text. */
  score = 0;
  isCandidate = false;
  /** A division around one paragraph and nothing else. */
  wrapsParagraph = false;
  /** Left out of measuring, judging and the text. */
  dropped = false;
  /** Dropped for its role or names alone. */
  unlikely = false;

  constructor(tag: string, parent: ElementNode | undefined) {
    this.tag = tag;
    this.parent = parent;
  }

  attribute(name: string): string {
    return this.attributes?.[name] ?? '';
  }

  /** Class names, then the id, with a space between. */
  get names(): string {
    const attributes = this.attributes;
    if (!attributes) return '';
    const id = attributes.id;
    const classes = attributes.class;
    return id === undefined ? (classes ?? '') : classes === undefined ? id : `${classes} ${id}`;
  }

  /** Share of the text that is inside links, 0 to 1. */
  get linkDensity(): number {
    return this.textLength === 0 ? 0 : this.linkLength / this.textLength;
  }
}

export type Node = ElementNode | TextNode;

export const isElement = (node: Node): node is ElementNode => node instanceof ElementNode;

/** Elements that start a line of their own. */
export const blockTags: ReadonlySet<string> = new Set(
  `address article aside blockquote body caption center dd details dialog dir div dl dt fieldset figcaption figure footer form
  h1 h2 h3 h4 h5 h6 header hgroup hr html legend li main menu nav ol optgroup option p pre section summary table tbody td tfoot
  th thead tr ul`.split(/\s+/),
);

/** Elements below `root` that are not dropped, in the order of the page; the visitor returns false to leave out what is below one. */
export function walk(root: ElementNode, visit: (element: ElementNode) => boolean | void): void {
  for (const child of root.children) {
    if (child instanceof ElementNode && !child.dropped && visit(child) !== false) walk(child, visit);
  }
}

/** The text of a node without what was dropped, white space as it stands. */
export function rawText(node: Node): string {
  if (node instanceof TextNode) return node.text;
  if (node.dropped) return '';
  let text = '';
  for (const child of node.children) text += rawText(child);
  return text;
}

/** The text of a node on one line. */
export function lineOf(node: Node): string {
  return rawText(node).replace(/\s+/g, ' ').trim();
}

function isComma(code: number): boolean {
  return code === 0x2c || code === 0x60c || code === 0x3001 || code === 0xff0c || code === 0xfe50 || code === 0xfe10;
}

/** Fills in `textLength`, `linkLength`, `commas` and `hasBlocks` of an element and of all below it. */
export function measure(element: ElementNode, inLink = false): void {
  let length = 0;
  let links = 0;
  let commas = 0;
  let blocks = false;
  const link = inLink || (element.tag === 'a' && element.attributes?.href !== undefined);
  // Links inside the page (footnotes, tables of contents) belong to the text more often than others.
  const inner = link && !inLink && element.attributes!.href!.startsWith('#');
  for (const child of element.children) {
    if (child instanceof TextNode) {
      const text = child.text;
      let space = true;
      let own = 0;
      for (let i = 0; i < text.length; i++) {
        const code = text.charCodeAt(i);
        if (code <= 32 || code === 0xa0) {
          if (!space) own++;
          space = true;
        } else {
          own++;
          space = false;
          if (isComma(code)) commas++;
        }
      }
      if (space && own > 0) own--;
      length += own;
      if (link) links += own;
    } else if (!child.dropped) {
      measure(child, link);
      length += child.textLength;
      links += child.linkLength;
      commas += child.commas;
      blocks ||= child.hasBlocks || blockTags.has(child.tag);
    }
  }
  element.hasBlocks = blocks;
  element.textLength = length;
  element.linkLength = inner ? links * 0.3 : links;
  element.commas = commas;
}

/** Shortest unit of text that counts as prose. */
const leastProse = 60;

/** Fills in `prose` of an element and all below it: units of text without blocks inside, of 60 characters or more, at most a third in links. */
export function measureProse(element: ElementNode): void {
  let prose = 0;
  let run = 0;
  let links = 0;
  const end = (): void => {
    if (run >= leastProse && links * 3 <= run) prose += run;
    run = 0;
    links = 0;
  };
  for (const child of element.children) {
    if (child instanceof TextNode) run += child.text.trim().length;
    else if (!child.dropped) {
      if (blockTags.has(child.tag) || child.hasBlocks) {
        end();
        measureProse(child);
        prose += child.prose;
      } else {
        run += child.textLength;
        links += child.linkLength;
      }
    }
  }
  end();
  element.prose = prose;
}

export const hasText = (node: TextNode): boolean => /\S/.test(node.text);

export const headingTags = new Set(['h1', 'h2', 'h3', 'h4', 'h5', 'h6']);

/** A heading in as many boxes as may be, and nothing else. */
export function isHeading(element: ElementNode): boolean {
  if (headingTags.has(element.tag)) return element.linkDensity < 0.3;
  let found = false;
  for (const child of element.children) {
    if (child instanceof TextNode) {
      if (hasText(child)) return false;
    } else if (!child.dropped && child.textLength > 0) {
      if (found || !isHeading(child)) return false;
      found = true;
    }
  }
  return found;
}
