import type { FlowNode } from './blocks.js';
import { escapeHtml } from './html.js';

const boxWidth = 190;
const boxHeight = 54;
const gapX = 46;
const gapY = 18;

/** Longest path from a root, so that every arrow points right. */
function levels(nodes: readonly FlowNode[]): Map<string, number> {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const level = new Map<string, number>();
  const visit = (id: string, trail: readonly string[]): number => {
    const known = level.get(id);
    if (known !== undefined) return known;
    if (trail.includes(id)) return 0;
    const parents = (byId.get(id)?.parents ?? []).filter((parent) => byId.has(parent));
    const value = parents.length === 0 ? 0 : 1 + Math.max(...parents.map((parent) => visit(parent, [...trail, id])));
    level.set(id, value);
    return value;
  };
  for (const node of nodes) visit(node.id, []);
  return level;
}

/** A left-to-right drawing of a directed acyclic graph: which artifact was made from which. */
export function flowSvg(nodes: readonly FlowNode[]): string {
  const level = levels(nodes);
  const columns: FlowNode[][] = [];
  for (const node of nodes) (columns[level.get(node.id) ?? 0] ??= []).push(node);
  const rows = Math.max(...columns.map((column) => column.length), 1);
  const height = rows * (boxHeight + gapY);
  const place = new Map<string, { x: number; y: number }>();
  columns.forEach((column, x) => {
    const top = (height - column.length * (boxHeight + gapY)) / 2;
    column.forEach((node, y) =>
      place.set(node.id, { x: x * (boxWidth + gapX), y: top + y * (boxHeight + gapY) + gapY / 2 }),
    );
  });
  const arrows = nodes.flatMap((node) =>
    node.parents.flatMap((parent) => {
      const from = place.get(parent);
      const to = place.get(node.id);
      if (!from || !to) return [];
      const x1 = from.x + boxWidth;
      const y1 = from.y + boxHeight / 2;
      const x2 = to.x - 4;
      const y2 = to.y + boxHeight / 2;
      const bend = Math.max(24, (x2 - x1) / 2);
      return [`<path d="M${x1},${y1}C${x1 + bend},${y1} ${x2 - bend},${y2} ${x2},${y2}" marker-end="url(#arrow)"/>`];
    }),
  );
  const boxes = nodes.map((node) => {
    const { x, y } = place.get(node.id) as { x: number; y: number };
    return `<g transform="translate(${x},${y})"><rect width="${boxWidth}" height="${boxHeight}" rx="8"/><text x="12" y="22" class="name">${escapeHtml(node.label)}</text><text x="12" y="40" class="detail">${escapeHtml(node.detail ?? '')}</text></g>`;
  });
  const width = columns.length * (boxWidth + gapX) - gapX;
  return `<svg class="flow" viewBox="-2 0 ${width + 4} ${height}" style="max-width:${width}px" role="img" aria-label="Lineage"><defs><marker id="arrow" viewBox="0 0 8 8" refX="6" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0,0L8,4L0,8z" class="head"/></marker></defs><g class="arrows">${arrows.join('')}</g>${boxes.join('')}</svg>`;
}
