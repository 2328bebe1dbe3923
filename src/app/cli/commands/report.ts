import { resolve } from 'node:path';
import { gatherReport, writeReport } from '../../recipes/index.js';
import type { Command } from '../command.js';

interface Options {
  out?: string;
}

export const command: Command<Options> = {
  name: 'report',
  summary: 'Write the report card of a project: one self-contained page, built from manifests.',
  example: 'abovo report my-project --out report.html',
  arguments: [{ name: '[project]', description: 'folder of abovo.yaml (default: here)' }],
  options: [{ flags: '--out <file>', description: 'where to write it (default: report.html in the project)' }],
  async run({ args, options, cwd, json, print }) {
    const project = resolve(cwd, args[0] ?? '.');
    const path = await writeReport(project, options.out === undefined ? undefined : resolve(cwd, options.out));
    print(`Report card: ${path}`);
    return { result: { ok: true, path, ...(json && { report: await gatherReport(project) }) } };
  },
};
