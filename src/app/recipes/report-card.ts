import { formatBytes, formatCount, formatDuration } from '../../base/core/index.js';
import type { Block, Cell, Chart, Figure, Report, Section, Series } from '../../base/report/index.js';
import type { CurveView, Interval, ReportInput } from './report-input.js';

const percent = (share: number, digits = 1): string => `${(100 * share).toFixed(digits)} %`;
const bits = (value: number): string => value.toFixed(3);
const code = (text: string): Cell => ({ text, code: true });
const short = (address: string): string => address.replace(/-([0-9a-f]{10})[0-9a-f]+$/, '-$1');

function facts(entries: ReadonlyArray<readonly [string, string]>): Block[] {
  return entries.length > 0 ? [{ kind: 'facts', facts: entries }] : [];
}

function headline({ evaluation: { base, tuned, baselines } }: ReportInput): Figure[] {
  const figures: Figure[] = [];
  if (base?.bitsPerByte !== undefined) {
    const { xz, kneserNey5 } = baselines;
    const notes = [xz && `xz ${bits(xz)}`, kneserNey5 && `5-gram Kneser-Ney ${bits(kneserNey5)}`].filter(Boolean);
    figures.push({
      label: 'Held-out bits per byte, base',
      value: bits(base.bitsPerByte),
      note: notes.join(' · '),
      tone: xz === undefined ? undefined : base.bitsPerByte < xz ? 'good' : 'bad',
    });
  }
  if (base?.taskBitsPerToken !== undefined) {
    const { unigramBitsPerToken: single } = baselines;
    figures.push({
      label: 'Bits per token asked for',
      value: bits(base.taskBitsPerToken),
      note: single === undefined ? undefined : `guessing by frequency ${bits(single)}`,
      tone: single === undefined ? undefined : base.taskBitsPerToken < single ? 'good' : 'bad',
    });
  }
  if (base?.maskedAccuracy !== undefined) {
    const { commonestAccuracy: common } = baselines;
    figures.push({
      label: 'Masked tokens guessed right',
      value: percent(base.maskedAccuracy),
      note: common === undefined ? undefined : `always the commonest ${percent(common)}`,
      tone: common === undefined ? undefined : base.maskedAccuracy > common ? 'good' : 'bad',
    });
  }
  for (const [name, choice] of [
    ['base', base?.choice],
    ['tuned', tuned?.choice],
  ] as const) {
    if (!choice) continue;
    const chance = baselines.chance;
    figures.push({
      label: `Right choice, ${name}`,
      value: percent(choice.value),
      note: `95 % interval ${percent(choice.low)} to ${percent(choice.high)}${chance ? ` · chance ${percent(chance, 0)}` : ''}`,
      tone: chance === undefined ? undefined : choice.low > chance ? 'good' : 'bad',
    });
  }
  const written = tuned?.chrF ?? base?.chrF;
  if (written !== undefined) {
    figures.push({
      label: 'chrF of written answers',
      value: written.toFixed(1),
      note:
        baselines.chrF === undefined ? undefined : `${baselines.chrFName ?? 'baseline'} ${baselines.chrF.toFixed(1)}`,
    });
  }
  return figures;
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

function evaluation({ evaluation: e }: ReportInput): Section {
  const charts: Chart[] = [];
  const compression = [
    { label: 'xz -9e', value: e.baselines.xz, baseline: true },
    { label: '5-gram Kneser-Ney', value: e.baselines.kneserNey5, baseline: true },
    { label: 'base', value: e.base?.bitsPerByte },
    { label: 'tuned', value: e.tuned?.bitsPerByte },
  ].filter((bar): bar is typeof bar & { value: number } => bar.value !== undefined);
  if (compression.length > 0) {
    charts.push({
      kind: 'bars',
      title: 'Held-out bits per byte (less is better)',
      xLabel: 'bits per byte',
      bars: compression,
    });
  }
  if (e.base?.taskBitsPerToken !== undefined) {
    const bars = [
      { label: 'by frequency', value: e.baselines.unigramBitsPerToken, baseline: true },
      { label: 'base', value: e.base.taskBitsPerToken },
    ].filter((bar): bar is typeof bar & { value: number } => bar.value !== undefined);
    charts.push({ kind: 'bars', title: 'Bits per token asked for (less is better)', xLabel: 'bits per token', bars });
  }
  const choices = [
    { label: 'chance', value: e.baselines.chance, baseline: true },
    { label: 'base', ...e.base?.choice },
    { label: 'tuned', ...e.tuned?.choice },
  ].filter((bar): bar is typeof bar & { value: number } => bar.value !== undefined);
  if (e.base?.choice || e.tuned?.choice) {
    charts.push({ kind: 'bars', title: 'Right choice, with 95 % interval', xLabel: 'accuracy', bars: choices });
  }
  const dash: Cell = { text: '–', tone: 'muted' };
  const number = (value: number | undefined, show: (value: number) => string): Cell =>
    value === undefined ? dash : show(value);
  const interval = (choice: Interval | undefined): Cell =>
    choice ? `${percent(choice.value)} (${percent(choice.low)}–${percent(choice.high)})` : dash;
  const { base, tuned, baselines } = e;
  const rows: Cell[][] = [];
  if (base?.taskBitsPerToken === undefined) {
    rows.push([
      'Bits per byte',
      number(base?.bitsPerByte, bits),
      number(tuned?.bitsPerByte, bits),
      [
        baselines.xz !== undefined ? `xz -9e ${bits(baselines.xz)}` : '',
        baselines.kneserNey5 !== undefined ? `5-gram Kneser-Ney ${bits(baselines.kneserNey5)}` : '',
      ]
        .filter(Boolean)
        .join(', ') || dash,
    ]);
  } else {
    const { unigramBitsPerToken: single, commonestAccuracy: common } = baselines;
    const by = single === undefined ? dash : `by frequency ${bits(single)}`;
    rows.push(['Bits per token asked for', bits(base.taskBitsPerToken), dash, by]);
    if (base.maskedAccuracy !== undefined) {
      const always = common === undefined ? dash : `always the commonest ${percent(common)}`;
      rows.push(['Masked tokens guessed right', percent(base.maskedAccuracy), dash, always]);
    }
  }
  if (base?.perplexity !== undefined) rows.push(['Perplexity per token', base.perplexity.toFixed(1), dash, dash]);
  if (base?.choice || tuned?.choice) {
    rows.push([
      `Right choice${e.questions ? ` of ${formatCount(e.questions)} questions` : ''}`,
      interval(base?.choice),
      interval(tuned?.choice),
      baselines.chance === undefined ? dash : `chance ${percent(baselines.chance, 0)}`,
    ]);
  }
  if (base?.chrF !== undefined || tuned?.chrF !== undefined) {
    const one = (value: number): string => value.toFixed(1);
    rows.push([
      'chrF of written answers',
      number(base?.chrF, one),
      number(tuned?.chrF, one),
      baselines.chrF === undefined ? dash : `${baselines.chrFName ?? 'baseline'} ${one(baselines.chrF)}`,
    ]);
  }
  const blocks: Block[] = [];
  if (charts.length > 0) blocks.push({ kind: 'charts', charts });
  blocks.push({
    kind: 'table',
    columns: [
      { label: 'Figure' },
      { label: 'Base', align: 'right' },
      { label: 'Tuned', align: 'right' },
      { label: 'Baseline', align: 'right' },
    ],
    rows,
  });
  if (e.paired) {
    const { wins, losses, pValue } = e.paired;
    blocks.push({
      kind: 'text',
      text: `Tuned against base on the same questions: right only when tuned ${wins}, only before ${losses}; exact McNemar p = ${pValue < 1e-4 ? pValue.toExponential(1) : pValue.toFixed(4)}.`,
    });
  }
  for (const note of e.notes) blocks.push({ kind: 'text', text: note });
  const size = e.heldOutBytes
    ? `${formatBytes(e.heldOutBytes)} of held-out text${e.heldOutDocuments ? ` in ${formatCount(e.heldOutDocuments)} documents` : ''}; bytes are counted on the raw text.`
    : undefined;
  return { id: 'evaluation', title: 'Evaluation', lead: size, blocks };
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
