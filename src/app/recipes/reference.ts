import { projectJsonSchema } from './schema.js';

interface SchemaNode {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly SchemaNode[];
  readonly items?: SchemaNode;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly description?: string;
  readonly default?: unknown;
}

const cell = (text: string): string => text.replaceAll('|', '\\|');

function typeOf(node: SchemaNode): string {
  if (node.enum) return node.enum.map(String).join(', ');
  if (node.const !== undefined) return String(node.const);
  if (node.anyOf) return [...new Set(node.anyOf.map(typeOf))].join(' or ');
  if (node.type === 'array') return `list of ${node.items ? typeOf(node.items) : 'anything'}`;
  return node.type ?? 'anything';
}

/** The keys of `abovo.yaml` as Markdown tables, one per section, from the schema. */
export function keyReference(): string {
  const { properties = {} } = projectJsonSchema() as SchemaNode;
  const parts: string[] = [];
  const table = (title: string, node: SchemaNode, keys: Readonly<Record<string, SchemaNode>>): void => {
    parts.push(
      `### ${title}`,
      '',
      ...(node.description ? [node.description, ''] : []),
      '| key | value | meaning |',
      '|---|---|---|',
    );
    for (const [key, child] of Object.entries(keys)) {
      parts.push(`| \`${key}\` | ${cell(typeOf(child))} | ${cell(child.description ?? '')} |`);
    }
    parts.push('');
  };
  table('At the top', {}, Object.fromEntries(Object.entries(properties).filter(([, node]) => !node.properties)));
  for (const [name, node] of Object.entries(properties))
    if (node.properties) table(`\`${name}\``, node, node.properties);
  return parts.join('\n').trimEnd();
}
