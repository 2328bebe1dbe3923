import { formatBytes, formatCount, formatDuration } from '../../base/core/index.js';
import type { Block, Cell, Chart, Report, Section, Series } from '../../base/report/index.js';
import { evaluation, headline } from './report-evaluation.js';
import type { CurveView, ReportInput } from './report-input.js';

const code = (text: string): Cell => ({ text, code: true });
const short = (address: string): string => address.replace(/-([0-9a-f]{10})[0-9a-f]+$/, '-$1');

function facts(entries: ReadonlyArray<readonly [string, string]>): Block[] {
  return entries.length > 0 ? [{ kind: 'facts', facts: entries }] : [];
}

function summary(input: ReportInput): Section {
  const seconds = input.stages.reduce((sum, stage) => sum + stage.seconds, 0);
  const peak = Math.max(0, ...input.stages.map((stage) => stage.peakMemoryMB));
  const blocks: Block[] = [
    {
      kind: 'figures',
      figures: [
        ...headline(input),
        {
          label: 'From text to model',
          value: formatDuration(seconds),
          note: `${input.cost ? `${((input.cost.perHour * seconds) / 3600).toFixed(2)} ${input.cost.currency} · ` : ''}peak memory ${formatBytes(peak * 1e6)}`,
        },
      ],
    },
  ];
  if (input.thresholds.length > 0) {
    blocks.push({
      kind: 'table',
      caption: 'Release thresholds of the charter',
      columns: [{ label: 'Threshold' }, { label: 'Measured', align: 'right' }, { label: '', align: 'right' }],
      rows: input.thresholds.map(({ rule, value, met }) => [
        code(rule),
        value === undefined ? 'not measured' : value.toPrecision(4),
        { text: met ? 'met' : 'not met', tone: met ? 'good' : 'bad' },
      ]),
    });
  }
  for (const { reason, at } of input.overrides) {
    blocks.push({ kind: 'notice', tone: 'bad', text: `Released below its thresholds on ${at}: ${reason}` });
  }
  return { id: 'summary', title: 'Summary', blocks };
}

function charter({ charter: c }: ReportInput): Section[] {
  if (!c) return [];
  const list = (name: string, items?: readonly string[]): Array<readonly [string, string]> =>
    items && items.length > 0 ? [[name, items.join('; ')]] : [];
  const blocks: Block[] = facts([
    ...list('Intended users', c.users),
    ...list('Out of scope', c.outOfScope),
    ...list('Data classes', c.dataClasses),
  ]);
  if (c.risks && c.risks.length > 0) {
    blocks.push({
      kind: 'table',
      columns: [{ label: 'Risk' }, { label: 'Mitigation' }],
      rows: c.risks.map(({ risk, mitigation }) => [risk, mitigation ?? { text: 'none stated', tone: 'muted' }]),
    });
  }
  if (c.controls && c.controls.length > 0) {
    blocks.push({
      kind: 'details',
      summary: `${c.controls.length} controls asked for by data classes and risks`,
      blocks: [
        {
          kind: 'table',
          columns: [{ label: 'Control' }, { label: 'Title' }, { label: 'Evidence' }],
          rows: c.controls.map((control) => [code(control.id), control.title, control.evidence]),
        },
      ],
    });
  }
  return [{ id: 'charter', title: 'Charter', lead: c.purpose, blocks }];
}

function data(input: ReportInput): Section {
  const blocks: Block[] = facts([...input.data, ...input.tokenizer]);
  for (const note of input.dataNotes) blocks.push({ kind: 'text', text: note });
  if (input.licences.length > 0) {
    blocks.push({
      kind: 'table',
      caption: 'Licences of what went in',
      columns: [{ label: 'Source' }, { label: 'Licence' }, { label: 'Attribution' }],
      rows: input.licences.map(({ source, licence, attribution, url }) => [
        source,
        code(licence),
        [attribution, url].filter(Boolean).join(', '),
      ]),
    });
  }
  return { id: 'data', title: 'Data and tokenizer', blocks };
}

function training(input: ReportInput): Section[] {
  const charts: Chart[] = [];
  for (const curve of input.curves) {
    const loss: Series[] = [{ name: 'training', points: curve.loss, style: 'faint' }];
    if (curve.validation.length > 0) loss.push({ name: 'validation', points: curve.validation, style: 'both' });
    charts.push({
      kind: 'lines',
      title: `${curve.stage}: loss`,
      xLabel: 'step',
      yLabel: 'nats per token',
      series: loss,
    });
    const small = (title: string, yLabel: string, points: CurveView['loss']): void => {
      if (points.length > 1) {
        charts.push({
          kind: 'lines',
          title: `${curve.stage}: ${title}`,
          xLabel: 'step',
          yLabel,
          series: [{ name: title, points }],
        });
      }
    };
    small('gradient norm', 'before clipping', curve.gradientNorm);
    small('learning rate', '', curve.learningRate);
    small('speed', 'tokens per second', curve.tokensPerSecond);
  }
  if (charts.length === 0 && input.model.length === 0) return [];
  return [
    {
      id: 'training',
      title: 'Model and training',
      blocks: [...facts(input.model), ...(charts.length > 0 ? [{ kind: 'charts', charts } as const] : [])],
    },
  ];
}

