/**
 * One self-contained HTML page from sections: figures, tables, SVG charts, samples, lineage; light and dark.
 *
 * @module
 * @example
 * ```ts
 * import { renderReport } from 'abovo/report';
 * const html = renderReport({
 *   title: 'My model',
 *   sections: [{ id: 'quality', title: 'Quality', blocks: [{ kind: 'text', text: 'Good.' }] }],
 * });
 * html.startsWith('<!doctype html>'); // true
 * ```
 */
export type {
  Bar,
  BarChart,
  Block,
  Cell,
  Chart,
  Column,
  Figure,
  FlowNode,
  LineChart,
  Report,
  Section,
  Series,
} from './blocks.js';
export { chartSvg } from './charts.js';
export { escapeHtml } from './html.js';
export { renderReport } from './page.js';
