/** Counts of found and missed personal data, by type, in three measures. */
export interface Gold {
  readonly start: number;
  readonly end: number;
  readonly type: string;
}
export interface Count {
  tp: number;
  fp: number;
  fn: number;
}
export interface Figures {
  readonly types: Record<string, { exact: Count; overlap: Count; chars: Count }>;
}

const zero = (): Count => ({ tp: 0, fp: 0, fn: 0 });
export const precision = ({ tp, fp }: Count): number => (tp + fp === 0 ? 1 : tp / (tp + fp));
export const recall = ({ tp, fn }: Count): number => (tp + fn === 0 ? 1 : tp / (tp + fn));
/** F with recall weighing four times as much as precision. */
export const f2 = (count: Count): number => {
  const p = precision(count);
  const r = recall(count);
  return p + r === 0 ? 0 : (5 * p * r) / (4 * p + r);
};

/** Adds the figures of one text. Overlap: a found span that shares a sign with a span of the same type is right, and a span that any found one touches is found. */
export function addText(figures: Figures, gold: readonly Gold[], found: readonly Gold[]): void {
  const row = (type: string) => (figures.types[type] ??= { exact: zero(), overlap: zero(), chars: zero() });
  const touches = (a: Gold, b: Gold): boolean => a.type === b.type && a.start < b.end && b.start < a.end;
  for (const span of found) {
    const { exact, overlap } = row(span.type);
    if (gold.some((other) => other.type === span.type && other.start === span.start && other.end === span.end))
      exact.tp++;
    else exact.fp++;
    if (gold.some((other) => touches(other, span))) overlap.tp++;
    else overlap.fp++;
  }
  for (const span of gold) {
    const { exact, overlap } = row(span.type);
    if (!found.some((other) => other.type === span.type && other.start === span.start && other.end === span.end))
      exact.fn++;
    if (!found.some((other) => touches(other, span))) overlap.fn++;
  }
  for (const type of new Set([...gold, ...found].map((span) => span.type))) {
    const cover = (spans: readonly Gold[]): Set<number> => {
      const places = new Set<number>();
      for (const span of spans) if (span.type === type) for (let i = span.start; i < span.end; i++) places.add(i);
      return places;
    };
    const [a, b] = [cover(gold), cover(found)];
    const { chars } = row(type);
    for (const place of b)
      if (a.has(place)) chars.tp++;
      else chars.fp++;
    for (const place of a) if (!b.has(place)) chars.fn++;
  }
}

export function total(
  figures: Figures,
  measure: 'exact' | 'overlap' | 'chars',
  types = Object.keys(figures.types),
): Count {
  const sum = zero();
  for (const type of types) {
    const count = figures.types[type]?.[measure] ?? zero();
    sum.tp += count.tp;
    sum.fp += count.fp;
    sum.fn += count.fn;
  }
  return sum;
}