function samples(input: ReportInput): Section[] {
  const groups = input.samples.filter((group) => group.samples.length > 0);
  if (groups.length === 0) return [];
  return [
    {
      id: 'samples',
      title: 'Samples',
      lead: 'Not chosen: the first of each list.',
      blocks: groups.flatMap((group): Block[] => [
        { kind: 'text', text: group.title },
        { kind: 'samples', samples: group.samples },
      ]),
    },
  ];
}

function resources(input: ReportInput): Section {
  const beside = (predicted: number | undefined, actual: number | undefined, show: (value: number) => string): Cell => {
    if (actual === undefined)
      return predicted === undefined ? '' : { text: `predicted ${show(predicted)}`, tone: 'muted' };
    if (predicted === undefined) return show(actual);
    const off = actual / predicted - 1;
    return `${show(actual)} (predicted ${show(predicted)}, ${off >= 0 ? '+' : '−'}${Math.abs(100 * off).toFixed(0)} %)`;
  };
  const total = input.stages.reduce((sum, stage) => sum + stage.seconds, 0);
  const rows = input.stages.map((stage): Cell[] => [
    stage.stage,
    beside(stage.predicted?.seconds, stage.seconds, formatDuration),
    beside(stage.predicted?.peakMemoryMB, stage.peakMemoryMB, (value) => formatBytes(value * 1e6)),
    beside(stage.predicted?.flops, stage.flops, (value) => `${formatCount(value)}FLOP`),
    input.cost ? ((input.cost.perHour * stage.seconds) / 3600).toFixed(4) : '',
  ]);
  rows.push(['all', formatDuration(total), '', '', input.cost ? ((input.cost.perHour * total) / 3600).toFixed(4) : '']);
  return {
    id: 'resources',
    title: 'Machine, time and cost',
    blocks: [
      ...facts(input.machine),
      {
        kind: 'table',
        columns: [
          { label: 'Stage' },
          { label: 'Time', align: 'right' },
          { label: 'Peak memory', align: 'right' },
          { label: 'Work', align: 'right' },
          { label: input.cost ? `Cost, ${input.cost.currency}` : '', align: 'right' },
        ],
        rows,
      },
    ],
  };
}

function lineage(input: ReportInput): Section {
  return {
    id: 'lineage',
    title: 'Lineage',
    lead: 'Each artifact has the hash of its configuration and of its parents as its address: the same work has the same address.',
    blocks: [
      {
        kind: 'flow',
        nodes: input.stages.map((stage) => ({
          id: stage.address,
          label: stage.stage,
          detail: short(stage.address),
          parents: stage.parents,
        })),
      },
      {
        kind: 'details',
        summary: 'Addresses',
        blocks: [
          {
            kind: 'table',
            columns: [
              { label: 'Stage' },
              { label: 'Address' },
              { label: 'Started' },
              { label: 'Resumed', align: 'right' },
              { label: 'Size', align: 'right' },
            ],
            rows: input.stages.map((stage) => [
              stage.stage,
              code(stage.address),
              stage.startedAt,
              String(stage.resumed),
              formatBytes(stage.bytes),
            ]),
          },
        ],
      },
    ],
  };
}

/** The report card of a model: what it is for, what went in, how it was trained, how good it is beside honest baselines, what it cost. */
export function reportCard(input: ReportInput): Report {
  const unmet = input.thresholds.filter((threshold) => !threshold.met);
  return {
    title: input.name,
    subtitle: 'Report card',
    verdict:
      input.thresholds.length === 0
        ? { tone: 'neutral', text: 'The charter sets no release thresholds' }
        : unmet.length === 0
          ? {
              tone: 'good',
              text:
                input.thresholds.length === 1
                  ? 'The release threshold is met'
                  : `All ${input.thresholds.length} release thresholds met`,
            }
          : { tone: 'bad', text: `${unmet.length} of ${input.thresholds.length} release thresholds not met` },
    sections: [
      summary(input),
      ...charter(input),
      data(input),
      ...training(input),
      evaluation(input),
      ...samples(input),
      resources(input),
      lineage(input),
    ],
    footer: `Built from manifests by abovo ${input.version}.`,
  };
}
