import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { ArtifactStore } from '../../base/artifact/index.node.js';
import { Random } from '../../base/core/index.js';
import { groupKey } from './corpus-pipeline.js';
import { builders, loadPipeline, loadProject, makePlan, runProject } from './index.js';
import type { Measured } from './plan-state.js';

const folder = mkdtempSync(join(tmpdir(), 'abovo-recipe-pipeline-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const measured: Measured = { tokensPerSecond: 1e4, startSeconds: 1, peakMemoryMB: 200, peakFlops: 1e11, at: '' };
const random = new Random(4);
const words = 'ab ovo usque ad mala the egg of a hen is oval'.split(' ');
const sentence = (n: number) => `${Array.from({ length: n }, () => random.pick(words)).join(' ')}.`;

const yaml = (more = '') => `seed: 3
data:
  sources:
    - { kind: files, name: web, files: [web.jsonl], metadataFields: [group, hard], licence: CC0-1.0 }
    - { kind: files, name: books, files: [books.jsonl], metadataFields: [group, hard] }
  steps:
    - length: { minWords: 5 }
  split: { by: metadata.group }
  workers: 0
  heldOutShare: 0.2
  validationShare: 0.1
${more}
tokenizer: { vocabSize: 280 }
architecture: { depth: 1, hiddenSize: 32, contextLength: 32 }
training: { steps: 4, microBatchSize: 4, batchTokens: 128, learningRate: 0.01 }
evaluation: { samples: 1, sampleTokens: 4, baselines: false, heldOutBytes: 500 }
compute: { threads: 1 }
`;

it('a pipeline makes the corpus: split by group, licences in the manifest, trained on as a mixture', async () => {
  const groups = (count: number, name: string) =>
    Array.from({ length: count }, (_, i) =>
      JSON.stringify({ id: `${name}${i}`, text: sentence(i % 10 === 0 ? 2 : 12), group: i % 23, hard: i }),
    );
  await writeFile(join(folder, 'web.jsonl'), [...groups(200, 'w'), 'not json'].join('\n'));
  await writeFile(join(folder, 'books.jsonl'), groups(40, 'b').join('\n'));
  await writeFile(join(folder, 'abovo.yaml'), yaml('  mix: { epochs: { books: 3 }, score: metadata.hard, stages: 2 }'));
  const notes: string[] = [];
  // A run that is stopped in the pipeline leaves it where it stands, and the next one goes on there.
  const stop = new AbortController();
  const stopped = runProject(folder, {
    measure: async () => measured,
    builders,
    signal: stop.signal,
    onProgress: () => stop.abort(new Error('stopped')),
  });
  await expect(stopped).rejects.toThrow('stopped');
  const [work] = readdirSync(join(folder, '.abovo/work'));
  expect(existsSync(join(folder, '.abovo/work', work, 'scratch/pipeline/tasks.json'))).toBe(true);
  const result = await runProject(folder, {
    measure: async () => measured,
    builders,
    note: (text) => notes.push(text),
  });
  expect(result.ok).toBe(true);
  expect(notes.join()).toContain('1 records could not be read');
  const store = await ArtifactStore.open(folder);
  const { manifest, folder: at } = store.get('corpus-');
  expect(manifest.licences).toEqual([
    { source: 'web', licence: 'CC0-1.0' },
    { source: 'books', licence: 'NOASSERTION' },
  ]);
  expect(manifest.notes.join(' ')).toMatch(/CC0-1.0: 180 documents, \d+ bytes/);
  const metrics = manifest.metrics as { ranges: { source: string; documents: number }[]; pipeline: { read: object } };
  expect(metrics.ranges.map(({ source }) => source)).toEqual(['web', 'books']);
  expect(metrics.pipeline.read).toMatchObject({ documents: 240, rejects: 1 });
  const groupOf = new Map(
    ['web', 'books'].flatMap((name) =>
      readFileSync(join(folder, `${name}.jsonl`), 'utf8')
        .split('\n')
        .filter((line) => line.startsWith('{'))
        .map((line) => JSON.parse(line) as { id: string; group: number })
        .map(({ id, group }) => [id, group] as const),
    ),
  );
  const sides = ['train', 'validation', 'heldout'].map((name) => {
    const lines = readFileSync(join(at, `${name}.jsonl`), 'utf8')
      .trim()
      .split('\n');
    return new Set(lines.map((line) => groupOf.get((JSON.parse(line) as { id: string }).id)));
  });
  // Every group stands on one side, and every side has some.
  expect(sides.reduce((sum, { size }) => sum + size, 0)).toBe(new Set(groupOf.values()).size);
  expect(Math.min(...sides.map(({ size }) => size))).toBeGreaterThan(0);

  // Another step is another corpus; another mixture another model on the same corpus.
  const addresses = async (text: string) => {
    await writeFile(join(folder, 'abovo.yaml'), text);
    const plan = await makePlan(await loadProject(folder), { measure: async () => measured });
    return Object.fromEntries(plan.stages.map(({ stage, address }) => [stage, address]));
  };
  const before = await addresses(yaml('  mix: { epochs: { books: 3 }, score: metadata.hard, stages: 2 }'));
  const mixed = await addresses(yaml('  mix: { epochs: { books: 2 }, score: metadata.hard, stages: 2 }'));
  const stepped = await addresses(yaml().replace('minWords: 5', 'minWords: 6'));
  expect(before.corpus).toBe(manifest.address);
  expect([mixed.corpus === before.corpus, mixed.base === before.base]).toEqual([true, false]);
  expect(stepped.corpus).not.toBe(before.corpus);
  // A field that no document has is a mistake, not a split by text.
  await writeFile(join(folder, 'abovo.yaml'), yaml().replace('metadata.group', 'metadata.grop'));
  const misspelt = runProject(folder, { measure: async () => measured, builders, until: 'corpus' });
  await expect(misspelt).rejects.toThrow(/data.split.by: no document has "grop" in its metadata/);
  await expect(addresses(yaml('  mix: { weights: { boks: 1 } }'))).rejects.toThrow(/did you mean "books"/);
  // Clusters are there only where a step marks them.
  const clustered = yaml().replace('metadata.group', 'cluster');
  await expect(addresses(clustered)).rejects.toThrow(/minHashDedup: \{ action: mark \}/);
  const marked = clustered.replace(/^( *)steps:\n/m, '$1steps:\n$1  - minHashDedup: { action: mark }\n');
  expect(marked).not.toBe(clustered);
  expect((await addresses(marked)).corpus).not.toBe(before.corpus);
}, 120_000);

it('keeps near-duplicates on one side where a step named their cluster', () => {
  const of = groupKey('cluster');
  const document = (text: string, cluster?: number) => ({
    id: 'a',
    text,
    source: 's',
    ...(cluster === undefined ? {} : { metadata: { cluster } }),
  });
  expect(of(document('one', 7))).toBe(of(document('two', 7)));
  expect(of(document('one'))).not.toBe(of(document('two')));
});

it('names everything that is wrong with sources and steps, with line and column', async () => {
  await writeFile(
    join(folder, 'pipeline.yaml'),
    `sources:
  - { kind: fils }
  - kind: files
    files: [web.jsonl]
    splt: file
steps:
  - lenght
  - length: { minWords: many }
workrs: 2
`,
  );
  const error = await loadPipeline(join(folder, 'pipeline.yaml')).then(String, (thrown: Error) => thrown.message);
  expect(
    error
      .split('\n')
      .slice(1)
      .map((line) => line.trim().replace(`${folder}/`, '').replace(/;.*/, '')),
  ).toEqual([
    'pipeline.yaml:9:1: workrs: unknown key',
    expect.stringMatching(/^pipeline.yaml:2:13: sources.0.kind: unknown source "fils"/),
    expect.stringMatching(/^pipeline.yaml:3:5: sources.1: unknown option splt/),
    expect.stringMatching(/^pipeline.yaml:7:5: steps.0: unknown step "lenght"/),
    expect.stringMatching(/^pipeline.yaml:8:25: steps.1.length.minWords/),
  ]);
  await writeFile(
    join(folder, 'abovo.yaml'),
    yaml().replace('minWords: 5', 'minWords: no').replace('seed: 3', 'sed: 3'),
  );
  const both = await loadProject(folder).then(String, (thrown: Error) => thrown.message);
  expect(both).toMatch(/2 problems[\s\S]*sed: unknown key[\s\S]*data.steps.0.length.minWords/);
});
