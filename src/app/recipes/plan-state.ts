import { mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { diskError } from '../../base/artifact/index.node.js';
import { writeFileAtomic } from '../../base/core/index.node.js';
import type { Forecast } from './report-input.js';

const measured = z.object({
  /** Training tokens per second with this shape on this machine. */
  tokensPerSecond: z.number().positive(),
  /** Seconds before the first step: tracing, compiling, loading. */
  startSeconds: z.number().min(0),
  peakMemoryMB: z.number().min(0),
  /** Fastest large product of matrices, floating-point operations per second. */
  peakFlops: z.number().positive(),
  at: z.string(),
});

const forecast = z.object({
  flops: z.number().optional(),
  seconds: z.number().optional(),
  peakMemoryMB: z.number().optional(),
});

const stateSchema = z.object({
  format: z.literal(1),
  /** Measurements by what was measured: once made they stay, so that the same file keeps the same horizon. */
  measured: z.record(z.string(), measured),
  /** The first forecast for each address, shown beside what it took. */
  forecasts: z.record(z.string(), forecast),
});

export type Measured = z.infer<typeof measured>;
export type PlanState = z.infer<typeof stateSchema>;

const pathOf = (storeFolder: string): string => join(storeFolder, 'plan.json');

/** What earlier plans of this project measured and forecast; empty where there was none. */
export async function readPlanState(storeFolder: string): Promise<PlanState> {
  try {
    return stateSchema.parse(JSON.parse(await readFile(pathOf(storeFolder), 'utf8')));
  } catch {
    // Absent or unreadable: nothing is lost but a measurement, which is made again.
    return { format: 1, measured: {}, forecasts: {} };
  }
}

export async function writePlanState(storeFolder: string, state: PlanState): Promise<void> {
  const path = pathOf(storeFolder);
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFileAtomic(path, `${JSON.stringify(state, null, 2)}\n`);
  } catch (error) {
    throw diskError(error, `write ${path}`);
  }
}

/** The forecast that was made for an artifact before it was built. */
export async function forecastOf(storeFolder: string, address: string): Promise<Forecast | undefined> {
  return (await readPlanState(storeFolder)).forecasts[address];
}
