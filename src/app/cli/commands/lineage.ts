import { resolve } from 'node:path';
import { ArtifactStore, formatLineage, lineageOf } from '../../../base/artifact/index.node.js';
import { InvalidInput } from '../../../base/core/index.js';
import { readRunState } from '../../recipes/index.js';
import type { Command } from '../command.js';

export const command: Command<{ of?: string }> = {
  name: 'lineage',
  summary: 'Show what an artifact was made from, what was made of it, its licences and overrides.',
  example: 'abovo lineage my-project --of base',
  arguments: [{ name: '[project]', description: 'folder of abovo.yaml (default: here)' }],
  options: [
    {
      flags: '--of <artifact>',
      description: 'a stage of the last run or an address (or its beginning); default: the end of the last run',
    },
  ],
  async run({ args, options, cwd, print }) {
    const folder = resolve(cwd, args[0] ?? '.');
    const store = await ArtifactStore.open(folder);
    const last = (await readRunState(folder))?.artifacts ?? {};
    const ofKind = (kind: string) => store.list().findLast(({ manifest }) => manifest.kind === kind)?.address;
    const { of } = options;
    const address =
      of === undefined
        ? (last.evaluation ?? store.list().at(-1)?.address)
        : (last[of] ?? ofKind(of) ?? store.get(of).address);
    if (address === undefined) {
      throw new InvalidInput('artifact.unknown', `lineage: there are no artifacts in ${folder} yet; run: abovo run`);
    }
    const lineage = lineageOf(store, address);
    print(formatLineage(lineage));
    return { result: { ok: true, ...lineage } };
  },
};
