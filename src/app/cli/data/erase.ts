import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ArtifactStore } from '../../../base/artifact/index.node.js';
import { InvalidInput } from '../../../base/core/index.js';
import { type Command } from '../command.js';
import { table } from '../table.js';

interface Options {
  readonly subject?: string;
  readonly subjectEnv?: string;
  readonly files?: readonly string[];
  readonly fields?: readonly string[];
  readonly dryRun?: boolean;
  readonly removeModels?: boolean;
  readonly keyEnv?: string;
}

function fromEnvironment(name: string, flag: string): string {
  const value = process.env[name];
  if (!value)
    throw new InvalidInput(
      'option.value',
      `${flag}: expected a value in the environment variable ${name}, got nothing`,
    );
  return value;
}

export const erase: Command<Options> = {
  name: 'erase',
  summary: 'Take a person’s records out of raw data, corpora and shards, and list what must be trained anew.',
  example: 'abovo data erase my-project --subject ada@example.org --dry-run',
  arguments: [{ name: '[project]', description: 'folder of abovo.yaml (default: here)' }],
  options: [
    { flags: '--subject <key>', description: 'the person’s key or e-mail, as records have it' },
    {
      flags: '--subject-env <name>',
      description: 'environment variable with the key, which then is in no shell history',
    },
    { flags: '--files <files...>', description: 'more raw data to look through, beside what abovo.yaml names' },
    {
      flags: '--fields <names...>',
      description: 'fields of records that hold a person’s key (default: subject, email and their like)',
    },
    { flags: '--dry-run', description: 'only tell what would go' },
    { flags: '--remove-models', description: 'remove the models that have seen the records, too' },
    { flags: '--key-env <name>', description: 'environment variable with the secret of the hash in the record' },
  ],
  async run({ args, options, cwd, signal, print, onProgress }) {
    const { eraseSubject } = await import('../../../stages/data/erase/index.js');
    const { resolveFiles } = await import('../../../stages/data/index.js');
    const { loadProject, projectFileName } = await import('../../recipes/index.js');
    const subject =
      options.subject ?? (options.subjectEnv ? fromEnvironment(options.subjectEnv, '--subject-env') : undefined);
    if (!subject)
      throw new InvalidInput(
        'option.value',
        'erase: expected a person, got none; give --subject KEY or --subject-env NAME',
      );
    const folder = resolve(cwd, args[0] ?? '.');
    const store = await ArtifactStore.open(folder);
    const files = options.files ? await resolveFiles(options.files, cwd) : [];
    if (existsSync(join(folder, projectFileName))) {
      const { project } = await loadProject(folder);
      for (const list of [project.data.files, project.data.chats, project.midtraining.files]) {
        if (list && list.length > 0) files.push(...(await resolveFiles(list, folder)));
      }
    }
    const report = await eraseSubject({
      store,
      subject,
      files: [...new Set(files)],
      signal,
      onProgress,
      ...(options.fields ? { fields: options.fields } : {}),
      dryRun: options.dryRun,
      removeModels: options.removeModels,
      ...(options.keyEnv ? { key: fromEnvironment(options.keyEnv, '--key-env') } : {}),
    });
    const verb = report.dryRun ? 'would go' : 'gone';
    if (report.files.length > 0) {
      print(
        table(
          ['file', `records ${verb}`, 'mentions'],
          report.files.map((file) => [file.path, String(file.records), String(file.mentions ?? 0)]),
        ),
      );
    }
    if (report.shards.length > 0) {
      print(
        table(
          ['shards of', `documents ${verb}`],
          report.shards.map((found) => [found.artifact, String(found.documents)]),
        ),
      );
    }
    if (report.files.length + report.shards.length === 0) print('Nothing about this person was found.');
    for (const { artifact, retrain, removed } of report.affected) {
      print(
        `${artifact}: ${removed ? 'removed; ' : ''}${retrain ? 'must be trained anew: abovo run' : 'was made from these records'}`,
      );
    }
    for (const problem of report.problems) print(`not looked through: ${problem}`);
    const ok = report.problems.length === 0;
    return { exitCode: ok ? 0 : 1, result: { ok, ...report } };
  },
};
