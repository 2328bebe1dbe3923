import { formatBytes, formatCount } from '../../base/core/index.js';
import type { Block, Cell, Chart, Figure, Section } from '../../base/report/index.js';
import type { Interval, ReportInput } from './report-input.js';

export const percent = (share: number, digits = 1): string => `${(100 * share).toFixed(digits)} %`;
export const bits = (value: number): string => value.toFixed(3);

/** The figures at the top of the card. */
export function headline({ evaluation: { base, tuned, baselines } }: ReportInput): Figure[] {
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

/** Figures beside their baselines, as charts and as a table. */
export function evaluation({ evaluation: e }: ReportInput): Section {
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
