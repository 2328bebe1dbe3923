import { InvalidInput } from '../../../base/core/index.js';
import type { Document, Reject } from '../../../stages/data/index.js';
import type { CorpusStep } from '../../../stages/data/pipeline/index.js';
import { type Command, integer, number, oneOf } from '../command.js';

const methods = ['exact', 'minhash', 'substring', 'sentences', 'semantic'] as const;
const presets = ['datatrove', 'curator', 'marin', 'recall'] as const;

interface DedupOptions {
  readonly input: readonly string[];
  readonly textField: string;
  readonly method: (typeof methods)[number];
  readonly preset: (typeof presets)[number];
  readonly raw?: boolean;
  readonly verify?: number;
  readonly unit: 'words' | 'characters';
  readonly length?: number;
  readonly vectors?: string;
  readonly threshold: number;
  readonly keep: string;
  readonly within?: string;
  readonly seed: number;
  readonly texts?: boolean;
}

/** `longest`, `newest`, `first`, `highest:FIELD` or `sources:A,B`. */
function keepOf(text: string): 'longest' | 'newest' | 'first' | { highest: string } | { sources: string[] } {
  if (text === 'longest' || text === 'newest' || text === 'first') return text;
  const [, kind, value] = /^(highest|sources):(.+)$/s.exec(text) ?? [];
  if (kind === 'highest') return { highest: value as string };
  if (kind === 'sources') return { sources: (value as string).split(',') };
  throw new InvalidInput(
    'option.value',
    `--keep: expected longest, newest, first, highest:FIELD or sources:A,B, got ${JSON.stringify(text)}`,
  );
}

async function stepOf(options: DedupOptions, folder: string, signal: AbortSignal): Promise<CorpusStep> {
  const dedup = await import('../../../stages/data/dedup/index.js');
  const { within, preset, verify, seed, unit, length, threshold, vectors } = options;
  const keep = keepOf(options.keep);
  switch (options.method) {
    case 'exact':
      return dedup.exactStep({ normalize: !options.raw, keep, within });
    case 'minhash':
      return dedup.minHashStep({ preset, verify, keep, within, seed });
    case 'substring':
      return dedup.substringStep({ unit, length });
    case 'sentences':
      return dedup.sentenceStep();
    case 'semantic': {
      if (!vectors)
        throw new InvalidInput('dedup.vectors', 'dedup --method semantic: expected --vectors FILE of word vectors');
      const definition = dedup.steps.find(({ name }) => name === 'semanticDedup') as (typeof dedup.steps)[number];
      const parsed = definition.options.parse({ vectors, threshold, keep, seed });
      return (await definition.create(parsed, { folder, seed, signal })) as CorpusStep;
    }
    default:
      return options.method satisfies never;
  }
}

export const command: Command<DedupOptions> = {
  name: 'dedup',
  summary: 'Find copies: exact, near (MinHash), repeated passages or sentences, or by meaning.',
  example: 'abovo data dedup --input a.jsonl b.jsonl --method minhash --json',
  options: [
    { flags: '--input <files...>', description: 'JSON lines or text files', required: true },
    { flags: '--text-field <name>', description: 'field that holds the text', default: 'text' },
    { flags: '--method <name>', description: methods.join(', '), parse: oneOf(...methods), default: 'minhash' },
    {
      flags: '--preset <name>',
      description: `minhash: ${presets.join(', ')}`,
      parse: oneOf(...presets),
      default: 'datatrove',
    },
    {
      flags: '--verify <s>',
      description: 'minhash: least exact Jaccard similarity of candidates',
      parse: number(0.01, 1),
    },
    { flags: '--raw', description: 'exact: the text as it is, not its normalized words' },
    {
      flags: '--unit <name>',
      description: 'substring: words or characters',
      parse: oneOf('words', 'characters'),
      default: 'words',
    },
    {
      flags: '--length <n>',
      description: 'substring: least units of a repeat (50 words, 100 characters)',
      parse: integer(5, 10_000),
    },
    { flags: '--vectors <file>', description: 'semantic: word vectors' },
    { flags: '--threshold <s>', description: 'semantic: least cosine', parse: number(0.01, 1), default: 0.95 },
    {
      flags: '--keep <rule>',
      description: 'copy that stays: longest, newest, first, highest:FIELD, sources:A,B',
      default: 'longest',
    },
    { flags: '--within <field>', description: 'compare only inside a source, or where this metadata field is equal' },
    { flags: '--seed <n>', description: 'of the permutations and of k-means', parse: integer(0), default: 1 },
    { flags: '--texts', description: 'print the documents that are left instead of the verdicts' },
  ],
  async run({ options, cwd, signal, emit, note, onProgress }) {
    const { Rejects } = await import('../../../stages/data/index.js');
    const { readDocumentLines } = await import('./document-lines.js');
    const { verdictsOf, withoutRanges } = await import('../../../stages/data/dedup/index.js');
    const step = await stepOf(options, cwd, signal);
    const rejects = new Rejects();
    const kept: Document[] = [];
    const ids: string[] = [];
    const onReject = (reject: Reject) => {
      rejects.add(reject);
      note(`left out ${reject.source}${reject.line ? `:${reject.line}` : ''}: ${reject.reason}`);
    };
    const { textField } = options;
    const documents = readDocumentLines(options.input, { folder: cwd, textField, signal, onReject });
    const read = async function* () {
      for await (const document of documents) {
        ids.push(document.id);
        if (options.texts) kept.push(document);
        yield document;
      }
    };
    const dropped = new Map<number, string | undefined>();
    let cut = 0;
    let removed = 0;
    for await (const verdict of verdictsOf(read(), step, { signal, onProgress })) {
      const { index, drop, detail, remove = [] } = verdict;
      if (drop !== undefined) dropped.set(index, detail);
      else {
        cut++;
        for (const [start, end] of remove) removed += end - start;
        if (options.texts) kept[index] = { ...kept[index], text: withoutRanges(kept[index].text, remove) };
      }
      if (!options.texts) emit({ id: ids[index], ...(drop === undefined ? { remove } : { drop, detail }) });
    }
    if (options.texts) for (const [index, document] of kept.entries()) if (!dropped.has(index)) emit(document);
    const clusters = new Map<string, string[]>();
    for (const [index, detail] of dropped) {
      if (!detail?.startsWith('copy of ')) continue;
      const of = detail.slice('copy of '.length);
      const members = clusters.get(of);
      if (members) members.push(ids[index]);
      else clusters.set(of, [of, ids[index]]);
    }
    const result = {
      ok: rejects.count === 0,
      method: options.method,
      documents: ids.length,
      dropped: dropped.size,
      cut,
      removedCharacters: removed,
      rejected: rejects.count,
      kept: ids.filter((_, index) => !dropped.has(index)),
      clusters: [...clusters.values()],
    };
    return { exitCode: rejects.count > 0 ? 1 : 0, result };
  },
};
