import { InvalidInput } from '../../../base/core/index.js';
import { type Command, number } from '../command.js';
import { table } from '../table.js';
import { type TextRecordOptions, idOf, sizeOf, textRecordOptions, textRecords } from './text-records.js';

interface Options extends TextRecordOptions {
  readonly toxicity: number;
  readonly threshold?: readonly string[];
  readonly words?: string;
  readonly classifier?: string;
  readonly label: string;
  readonly removed?: string;
}

const limit = (text: string): [string, number] => {
  const [category, value] = text.split('=');
  if (value === undefined)
    throw new InvalidInput('option.value', `expected CATEGORY=NUMBER, got ${JSON.stringify(text)}`);
  return [category!, number(0, 1)(value)];
};
const percent = (value: number): string => (Number.isNaN(value) ? '–' : `${(100 * value).toFixed(1)} %`);
const ratio = ({ ratio: value, low, high }: { ratio: number; low: number; high: number }): string =>
  Number.isNaN(value) ? '–' : `${value.toFixed(2)} (${low.toFixed(2)}–${high.toFixed(2)})`;

export const command: Command<Options> = {
  name: 'safety',
  summary: 'Score texts for hate, insult, profanity, sex and violence; measure bias, and whom removal would hit.',
  example: 'abovo data safety --input texts.jsonl --json',
  options: [
    ...textRecordOptions,
    {
      flags: '--threshold <limits...>',
      description: 'least score of a category to remove: hate=0.6 sexual=1 (1: never)',
    },
    {
      flags: '--toxicity <p>',
      description: 'least score of all together to remove',
      parse: number(0, 1),
      default: 0.85,
    },
    { flags: '--words <file>', description: 'JSON of more words: {"word": {"category": "hate", "weight": 2}}' },
    { flags: '--classifier <file>', description: 'a model of train-classifier that joins in' },
    { flags: '--label <name>', description: 'its label for what is to be removed', default: 'toxic' },
    {
      flags: '--removed <file>',
      description: 'JSONL of what any other filter removed from the input: its removals by group',
    },
  ],
  async run({ options, cwd, signal, emit, print, onProgress }) {
    const { BiasMeter, RemovalByGroup, broken, openSafety, safetyOptions } = await import(
      '../../../stages/data/safety/index.js'
    );
    const parsed = safetyOptions.safeParse({
      thresholds: Object.fromEntries((options.threshold ?? []).map(limit)),
      toxicity: options.toxicity,
      ...(options.words ? { words: options.words } : {}),
      ...(options.classifier ? { classifier: { model: options.classifier, label: options.label } } : {}),
    });
    if (!parsed.success) {
      throw new InvalidInput(
        'option.value',
        `safety: expected categories hate, insult, profanity, sexual, violence, ${parsed.error.issues[0]?.message}`,
      );
    }
    const score = await openSafety(parsed.data, cwd);
    const removal = new RemovalByGroup();
    const bias = new BiasMeter((sentence) => score(sentence).toxicity >= 0.5);
    const total = sizeOf(options.input, cwd);
    let [records, rejected, removed, done] = [0, 0, 0, 0];
    for await (const item of textRecords(options, { cwd, signal })) {
      records++;
      done += item.bytes;
      if ('error' in item) {
        rejected++;
        emit({ line: item.line, error: item.error });
        continue;
      }
      const found = score(item.text);
      const rules = broken(found, parsed.data);
      if (rules.length > 0) removed++;
      bias.add(item.text);
      removal.add(item.text, options.removed === undefined && rules.length > 0);
      const { toxicity, categories, hits } = found;
      emit({ ...idOf(item.record), toxicity, categories, remove: rules.length > 0, rules, hits: hits.slice(0, 10) });
      if (total) onProgress({ stage: 'safety', done, total, unit: 'bytes' });
    }
    if (options.removed !== undefined) {
      for await (const item of textRecords({ input: options.removed, field: options.field }, { cwd, signal })) {
        if ('error' in item) rejected++;
        else removal.add(item.text, true);
      }
    }
    const removals = removal.report();
    const report = bias.report();
    const rows = removals.groups.map((group) => {
      const beside = report.groups.find((item) => item.group === group.group);
      return [
        group.group,
        String(group.documents),
        String(group.removed),
        percent(group.rate),
        `${ratio(group.against)}${group.differs ? ' *' : ''}`,
        beside ? ratio(beside.negativeAgainst) : '–',
        beside ? ratio(beside.toxicAgainst) : '–',
      ];
    });
    print(
      table(
        ['group', 'records', 'removed', 'rate', 'against others', 'negative words beside it', 'toxic sentences'],
        rows,
      ),
    );
    if (rows.length > 0)
      print(
        '* the 95 % interval of the ratio leaves out 1: the filter removes this group’s records otherwise than others.',
      );
    const { female, male, neutral, femaleShare } = report.pronouns;
    print(`pronouns: she ${female}, he ${male}, they ${neutral}; she of he and she ${percent(femaleShare)}`);
    print(`${removed} of ${records} records reach a threshold${rejected > 0 ? `; ${rejected} could not be read` : ''}`);
    return {
      exitCode: rejected > 0 ? 1 : 0,
      result: {
        ok: rejected === 0,
        records,
        rejected,
        removed,
        removals,
        bias: { ...report, occupations: report.occupations.slice(0, 60) },
      },
    };
  },
};
