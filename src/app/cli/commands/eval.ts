import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ArtifactStore } from '../../../base/artifact/index.node.js';
import { InvalidInput } from '../../../base/core/index.js';
import { openLanguageModel } from '../../../model/generation/index.node.js';
import {
  compareChoices,
  type Evaluation,
  type EvaluationData,
  type EvaluationSection,
  evaluate,
  type PairedTest,
  resolveEvaluationConfig,
} from '../../../stages/evaluation/index.js';
import {
  findModel,
  loadProject,
  projectFileName,
  readEvaluationData,
  readRunState,
  type RunMetrics,
} from '../../recipes/index.js';
import { type Command, integer } from '../command.js';
import { type RuntimeOptions, runtimeOptions } from '../generation-options.js';
import { table } from '../table.js';

interface Options extends RuntimeOptions {
  readonly data?: string;
  readonly chat?: boolean;
  readonly questions?: number;
  readonly answers?: number;
  readonly heldOutBytes?: number;
}

/** A model to measure: its folder, and whether it is asked in chats. */
interface Subject {
  readonly name: string;
  readonly folder: string;
  readonly chat: boolean;
}

interface Given {
  readonly subjects: readonly Subject[];
  readonly data: EvaluationData;
  readonly section: EvaluationSection;
  /** Figures of simple methods, where a run has measured them on the same data. */
  readonly baselines?: RunMetrics['baselines'];
}

/** Models and data of the last run of a project. */
async function ofProject(root: string, path: string, options: Options): Promise<Given> {
  const { project } = await loadProject(root);
  const state = await readRunState(root);
  const store = await ArtifactStore.open(root);
  const corpus = state && store.find(state.artifacts.corpus ?? '');
  if (!options.data && !corpus) {
    throw new InvalidInput('eval.data', `eval: this project has no corpus yet; run: abovo run ${path}`, { path: root });
  }
  const subjects: Subject[] = [];
  for (const which of options.which ? [options.which] : (['base', 'tuned'] as const)) {
    if (!options.which && state && !state.artifacts[which]) continue;
    const { folder } = await findModel(root, { which });
    subjects.push({ name: which, folder, chat: options.chat ?? which === 'tuned' });
  }
  return {
    subjects,
    data: await readEvaluationData(options.data ?? corpus!.folder),
    section: project.evaluation,
    ...(options.data || !state ? {} : { baselines: state.metrics.baselines }),
  };
}

/** A model folder and data of the user's. */
async function ofFolder(root: string, options: Options): Promise<Given> {
  const { folder, name } = await findModel(root);
  if (!options.data) {
    throw new InvalidInput(
      'eval.data',
      'eval: expected --data FOLDER with heldout.jsonl, choice.jsonl, definitions.jsonl or prompts.jsonl: a model folder has no data of its own',
    );
  }
  return {
    subjects: [{ name, folder, chat: options.chat ?? false }],
    data: await readEvaluationData(options.data),
    section: {},
  };
}

