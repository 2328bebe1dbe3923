import { formatBytes, formatCount, formatDuration } from '../../base/core/index.js';
import type { Setting } from './derive.js';
import type { Plan } from './plan.js';

const value = (setting: Setting): string =>
  typeof setting.value === 'string' ? setting.value : (JSON.stringify(setting.value) ?? '');

const origin: Record<Setting['from'], string> = {
  set: 'abovo.yaml',
  command: 'command line',
  derived: 'derived',
  default: 'default',
};

function table(rows: ReadonlyArray<readonly string[]>): string[] {
  const widths: number[] = [];
  for (const row of rows) for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, cell.length);
  return rows.map((row) => `  ${row.map((cell, i) => cell.padEnd(widths[i])).join('  ')}`.trimEnd());
}

/** The plan as text: settings with their origin, controls, thresholds, stages with forecasts, totals. */
export function showPlan(plan: Plan): string {
  const { totals, project, horizon, measured } = plan;
  const lines = [`${plan.name}: ${project.charter.purpose}`, '', 'Settings'];
  lines.push(...table(plan.settings.map((s) => [s.key, value(s), origin[s.from] + (s.how ? `: ${s.how}` : '')])));
  lines.push('', 'Controls the charter asks for, and where evidence for each is recorded');
  lines.push(
    ...table(
      plan.controls.map(({ id, title, evidence }) => [id, title, `evidence: ${evidence.stage}: ${evidence.what}`]),
    ),
  );
  if (project.charter.releaseThresholds.length > 0) {
    lines.push('', 'Release thresholds', ...project.charter.releaseThresholds.map((text) => `  ${text}`));
  }
  lines.push('', 'Stages');
  lines.push(
    ...table([
      ['stage', 'FLOPs', 'time', 'memory', '', 'address'],
      ...plan.stages.map(({ stage, predicted, done, address }) => [
        stage,
        predicted.flops === undefined ? '–' : formatCount(predicted.flops),
        predicted.seconds === undefined ? '–' : formatDuration(predicted.seconds),
        predicted.peakMemoryMB === undefined ? '–' : formatBytes(predicted.peakMemoryMB * 1e6),
        done ? 'done' : 'to do',
        address,
      ]),
    ]),
  );
  const epochs = horizon.epochs === undefined ? '' : `, ${horizon.epochs.toFixed(1)} passes over the text`;
  const tokens = horizon.training.steps * horizon.training.batchTokens;
  lines.push(
    '',
    `Model: ${formatCount(plan.parameters)} parameters, trained on ${formatCount(tokens)} tokens${epochs}`,
    `Machine: ${formatCount(measured.tokensPerSecond)} tokens/s measured, ${formatCount(measured.peakFlops)} FLOP/s at best`,
    `To do: about ${formatDuration(totals.seconds)} (all: ${formatDuration(totals.secondsOfAll)}), ${formatCount(totals.flops)} FLOPs, ` +
      `${formatBytes(totals.peakMemoryMB * 1e6)} of memory` +
      (totals.cost
        ? `, ${totals.cost.value.toFixed(2)} ${totals.cost.currency} at ${totals.cost.perHour} an hour`
        : '; for its cost set cost.perHour'),
  );
  return lines.join('\n');
}

/** The plan as data, for `abovo plan --json`. */
export function planJson(plan: Plan): object {
  const { name, settings, controls, stages, parameters, totals, measured, horizon, project } = plan;
  return {
    ok: true,
    name,
    settings,
    controls: controls.map(({ id, title, evidence, askedBy }) => ({ id, title, evidence, askedBy })),
    releaseThresholds: project.charter.releaseThresholds,
    stages: stages.map(({ stage, address, done, predicted }) => ({ stage, address, done, predicted })),
    parameters,
    tokens: horizon.training.steps * horizon.training.batchTokens,
    epochs: horizon.epochs,
    measured,
    totals,
  };
}
