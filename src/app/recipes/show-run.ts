import { describeFinding } from '../../base/charter/index.js';
import { formatDuration } from '../../base/core/index.js';
import type { RunResult } from './run.js';

const three = (value: number | undefined): string => (value === undefined ? '–' : value.toFixed(3));

/** The result of a run as text. */
export function showRun({ metrics, seconds, thresholds, built, artifacts, peakMemoryMB, override }: RunResult): string {
  const lines: string[] = [];
  const names = Object.keys(artifacts);
  const reused = names.filter((stage) => !built.some((name) => name === stage));
  if (built.length > 0) {
    lines.push(`Made ${built.map((stage) => `${stage} (${formatDuration(seconds[stage] ?? 0)})`).join(', ')}`);
  }
  if (reused.length > 0)
    lines.push(`${built.length > 0 ? 'There already' : 'Nothing to do, all is there'}: ${reused.join(', ')}`);
  const { base, tuned, baselines } = metrics;
  if (base.bitsPerByte !== undefined) {
    const beside = [
      baselines.xzBitsPerByte === undefined ? '' : `xz ${three(baselines.xzBitsPerByte)}`,
      baselines.kneserNey5BitsPerByte === undefined ? '' : `Kneser-Ney ${three(baselines.kneserNey5BitsPerByte)}`,
    ].filter(Boolean);
    lines.push(
      `Bits per byte on held-out text: base ${three(base.bitsPerByte)}` +
        (tuned.bitsPerByte === undefined ? '' : `, tuned ${three(tuned.bitsPerByte)}`) +
        (beside.length > 0 ? ` (${beside.join(', ')})` : ''),
    );
  }
  const { taskBitsPerToken, maskedAccuracy } = base;
  const { unigramBitsPerToken, commonestAccuracy } = baselines;
  if (taskBitsPerToken !== undefined) {
    lines.push(
      `Bits per token asked for: base ${three(taskBitsPerToken)} (single tokens ${three(unigramBitsPerToken)})`,
    );
  }
  if (maskedAccuracy !== undefined) {
    const share = (value = 0) => `${(100 * value).toFixed(1)} %`;
    lines.push(`Masked tokens guessed right: ${share(maskedAccuracy)} (commonest token ${share(commonestAccuracy)})`);
  }
  const share = (figure: { value: number; low: number; high: number } | undefined): string =>
    figure === undefined
      ? '–'
      : `${(100 * figure.value).toFixed(1)} % [${(100 * figure.low).toFixed(1)}, ${(100 * figure.high).toFixed(1)}]`;
  if (base.choiceAccuracy || tuned.choiceAccuracy) {
    const chance = baselines.chance === undefined ? '' : ` (chance ${(100 * baselines.chance).toFixed(1)} %)`;
    lines.push(`Choices: base ${share(base.choiceAccuracy)}, tuned ${share(tuned.choiceAccuracy)}${chance}`);
  }
  if (peakMemoryMB > 0) lines.push(`Peak memory ${Math.round(peakMemoryMB)} MB`);
  for (const finding of thresholds) lines.push(`${finding.met ? 'met  ' : 'UNMET'} ${describeFinding(finding)}`);
  if (override !== undefined) lines.push(`Overridden: ${override}`);
  else if (thresholds.some((finding) => !finding.met)) {
    lines.push('Release thresholds are unmet: train longer, change them, or give --override REASON.');
  }
  return lines.join('\n');
}
