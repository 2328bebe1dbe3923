/** A stretch of text that stayed, was taken out or came in. */
export interface Change {
  readonly kind: 'same' | 'removed' | 'added';
  readonly text: string;
}

/** Words that are compared at most, and edits that are looked for; beyond them the middle counts as replaced. */
const mostWords = 40_000;
const mostEdits = 1000;

const wordsOf = (text: string): string[] => text.match(/[\p{L}\p{N}_]+|\s+|[^\p{L}\p{N}_\s]/gu) ?? [];

/**
 * What changed from one text to another, by words: the shortest edit (Myers, "An O(ND) difference algorithm", 1986), where it
 * has at most 1,000 steps. Removed stretches stand before added ones. Joined without the added ones the changes are `before`,
 * without the removed ones `after`.
 */
export function changesBetween(before: string, after: string): Change[] {
  if (before === after) return before === '' ? [] : [{ kind: 'same', text: before }];
  const a = wordsOf(before);
  const b = wordsOf(after);
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start++;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end++;
  const changes: Change[] = [];
  const add = (kind: Change['kind'], text: string): void => {
    const last = changes.at(-1);
    if (text === '') return;
    if (last?.kind === kind) changes[changes.length - 1] = { kind, text: last.text + text };
    else changes.push({ kind, text });
  };
  add('same', a.slice(0, start).join(''));
  const [left, right] = [a.slice(start, a.length - end), b.slice(start, b.length - end)];
  const steps = left.length + right.length <= mostWords ? shortest(left, right) : undefined;
  if (!steps) {
    add('removed', left.join(''));
    add('added', right.join(''));
  }
  for (const [kind, word] of steps ?? []) add(kind, word);
  add('same', a.slice(a.length - end).join(''));
  return ordered(changes);
}

/** Puts what was removed before what was added, in every run of changes. */
function ordered(changes: readonly Change[]): Change[] {
  const result: Change[] = [];
  let removed = '';
  let added = '';
  const flush = (): void => {
    if (removed) result.push({ kind: 'removed', text: removed });
    if (added) result.push({ kind: 'added', text: added });
    removed = '';
    added = '';
  };
  for (const change of changes) {
    if (change.kind === 'removed') removed += change.text;
    else if (change.kind === 'added') added += change.text;
    else {
      flush();
      result.push(change);
    }
  }
  flush();
  return result;
}

function shortest(a: readonly string[], b: readonly string[]): [Change['kind'], string][] | undefined {
  const most = Math.min(a.length + b.length, mostEdits);
  const size = 2 * most + 3;
  const middle = most + 1;
  const furthest = new Int32Array(size);
  const trace: Int32Array[] = [];
  for (let edits = 0; edits <= most; edits++) {
    trace.push(furthest.slice(middle - edits - 1, middle + edits + 2));
    for (let k = -edits; k <= edits; k += 2) {
      const down = k === -edits || (k !== edits && furthest[middle + k - 1] < furthest[middle + k + 1]);
      let x = down ? furthest[middle + k + 1] : furthest[middle + k - 1] + 1;
      while (x < a.length && x - k < b.length && a[x] === b[x - k]) x++;
      furthest[middle + k] = x;
      if (x >= a.length && x - k >= b.length) return back(a, b, trace);
    }
  }
  return undefined;
}

/** Walks the trace back to the steps. */
function back(a: readonly string[], b: readonly string[], trace: readonly Int32Array[]): [Change['kind'], string][] {
  const steps: [Change['kind'], string][] = [];
  let x = a.length;
  let y = b.length;
  for (let edits = trace.length - 1; edits >= 0; edits--) {
    const row = trace[edits];
    const at = (k: number): number => row[k + edits + 1];
    const k = x - y;
    const down = k === -edits || (k !== edits && at(k - 1) < at(k + 1));
    const fromK = down ? k + 1 : k - 1;
    const fromX = edits === 0 ? 0 : at(fromK);
    const fromY = edits === 0 ? 0 : fromX - fromK;
    while (x > fromX && y > fromY && x > 0 && y > 0 && a[x - 1] === b[y - 1]) {
      steps.push(['same', a[--x]]);
      y--;
    }
    if (edits === 0) break;
    if (down) steps.push(['added', b[--y]]);
    else steps.push(['removed', a[--x]]);
  }
  return steps.reverse();
}
