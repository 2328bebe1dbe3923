import type { Block, Cell, Report, Section } from './blocks.js';
import { chartSvg, legend } from './charts.js';
import { flowSvg } from './flow.js';
import { escapeHtml } from './html.js';
import { css } from './style.js';

function cell(value: Cell): string {
  if (typeof value === 'string') return escapeHtml(value);
  const text = value.code ? `<code>${escapeHtml(value.text)}</code>` : escapeHtml(value.text);
  return value.tone ? `<span class="${value.tone}">${text}</span>` : text;
}

function block(item: Block): string {
  switch (item.kind) {
    case 'text':
      return item.text
        .split(/\n{2,}/)
        .map((paragraph) => `<p>${escapeHtml(paragraph)}</p>`)
        .join('');
    case 'notice':
      return `<p class="notice ${item.tone}">${escapeHtml(item.text)}</p>`;
    case 'figures':
      return `<div class="figures">${item.figures
        .map(
          (figure) =>
            `<div class="figure"><div class="label">${escapeHtml(figure.label)}</div><div class="value ${figure.tone ?? ''}">${escapeHtml(figure.value)}</div>${figure.note ? `<div class="note">${escapeHtml(figure.note)}</div>` : ''}</div>`,
        )
        .join('')}</div>`;
    case 'table': {
      const align = item.columns.map((column) => (column.align === 'right' ? ' class="right"' : ''));
      const head = item.columns.map((column, i) => `<th scope="col"${align[i]}>${escapeHtml(column.label)}</th>`);
      const rows = item.rows.map(
        (row) => `<tr>${row.map((value, i) => `<td${align[i]}>${cell(value)}</td>`).join('')}</tr>`,
      );
      return `<div class="scroll"><table>${item.caption ? `<caption>${escapeHtml(item.caption)}</caption>` : ''}<thead><tr>${head.join('')}</tr></thead><tbody>${rows.join('')}</tbody></table></div>`;
    }
    case 'facts':
      return `<dl>${item.facts.map(([name, value]) => `<div><dt>${escapeHtml(name)}</dt><dd>${cell(value)}</dd></div>`).join('')}</dl>`;
    case 'charts':
      return `<div class="charts">${item.charts
        .map((chart) => {
          const names = chart.kind === 'lines' && legend(chart).length > 1 ? legend(chart) : [];
          const key = names.map(
            ([name, colour]) => `<span><i style="background:${colour}"></i>${escapeHtml(name)}</span>`,
          );
          return `<figure><figcaption>${escapeHtml(chart.title)}${key.length > 0 ? `<span class="legend">${key.join('')}</span>` : ''}</figcaption>${chartSvg(chart)}</figure>`;
        })
        .join('')}</div>`;
    case 'samples':
      return `<div class="samples">${item.samples
        .map(
          (sample) =>
            `<article><p class="prompt">${escapeHtml(sample.prompt)}</p><p class="answer">${escapeHtml(sample.text)}</p>${sample.reference ? `<p class="reference"><span>reference</span> ${escapeHtml(sample.reference)}</p>` : ''}${sample.note ? `<p class="note">${escapeHtml(sample.note)}</p>` : ''}</article>`,
        )
        .join('')}</div>`;
    case 'changes': {
      const tags = { same: 'span', removed: 'del', added: 'ins' } as const;
      const text = item.changes.map(({ kind, text: part }) => `<${tags[kind]}>${escapeHtml(part)}</${tags[kind]}>`);
      const note = item.note ? ` <span class="${item.tone ?? 'muted'}">${escapeHtml(item.note)}</span>` : '';
      return `<div class="changes"><p><b>${escapeHtml(item.title)}</b>${note}</p>${text.length > 0 ? `<pre>${text.join('')}</pre>` : ''}</div>`;
    }
    case 'flow':
      return `<div class="scroll">${flowSvg(item.nodes)}</div>`;
    case 'details':
      return `<details><summary>${escapeHtml(item.summary)}</summary>${item.blocks.map(block).join('')}</details>`;
    default:
      return item satisfies never;
  }
}

function section(item: Section): string {
  return `<section id="${escapeHtml(item.id)}"><h2>${escapeHtml(item.title)}</h2>${item.lead ? `<p class="lead">${escapeHtml(item.lead)}</p>` : ''}${item.blocks.map(block).join('')}</section>`;
}

/**
 * One self-contained HTML page: no script, no font and no image from elsewhere, so it can be mailed, archived or opened
 * from disk. The same report gives the same bytes.
 */
export function renderReport(report: Report): string {
  const navigation = report.sections.map((item) => `<a href="#${escapeHtml(item.id)}">${escapeHtml(item.title)}</a>`);
  const verdict = report.verdict
    ? `<p class="verdict ${report.verdict.tone}">${escapeHtml(report.verdict.text)}</p>`
    : '';
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escapeHtml(report.title)}</title>
<style>${css}</style>
</head>
<body>
<header><h1>${escapeHtml(report.title)}</h1>${report.subtitle ? `<p class="subtitle">${escapeHtml(report.subtitle)}</p>` : ''}${verdict}<nav>${navigation.join('')}</nav></header>
<main>${report.sections.map(section).join('\n')}</main>
<footer>${escapeHtml(report.footer ?? '')}</footer>
</body>
</html>
`;
}
