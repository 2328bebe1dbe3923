/** What went into a step and came out of it. */
export interface StepCount {
  in: number;
  /** UTF-8 bytes of the texts. */
  inBytes: number;
  out: number;
  outBytes: number;
  /** Documents that came out otherwise than they went in. */
  changed: number;
  /** Documents that could not be worked on (an error, a crash): they stand in the rejects. */
  failed: number;
  /** Documents that were taken out, by rule. */
  dropped: Record<string, number>;
}

/** What was read of a source. */
export interface ReadCount {
  documents: number;
  bytes: number;
  /** Records that could not be read. */
  rejects: number;
}

export interface Amount {
  documents: number;
  bytes: number;
}

export const noCount = (): StepCount => ({
  in: 0,
  inBytes: 0,
  out: 0,
  outBytes: 0,
  changed: 0,
  failed: 0,
  dropped: {},
});

/** Adds the numbers of one tree of counts to another, in place. */
export function addCounts(to: object, from: object): void {
  const sums = to as Record<string, unknown>;
  for (const [key, value] of Object.entries(from)) {
    if (typeof value === 'number') sums[key] = ((sums[key] as number | undefined) ?? 0) + value;
    else if (value !== null && typeof value === 'object' && !Array.isArray(value)) {
      sums[key] ??= {};
      addCounts(sums[key] as object, value);
    }
  }
}

/** The same tree with sorted keys, so that equal counts are equal bytes whatever came first. */
export function sorted<T>(value: T): T {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return value;
  const entries = Object.entries(value as object).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return Object.fromEntries(entries.map(([key, item]) => [key, sorted(item as unknown)])) as T;
}
