import { open, readFile } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { InvalidInput } from '../../base/core/index.js';
import { diskError } from './checkpoint.js';

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
