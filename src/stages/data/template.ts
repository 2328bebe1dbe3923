import { InvalidInput } from '../../base/core/index.js';

/** A piece of a template: text as it stands, or the name between two braces. */
export type TemplatePart = { readonly text: string } | { readonly name: string };

/** Parts of `{title}: {body}`; `{{` and `}}` are braces. Errors: `InvalidInput` for a brace that stands alone or holds nothing. */
export function parseTemplate(template: string): readonly TemplatePart[] {
  const parts: TemplatePart[] = [];
  for (const match of template.matchAll(/\{\{|\}\}|\{([^{}]*)\}|[{}]|[^{}]+/g)) {
    const [whole, inner] = match;
    if (inner) parts.push({ name: inner });
    else if (inner !== undefined || whole === '{' || whole === '}') {
      throw new InvalidInput(
        'data.template',
        `template: expected a name between braces, got ${inner === undefined ? `a single ${whole}` : whole} in ${JSON.stringify(template)}; write {{ and }} for the characters`,
        { template },
      );
    } else parts.push({ text: whole === '{{' ? '{' : whole === '}}' ? '}' : whole });
  }
  return parts;
}

/** Names in a template, each once. */
export function namesOf(parts: readonly TemplatePart[]): string[] {
  return [...new Set(parts.flatMap((part) => ('name' in part ? [part.name] : [])))];
}

/** The text, with what `valueOf` has for each name. */
export function fillTemplate(parts: readonly TemplatePart[], valueOf: (name: string) => string): string {
  return parts.map((part) => ('text' in part ? part.text : valueOf(part.name))).join('');
}
