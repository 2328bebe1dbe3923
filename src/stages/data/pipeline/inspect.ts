import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { InvalidInput, type Json } from '../../../base/core/index.js';
import { type Document, byteLength } from '../document.js';
import { Chain } from './chain.js';
import { Layout, readState } from './layout.js';
import { type Pass, planPasses } from './passes.js';
import type { Decision } from './protocol.js';
import { type PipelineInput, completePipeline, specDigest } from './spec.js';
import { type DocumentStep, type Outcome, type Verdict, isDrop } from './step.js';
import { makeSource, makeStep } from './make.js';
import { applyVerdict } from './apply-verdict.js';
import { VerdictLayer } from './verdicts.js';

/** What one step made of a document. */
export interface Trace {
  readonly step: string;
  readonly outcome: 'kept' | 'changed' | 'split' | 'dropped' | 'failed' | 'unknown';
  readonly rule?: string;
  readonly detail?: string;
  readonly before: Document;
  /** What came out; several where the document was split, none where it was dropped. */
  readonly after: readonly Document[];
}

/** A document of a source, and its way through the steps. */
export interface Inspected {
  readonly document: Document;
  readonly steps: readonly Trace[];
}

export interface InspectOptions extends PipelineInput {
  readonly projectFolder?: string;
  /** Documents with these ids. */
  readonly ids?: readonly string[];
  /** Documents that this rule took out: `minWords`, `length.minWords`, or a step's name for whatever it took out or changed. */
  readonly rule?: string;
  /** So many documents, chosen by a hash with the seed; of those of the rule, where there is one. Default 5. */
  readonly sample?: number;
  /** Documents read at most, from the beginning of the corpus; 0 reads all. Default 20,000. */
  readonly scan?: number;
  /** Folder of a finished run of the same pipeline: what its corpus steps decided is shown. */
  readonly run?: string;
  readonly signal?: AbortSignal;
  readonly onProgress?: (documents: number) => void;
}

/** A pass of the pipeline as it is looked at: its steps, and the verdicts that follow. */
interface Stage {
  readonly chain: Chain;
  readonly pass: Pass;
  readonly verdicts?: () => Verdict | undefined;
}

/** Reads a corpus from its beginning and shows what the steps make of chosen documents, in this process. */
export async function inspectPipeline(options: InspectOptions): Promise<Inspected[]> {
  const projectFolder = resolve(options.projectFolder ?? '.');
  const { ids, rule, sample = ids ? Number.POSITIVE_INFINITY : 5, scan = 20_000, signal } = options;
  const spec = await completePipeline(options, projectFolder);
  const settings = { spec, projectFolder };
  const looker = new Looker(await verdictsOf(options.run, specDigest(spec)));
  await looker.make(planPasses(spec), settings);
  const wanted = new Set(ids);
  const seed = options.seed ?? 1;
  const chosen: { readonly place: number; readonly order: number; readonly inspected: Inspected }[] = [];
  let read = 0;
  const full = (): boolean => (scan > 0 && read >= scan) || (ids !== undefined && chosen.length >= wanted.size);
  for (let i = 0; i < spec.sources.length && !full(); i++) {
    const { licence, access } = spec.sources[i];
    const source = await makeSource(settings, i, signal);
    try {
      for (const task of await source.tasks(signal)) {
        if (full()) break;
        for await (const { document: given } of source.read(task, { onReject: () => undefined, signal })) {
          signal?.throwIfAborted();
          const document = { ...given, licence: given.licence ?? licence, access: given.access ?? access };
          const steps = await looker.look(document);
          if (++read % 1000 === 0) options.onProgress?.(read);
          if (
            ids ? !isCalled(document, steps, wanted) : rule !== undefined && !steps.some((trace) => fits(trace, rule))
          ) {
            if (full()) break;
            continue;
          }
          const hash = createHash('sha256').update(`${seed}\0${document.source}\0${document.id}`).digest();
          chosen.push({ place: ids ? read : hash.readUIntBE(0, 6), order: read, inspected: { document, steps } });
          if (chosen.length > 2 * sample + 64) keepFirst(chosen, sample);
          if (full()) break;
        }
      }
    } finally {
      await source.close?.();
    }
  }
  await looker.close();
  keepFirst(chosen, sample);
  return chosen.sort((a, b) => a.order - b.order).map(({ inspected }) => inspected);
}

const keepFirst = (chosen: { readonly place: number }[], count: number): void => {
  chosen.sort((a, b) => a.place - b.place);
  if (chosen.length > count) chosen.length = count;
};

const isCalled = (document: Document, steps: readonly Trace[], wanted: ReadonlySet<string>): boolean =>
  wanted.has(document.id) || steps.some(({ after }) => after.some(({ id }) => wanted.has(id)));

const fits = ({ step, rule, outcome }: Trace, wanted: string): boolean =>
  rule === wanted || `${step}.${rule}` === wanted || (step === wanted && outcome !== 'kept' && outcome !== 'unknown');

