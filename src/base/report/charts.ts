import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import type { BarChart, Chart, LineChart } from './blocks.js';

// Plot's own types want a browser's Document; linkedom's has all that Plot uses.
const document = parseHTML('<html></html>').document as unknown as Document;

const colours = ['var(--series-1)', 'var(--series-2)', 'var(--series-3)', 'var(--series-4)', 'var(--series-5)'];
const style = { fontSize: '12px', background: 'transparent', color: 'var(--muted)', overflow: 'visible' };

/** At most `limit` points, the first and the last among them: a curve of 50,000 steps stays a small page. */
export function thin<T>(points: readonly T[], limit: number): readonly T[] {
  if (points.length <= limit) return points;
  return Array.from({ length: limit }, (_, i) => points[Math.round((i * (points.length - 1)) / (limit - 1))] as T);
}

function lines(chart: LineChart): SVGSVGElement {
  const marks: Plot.Markish[] = [];
  const named = chart.series.filter((series) => series.points.length > 0);
  for (const rule of chart.rules ?? []) {
    marks.push(Plot.ruleY([rule.value], { stroke: 'var(--baseline)', strokeDasharray: '4 3' }));
    marks.push(
      Plot.text([rule.label], {
        y: rule.value,
        frameAnchor: 'right',
        textAnchor: 'end',
        dy: -7,
        fill: 'var(--muted)',
        stroke: 'var(--surface)',
        strokeWidth: 4,
      }),
    );
  }
  named.forEach((series, index) => {
    const colour = colours[index % colours.length] as string;
    const data = thin(series.points, 400).map(([x, y]) => ({ x, y }));
    const faint = series.style === 'faint';
    if (series.style !== 'dots') {
      marks.push(
        Plot.lineY(data, {
          x: 'x',
          y: 'y',
          stroke: colour,
          strokeWidth: faint ? 1 : 2,
          strokeOpacity: faint ? 0.6 : 1,
          curve: 'linear',
        }),
      );
    }
    if (series.style === 'dots' || series.style === 'both') {
      marks.push(Plot.dot(data, { x: 'x', y: 'y', r: 3, fill: colour, stroke: 'var(--surface)', strokeWidth: 1.5 }));
    }
  });
  return Plot.plot({
    document,
    className: 'plot',
    style,
    width: 560,
    height: 280,
    marginLeft: 56,
    marginRight: 16,
    marginTop: 20,
    marginBottom: 42,
    x: { label: chart.xLabel, labelArrow: 'none', ticks: 6, tickFormat: 's' },
    y: { label: chart.yLabel, labelArrow: 'none', grid: true, type: chart.yScale ?? 'linear', ticks: 6, nice: true },
    marks,
  }) as SVGSVGElement;
}

function bars(chart: BarChart): SVGSVGElement {
  const order = chart.bars.map((bar) => bar.label);
  const whiskers = chart.bars.filter((bar) => bar.low !== undefined && bar.high !== undefined);
  const longest = Math.max(...order.map((label) => label.length), 4);
  return Plot.plot({
    document,
    className: 'plot',
    style,
    width: 560,
    height: 60 + 34 * chart.bars.length,
    marginLeft: Math.min(220, 14 + longest * 7),
    marginRight: 64,
    marginTop: 20,
    marginBottom: 42,
    x: { label: chart.xLabel, labelArrow: 'none', grid: true, ticks: 5, zero: true, nice: true },
    y: { label: null, domain: order, padding: 0.35, tickSize: 0 },
    marks: [
      Plot.barX(chart.bars, {
        y: 'label',
        x: 'value',
        fill: (bar: (typeof chart.bars)[number]) => (bar.baseline ? 'var(--baseline)' : 'var(--series-1)'),
        rx2: 3,
      }),
      Plot.ruleY(whiskers, { y: 'label', x1: 'low', x2: 'high', stroke: 'var(--text)', strokeWidth: 1.5 }),
      Plot.text(chart.bars, {
        y: 'label',
        x: (bar: (typeof chart.bars)[number]) => bar.high ?? bar.value,
        text: (bar: (typeof chart.bars)[number]) => bar.value.toPrecision(3),
        textAnchor: 'start',
        dx: 6,
        fill: 'var(--text)',
      }),
      ...(chart.rules ?? []).flatMap((rule) => [
        Plot.ruleX([rule.value], { stroke: 'var(--muted)', strokeDasharray: '4 3' }),
        Plot.text([rule.label], { x: rule.value, frameAnchor: 'top', dy: -12, fill: 'var(--muted)' }),
      ]),
    ],
  }) as SVGSVGElement;
}

/** An inline SVG whose colours are the page's CSS variables, so that it follows the light and the dark theme. */
export function chartSvg(chart: Chart): string {
  const svg = chart.kind === 'lines' ? lines(chart) : bars(chart);
  return svg.outerHTML.replace(/<style>[\s\S]*?<\/style>/, '');
}

/** Legend entries: name and colour of each series drawn. */
export function legend(chart: LineChart): ReadonlyArray<readonly [name: string, colour: string]> {
  return chart.series
    .filter((series) => series.points.length > 0)
    .map((series, index) => [series.name, colours[index % colours.length] as string] as const);
}
