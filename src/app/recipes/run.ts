import { type Artifact, ArtifactStore, type StageResult, type StageWork } from '../../base/artifact/index.node.js';
import { type ThresholdFinding, describeFinding } from '../../base/charter/index.js';
import type { OnProgress } from '../../base/contract/index.js';
import { InvalidInput, nearest } from '../../base/core/index.js';
import { licenceConflicts } from '../../stages/data/card/index.js';
import { type Measure, type Plan, type StageName, makePlan, stageNames } from './plan.js';
import { loadProject } from './project-file.js';
import { type RunMetrics, judgeRelease, requireReason, writeRunState } from './run-state.js';

/** What a stage is given besides its folders. */
export interface StageContext {
  readonly plan: Plan;
  /** Artifacts this stage reads, by stage. */
  readonly parents: Readonly<Partial<Record<StageName, Artifact>>>;
  readonly onProgress: OnProgress;
  readonly note: (text: string) => void;
}

export type BuildStage = (work: StageWork, context: StageContext) => Promise<StageResult>;
export type Builders = Readonly<Record<StageName, BuildStage>>;

export interface RunOptions {
  readonly measure: Measure;
  readonly builders: Builders;
  readonly minutes?: number;
  /** Run this stage alone; what it reads must be there. */
  readonly only?: string;
  /** Run up to this stage. */
  readonly until?: string;
  /** Reason to accept unmet thresholds; recorded. */
  readonly override?: string;
  readonly signal?: AbortSignal;
  readonly onProgress?: OnProgress;
  readonly note?: (text: string) => void;
}

export interface RunResult {
  /** All stages are there and every threshold is met or overridden. */
  readonly ok: boolean;
  readonly artifacts: Readonly<Partial<Record<StageName, string>>>;
  readonly metrics: RunMetrics;
  readonly seconds: Readonly<Partial<Record<StageName, number>>>;
  readonly peakMemoryMB: number;
  readonly thresholds: readonly ThresholdFinding[];
  /** Stages that ran now; the others were there already. */
  readonly built: readonly StageName[];
  readonly override?: string;
}

function stageCalled(name: string, option: string): StageName {
  const found = stageNames.find((stage) => stage === name);
  if (found) return found;
  const near = nearest(name, stageNames);
  throw new InvalidInput(
    'run.stage',
    `run: ${option}: there is no stage "${name}"${near ? `; did you mean "${near}"?` : ''} Stages: ${stageNames.join(', ')}`,
  );
}

/**
 * Runs a project: every stage whose artifact is missing, in order, under the project's lock. A run that was stopped
 * goes on where it stood; a run with nothing to do does nothing.
 */
export async function runProject(folder: string, options: RunOptions): Promise<RunResult> {
  const only = options.only === undefined ? undefined : stageCalled(options.only, '--only');
  const until = options.until === undefined ? undefined : stageCalled(options.until, '--until');
  if (options.override !== undefined) requireReason(options.override);
  const loaded = await loadProject(folder);
  const store = await ArtifactStore.open(loaded.folder);
  return store.locked(async () => {
    const plan = await makePlan(loaded, { ...options, store });
    const built = await runStages(plan, options, only, until);
    return conclude(plan, options, built);
  });
}

async function runStages(plan: Plan, options: RunOptions, only?: StageName, until?: StageName): Promise<StageName[]> {
  const { store } = plan;
  const wanted = until === undefined ? stageNames.length : stageNames.indexOf(until) + 1;
  const stages = plan.stages.filter(({ stage }) =>
    only === undefined ? stageNames.indexOf(stage) < wanted : stage === only,
  );
  if (stages.length === 0) {
    throw new InvalidInput('run.stage', `run: this project has no stage ${only ?? until}; see abovo plan`);
  }
  const built: StageName[] = [];
  for (const { stage, address, key } of stages) {
    options.signal?.throwIfAborted();
    if (stage !== 'corpus') checkLicences(plan, options.note);
    if (store.find(address)) continue;
    const parents: Partial<Record<StageName, Artifact>> = {};
    for (const [role, parent] of Object.entries(key.parents)) {
      const artifact = store.find(parent);
      if (!artifact) {
        throw new InvalidInput(
          'run.parent',
          `run --only ${stage}: it reads ${role}, which is not there yet; run: abovo run --until ${stage}`,
        );
      }
      parents[role as StageName] = artifact;
    }
    const context: StageContext = {
      plan,
      parents,
      onProgress: options.onProgress ?? (() => undefined),
      note: options.note ?? (() => undefined),
    };
    await store.produce(key, (work) => options.builders[stage](work, context), { signal: options.signal });
    built.push(stage);
  }
  return built;
}

