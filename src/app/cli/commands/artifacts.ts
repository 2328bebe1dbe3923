import { resolve } from 'node:path';
import { ArtifactStore } from '../../../base/artifact/index.node.js';
import { formatBytes, formatDuration } from '../../../base/core/index.js';
import { loadProject, makePlan, measureTraining, readRunState } from '../../recipes/index.js';
import type { Command } from '../command.js';

const project = { name: '[project]', description: 'folder of abovo.yaml (default: here)' };

const list: Command = {
  name: 'list',
  summary: 'List the artifacts of a project, oldest first.',
  example: 'abovo artifacts list my-project',
  arguments: [project],
  async run({ args, cwd, print }) {
    const folder = resolve(cwd, args[0] ?? '.');
    const store = await ArtifactStore.open(folder);
    const current = new Set(Object.values((await readRunState(folder))?.artifacts ?? {}));
    const artifacts = store.list().map(({ address, manifest }) => ({
      address,
      kind: manifest.kind,
      bytes: Object.values(manifest.files).reduce((sum, file) => sum + file.bytes, 0),
      files: Object.keys(manifest.files).length,
      seconds: manifest.recorded.seconds,
      startedAt: manifest.recorded.startedAt,
      parents: manifest.parents,
      current: current.has(address),
    }));
    for (const { address, bytes, files, seconds, startedAt, current: isCurrent } of artifacts) {
      print(
        `${isCurrent ? '*' : ' '} ${address}  ${formatBytes(bytes)} in ${files} files, ${formatDuration(seconds)}, ${startedAt}`,
      );
    }
    const damaged = store.addresses().length - artifacts.length;
    if (damaged > 0) print(`${damaged} damaged; see abovo artifacts verify`);
    if (artifacts.length === 0) print('There are no artifacts yet.');
    return { result: { ok: damaged === 0, artifacts, damaged } };
  },
};

const verify: Command<{ address?: string }> = {
  name: 'verify',
  summary: 'Hash every file of every artifact again and compare with the manifests.',
  example: 'abovo artifacts verify my-project',
  arguments: [project],
  options: [{ flags: '--address <address>', description: 'check this one alone' }],
  async run({ args, options, cwd, signal, print }) {
    const store = await ArtifactStore.open(resolve(cwd, args[0] ?? '.'));
    const findings = await store.verify(options.address, signal);
    for (const { address, ok, problems } of findings) {
      print(`${ok ? 'ok    ' : 'DAMAGE'} ${address}`);
      for (const problem of problems) print(`       ${problem}`);
    }
    const ok = findings.every((finding) => finding.ok);
    if (!ok) print('Move a damaged folder out of .abovo/artifacts and run again: it is made anew.');
    return { exitCode: ok ? 0 : 1, result: { ok, findings } };
  },
};

const gc: Command<{ keep?: string[]; dryRun?: boolean }> = {
  name: 'gc',
  summary: 'Remove artifacts and unfinished work that neither abovo.yaml as it stands nor the last run leads to.',
  example: 'abovo artifacts gc my-project --dry-run',
  arguments: [project],
  options: [
    { flags: '--keep <addresses...>', description: 'also keep these, with what they were made from' },
    { flags: '--dry-run', description: 'only tell what would go' },
  ],
  async run({ args, options, cwd, signal, onProgress, print }) {
    const loaded = await loadProject(resolve(cwd, args[0] ?? '.'));
    const { store, stages } = await makePlan(loaded, { measure: measureTraining, signal, onProgress });
    const last = Object.values((await readRunState(loaded.folder))?.artifacts ?? {});
    const keep = [...stages.map(({ address }) => address), ...last];
    for (const prefix of options.keep ?? []) keep.push(store.get(prefix).address);
    const report = await store.collectGarbage({ keep, dryRun: options.dryRun });
    for (const label of report.removed) print(`${options.dryRun ? 'would remove' : 'removed'} ${label}`);
    print(`${report.removed.length} of ${report.removed.length + report.kept.length}, ${formatBytes(report.bytes)}`);
    return { result: { ok: true, dryRun: options.dryRun ?? false, ...report } };
  },
};

export const command: Command = {
  name: 'artifacts',
  summary: 'List, verify or clean up the artifacts of a project.',
  example: 'abovo artifacts list my-project',
  subcommands: [list, verify as Command, gc as Command],
};
