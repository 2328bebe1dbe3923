import { basename, resolve } from 'node:path';
import { InvalidInput } from '../../../base/core/index.js';
import type { ConvertedRecord, RecordFormat } from '../../../stages/data/chats/index.js';
import type { Reject } from '../../../stages/data/index.js';
import { type Command, integer, number } from '../command.js';

interface ConvertOptions {
  readonly input: readonly string[];
  readonly format: string;
  readonly pairs?: boolean;
  readonly heldOut: number;
  readonly validation: number;
  readonly group?: string;
  readonly seed: number;
  readonly rejects?: string;
}

export const command: Command<ConvertOptions> = {
  name: 'convert',
  summary:
    'Turn data sets of chats and preferences (Alpaca, ShareGPT, OpenAI, HH-RLHF, UltraFeedback and others) into messages.',
  example: 'abovo data convert --input alpaca.json --held-out 0.1 --json',
  options: [
    { flags: '--input <files...>', description: '.json, .jsonl or .jsonl.gz', required: true },
    { flags: '--format <name>', description: 'form of the records, or auto: each is looked at', default: 'auto' },
    { flags: '--pairs', description: 'rankings as pairs of a better and a worse answer' },
    {
      flags: '--held-out <share>',
      description: 'give records a split: share held out',
      parse: number(0, 0.9),
      default: 0,
    },
    { flags: '--validation <share>', description: 'share for validation', parse: number(0, 0.9), default: 0 },
    {
      flags: '--group <field>',
      description: 'records with equal values of it stay in one split, as near-duplicates do',
    },
    { flags: '--seed <n>', description: 'of the splits', parse: integer(0), default: 1 },
    { flags: '--rejects <file>', description: 'where to write what was left out, with reasons' },
  ],
  async run({ options, cwd, signal, emit, note }) {
    const { Rejects, resolveFiles } = await import('../../../stages/data/index.js');
    const { convertRecord, pairsOf, readRecords, recordFormats, splitByGroup, textOf } = await import(
      '../../../stages/data/chats/index.js'
    );
    const format = options.format === 'auto' ? undefined : recordFormats.find((name) => name === options.format);
    if (format === undefined && options.format !== 'auto') {
      throw new InvalidInput(
        'chats.format',
        `--format: expected auto or one of ${recordFormats.join(', ')}, got ${options.format}`,
      );
    }
    const rejects = new Rejects();
    const reasons: Record<string, number> = {};
    const onReject = (reject: Reject): void => {
      rejects.add(reject);
      const reason = reject.reason.replace(/: .*/s, '');
      reasons[reason] = (reasons[reason] ?? 0) + 1;
      if (rejects.count <= 10) note(`left out ${reject.source}:${reject.line}: ${reject.reason}`);
    };
    const kinds: Record<string, number> = {};
    const formats: Partial<Record<RecordFormat, number>> = {};
    let records = 0;
    const items: ConvertedRecord[] = [];
    const keys: (string | undefined)[] = [];
    for (const path of await resolveFiles(options.input, cwd)) {
      for (const { value, line } of await readRecords(resolve(cwd, path), onReject)) {
        signal.throwIfAborted();
        records++;
        const converted = convertRecord(value, { format });
        if ('reason' in converted) {
          onReject({ source: path, line, reason: converted.reason });
          continue;
        }
        const found = converted.items[0]?.format as RecordFormat;
        formats[found] = (formats[found] ?? 0) + 1;
        for (const [i, item] of converted.items.entries()) {
          const id = item.id ?? `${basename(path)}:${line}${converted.items.length > 1 ? `.${i + 1}` : ''}`;
          const all = options.pairs && item.kind === 'ranking' ? pairsOf(item) : [item];
          items.push(...all.map((entry) => ({ ...entry, id })));
          // What was one record stays together.
          const key = options.group === undefined ? undefined : (value as Record<string, unknown>)[options.group];
          const one = key === undefined ? `record ${path}:${line}` : `group ${JSON.stringify(key)}`;
          for (let n = 0; n < all.length; n++) keys.push(one);
        }
      }
    }
    const { heldOut, validation, seed } = options;
    const shares = { ...(heldOut > 0 ? { heldOut } : {}), ...(validation > 0 ? { validation } : {}) };
    const splits = heldOut + validation > 0 ? splitByGroup(items.map(textOf), { shares, keys, seed }) : undefined;
    const counts: Record<string, number> = {};
    for (const [i, item] of items.entries()) {
      kinds[item.kind] = (kinds[item.kind] ?? 0) + 1;
      const split = splits?.[i];
      if (split !== undefined) counts[split] = (counts[split] ?? 0) + 1;
      emit(split === undefined ? item : { ...item, split });
    }
    if (options.rejects) await rejects.save(resolve(cwd, options.rejects));
    const result = {
      ok: rejects.count === 0,
      records,
      converted: items.length,
      kinds,
      formats,
      ...(splits ? { splits: counts } : {}),
      rejected: rejects.count,
      reasons,
    };
    return { exitCode: rejects.count > 0 ? 1 : 0, result };
  },
};
