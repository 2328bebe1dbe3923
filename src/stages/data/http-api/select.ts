import { InvalidInput, type Json } from '../../../base/core/index.js';
import { type TemplatePart, fillTemplate, namesOf, parseTemplate } from '../template.js';

/** One step of a path. */
type Step =
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'index'; readonly index: number }
  | { readonly kind: 'all' };

/** A path into JSON: a small, safe part of JSONPath (RFC 9535). */
export interface Path {
  readonly text: string;
  readonly steps: readonly Step[];
}

const mostSteps = 64;

/**
 * Reads `$.items[*].user['full name'][0]`: names, quoted names, indexes (negative ones count from the end) and `*`. `$.` at the beginning may be left
 * out. No filters, scripts, slices and no `..`: a path takes time linear in what it selects. Errors: `InvalidInput`.
 */
export function parsePath(text: string): Path {
  const steps: Step[] = [];
  const fail = (at: number, expected: string): never => {
    throw new InvalidInput('path.syntax', `path ${JSON.stringify(text)}: expected ${expected} at character ${at + 1}`, {
      path: text,
    });
  };
  let at = text.startsWith('$') ? 1 : 0;
  const name = /[A-Za-z_\u0080-\uffff][\w\u0080-\uffff-]*/y;
  const bracket = /\[\s{0,10}(?:(\*)|(-?\d{1,9})|'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")\s{0,10}\]/y;
  while (at < text.length) {
    if (steps.length >= mostSteps) fail(at, `at most ${mostSteps} steps`);
    if (text[at] === '[') {
      bracket.lastIndex = at;
      const match = bracket.exec(text) ?? fail(at, "[*], [0] or ['name']");
      at = bracket.lastIndex;
      if (match[1] !== undefined) steps.push({ kind: 'all' });
      else if (match[2] !== undefined) steps.push({ kind: 'index', index: Number(match[2]) });
      else steps.push({ kind: 'name', name: (match[3] ?? match[4]!).replace(/\\(.)/g, '$1') });
      continue;
    }
    if (text[at] === '.') at++;
    else if (at > 0) fail(at, '. or [');
    if (text[at] === '*') {
      steps.push({ kind: 'all' });
      at++;
      continue;
    }
    name.lastIndex = at;
    const match = name.exec(text) ?? fail(at, 'a name');
    at = name.lastIndex;
    steps.push({ kind: 'name', name: match[0] });
  }
  return { text, steps };
}

/** Everything that a path selects, in order. Own fields only: `__proto__` is a name like any other. */
export function selectAll(value: Json | undefined, path: Path): Json[] {
  let found: Json[] = value === undefined ? [] : [value];
  for (const step of path.steps) {
    const next: Json[] = [];
    for (const item of found) {
      if (typeof item !== 'object' || item === null) continue;
      if (step.kind === 'all')
        for (const child of Array.isArray(item) ? item : Object.values(item)) next.push(child as Json);
      else if (step.kind === 'name') {
        if (!Array.isArray(item) && Object.hasOwn(item, step.name))
          next.push((item as Record<string, Json>)[step.name]!);
      } else if (Array.isArray(item)) {
        const child = (item as Json[]).at(step.index);
        if (child !== undefined) next.push(child);
      }
    }
    found = next;
  }
  return found;
}

/** The first of what a path selects. */
export function selectOne(value: Json | undefined, path: Path): Json | undefined {
  return selectAll(value, path)[0];
}

/** A value as text: strings as they are, numbers and truth values spelled out, several joined by commas, objects as JSON, null as nothing. */
export function textOf(value: Json | undefined): string {
  if (value === undefined || value === null) return '';
  if (typeof value === 'string') return value;
  if (typeof value === 'object')
    return Array.isArray(value) && value.every((item) => item === null || typeof item !== 'object')
      ? value.map(textOf).join(', ')
      : JSON.stringify(value);
  return String(value);
}

/** A text with `{path}` in it; `{{` and `}}` are braces. */
export interface Template {
  readonly parts: readonly TemplatePart[];
  readonly paths: ReadonlyMap<string, Path>;
}

/** Reads a template of paths. Errors: `InvalidInput`. */
export function pathTemplate(text: string): Template {
  const parts = parseTemplate(text);
  return { parts, paths: new Map(namesOf(parts).map((name) => [name, parsePath(name.trim())])) };
}

/** The template with what its paths select in an item. */
export function fillFromItem({ parts, paths }: Template, item: Json): string {
  return fillTemplate(parts, (name) =>
    selectAll(item, paths.get(name) as Path)
      .map(textOf)
      .join(', '),
  );
}
