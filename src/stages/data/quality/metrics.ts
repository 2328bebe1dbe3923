/** Area under the ROC curve: the chance that a positive scores above a negative, ties counted half (Mann and Whitney 1947). */
export function areaUnderCurve(scores: readonly number[], positive: readonly boolean[]): number {
  const order = scores.map((_, i) => i).sort((a, b) => scores[a]! - scores[b]!);
  let ranks = 0;
  let positives = 0;
  for (let i = 0; i < order.length; ) {
    let end = i;
    while (end < order.length && scores[order[end]!] === scores[order[i]!]) end++;
    // Equal scores share the mean of their ranks, from 1.
    const rank = (i + 1 + end) / 2;
    for (; i < end; i++) {
      if (!positive[order[i]!]) continue;
      ranks += rank;
      positives++;
    }
  }
  const negatives = order.length - positives;
  return positives === 0 || negatives === 0
    ? Number.NaN
    : (ranks - (positives * (positives + 1)) / 2) / (positives * negatives);
}

/** Expected calibration error in ten equal bins (Naeini et al. 2015): mean gap between confidence and accuracy. */
export function calibrationError(confidence: readonly number[], right: readonly boolean[]): number {
  const bins = Array.from({ length: 10 }, () => ({ count: 0, confidence: 0, right: 0 }));
  confidence.forEach((value, i) => {
    const bin = bins[Math.min(9, Math.floor(value * 10))]!;
    bin.count++;
    bin.confidence += value;
    if (right[i]) bin.right++;
  });
  return bins.reduce((sum, bin) => sum + Math.abs(bin.confidence - bin.right), 0) / Math.max(1, confidence.length);
}

export interface ClassFigures {
  readonly label: string;
  readonly examples: number;
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
  /** Of this label against all others. */
  readonly auc: number;
  /** The probability from which on answering with this label gives the best F1. */
  readonly threshold: number;
}

/** Threshold with the best F1 for a label. */
export function bestThreshold(scores: readonly number[], positive: readonly boolean[]): number {
  const order = scores.map((_, i) => i).sort((a, b) => scores[b]! - scores[a]!);
  const all = positive.filter(Boolean).length;
  let [hits, best, threshold] = [0, -1, 0.5];
  order.forEach((at, i) => {
    if (positive[at]) hits++;
    const next = order[i + 1];
    if (next !== undefined && scores[next] === scores[at]) return;
    const f1 = (2 * hits) / (i + 1 + all);
    if (f1 > best) {
      best = f1;
      threshold = next === undefined ? scores[at]! : (scores[at]! + scores[next]!) / 2;
    }
  });
  return threshold;
}

/** Precision, recall, F1, AUC and threshold of each label, from the probabilities of all labels per example. */
export function figuresOf(
  labels: readonly string[],
  probabilities: readonly Float64Array[],
  truth: readonly number[],
): ClassFigures[] {
  const answers = probabilities.map((row) => row.indexOf(Math.max(...row)));
  return labels.map((label, l) => {
    const scores = probabilities.map((row) => row[l]!);
    const positive = truth.map((t) => t === l);
    const right = answers.filter((answer, i) => answer === l && truth[i] === l).length;
    const answered = answers.filter((answer) => answer === l).length;
    const examples = positive.filter(Boolean).length;
    const precision = answered === 0 ? 0 : right / answered;
    const recall = examples === 0 ? 0 : right / examples;
    return {
      label,
      examples,
      precision,
      recall,
      f1: precision + recall === 0 ? 0 : (2 * precision * recall) / (precision + recall),
      auc: areaUnderCurve(scores, positive),
      threshold: bestThreshold(scores, positive),
    };
  });
}
