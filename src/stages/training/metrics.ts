import { open, readFile } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { InvalidInput } from '../../base/core/index.js';
import { diskError } from './checkpoint.js';
import type { NoiseEstimate } from './step.js';

/** A line per optimizer step. `seconds` is wall time of the step and the only figure that differs between equal runs. */
export interface StepMetrics {
  readonly type: 'step';
  /** Steps done after this one. */
  readonly step: number;
  /** Mean negative log-likelihood of the step's target tokens before its update, nats. */
  readonly loss: number;
  /** Global norm of the gradient before clipping. */
  readonly gradNorm: number;
  readonly learningRate: number;
  /** Where `noiseScale` is on: see `NoiseEstimate`. */
  readonly noise?: NoiseEstimate;
  /** Tokens seen so far, padding included. */
  readonly tokens: number;
  readonly seconds: number;
}

export interface ValidationMetrics {
  readonly type: 'validation';
  readonly step: number;
  /** Mean negative log-likelihood per target token, nats. */
  readonly loss: number;
  readonly bitsPerToken: number;
  /** Target tokens scored. */
  readonly targets: number;
  readonly seconds: number;
}

export type MetricsLine = StepMetrics | ValidationMetrics;

/** Append-only JSONL whose length is known, so that a resumed run can cut off what it will write again. */
export class MetricsLog {
  readonly path: string;
  #file: FileHandle;
  #bytes: number;

  private constructor(path: string, file: FileHandle, bytes: number) {
    this.path = path;
    this.#file = file;
    this.#bytes = bytes;
  }

  /** Opens the log and cuts it to `bytes`. A log shorter than that has lost lines of a finished checkpoint. */
  static async open(path: string, bytes: number): Promise<MetricsLog> {
    const file = await open(path, 'a+');
    const { size } = await file.stat();
    if (size < bytes) {
      await file.close();
      throw new InvalidInput(
        'training.metrics',
        `resume: ${path}: expected at least ${bytes} bytes as at the checkpoint, got ${size}; restore the file or start in a new folder`,
      );
    }
    await file.truncate(bytes);
    return new MetricsLog(path, file, bytes);
  }

  /** Bytes written so far. */
  get bytes(): number {
    return this.#bytes;
  }

  async append(line: MetricsLine): Promise<void> {
    const bytes = Buffer.from(`${JSON.stringify(line)}\n`);
    try {
      await this.#file.appendFile(bytes);
    } catch (error) {
      throw diskError(error, `write ${this.path}`);
    }
    this.#bytes += bytes.length;
  }

  /** Makes all lines durable; a checkpoint that records `bytes` must not outlive them. */
  async sync(): Promise<void> {
    await this.#file.sync();
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}

/** Lines of a metrics log; a last line cut short by a crash is left out. */
export async function readMetrics(path: string): Promise<MetricsLine[]> {
  const text = await readFile(path, 'utf8');
  return text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as MetricsLine);
}

/**
 * Simple gradient noise scale in targets (McCandlish et al. 2018): the mean of the trace over that of the squared
 * gradient, of the given steps. Batches much smaller make progress in proportion to their size, much larger ones hardly
 * faster. Undefined where nothing was measured, or where noise hides the gradient altogether.
 */
export function gradientNoiseScale(lines: readonly MetricsLine[]): number | undefined {
  const estimates = lines.flatMap((line) => (line.type === 'step' && line.noise ? [line.noise] : []));
  const trace = estimates.reduce((sum, noise) => sum + noise.trace, 0);
  const square = estimates.reduce((sum, noise) => sum + noise.square, 0);
  return estimates.length > 0 && square > 0 && trace > 0 ? trace / square : undefined;
}