/** Nothing is trained on data whose licence forbids what the charter says the model is for. */
function checkLicences({ store, stages, project }: Plan, note: RunOptions['note']): void {
  const corpus = stages.find(({ stage }) => stage === 'corpus');
  const licences = corpus && store.find(corpus.address)?.manifest.licences;
  if (!licences) return;
  const { commercial, redistribute } = project.charter;
  const counts = licences.map(({ source, licence }) => ({ licence, documents: 1, sources: [source] }));
  const findings = licenceConflicts(counts, { commercial, redistribute });
  const stopping = findings.filter(({ severity }) => severity === 'stop');
  if (stopping.length > 0) {
    throw new InvalidInput(
      'charter.licence',
      `run: expected licences that allow ${commercial ? 'commercial use' : 'this use'}${redistribute ? ' and handing on' : ''}, got:\n${stopping
        .map(({ licence, problem, sources }) => `  ${licence} (${sources.slice(0, 3).join(', ')}): ${problem}`)
        .join('\n')}\nleave these sources out, or change charter.commercial and charter.redistribute`,
      { licences: stopping.map(({ licence }) => licence) },
    );
  }
  if (commercial || redistribute) for (const { licence, problem } of findings) note?.(`licence ${licence}: ${problem}`);
}

/** The result of what is there now, judged against the charter. */
async function conclude(plan: Plan, options: RunOptions, built: readonly StageName[]): Promise<RunResult> {
  const there = plan.stages.flatMap(({ stage, address }) => {
    const artifact = plan.store.find(address);
    return artifact ? [[stage, artifact] as const] : [];
  });
  const artifacts = Object.fromEntries(there.map(([stage, { address }]) => [stage, address]));
  const byStage = new Map(there);
  const evaluation = byStage.get('evaluation')?.manifest.metrics as Partial<RunMetrics> | undefined;
  const baselines = byStage.get('baselines')?.manifest.metrics as RunMetrics['baselines'] | undefined;
  const metrics: RunMetrics = {
    base: { ...evaluation?.base },
    tuned: { ...evaluation?.tuned },
    baselines: { ...baselines, ...evaluation?.baselines },
  };
  const complete = there.length === plan.stages.length;
  const { findings, unmet } = judgeRelease(plan.project.charter.releaseThresholds, metrics);
  const override =
    complete && unmet.length > 0 && options.override !== undefined ? requireReason(options.override) : undefined;
  if (complete) {
    await writeRunState(plan.store.folder, { format: 1, artifacts, metrics });
    const model = byStage.get('preferred') ?? byStage.get('tuned') ?? byStage.get('mid') ?? byStage.get('base');
    if (override !== undefined && model) {
      await plan.store.recordOverride({ address: model.address, reason: override, unmet: unmet.map(describeFinding) });
    }
  }
  return {
    ok: !complete || unmet.length === 0 || override !== undefined,
    artifacts,
    metrics,
    seconds: Object.fromEntries(there.map(([stage, { manifest }]) => [stage, manifest.recorded.seconds])),
    peakMemoryMB: Math.max(0, ...there.map(([, { manifest }]) => manifest.recorded.peakMemoryMB)),
    thresholds: complete ? findings : [],
    built,
    override,
  };
}
