/**
 * Probabilities of labels in a linear-chain conditional random field (Lafferty, McCallum and Pereira, 2001) by the forward-backward
 * algorithm. `scores` holds n rows of `labels` log-potentials; `transitions` has a row per label before, and the start as the last row.
 * Writes n rows of probabilities to `out`; with `pairs`, adds the expected counts of transitions to it. Each place is scaled to sum to one,
 * so nothing over- or underflows.
 */
export function marginals(
  scores: Float64Array,
  transitions: ArrayLike<number>,
  n: number,
  labels: number,
  out: Float64Array,
  pairs?: Float64Array,
): void {
  if (n === 0) return;
  const between = new Float64Array(labels * labels);
  for (let k = 0; k < between.length; k++) between[k] = Math.exp(transitions[k]);
  const local = new Float64Array(n * labels);
  for (let i = 0; i < n; i++) {
    let most = Number.NEGATIVE_INFINITY;
    for (let b = 0; b < labels; b++) most = Math.max(most, scores[i * labels + b]);
    for (let b = 0; b < labels; b++) local[i * labels + b] = Math.exp(scores[i * labels + b] - most);
  }
  const scale = (values: Float64Array, at: number): void => {
    let sum = 0;
    for (let b = 0; b < labels; b++) sum += values[at + b];
    for (let b = 0; b < labels; b++) values[at + b] /= sum;
  };
  const forward = new Float64Array(n * labels);
  for (let b = 0; b < labels; b++) forward[b] = local[b] * Math.exp(transitions[labels * labels + b]);
  scale(forward, 0);
  for (let i = 1; i < n; i++) {
    const at = i * labels;
    for (let b = 0; b < labels; b++) {
      let sum = 0;
      for (let a = 0; a < labels; a++) sum += forward[at - labels + a] * between[a * labels + b];
      forward[at + b] = sum * local[at + b];
    }
    scale(forward, at);
  }
  const backward = new Float64Array(n * labels).fill(1, (n - 1) * labels);
  for (let i = n - 2; i >= 0; i--) {
    const at = i * labels;
    for (let a = 0; a < labels; a++) {
      let sum = 0;
      for (let b = 0; b < labels; b++)
        sum += between[a * labels + b] * local[at + labels + b] * backward[at + labels + b];
      backward[at + a] = sum;
    }
    scale(backward, at);
  }
  for (let i = 0; i < n; i++) {
    const at = i * labels;
    for (let b = 0; b < labels; b++) out[at + b] = forward[at + b] * backward[at + b];
    scale(out, at);
  }
  if (!pairs) return;
  const joint = new Float64Array(labels * labels);
  for (let i = 1; i < n; i++) {
    const at = i * labels;
    let sum = 0;
    for (let a = 0; a < labels; a++) {
      for (let b = 0; b < labels; b++) {
        const value = forward[at - labels + a] * between[a * labels + b] * local[at + b] * backward[at + b];
        joint[a * labels + b] = value;
        sum += value;
      }
    }
    for (let k = 0; k < joint.length; k++) pairs[k] += joint[k] / sum;
  }
  for (let b = 0; b < labels; b++) pairs[labels * labels + b] += out[b];
}
