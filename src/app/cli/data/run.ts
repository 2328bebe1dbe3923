import { join, relative, resolve } from 'node:path';
import { InvalidInput, formatBytes, formatCount, formatDuration } from '../../../base/core/index.js';
import { type Command, integer } from '../command.js';
import { table } from '../table.js';

interface RunOptions {
  readonly shard?: { readonly index: number; readonly count: number };
  readonly workers?: number;
  readonly out?: string;
  readonly gzip?: boolean;
  readonly rejectText?: boolean;
  readonly memory?: number;
  readonly documentSeconds?: number;
}

function shardOf(text: string): { index: number; count: number } {
  const match = /^(\d{1,6})\/(\d{1,6})$/.exec(text.trim());
  const [index, count] = match ? [Number(match[1]), Number(match[2])] : [0, 0];
  if (!(index >= 1 && index <= count)) {
    throw new InvalidInput('option.value', `expected i/n with i from 1 to n, as in 2/4, got ${JSON.stringify(text)}`);
  }
  return { index, count };
}

export const command: Command<RunOptions> = {
  name: 'run',
  summary: 'Run the pipeline of a project or of a YAML file: sources through steps into clean JSON lines.',
  example: 'abovo data run my-project --workers 2 --out corpus',
  arguments: [{ name: '[pipeline]', description: 'folder of abovo.yaml, or a YAML file with sources and steps' }],
  options: [
    { flags: '--out <folder>', description: 'where to write; what is there is gone on with (default: ./NAME-data)' },
    { flags: '--workers <n>', description: 'worker processes (default: one a core)', parse: integer(0, 1024) },
    {
      flags: '--shard <i/n>',
      description: 'this machine’s share, where n share the folder of --out',
      parse: shardOf,
    },
    { flags: '--gzip', description: 'pack the result' },
    { flags: '--reject-text', description: 'keep the texts of what is taken out in the files of rejects' },
    { flags: '--memory <MB>', description: 'JavaScript heap of a worker', parse: integer(32, 1_000_000) },
    {
      flags: '--document-seconds <s>',
      description: 'longest time for one document; then it is rejected',
      parse: integer(1, 86_400),
    },
  ],
  async run({ args, options, cwd, signal, print, note, onProgress }) {
    const { loadPipeline } = await import('../../recipes/pipeline/index.js');
    const { runPipeline } = await import('../../../stages/data/pipeline/index.js');
    const { folder: projectFolder, name, input, workers } = await loadPipeline(resolve(cwd, args[0] ?? '.'));
    const folder = options.out === undefined ? join(cwd, `${name}-data`) : resolve(cwd, options.out);
    const started = performance.now();
    const { report, times } = await runPipeline({
      ...input,
      folder,
      projectFolder,
      workers: options.workers ?? workers,
      shard: options.shard,
      gzip: options.gzip,
      rejectText: options.rejectText,
      memoryMB: options.memory,
      documentSeconds: options.documentSeconds,
      signal,
      onProgress,
      note,
    });
    const seconds = (performance.now() - started) / 1000;
    const { documents, bytes, read, steps, failures } = report;
    const where = relative(cwd, folder) || folder;
    print(
      `${formatCount(read.documents)} documents read (${formatBytes(read.bytes)}), ${formatCount(documents)} kept (${formatBytes(bytes)}) in ${formatDuration(seconds)}: ${where}`,
    );
    if (steps.length > 0) {
      const rows = steps.map((step) => {
        const dropped = Object.entries(step.dropped).sort(([, a], [, b]) => b - a);
        const most = dropped.slice(0, 4).map(([rule, count]) => `${rule} ${formatCount(count)}`);
        return [
          step.name,
          formatCount(step.in),
          formatCount(step.out),
          formatCount(step.changed),
          step.failed > 0 ? String(step.failed) : '',
          formatDuration(times[step.name] ?? 0),
          most.join(', '),
        ];
      });
      print(table(['step', 'in', 'out', 'changed', 'failed', 'time', 'taken out by'], rows));
    }
    if (failures > 0) note(`${failures} records could not be read or worked on: ${join(where, 'rejects')}`);
    const result = { ok: failures === 0, folder, seconds, ...report, shards: report.shards.length, times };
    return { exitCode: failures > 0 ? 1 : 0, result };
  },
};
