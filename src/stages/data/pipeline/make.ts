import type { WorkerSettings } from './protocol.js';
import type { Source } from './source.js';
import type { CorpusStep, DocumentStep } from './step.js';
import { findSource, findStep } from './table.js';

/** Makes the steps of a pipeline; a corpus step only where it is asked for by `corpus`. */
export async function makeStep<T extends DocumentStep | CorpusStep>(
  settings: Pick<WorkerSettings, 'spec' | 'projectFolder'>,
  step: WorkerSettings['spec']['steps'][number],
): Promise<T> {
  const { definition } = await findStep(step.name, settings.projectFolder);
  const options = definition.options.parse(step.options);
  const context = { folder: settings.projectFolder, seed: settings.spec.seed };
  return (await definition.create(options, context)) as T;
}

export async function makeSource(
  settings: Pick<WorkerSettings, 'spec' | 'projectFolder'>,
  index: number,
  signal?: AbortSignal,
): Promise<Source> {
  const { kind, options } = settings.spec.sources[index];
  const { definition } = await findSource(kind, settings.projectFolder);
  return definition.create(definition.options.parse(options), { folder: settings.projectFolder, signal });
}
