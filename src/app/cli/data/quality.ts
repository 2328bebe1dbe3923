import { type Command, oneOf } from '../command.js';
import { table } from '../table.js';
import { type TextRecordOptions, idOf, sizeOf, textRecordOptions, textRecords } from './text-records.js';

type RuleSetName = 'gopherRepetition' | 'gopherQuality' | 'c4Quality' | 'finewebQuality' | 'mc4Quality';

interface Options extends TextRecordOptions {
  readonly rules: readonly RuleSetName[];
  readonly reference?: readonly string[];
}

export const command: Command<Options> = {
  name: 'quality',
  summary: 'Measure each text and name the rules of Gopher, C4, mC4 and FineWeb that it breaks.',
  example: 'abovo data quality --input texts.jsonl --json',
  options: [
    ...textRecordOptions,
    {
      flags: '--rules <sets...>',
      description: 'gopherRepetition, gopherQuality, c4Quality, finewebQuality, mc4Quality (default: all but the last)',
      default: ['gopherRepetition', 'gopherQuality', 'c4Quality', 'finewebQuality'],
    },
    { flags: '--reference <files...>', description: 'wanted text: bits per byte under a model of it are told as well' },
  ],
  async run({ options, cwd, signal, emit, print, onProgress }) {
    const { assess, openPerplexity, perplexityOptions, ruleSets } = await import(
      '../../../stages/data/quality/index.js'
    );
    const sets = options.rules.map(oneOf(...ruleSets));
    const perplexity = options.reference
      ? await openPerplexity(perplexityOptions.parse({ reference: options.reference }), cwd)
      : undefined;
    const total = sizeOf(options.input, cwd);
    const counts = new Map<string, number>();
    let [records, rejected, kept, done] = [0, 0, 0, 0];
    for await (const item of textRecords(options, { cwd, signal })) {
      records++;
      done += item.bytes;
      if ('error' in item) {
        rejected++;
        emit({ line: item.line, error: item.error });
        continue;
      }
      const { scores, rules, details, keep } = assess(item.text, sets);
      const bits = await perplexity?.model.bitsPerByte(item.text);
      for (const rule of rules) counts.set(rule, (counts.get(rule) ?? 0) + 1);
      if (keep) kept++;
      emit({
        ...idOf(item.record),
        keep,
        rules,
        scores: bits === undefined ? scores : { ...scores, bitsPerByte: Math.round(bits * 1e4) / 1e4 },
        details,
      });
      if (total) onProgress({ stage: 'quality', done, total, unit: 'bytes' });
    }
    const order = [...counts].sort((a, b) => b[1] - a[1]);
    print(
      table(
        ['rule', 'records'],
        order.map(([rule, count]) => [rule, String(count)]),
      ),
    );
    print(`${kept} of ${records} records break no rule${rejected > 0 ? `; ${rejected} could not be read` : ''}`);
    return {
      exitCode: rejected > 0 ? 1 : 0,
      result: { ok: rejected === 0, records, rejected, kept, rules: Object.fromEntries(order) },
    };
  },
};
