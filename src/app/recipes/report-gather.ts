import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type Artifact, ArtifactStore, describeCode } from '../../base/artifact/index.node.js';
import { requiredControls } from '../../base/charter/index.js';
import { InvalidInput, formatBytes, formatCount } from '../../base/core/index.js';
import { writeFileAtomic } from '../../base/core/index.node.js';
import { renderReport } from '../../base/report/index.js';
import type { Evaluation } from '../../stages/evaluation/index.js';
import { type MetricsLine, readMetrics } from '../../stages/training/index.js';
import { type StageName, stageNames } from './plan.js';
import { readPlanState } from './plan-state.js';
import { loadProject } from './project-file.js';
import { reportCard } from './report-card.js';
import type { CurveView, ReportInput, StageView } from './report-input.js';
import { judgeRelease, readRunState } from './run-state.js';

type Stages = ReadonlyMap<StageName, Artifact>;
type Fact = readonly [name: string, value: string];

/** How stages are called on the card. */
const titles: Record<StageName, string> = {
  corpus: 'Corpus',
  tokenizer: 'Tokenizer',
  tokens: 'Token shards',
  baselines: 'Baselines',
  base: 'Base model',
  mid: 'Mid-training',
  tuned: 'Tuned model',
  preferred: 'Preferred model',
  evaluation: 'Evaluation',
};

const maxSamples = 12;

function number(artifact: Artifact | undefined, name: string): number | undefined {
  const value = artifact?.manifest.metrics[name];
  return typeof value === 'number' ? value : undefined;
}

