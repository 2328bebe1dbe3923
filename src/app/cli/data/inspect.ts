import { writeFile } from 'node:fs/promises';
import { relative, resolve } from 'node:path';
import type { Block } from '../../../base/report/index.js';
import type { Change, Inspected, Trace } from '../../../stages/data/pipeline/index.js';
import { type Command, integer } from '../command.js';

interface InspectOptions {
  readonly id?: readonly string[];
  readonly rule?: string;
  readonly sample?: number;
  readonly seed?: number;
  readonly scan: number;
  readonly run?: string;
  readonly html?: string;
}

/** Characters of unchanged text that are shown beside a change. */
const context = 80;

/** Leaves out the middle of long stretches that did not change. */
function shortened(changes: readonly Change[]): Change[] {
  return changes.map(({ kind, text }, i) => {
    if (kind !== 'same' || text.length <= 2 * context + 20) return { kind, text };
    const head = i === 0 && changes.length > 1 ? '' : text.slice(0, context);
    const tail = i === changes.length - 1 && changes.length > 1 ? '' : text.slice(-context);
    return { kind, text: `${head} […] ${tail}` };
  });
}

const colours = { same: ['', ''], removed: ['\u001b[31;9m', '\u001b[0m'], added: ['\u001b[32m', '\u001b[0m'] } as const;
const marks = { same: ['', ''], removed: ['[-', '-]'], added: ['{+', '+}'] } as const;

/** Text of other people's must not drive the terminal. */
// oxlint-disable-next-line no-control-regex
const harmless = (text: string): string => text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '\u{fffd}');

function show(changes: readonly Change[], terminal: boolean): string {
  const style = terminal ? colours : marks;
  return changes.map(({ kind, text }) => `${style[kind][0]}${harmless(text)}${style[kind][1]}`).join('');
}

const headline = ({ outcome, rule, detail }: Trace): string =>
  [outcome, rule, detail && `(${detail})`].filter(Boolean).join(' ');

export const command: Command<InspectOptions> = {
  name: 'inspect',
  summary: 'Show documents before and after each step of a pipeline, with what changed.',
  example: 'abovo data inspect my-project --rule length --sample 3 --html look.html',
  arguments: [{ name: '[pipeline]', description: 'folder of abovo.yaml, or a YAML file with sources and steps' }],
  options: [
    { flags: '--id <ids...>', description: 'documents with these ids' },
    { flags: '--rule <rule>', description: 'documents this rule took out, or this step took out or changed' },
    {
      flags: '--sample <n>',
      description: 'so many documents, chosen by the seed (default: 5)',
      parse: integer(1, 10_000),
    },
    { flags: '--seed <n>', description: 'another choice', parse: integer(0, 2147483647) },
    { flags: '--scan <n>', description: 'documents read at most; 0 reads all', parse: integer(0), default: 20_000 },
    { flags: '--run <folder>', description: 'a finished run of the pipeline: shows what its corpus steps decided' },
    { flags: '--html <file>', description: 'write one self-contained page instead' },
  ],
  async run({ args, options, cwd, json, signal, print, emit, onProgress }) {
    const { loadPipeline } = await import('../../recipes/pipeline/index.js');
    const { changesBetween, inspectPipeline, traceJson } = await import('../../../stages/data/pipeline/index.js');
    const { folder, name, input } = await loadPipeline(resolve(cwd, args[0] ?? '.'));
    const found = await inspectPipeline({
      ...input,
      seed: options.seed ?? input.seed,
      projectFolder: folder,
      ids: options.id,
      rule: options.rule,
      sample: options.sample,
      scan: options.scan,
      run: options.run === undefined ? undefined : resolve(cwd, options.run),
      signal,
      onProgress: (done) => onProgress({ stage: 'read', done, total: Math.max(done, options.scan), unit: 'documents' }),
    });
    const changes = (trace: Trace): Change[] =>
      trace.outcome === 'changed'
        ? changesBetween(trace.before.text, trace.after[0].text)
        : trace.outcome === 'split'
          ? trace.after.map(({ text }) => ({ kind: 'added', text }))
          : [];
    if (options.html !== undefined) {
      const { renderReport } = await import('../../../base/report/index.js');
      const path = resolve(cwd, options.html);
      await writeFile(path, renderReport(page(name, found, changes)));
      print(`${found.length} documents: ${relative(cwd, path)}`);
    }
    for (const { document, steps } of found) {
      const { id, source } = document;
      if (json) emit({ id, source, steps: steps.map((trace) => ({ ...traceJson(trace), changes: changes(trace) })) });
      if (json || options.html !== undefined) continue;
      const lines = [
        `── ${harmless(id)}  ${harmless(source)}`,
        show(shortened([{ kind: 'same', text: document.text }]), false),
      ];
      for (const trace of steps) {
        lines.push(`  ${trace.step}: ${harmless(headline(trace))}`);
        const parts = shortened(changes(trace));
        if (parts.length > 0) lines.push(show(parts, process.stdout.isTTY).replace(/^/gm, '    '));
      }
      print(`${lines.join('\n')}\n`);
    }
    return { result: { ok: true, documents: found.length } };
  },
};

function page(name: string, found: readonly Inspected[], changes: (trace: Trace) => Change[]) {
  return {
    title: `Documents of ${name}`,
    subtitle: 'Before and after each step: what was taken out is struck through, what came in is marked.',
    sections: found.map(({ document, steps }, i) => ({
      id: `document-${i + 1}`,
      title: document.id,
      lead: document.source,
      blocks: [
        { kind: 'details', summary: 'Text as it was read', blocks: [plain('source', document.text)] },
        ...steps.map((trace): Block => {
          const { outcome } = trace;
          const bad = outcome === 'dropped' || outcome === 'failed';
          const tone = bad ? ({ tone: 'bad' } as const) : {};
          return { kind: 'changes', title: trace.step, note: headline(trace), ...tone, changes: changes(trace) };
        }),
        ...(steps.at(-1)?.after ?? [document]).map((after) => plain('result', after.text)),
      ] satisfies Block[],
    })),
  };
}

const plain = (title: string, text: string): Block => ({ kind: 'changes', title, changes: [{ kind: 'same', text }] });
