import { formatBytes } from '../../../base/core/index.js';
import type { BarChart, Block, Section } from '../../../base/report/index.js';
import type { CardInput, CardStep } from './data-card.js';
import { exactCount } from './tally.js';

const droppedBy = ({ dropped }: CardStep): number => Object.values(dropped).reduce((sum, count) => sum + count, 0);

/** What each step removed, by rule, with examples. */
export function stepsSection({ steps = [], rejects = [], unread = {} }: CardInput): Section {
  const first = steps[0]?.in ?? 0;
  const blocks: Block[] = [];
  if (steps.length > 0) {
    blocks.push(
      { kind: 'charts', charts: [left(steps), removed(steps)].filter((chart) => chart.bars.length > 0) },
      {
        kind: 'table',
        caption: 'Steps in order',
        columns: [
          { label: 'Step' },
          { label: 'In', align: 'right' },
          { label: 'Out', align: 'right' },
          { label: 'Removed', align: 'right' },
          { label: 'Changed', align: 'right' },
          { label: 'Failed', align: 'right' },
          { label: 'Text out', align: 'right' },
        ],
        rows: steps.map((step) => [
          { text: step.name, code: true },
          exactCount(step.in),
          exactCount(step.out),
          `${exactCount(droppedBy(step))} (${(step.in > 0 ? (100 * droppedBy(step)) / step.in : 0).toFixed(1)} %)`,
          exactCount(step.changed ?? 0),
          exactCount(step.failed ?? 0),
          formatBytes(step.outBytes),
        ]),
      },
      {
        kind: 'table',
        caption: 'What was removed, and why',
        columns: [
          { label: 'Step' },
          { label: 'Rule' },
          { label: 'Documents', align: 'right' },
          { label: 'Of all read', align: 'right' },
        ],
        rows: steps.flatMap((step) =>
          Object.entries(step.dropped)
            .sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
            .map(([rule, count]) => [
              { text: step.name, code: true },
              rule,
              exactCount(count),
              `${(first > 0 ? (100 * count) / first : 0).toFixed(2)} %`,
            ]),
        ),
      },
    );
  }
  if (Object.keys(unread).length > 0) {
    blocks.push({
      kind: 'table',
      caption: 'Records that could not be read',
      columns: [{ label: 'Reason' }, { label: 'Records', align: 'right' }],
      rows: Object.entries(unread)
        .sort((a, b) => b[1] - a[1])
        .map(([reason, count]) => [reason, exactCount(count)]),
    });
  }
  if (rejects.length > 0) {
    blocks.push({
      kind: 'details',
      summary: `Examples of what was removed (${rejects.length})`,
      blocks: [
        {
          kind: 'samples',
          samples: rejects.map(({ step, rule, detail, id, text, access = 'public' }) => ({
            prompt: `${step}: ${rule}`,
            text:
              access !== 'public' ? `(${access})` : text.length > 400 ? `${text.slice(0, 400).toWellFormed()}…` : text,
            note: [id, detail].filter(Boolean).join(', '),
          })),
        },
      ],
    });
  }
  return { id: 'steps', title: 'What each step removed', blocks };
}

function left(steps: readonly CardStep[]): BarChart {
  const first = steps[0]?.in ?? 0;
  const share = (count: number): number => (first > 0 ? (100 * count) / first : 0);
  const bars = steps.map((step, i) => ({ label: `${i + 1} ${step.name}`, value: share(step.out) }));
  return {
    kind: 'bars',
    title: 'Left after each step',
    xLabel: '% of documents read',
    bars: [{ label: 'read', value: share(first), baseline: true }, ...bars],
  };
}

function removed(steps: readonly CardStep[]): BarChart {
  const first = steps[0]?.in ?? 0;
  const rules = steps
    .flatMap((step, i) => Object.entries(step.dropped).map(([rule, count]) => ({ label: `${i + 1} ${rule}`, count })))
    .sort((a, b) => b.count - a.count)
    .slice(0, 12);
  return {
    kind: 'bars',
    title: 'Rules that removed most',
    xLabel: '% of documents read',
    bars: rules.map(({ label, count }) => ({ label, value: first > 0 ? (100 * count) / first : 0 })),
  };
}