export const command: Command<Options> = {
  name: 'eval',
  summary: 'Measure a model: bits per byte on held-out text, questions with intervals, written answers, samples.',
  example: 'abovo eval demo --json',
  arguments: [{ name: '[folder]', description: 'project or model folder (default: here)' }],
  options: [
    { flags: '--data <folder>', description: "folder of a corpus (default: the project's own)" },
    { flags: '--chat', description: 'ask questions as chats (default: of a tuned model)' },
    { flags: '--no-chat', description: 'ask questions as text to go on from' },
    { flags: '--held-out-bytes <number>', description: 'held-out text to measure on at most', parse: integer(1) },
    { flags: '--questions <number>', description: 'questions to ask at most', parse: integer(0) },
    { flags: '--answers <number>', description: 'answers to write at most', parse: integer(0) },
    ...runtimeOptions,
  ],
  async run({ args, options: given, cwd, signal, print, onProgress }) {
    const path = args[0] ?? '.';
    const root = resolve(cwd, path);
    const options = { ...given, ...(given.data === undefined ? {} : { data: resolve(cwd, given.data) }) };
    if (options.data && !existsSync(options.data)) {
      throw new InvalidInput('eval.data', `eval: --data ${given.data}: there is no such folder`, {
        path: options.data,
      });
    }
    const isProject = existsSync(join(root, projectFileName));
    const { subjects, data, section, baselines } = await (isProject
      ? ofProject(root, path, options)
      : ofFolder(root, options));
    if (!data.heldOut?.length && !data.choice?.length && !data.writing?.length && !data.prompts?.length) {
      throw new InvalidInput('eval.data', `eval: expected something to measure in ${options.data}, found nothing`);
    }
    const { heldOutBytes, questions, answers } = options;
    const limits = Object.fromEntries(
      Object.entries({ heldOutBytes, questions, answers }).filter(([, value]) => value !== undefined),
    );
    const config = resolveEvaluationConfig({ ...section, ...limits });
    const results: Record<string, Evaluation> = {};
    for (const { name, folder, chat } of subjects) {
      const model = await openLanguageModel(folder, { ...options, name, maxSequences: 8 });
      try {
        const stage = `evaluating ${name}`;
        results[name] = await evaluate({ model, data, config, chat, stage, onProgress, signal });
      } finally {
        await model.close();
      }
    }
    const { base, tuned } = results;
    const paired = base?.choice && tuned?.choice ? compareChoices(tuned.choice, base.choice) : undefined;
    print(show(results, baselines, paired));
    return { result: { ok: true, models: results, ...(baselines && { baselines }), ...(paired && { paired }) } };
  },
};

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

function show(results: Readonly<Record<string, Evaluation>>, baselines?: RunMetrics['baselines'], paired?: PairedTest) {
  const names = Object.keys(results);
  const all = Object.values(results);
  const row = (title: string, of: (evaluation: Evaluation) => string | undefined, beside: string): string[] => [
    title,
    ...all.map((evaluation) => of(evaluation) ?? '–'),
    beside,
  ];
  const known = (entries: ReadonlyArray<readonly [string, string | undefined]>): string =>
    entries.flatMap(([name, value]) => (value === undefined ? [] : [`${name} ${value}`])).join(', ');
  const rows = [
    row(
      'bits per byte',
      ({ heldOut }) => heldOut?.bitsPerByte.toFixed(3),
      known([
        ['xz', baselines?.xzBitsPerByte?.toFixed(3)],
        ['Kneser-Ney', baselines?.kneserNey5BitsPerByte?.toFixed(3)],
      ]),
    ),
    row('perplexity', ({ heldOut }) => heldOut?.perplexity.toFixed(1), ''),
    row(
      'right choices',
      ({ choice }) =>
        choice &&
        `${percent(choice.accuracy.value)} [${percent(choice.accuracy.low)}, ${percent(choice.accuracy.high)}]`,
      known([['chance', all[0]?.choice && percent(all[0].choice.chance)]]),
    ),
    row(
      'chrF',
      ({ writing }) => writing?.chrF.score.toFixed(1),
      known([['simple method', all.find(({ writing }) => writing)?.writing?.baselineChrF?.score.toFixed(1)]]),
    ),
  ].filter((cells) => cells.slice(1, -1).some((cell) => cell !== '–'));
  const lines = [table(['', ...names, 'beside'], rows)];
  const [first] = all;
  if (first?.heldOut) lines.push(`held out: ${first.heldOut.documents} documents, ${first.heldOut.bytes} bytes`);
  if (paired) {
    lines.push(
      `tuned against base: ${paired.wins} questions won, ${paired.losses} lost, exact McNemar p = ${paired.pValue.toPrecision(2)} (mid-p ${paired.midP.toPrecision(2)})`,
    );
  }
  for (const [name, { samples }] of Object.entries(results)) {
    for (const { prompt, text } of samples) lines.push(`${name}: ${prompt} → ${text}`);
  }
  return lines.join('\n');
}
