import type { PipelineSpec, StepSpec } from './spec.js';

/** One walk over the corpus: document steps, then what the next corpus step remembers of each document. */
export interface Pass {
  readonly number: number;
  /** Pass whose documents are read; absent for the first, which reads the sources. */
  readonly input?: number;
  /** Passes whose verdicts are applied to the documents read, in order. Only `fresh` ones are counted and listed here. */
  readonly verdicts: ReadonlyArray<{ readonly pass: number; readonly step: StepSpec; readonly fresh: boolean }>;
  readonly steps: readonly StepSpec[];
  /** Corpus step that decides at the end of this pass. */
  readonly corpus?: StepSpec;
  /** Whether the documents are written (else the next pass reads what this one read, and applies verdicts again). */
  readonly writes: boolean;
  /** The documents are the result. */
  readonly last: boolean;
}

/** Cuts the steps of a pipeline into passes, one for each corpus step and one for what follows the last. */
export function planPasses({ steps }: PipelineSpec): Pass[] {
  const passes: Pass[] = [];
  let verdicts: Pass['verdicts'] = [];
  let input: number | undefined;
  let own: StepSpec[] = [];
  const add = (corpus?: StepSpec): void => {
    const number = passes.length;
    const last = corpus === undefined;
    // Without steps of its own, a pass between two corpus steps only remembers.
    const writes = last || number === 0 || own.length > 0;
    passes.push({ number, input, verdicts, steps: own, corpus, writes, last });
    const stale = writes ? [] : verdicts.map((verdict) => ({ ...verdict, fresh: false }));
    verdicts = corpus ? [...stale, { pass: number, step: corpus, fresh: true }] : [];
    if (writes) input = number;
    own = [];
  };
  for (const step of steps) {
    if (step.kind === 'corpus') add(step);
    else own.push(step);
  }
  add();
  return passes;
}
