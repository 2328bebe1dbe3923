import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { OperatorProfile } from './executor.js';

interface Event {
  readonly cat?: string;
  readonly name?: string;
  readonly dur?: number;
  readonly args?: { readonly op_name?: string };
}

/** Sums the kernel times of the profile that a session wrote to a file starting with `prefix`. */
export async function readProfile(prefix: string): Promise<OperatorProfile> {
  const folder = dirname(prefix);
  const files = (await readdir(folder)).filter((name) => name.startsWith(basename(prefix)));
  const sums: Record<string, { calls: number; milliseconds: number }> = {};
  for (const file of files) {
    for (const event of JSON.parse(await readFile(join(folder, file), 'utf8')) as Event[]) {
      if (event.cat !== 'Node' || !event.name?.endsWith('_kernel_time')) continue;
      const sum = (sums[event.args?.op_name ?? 'unknown'] ??= { calls: 0, milliseconds: 0 });
      sum.calls++;
      sum.milliseconds += (event.dur ?? 0) / 1000;
    }
  }
  return Object.fromEntries(Object.entries(sums).sort(([, a], [, b]) => b.milliseconds - a.milliseconds));
}