/** `trainingDocuments` → `Training documents`. */
function words(name: string): string {
  const text = name.replace(/([a-z0-9])([A-Z])/g, '$1 $2').toLowerCase();
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function amount(name: string, value: number): string {
  if (/bytes$/i.test(name)) return formatBytes(value);
  return Number.isInteger(value) ? value.toLocaleString('en-US') : value.toPrecision(4);
}

function factsOf(artifact: Artifact | undefined, leaveOut: readonly string[] = []): Fact[] {
  return Object.entries(artifact?.manifest.metrics ?? {}).flatMap(([name, value]): Fact[] =>
    typeof value === 'number' && !leaveOut.includes(name) ? [[words(name), amount(name, value)]] : [],
  );
}

function stageView(stage: StageName, artifact: Artifact, predicted: StageView['predicted']): StageView {
  const { address, manifest } = artifact;
  const { seconds, peakMemoryMB, startedAt, resumed } = manifest.recorded;
  return {
    stage: titles[stage],
    address,
    parents: Object.values(manifest.parents),
    seconds,
    peakMemoryMB,
    flops: number(artifact, 'flops'),
    predicted,
    startedAt,
    resumed,
    bytes: Object.values(manifest.files).reduce((sum, file) => sum + file.bytes, 0),
  };
}

/** Speed over windows of steps: single steps jump. */
function speed(steps: ReadonlyArray<MetricsLine & { type: 'step' }>): CurveView['tokensPerSecond'] {
  const window = Math.max(1, Math.round(steps.length / 60));
  const points: Array<readonly [number, number]> = [];
  for (let end = window; end < steps.length; end += window) {
    const part = steps.slice(end - window + 1, end + 1);
    const seconds = part.reduce((sum, line) => sum + line.seconds, 0);
    if (seconds > 0) points.push([steps[end]!.step, (steps[end]!.tokens - steps[end - window]!.tokens) / seconds]);
  }
  return points;
}

async function curve(stage: StageName, artifact: Artifact | undefined): Promise<CurveView[]> {
  const path = artifact && join(artifact.folder, 'metrics.jsonl');
  if (!path || !existsSync(path)) return [];
  const lines = await readMetrics(path);
  const steps = lines.filter((line) => line.type === 'step');
  const points = (of: (line: (typeof steps)[number]) => number): CurveView['loss'] =>
    steps.map((line) => [line.step, of(line)] as const);
  return [
    {
      stage: titles[stage],
      loss: points((line) => line.loss),
      validation: lines.filter((line) => line.type === 'validation').map((line) => [line.step, line.loss] as const),
      learningRate: points((line) => line.learningRate),
      gradientNorm: points((line) => line.gradNorm),
      tokensPerSecond: speed(steps),
    },
  ];
}

async function readEvaluation(
  artifact: Artifact | undefined,
  which: 'base' | 'tuned',
): Promise<Evaluation | undefined> {
  const path = artifact && join(artifact.folder, `${which}.json`);
  if (!path || !existsSync(path)) return undefined;
  return JSON.parse(await readFile(path, 'utf8')) as Evaluation;
}

async function samplesOf(stages: Stages): Promise<ReportInput['samples']> {
  const artifact = stages.get('evaluation');
  const base = await readEvaluation(artifact, 'base');
  const tuned = await readEvaluation(artifact, 'tuned');
  const written = tuned?.writing?.texts.slice(0, maxSamples) ?? [];
  return [
    { title: 'The base model goes on from these words.', samples: base?.samples.slice(0, maxSamples) ?? [] },
    { title: 'The tuned model answers.', samples: tuned?.samples.slice(0, maxSamples) ?? [] },
    {
      title: 'Held-out words: what the tuned model writes beside the reference.',
      samples: written.map(({ id, text, references }) => ({ prompt: id, text, reference: references[0] })),
    },
  ];
}

function modelFacts(stages: Stages): Fact[] {
  const base = stages.get('base');
  if (!base) return [];
  const { architecture, training } = base.manifest.config as {
    architecture?: Record<string, unknown>;
    training?: Record<string, unknown>;
  };
  const facts: Fact[] = [];
  const parameters = number(base, 'parameters');
  const inner = number(base, 'nonEmbeddingParameters');
  if (parameters) {
    facts.push([
      'Parameters',
      `${formatCount(parameters)}${inner ? `, ${formatCount(inner)} without embeddings` : ''}`,
    ]);
  }
  for (const [name, value] of Object.entries({ ...architecture })) {
    if (typeof value === 'number' || typeof value === 'string') facts.push([words(name), String(value)]);
  }
  for (const name of ['optimizer', 'schedule', 'batchTokens', 'microBatchSize', 'dropout', 'seed']) {
    const value = training?.[name];
    if (typeof value === 'number' || typeof value === 'string') facts.push([words(name), String(value)]);
  }
  for (const name of ['steps', 'tokens', 'epochs'] as const) {
    const value = number(base, name);
    if (value !== undefined) facts.push([words(name), amount(name, value)]);
  }
  return facts;
}

function unionOfLicences(stages: Stages): ReportInput['licences'] {
  const seen = new Map<string, ReportInput['licences'][number]>();
  for (const { manifest } of stages.values()) {
    for (const licence of manifest.licences) seen.set(`${licence.source} ${licence.licence}`, licence);
  }
  return [...seen.values()];
}

function machineFacts(artifact: Artifact): Fact[] {
  const { machine, device, version, commit } = artifact.manifest.recorded;
  return [
    ['Processor', `${machine.cpu}, ${machine.cores} cores`],
    ['Memory', formatBytes(machine.memoryMB * 1e6)],
    ['System', machine.os],
    ['Node', machine.node],
    ['ONNX Runtime', machine.onnxruntime],
    ['Device', device],
    ['abovo', commit ? `${version} (${commit.slice(0, 10)})` : version],
  ];
}

/**
 * Everything the card of a project shows, from the manifests (and the files they name) of its last finished run.
 *
 * @throws InvalidInput `report.missing` before the first finished run
 */
export async function gatherReport(projectFolder: string): Promise<ReportInput> {
  const { project, name, folder } = await loadProject(projectFolder);
  const state = await readRunState(folder);
  if (!state) {
    throw new InvalidInput(
      'report.missing',
      `report: ${folder} has no finished run yet; run: abovo run ${projectFolder}`,
    );
  }
  const store = await ArtifactStore.open(folder);
  const stages = new Map<StageName, Artifact>();
  for (const stage of stageNames) {
    const artifact = state.artifacts[stage] === undefined ? undefined : store.find(state.artifacts[stage]);
    if (artifact) stages.set(stage, artifact);
  }
  const { forecasts } = await readPlanState(store.folder);
  const { charter, cost } = project;
  const { base, tuned, baselines } = state.metrics;
  const evaluation = stages.get('evaluation');
  const paired = evaluation?.manifest.metrics.paired as ReportInput['evaluation']['paired'];
  const last = [...stages.values()].at(-1);
  const addresses = new Set([...stages.values()].map((artifact) => artifact.address));
  return {
    name,
    charter: {
      purpose: charter.purpose,
      users: charter.intendedUsers,
      outOfScope: charter.outOfScopeUses,
      dataClasses: charter.dataClasses,
      risks: charter.risks,
      controls: requiredControls(charter).map(({ id, title, evidence }) => ({
        id,
        title,
        evidence: `${evidence.stage}: ${evidence.what}`,
      })),
    },
    thresholds: judgeRelease(charter.releaseThresholds, state.metrics).findings.map(({ text, value, met }) => ({
      rule: text,
      value,
      met,
    })),
    overrides: store.overrides().filter((override) => addresses.has(override.address)),
    stages: [...stages].map(([stage, artifact]) => stageView(stage, artifact, forecasts[artifact.address])),
    data: factsOf(stages.get('corpus')),
    dataNotes: [...stages.values()].flatMap((artifact) => artifact.manifest.notes),
    licences: unionOfLicences(stages),
    tokenizer: [
      ...factsOf(stages.get('tokenizer'), ['specialTokens']),
      ...factsOf(stages.get('tokens'), ['trainBytes', 'validationBytes', 'trainDocuments', 'validationDocuments']),
    ],
    model: modelFacts(stages),
    curves: (
      await Promise.all(
        (['base', 'mid', 'tuned', 'preferred'] as const).map((stage) => curve(stage, stages.get(stage))),
      )
    ).flat(),
    evaluation: {
      base: { ...base, choice: base.choiceAccuracy },
      tuned: { ...tuned, choice: tuned.choiceAccuracy },
      baselines: {
        xz: baselines.xzBitsPerByte,
        kneserNey5: baselines.kneserNey5BitsPerByte,
        chance: baselines.chance,
        chrF: baselines.chrF,
        unigramBitsPerToken: baselines.unigramBitsPerToken,
        commonestAccuracy: baselines.commonestAccuracy,
        chrFName: 'the corpus’s simple method',
      },
      paired,
      questions: number(evaluation, 'questions') || undefined,
      heldOutBytes: number(evaluation, 'heldOutBytes') || undefined,
      heldOutDocuments: number(evaluation, 'heldOutDocuments') || undefined,
      notes: [],
    },
    samples: await samplesOf(stages),
    machine: last ? machineFacts(last) : [],
    cost: cost.perHour === undefined ? undefined : { perHour: cost.perHour, currency: cost.currency ?? 'EUR' },
    version: describeCode().version,
  };
}

/** Writes the report card of a project's last finished run and gives its path (default: `report.html` in the project). */
export async function writeReport(projectFolder: string, out?: string): Promise<string> {
  const path = resolve(out ?? join(projectFolder, 'report.html'));
  await writeFileAtomic(path, renderReport(reportCard(await gatherReport(projectFolder))));
  return path;
}
