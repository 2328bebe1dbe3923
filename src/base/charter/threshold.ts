const operators = {
  '<=': (a: number, b: number) => a <= b,
  '>=': (a: number, b: number) => a >= b,
  '==': (a: number, b: number) => a === b,
  '<': (a: number, b: number) => a < b,
  '>': (a: number, b: number) => a > b,
} as const;

/** A release threshold: the metric at `metric` compared with `bound`, a number or another metric. */
export interface Threshold {
  readonly text: string;
  readonly metric: string;
  readonly operator: keyof typeof operators;
  readonly bound: number | string;
}

export interface ThresholdFinding {
  readonly text: string;
  readonly met: boolean;
  /** The metric's value; undefined where the run did not measure it (then the threshold is unmet). */
  readonly value?: number;
  readonly bound?: number;
}

const pattern =
  /^\s*([A-Za-z]\w*(?:\.\w+)*)\s*(<=|>=|==|<|>)\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|[A-Za-z]\w*(?:\.\w+)*)\s*$/;

/** Reads `tuned.choiceAccuracy.low >= 0.25`; gives the reason as text where it cannot be read. */
export function parseThreshold(text: string): Threshold | string {
  const match = pattern.exec(text);
  if (!match) {
    return `expected a comparison like "base.bitsPerByte <= 2.0" (operators <=, >=, <, >, ==), got ${JSON.stringify(text)}`;
  }
  const [, metric, operator, right] = match;
  const bound = /^[A-Za-z]/.test(right) ? right : Number(right);
  return { text: text.trim(), metric, operator: operator as Threshold['operator'], bound };
}

function lookUp(metrics: unknown, path: string): number | undefined {
  let value: unknown = metrics;
  for (const part of path.split('.')) {
    if (value === null || typeof value !== 'object' || !Object.hasOwn(value, part)) return undefined;
    value = (value as Record<string, unknown>)[part];
  }
  // A figure with its interval counts as its value: `base.choiceAccuracy` means `base.choiceAccuracy.value`.
  if (value !== null && typeof value === 'object' && 'value' in value) value = value.value;
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

/** Compares thresholds with the metrics of a run. A metric that was not measured meets nothing. */
export function evaluateThresholds(thresholds: readonly string[], metrics: object): ThresholdFinding[] {
  return thresholds.map((text) => {
    const threshold = parseThreshold(text);
    if (typeof threshold === 'string') return { text, met: false };
    const value = lookUp(metrics, threshold.metric);
    const bound = typeof threshold.bound === 'number' ? threshold.bound : lookUp(metrics, threshold.bound);
    const met = value !== undefined && bound !== undefined && operators[threshold.operator](value, bound);
    return { text: threshold.text, met, value, bound };
  });
}

/** `base.bitsPerByte <= 2.0 (it is 2.31)`: an unmet threshold as a person reads it. */
export function describeFinding({ text, value, bound }: ThresholdFinding): string {
  if (value === undefined) return `${text} (not measured)`;
  return `${text} (it is ${round(value)}${bound !== undefined && !text.includes(String(bound)) ? `, against ${round(bound)}` : ''})`;
}

const round = (value: number): string => String(Number(value.toPrecision(4)));
