import type { Reject } from '../../../stages/data/index.js';
import { isDrop } from '../../../stages/data/pipeline/index.js';
import { type Command, integer, number, oneOf } from '../command.js';
import { table } from '../table.js';

interface DecontaminateOptions {
  readonly input: readonly string[];
  readonly textField: string;
  readonly against: readonly string[];
  readonly fields?: readonly string[];
  readonly words: number;
  readonly characters: number;
  readonly share: number;
  readonly action: 'drop' | 'cut';
  readonly margin: number;
  readonly texts?: boolean;
}

export const command: Command<DecontaminateOptions> = {
  name: 'decontaminate',
  summary: 'Find what of evaluation sets stands in texts, say which item leaked where, and take it out.',
  example: 'abovo data decontaminate --input texts.jsonl --against gsm8k.jsonl mmlu.jsonl.gz --json',
  options: [
    { flags: '--input <files...>', description: 'JSON lines or text files', required: true },
    { flags: '--text-field <name>', description: 'field that holds the text', default: 'text' },
    {
      flags: '--against <files...>',
      description: 'evaluation sets: .jsonl, .json or .txt, gzipped or not',
      required: true,
    },
    { flags: '--fields <names...>', description: 'fields of the evaluation sets whose text counts (default: all)' },
    { flags: '--words <n>', description: 'words of a run that counts', parse: integer(4, 50), default: 12 },
    {
      flags: '--characters <n>',
      description: 'characters, in scripts without spaces',
      parse: integer(8, 200),
      default: 30,
    },
    {
      flags: '--share <s>',
      description: 'least share of an item’s runs in one document',
      parse: number(0, 1),
      default: 0,
    },
    {
      flags: '--action <name>',
      description: 'drop the document, or cut the runs',
      parse: oneOf('drop', 'cut'),
      default: 'drop',
    },
    { flags: '--margin <n>', description: 'cut: characters around that go too', parse: integer(0, 10_000), default: 0 },
    { flags: '--texts', description: 'print the documents that are left instead of the leaks' },
  ],
  async run({ options, cwd, signal, emit, note, print }) {
    const { Rejects } = await import('../../../stages/data/index.js');
    const { ContaminationIndex, LeakReport, decontaminateStep, readEvaluationItems } = await import(
      '../../../stages/data/decontaminate/index.js'
    );
    const { readDocumentLines } = await import('./document-lines.js');
    const { words, characters, fields, share, action, margin, texts, textField } = options;
    const rejects = new Rejects();
    const onReject = (reject: Reject) => {
      rejects.add(reject);
      note(`left out ${reject.source}${reject.line ? `:${reject.line}` : ''}: ${reject.reason}`);
    };
    const index = new ContaminationIndex([], { words, characters });
    for await (const item of readEvaluationItems([{ files: options.against, fields }], { folder: cwd, onReject })) {
      index.add(item);
    }
    const report = new LeakReport(index);
    const step = decontaminateStep(index, { share, action, margin }, (document, leaks) => {
      report.add(document, leaks);
      if (!texts)
        for (const { set, item, found, of, spans } of leaks) emit({ id: document.id, set, item, found, of, spans });
    });
    let documents = 0;
    let dropped = 0;
    let cut = 0;
    for await (const document of readDocumentLines(options.input, { folder: cwd, textField, signal, onReject })) {
      documents++;
      const outcome = await step.apply(document);
      if (isDrop(outcome)) dropped++;
      else {
        if (outcome !== document) cut++;
        if (texts) emit(outcome);
      }
    }
    const sets = report.sets();
    print(
      table(
        ['set', 'items', 'too short', 'leaked', ''],
        sets.map((set) => [
          set.set,
          `${set.items}`,
          `${set.tooShort}`,
          `${set.leaked}`,
          `${(100 * set.share).toFixed(1)} %`,
        ]),
      ),
    );
    const result = { ok: rejects.count === 0, documents, dropped, cut, rejected: rejects.count, sets };
    return { exitCode: rejects.count > 0 ? 1 : 0, result };
  },
};
