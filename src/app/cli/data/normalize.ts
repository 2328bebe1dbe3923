import { resolve } from 'node:path';
import { type Command, oneOf } from '../command.js';
import { sizeOf, textRecordOptions, textRecords } from './text-records.js';

interface Options {
  readonly input: string;
  readonly field: string;
  readonly unicode: 'NFC' | 'NFKC' | 'none';
  readonly whitespace: 'trim' | 'collapse' | 'keep';
  readonly bidi: 'auto' | 'remove' | 'keep';
  readonly quotes: 'keep' | 'ascii';
  readonly mojibake: boolean;
  readonly entities: boolean;
  readonly controls: boolean;
  readonly zeroWidth: boolean;
  readonly hyphenation?: boolean;
  readonly words?: string;
  readonly lowerCase?: boolean;
}

export const command: Command<Options> = {
  name: 'normalize',
  summary:
    'Mend texts: encoding errors, Unicode forms, control and invisible characters, spaces; on demand quotes, case, cut words.',
  example: 'abovo data normalize --input texts.jsonl > clean.jsonl',
  options: [
    ...textRecordOptions,
    {
      flags: '--unicode <form>',
      description: 'NFC, NFKC or none',
      parse: oneOf('NFC', 'NFKC', 'none'),
      default: 'NFC',
    },
    {
      flags: '--whitespace <how>',
      description: 'trim, collapse or keep',
      parse: oneOf('trim', 'collapse', 'keep'),
      default: 'trim',
    },
    {
      flags: '--bidi <how>',
      description: 'auto, remove or keep direction marks',
      parse: oneOf('auto', 'remove', 'keep'),
      default: 'auto',
    },
    { flags: '--quotes <how>', description: 'keep or ascii', parse: oneOf('keep', 'ascii'), default: 'keep' },
    { flags: '--no-mojibake', description: 'leave text that was decoded wrongly as it is' },
    { flags: '--no-entities', description: 'leave &eacute; and the like as they are' },
    { flags: '--no-controls', description: 'keep control characters' },
    { flags: '--no-zero-width', description: 'keep zero-width characters' },
    { flags: '--hyphenation', description: 'join words cut at line ends where the whole word is attested' },
    { flags: '--words <file>', description: 'words, one a line, that count as attested too' },
    { flags: '--lower-case', description: 'make everything small letters' },
  ],
  async run({ options, cwd, signal, emit, note, onProgress }) {
    const { normalizeText, readWords } = await import('../../../stages/data/normalize/index.js');
    const { input, field, words: list, entities, ...rest } = options;
    const words = list === undefined ? undefined : await readWords(resolve(cwd, list));
    const total = sizeOf(input, cwd);
    let bytes = 0;
    let records = 0;
    let changed = 0;
    let rejected = 0;
    for await (const item of textRecords({ input, field }, { cwd, signal })) {
      bytes += item.bytes;
      if (total !== undefined) onProgress({ stage: 'normalize', done: bytes, total, unit: 'bytes' });
      if ('error' in item) {
        rejected++;
        note(`${input}:${item.line}: ${item.error}`);
        continue;
      }
      const { language } = item.record;
      const text = normalizeText(item.text, {
        ...rest,
        entities: entities ? 'auto' : false,
        words,
        language: typeof language === 'string' ? language : undefined,
      });
      records++;
      if (text !== item.text) changed++;
      emit({ ...item.record, [field]: text });
    }
    return { exitCode: rejected > 0 ? 1 : 0, result: { ok: rejected === 0, records, changed, rejected } };
  },
};
