import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { ArtifactStore, diskError } from '../../base/artifact/index.node.js';
import { type ThresholdFinding, describeFinding, evaluateThresholds } from '../../base/charter/index.js';
import { InvalidInput, Unavailable } from '../../base/core/index.js';
import { writeFileAtomic } from '../../base/core/index.node.js';
import { loadProject, projectFileName } from './project-file.js';

const figure = z.object({ value: z.number(), low: z.number(), high: z.number() });

/** Metrics of a run, in the shape that `run --json` prints. Absent figures were not measured. */
const metricsSchema = z.object({
  base: z
    .object({ bitsPerByte: z.number(), perplexity: z.number(), choiceAccuracy: figure, chrF: z.number() })
    .extend({ taskBitsPerToken: z.number(), maskedAccuracy: z.number() })
    .partial()
    .loose(),
  tuned: z.object({ bitsPerByte: z.number(), choiceAccuracy: figure, chrF: z.number() }).partial().loose(),
  baselines: z
    .object({ xzBitsPerByte: z.number(), kneserNey5BitsPerByte: z.number(), chance: z.number(), chrF: z.number() })
    .extend({ unigramBitsPerToken: z.number(), commonestAccuracy: z.number() })
    .partial()
    .loose(),
});
export type RunMetrics = z.infer<typeof metricsSchema>;

const runStateSchema = z.object({
  format: z.literal(1),
  artifacts: z.record(z.string(), z.string()),
  metrics: metricsSchema,
});

/** The last run of a project that reached its end. */
export type RunState = z.infer<typeof runStateSchema>;

const pathOf = (storeFolder: string): string => join(storeFolder, 'run.json');

export async function writeRunState(storeFolder: string, state: RunState): Promise<void> {
  try {
    await mkdir(storeFolder, { recursive: true });
    await writeFileAtomic(pathOf(storeFolder), `${JSON.stringify(state, null, 2)}\n`);
  } catch (error) {
    throw diskError(error, `write ${pathOf(storeFolder)}`);
  }
}

/** What the last finished run of a project left; undefined before the first. */
export async function readRunState(projectFolder: string): Promise<RunState | undefined> {
  const path = pathOf(join(resolve(projectFolder), '.abovo'));
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch {
    return undefined;
  }
  try {
    return runStateSchema.parse(JSON.parse(text));
  } catch (error) {
    throw new Unavailable('run.state', `read ${path}: it is damaged; delete it and run again`, { path }, error);
  }
}

/** Thresholds of the charter that the last run did not meet. */
export interface Release {
  readonly findings: readonly ThresholdFinding[];
  readonly unmet: readonly ThresholdFinding[];
}

export function judgeRelease(thresholds: readonly string[], metrics: RunMetrics): Release {
  const findings = evaluateThresholds(thresholds, metrics);
  return { findings, unmet: findings.filter((finding) => !finding.met) };
}

export interface ModelFolder {
  /** Hugging Face folder of the model. */
  readonly folder: string;
  readonly name: string;
  /** Address of the artifact, where the folder is a project's. */
  readonly address?: string;
  /** The project, where there is one. */
  readonly project?: string;
}

export interface FindModelOptions {
  /** Which model of a project: the tuned one where there is one (default), or the base. */
  readonly which?: 'tuned' | 'base';
  /** Whether unmet release thresholds refuse the model (serving does). */
  readonly gate?: boolean;
  /** Reason to use it all the same; recorded in lineage. */
  readonly override?: string;
}

/**
 * The model folder behind a path: a Hugging Face folder as it is, or the model of the last run of a project. With
 * `gate`, a project whose release thresholds are unmet is refused unless `override` says why; the reason is recorded.
 */
export async function findModel(path: string, options: FindModelOptions = {}): Promise<ModelFolder> {
  const root = resolve(path);
  if (!existsSync(join(root, projectFileName))) {
    if (existsSync(join(root, 'config.json'))) return { folder: root, name: root.split(/[\\/]/).at(-1) || 'model' };
    throw new InvalidInput(
      'model.missing',
      `open ${root}: expected a project (${projectFileName}) or a model folder (config.json), found neither`,
      { path: root },
    );
  }
  const { project, name } = await loadProject(root);
  const state = await readRunState(root);
  const which = options.which ?? (state?.artifacts.tuned ? 'tuned' : 'base');
  const last = which === 'base' ? 'mid' : 'preferred';
  const address = state?.artifacts[state.artifacts[last] ? last : which];
  if (!state || !address) {
    throw new InvalidInput(
      'model.missing',
      `open ${root}: this project has no ${which} model yet; run: abovo run ${path}`,
      {
        path: root,
      },
    );
  }
  const store = await ArtifactStore.open(root);
  const artifact = store.find(address);
  if (!artifact) {
    throw new InvalidInput('model.missing', `open ${root}: its artifact ${address} is gone; run: abovo run ${path}`, {
      address,
    });
  }
  if (options.gate) {
    const { unmet } = judgeRelease(project.charter.releaseThresholds, state.metrics);
    if (unmet.length > 0) {
      const texts = unmet.map(describeFinding);
      if (options.override === undefined) {
        throw new Unavailable(
          'release.refused',
          `serve: release thresholds are not met:\n${texts.map((text) => `  ${text}`).join('\n')}\nserve it all the same with --override REASON, which is recorded`,
          { unmet: texts },
        );
      }
      await store.recordOverride({ address, reason: requireReason(options.override), unmet: texts });
    }
  }
  return { folder: artifact.folder, name, address, project: root };
}

/** The text of an override, refused where it says nothing. */
export function requireReason(reason: string): string {
  const text = reason.trim();
  if (text.length < 3) throw new InvalidInput('override.reason', '--override: expected a reason in words, got none');
  return text;
}
