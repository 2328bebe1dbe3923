import { InvalidInput, formatDuration } from '../core/index.js';
import type { Artifact } from './manifest.js';
import type { ArtifactStore, Override } from './store.js';

export interface LineageNode {
  readonly address: string;
  readonly kind: string;
  /** Role under which the node below reads this one. */
  readonly role?: string;
  readonly seconds?: number;
  readonly startedAt?: string;
  readonly parents: readonly LineageNode[];
}

export interface Lineage {
  readonly address: string;
  readonly tree: LineageNode;
  /** Everything it was made from, oldest first. */
  readonly ancestors: readonly string[];
  /** Everything made from it. */
  readonly descendants: readonly string[];
  readonly licences: Artifact['manifest']['licences'];
  readonly overrides: readonly Override[];
}

/** Where an artifact comes from and what was made of it. */
export function lineageOf(store: ArtifactStore, address: string): Lineage {
  const all = new Map(store.list().map((artifact) => [artifact.address, artifact]));
  const start = all.get(address);
  if (!start) throw new InvalidInput('artifact.unknown', `lineage: no artifact ${address}; see abovo artifacts list`);
  const ancestors: string[] = [];
  const grow = (id: string, role?: string): LineageNode => {
    const artifact = all.get(id);
    const parents = Object.entries(artifact?.manifest.parents ?? {}).map(([name, parent]) => grow(parent, name));
    if (id !== address && !ancestors.includes(id)) ancestors.push(id);
    return {
      address: id,
      kind: artifact?.manifest.kind ?? 'missing',
      role,
      seconds: artifact?.manifest.recorded.seconds,
      startedAt: artifact?.manifest.recorded.startedAt,
      parents,
    };
  };
  const tree = grow(address);
  const descendants = new Set<string>([address]);
  for (let grew = true; grew; ) {
    grew = false;
    for (const artifact of all.values()) {
      if (descendants.has(artifact.address)) continue;
      if (!Object.values(artifact.manifest.parents).some((parent) => descendants.has(parent))) continue;
      descendants.add(artifact.address);
      grew = true;
    }
  }
  descendants.delete(address);
  const related = new Set([address, ...ancestors]);
  return {
    address,
    tree,
    ancestors,
    descendants: [...descendants],
    licences: start.manifest.licences,
    overrides: store.overrides().filter((override) => related.has(override.address)),
  };
}

/** The lineage as an indented tree, for people. */
export function formatLineage(lineage: Lineage): string {
  const lines: string[] = [];
  const seen = new Set<string>();
  const walk = (node: LineageNode, lead: string, branch: string): void => {
    const time = node.seconds === undefined ? '' : `  ${formatDuration(node.seconds)}, ${node.startedAt}`;
    const again = seen.has(node.address) && node.parents.length > 0;
    lines.push(
      `${lead}${branch}${node.address}${node.role ? ` (${node.role})` : ''}${time}${again ? '  (see above)' : ''}`,
    );
    if (again) return;
    seen.add(node.address);
    const next = lead + (branch === '' ? '' : branch.startsWith('└') ? '   ' : '│  ');
    node.parents.forEach((parent, i) => walk(parent, next, i === node.parents.length - 1 ? '└─ ' : '├─ '));
  };
  walk(lineage.tree, '', '');
  if (lineage.descendants.length > 0) lines.push('', 'used by:', ...lineage.descendants.map((id) => `  ${id}`));
  if (lineage.licences.length > 0) {
    lines.push('', 'licences:', ...lineage.licences.map(({ source, licence }) => `  ${source}: ${licence}`));
  }
  for (const { at, address, reason, unmet } of lineage.overrides) {
    lines.push('', `override ${at} of ${address}: ${reason}`, ...unmet.map((threshold) => `  unmet: ${threshold}`));
  }
  return lines.join('\n');
}
