import cliProgress from 'cli-progress';
import type { Progress } from '../../base/contract/index.js';
import { formatCount, formatDuration } from '../../base/core/index.js';

export interface ProgressDisplay {
  onProgress(progress: Progress): void;
  /** Ends the bar, so that other lines can follow. */
  pause(): void;
}

const describe = (progress: Progress): string =>
  Object.entries(progress.figures ?? {})
    .map(([name, value]) => `${name} ${value}`)
    .join(' · ');

/**
 * Shows `Progress` on standard error: a bar per stage on a terminal; elsewhere a line when a stage starts or ends and
 * every `intervalSeconds` in between.
 */
export function createProgress(
  stream: NodeJS.WriteStream | (NodeJS.WritableStream & { isTTY?: boolean }) = process.stderr,
  intervalSeconds = 5,
): ProgressDisplay {
  let stage = '';
  let started = 0;
  let startedAt = 0;
  let bar: cliProgress.SingleBar | undefined;
  let shown = 0;
  let finished = false;

  const eta = (progress: Progress): string => {
    const share = progress.done - startedAt;
    if (share <= 0 || progress.done >= progress.total || progress.figures?.ETA !== undefined) return '';
    return formatDuration((((Date.now() - started) / 1000) * (progress.total - progress.done)) / share);
  };
  const pause = (): void => {
    bar?.stop();
    bar = undefined;
    stage = '';
  };
  const begin = (progress: Progress): void => {
    pause();
    stage = progress.stage;
    started = Date.now();
    startedAt = progress.done;
    shown = 0;
    finished = false;
  };

  return {
    onProgress(progress) {
      if (progress.stage !== stage) begin(progress);
      const done = progress.done >= progress.total;
      // A stage may say more than once that it is done.
      if (done && finished) return;
      finished = done;
      if (stream.isTTY) {
        bar ??= newBar(stream, progress);
        bar.setTotal(Math.max(progress.total, 1));
        bar.update(progress.done, { figures: describe(progress), remaining: eta(progress) });
        if (done) {
          bar.stop();
          bar = undefined;
        }
        return;
      }
      const now = Date.now();
      if (!done && shown !== 0 && now - shown < intervalSeconds * 1000) return;
      shown = now;
      const left = eta(progress);
      const parts = [
        `${progress.stage}: ${formatCount(progress.done)}/${formatCount(progress.total)} ${progress.unit}`,
        describe(progress),
        left && `${left} left`,
      ];
      stream.write(`${parts.filter(Boolean).join(' · ')}\n`);
    },
    pause,
  };
}

function newBar(stream: NodeJS.WritableStream, progress: Progress): cliProgress.SingleBar {
  const bar = new cliProgress.SingleBar({
    stream,
    format: `${progress.stage} {bar} {percentage}% {value}/{total} ${progress.unit} {figures} {remaining}`,
    barsize: 24,
    hideCursor: true,
    fps: 5,
  });
  bar.start(Math.max(progress.total, 1), progress.done, { figures: '', remaining: '' });
  return bar;
}
