import { Parser } from 'htmlparser2';
import { type Deadline, type HtmlLimits, overLimit } from './limits.js';
import { blockTags, ElementNode, TextNode } from './tree.js';

/** A page as a tree without what is never text, and what its head says about it. */
export interface Page {
  readonly body: ElementNode;
  /** Elements `meta`, `link` and `base` in order. */
  readonly declarations: readonly ElementNode[];
  /** Text of `<title>`. */
  readonly title: string;
  /** `lang` of `<html>` or `<body>`. */
  readonly lang: string;
  /** Contents of scripts of JSON-LD. */
  readonly jsonLd: readonly string[];
}

/** Elements whose content is never text of the page. */
const skipped = new Set(
  'script style noscript template svg iframe object embed applet canvas audio video map datalist frameset noframes'.split(
    ' ',
  ),
);
/** Elements that close themselves: nothing is below them. */
const empty = new Set(
  'area base basefont br col command embed frame hr img input isindex keygen link meta param source track wbr'.split(
    ' ',
  ),
);
/** Attributes that extraction reads; the rest is dropped while reading. */
const kept = new Set(
  `alt alttext aria-hidden aria-label aria-modal charset class colspan content data-lang datetime hidden href hreflang http-equiv id itemprop itemscope
  itemtype lang name property rel role rev start style title type xml:lang value`.split(/\s+/),
);
/** Longest value of an attribute that is kept; `content` of a meta element can be a description. */
const maxAttribute = 4096;
/** Bytes of JSON-LD that are kept of one page. */
const maxJsonLd = 1 << 21;
/** The page is handed to the parser in pieces of this size, with a look at the clock after each. */
const piece = 1 << 16;

/** Reads HTML of any quality into a tree. Throws `InvalidInput` (`html.length`, `html.depth`, `html.nodes`, `html.time`). */
export function parsePage(html: string, limits: HtmlLimits, deadline: Deadline): Page {
  if (html.length > limits.maxLength) throw overLimit('length', limits.maxLength, 'characters');
  const root = new ElementNode('html', undefined);
  const body = new ElementNode('body', root);
  root.children.push(body);
  const declarations: ElementNode[] = [];
  const jsonLd: string[] = [];
  let jsonLdLength = 0;
  let title = '';
  let titles = 0;
  let lang = '';
  let current = body;
  let depth = 0;
  let nodes = 0;
  /** Open elements inside a skipped one, itself included. */
  let skipping = 0;
  let inTitle = false;
  /** Element that the attributes belong to which are read now. */
  let opening: ElementNode | undefined;
  let script: { isJsonLd: boolean; text: string } | undefined;
  let text = '';

  const flush = (): void => {
    if (text === '') return;
    if (++nodes > limits.maxNodes) throw overLimit('nodes', limits.maxNodes, 'elements and texts');
    current.children.push(new TextNode(current, text));
    text = '';
  };
  const parser = new Parser(
    {
      onopentagname(tag) {
        opening = undefined;
        if (++depth > limits.maxDepth && !empty.has(tag)) throw overLimit('depth', limits.maxDepth, 'elements deep');
        if (skipping > 0) {
          skipping++;
          return;
        }
        if (skipped.has(tag)) {
          skipping = 1;
          if (tag === 'script') {
            script = { isJsonLd: false, text: '' };
            opening = new ElementNode(tag, undefined);
          }
          if (tag !== 'script' && tag !== 'style') text += ' ';
          return;
        }
        if (tag === 'title') inTitle = titles++ === 0;
        if (tag === 'html' || tag === 'body' || tag === 'head' || tag === 'title') {
          opening = tag === 'title' || tag === 'head' ? undefined : tag === 'body' ? body : root;
          return;
        }
        if (++nodes > limits.maxNodes) throw overLimit('nodes', limits.maxNodes, 'elements and texts');
        const element = new ElementNode(tag, current);
        opening = element;
        if (tag === 'meta' || tag === 'link' || tag === 'base') {
          declarations.push(element);
          return;
        }
        flush();
        current.children.push(element);
        if (!empty.has(tag)) current = element;
      },
      onattribute(name, value) {
        if (!opening || !kept.has(name)) return;
        const attributes = (opening.attributes ??= Object.create(null) as Record<string, string>);
        if (attributes[name] === undefined) {
          attributes[name] = value.length > maxAttribute ? value.slice(0, maxAttribute) : value;
        }
        if (script && name === 'type' && /^\s*application\/(?:[\w.-]+\+)?json(?:;|\s|$)|ld\+json/i.test(value)) {
          script.isJsonLd = /ld\+json/i.test(value);
        }
      },
      ontext(data) {
        if (script) {
          if (script.isJsonLd && jsonLdLength < maxJsonLd) script.text += data;
        } else if (inTitle) {
          if (title.length < maxAttribute) title += data;
        } else if (skipping === 0) text += data;
      },
      onclosetag(tag) {
        opening = undefined;
        depth--;
        if (skipping > 0) {
          if (--skipping === 0 && script) {
            if (script.isJsonLd && script.text !== '') {
              jsonLd.push(script.text);
              jsonLdLength += script.text.length;
            }
            script = undefined;
          }
          return;
        }
        if (tag === 'title') inTitle = false;
        if (current.tag === tag && current !== body) {
          flush();
          current = current.parent as ElementNode;
        } else if (blockTags.has(tag)) flush();
      },
    },
    { decodeEntities: true, lowerCaseTags: true, lowerCaseAttributeNames: true, recognizeSelfClosing: false },
  );
  for (let at = 0; at < html.length; at += piece) {
    parser.write(html.slice(at, at + piece));
    deadline.check();
  }
  parser.end();
  flush();
  for (const element of [root, body]) lang ||= element.attribute('lang') || element.attribute('xml:lang');
  return { body, declarations, title: title.replace(/\s+/g, ' ').trim(), lang, jsonLd };
}
