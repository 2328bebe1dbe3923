import { type Command, oneOf } from '../command.js';
import { table } from '../table.js';
import { type TextRecordOptions, idOf, sizeOf, textRecordOptions, textRecords } from './text-records.js';

interface Options extends TextRecordOptions {
  readonly table: 'extrasmall' | 'small' | 'medium' | 'large';
  readonly among?: readonly string[];
}

export const command: Command<Options> = {
  name: 'language',
  summary: 'Tell the language of each text: ISO 639-1, else 639-3, with its probability.',
  example: 'abovo data language --input texts.jsonl --json',
  options: [
    ...textRecordOptions,
    {
      flags: '--table <size>',
      description: 'n-gram table: extrasmall, small, medium or large (most accurate)',
      parse: oneOf('extrasmall', 'small', 'medium', 'large'),
      default: 'large',
    },
    { flags: '--among <codes...>', description: 'choose among these languages only' },
  ],
  async run({ options, cwd, signal, emit, print, onProgress }) {
    const { languageCode, languageName, loadLanguageDetector } = await import('../../../stages/data/language/index.js');
    const among = options.among?.map(languageCode);
    const detector = await loadLanguageDetector({ table: options.table, ...(among ? { among } : {}) });
    const total = sizeOf(options.input, cwd);
    const counts = new Map<string, number>();
    let [records, rejected, done] = [0, 0, 0];
    for await (const item of textRecords(options, { cwd, signal })) {
      records++;
      done += item.bytes;
      if ('error' in item) {
        rejected++;
        emit({ line: item.line, error: item.error });
        continue;
      }
      const { language, score } = detector.detect(item.text);
      counts.set(language, (counts.get(language) ?? 0) + 1);
      emit({ ...idOf(item.record), language, score });
      if (total) onProgress({ stage: 'language', done, total, unit: 'bytes' });
    }
    const order = [...counts].sort((a, b) => b[1] - a[1]);
    print(
      table(
        ['language', '', 'records'],
        order.slice(0, 40).map(([code, count]) => [code, languageName(code), String(count)]),
      ),
    );
    if (rejected > 0) print(`${rejected} of ${records} records could not be read`);
    return {
      exitCode: rejected > 0 ? 1 : 0,
      result: { ok: rejected === 0, records, rejected, languages: Object.fromEntries(order) },
    };
  },
};