/** Verdicts of a finished run, by pass. */
async function verdictsOf(
  run: string | undefined,
  digest: string,
): Promise<ReadonlyMap<number, { readonly decision: Decision; readonly path: string }>> {
  const found = new Map<number, { readonly decision: Decision; readonly path: string }>();
  if (run === undefined) return found;
  const layout = new Layout(resolve(run), false);
  const settled = await readState<{ digest: string }>(layout.settings);
  if (settled?.digest !== digest) {
    throw new InvalidInput(
      'pipeline.folder',
      `inspect: expected a run of this pipeline in ${run}, found ${settled ? 'one of another' : 'none'}`,
    );
  }
  for (let pass = 0; existsSync(layout.decision(pass)); pass++) {
    const decision = await readState<Decision>(layout.decision(pass));
    if (decision) found.set(pass, { decision, path: layout.verdicts(pass) });
  }
  return found;
}

/** Sends single documents through all passes and notes what each step makes of them. */
class Looker {
  readonly #decided: ReadonlyMap<number, { readonly decision: Decision; readonly path: string }>;
  readonly #stages: Stage[] = [];
  #traces: Trace[] = [];

  constructor(decided: ReadonlyMap<number, { readonly decision: Decision; readonly path: string }>) {
    this.#decided = decided;
  }

  async make(passes: readonly Pass[], settings: Parameters<typeof makeStep>[0]): Promise<void> {
    for (const [i, pass] of passes.entries()) {
      const links = [];
      for (const step of pass.steps) {
        links.push({ label: step.label, step: await makeStep<DocumentStep>(settings, step) });
      }
      let next: Promise<void> = Promise.resolve();
      const chain = new Chain(links, {
        // One document after the other, so that indexes are those of the run.
        emit: (document) => void (next = next.then(() => this.#after(i, document))),
        seen: (step, before, outcome) => this.#seen(step, before, outcome),
        reject: (step, { rule, detail, text }) => {
          if (rule !== 'error' || text === undefined) return;
          const before = { ...this.#current!, text };
          this.#traces.push({ step, outcome: 'failed', rule, detail, before, after: [] });
        },
      });
      this.#waits.push(() => next);
      const decided = this.#decided.get(i);
      this.#stages.push({ chain, pass, verdicts: decided && verdictStream(decided) });
    }
  }

  readonly #waits: (() => Promise<void>)[] = [];
  #current: Document | undefined;

  async look(document: Document): Promise<readonly Trace[]> {
    this.#traces = [];
    this.#current = document;
    await this.#through(0, document);
    return this.#traces;
  }

  async #through(stage: number, document: Document): Promise<void> {
    await this.#stages[stage].chain.run(document, byteLength(document.text));
    await this.#waits[stage]();
  }

  #seen(step: string, before: Document, outcome: Outcome): void {
    if (Array.isArray(outcome)) {
      const after = outcome as readonly Document[];
      this.#traces.push({ step, outcome: after.length === 0 ? 'dropped' : 'split', before, after });
    } else if (isDrop(outcome)) {
      const { drop: rule, detail } = outcome;
      this.#traces.push({ step, outcome: 'dropped', rule, detail, before, after: [] });
    } else {
      const after = outcome as Document;
      this.#traces.push({ step, outcome: after === before ? 'kept' : 'changed', before, after: [after] });
    }
  }

  /** What becomes of a document that came through the steps of a pass. */
  async #after(stage: number, document: Document): Promise<void> {
    const { pass, verdicts } = this.#stages[stage];
    if (!pass.corpus) return;
    const step = pass.corpus.label;
    if (!verdicts) {
      const detail = 'it sees the whole corpus: run the pipeline, then inspect with the folder of that run';
      this.#traces.push({ step, outcome: 'unknown', detail, before: document, after: [document] });
      return this.#through(stage + 1, document);
    }
    const verdict = verdicts();
    if (verdict?.drop !== undefined) {
      const { drop: rule, detail } = verdict;
      this.#traces.push({ step, outcome: 'dropped', rule, detail, before: document, after: [] });
      return undefined;
    }
    const after = applyVerdict(document, verdict);
    this.#traces.push({ step, outcome: after === document ? 'kept' : 'changed', before: document, after: [after] });
    return this.#through(stage + 1, after);
  }

  async close(): Promise<void> {
    for (const { chain } of this.#stages) await chain.close();
  }
}

/** Verdicts of a pass, one call for each document in the order of the corpus. */
function verdictStream({ decision, path }: { decision: Decision; path: string }): () => Verdict | undefined {
  let index = 0;
  let part = -1;
  let layer: VerdictLayer | undefined;
  return () => {
    while (part + 1 < decision.parts.length && decision.parts[part + 1].first <= index) {
      part++;
      // Parts without documents begin where the next one does.
      if (decision.parts[part + 1]?.first === decision.parts[part].first) continue;
      layer = new VerdictLayer({ pass: 0, label: '', fresh: true, ...decision.parts[part] }, path);
    }
    index++;
    return layer?.next();
  };
}

/** A trace as plain data, for `--json`. */
export function traceJson({ step, outcome, rule, detail, before, after }: Trace): Record<string, Json | undefined> {
  return { step, outcome, rule, detail, before: before.text, after: after.map(({ text }) => text) };
}
