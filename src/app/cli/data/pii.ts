import { resolve } from 'node:path';
import { InvalidInput } from '../../../base/core/index.js';
import type { Action, PiiOptions } from '../../../stages/data/pii/index.js';
import { type Command, number, oneOf } from '../command.js';

interface Options {
  readonly input: readonly string[];
  readonly textField: string;
  readonly preset: NonNullable<PiiOptions['preset']>;
  readonly types?: readonly string[];
  readonly threshold: number;
  readonly action: Action;
  readonly actionFor?: readonly string[];
  readonly keyEnv?: string;
  readonly context?: readonly string[];
  readonly recognizers?: string;
  readonly explain?: boolean;
}

const words = ['redact', 'mask', 'hash', 'substitute', 'keep'] as const;

/** `TYPE=value` pairs as an object; values of a type that comes twice are kept apart. */
function pairs(list: readonly string[] = [], flag: string): Array<readonly [string, string]> {
  return list.map((pair) => {
    const at = pair.indexOf('=');
    if (at < 1 || at === pair.length - 1) {
      throw new InvalidInput('option.value', `${flag}: expected TYPE=value, got ${JSON.stringify(pair)}`);
    }
    return [pair.slice(0, at), pair.slice(at + 1)];
  });
}

export const pii: Command<Options> = {
  name: 'pii',
  summary: 'Find personal data and secrets in records, and redact, mask, hash or substitute them.',
  example: 'abovo data pii --input texts.jsonl --action redact --json',
  options: [
    { flags: '--input <files...>', description: 'JSON lines (or .gz) with a text each', required: true },
    { flags: '--text-field <name>', description: 'field that holds the text', default: 'text' },
    {
      flags: '--preset <name>',
      description: 'all; fineweb (e-mails and public IPs); hipaa (Safe Harbor); secrets',
      parse: oneOf('all', 'fineweb', 'hipaa', 'secrets'),
      default: 'all',
    },
    { flags: '--types <types...>', description: 'only these types, such as EMAIL_ADDRESS PERSON' },
    { flags: '--threshold <score>', description: 'least score of a span', parse: number(0, 1), default: 0.4 },
    {
      flags: '--action <action>',
      description: `for what is found: ${words.join(', ')}`,
      parse: oneOf(...words),
      default: 'redact',
    },
    { flags: '--action-for <pairs...>', description: 'other actions for types: URL=keep PERSON=substitute' },
    { flags: '--key-env <name>', description: 'environment variable with the secret for hash and substitute' },
    { flags: '--context <pairs...>', description: 'more context words: US_SSN=sozialnummer' },
    { flags: '--recognizers <file>', description: 'JSON list of rules of your own' },
    { flags: '--explain', description: 'name the rule that found each span' },
  ],
  async run({ options, cwd, signal, emit, note }) {
    const { applyActions, createEngine, keyFrom, readRecognizers, readRecords, toCodePoints } = await import(
      '../../../stages/data/pii/index.js'
    );
    const actionOf: Record<string, Action> = {};
    for (const [type, value] of pairs(options.actionFor, '--action-for')) actionOf[type] = oneOf(...words)(value);
    const context: Record<string, string[]> = {};
    for (const [type, value] of pairs(options.context, '--context')) (context[type] ??= []).push(value);
    const own = options.recognizers ? await readRecognizers(resolve(cwd, options.recognizers)) : [];
    const { preset, threshold, types } = options;
    const engine = await createEngine(
      { preset, threshold, context, actions: actionOf, ...(types ? { types: [...types] } : {}) },
      own,
    );
    const key = keyFrom(options.keyEnv);
    const treatment = { action: options.action, actionOf, key };
    // Tells of a missing key before the first record.
    for (const action of [options.action, ...Object.values(actionOf)]) {
      applyActions('x', [{ start: 0, end: 1, type: 'URL', score: 1, rule: '' }], { action, key });
    }
    const counts: Record<string, number> = {};
    let records = 0;
    let rejected = 0;
    const onReject = ({ source, line, reason }: { source: string; line?: number; reason: string }): void => {
      rejected++;
      note(`${source}:${line}: left out: ${reason}`);
    };
    for await (const { record, text: source } of readRecords(options.input, {
      folder: cwd,
      textField: options.textField,
      signal,
      onReject,
    })) {
      records++;
      const spans = engine.analyze(source);
      for (const { type } of spans) counts[type] = (counts[type] ?? 0) + 1;
      emit({
        ...(record.id === undefined ? {} : { id: record.id }),
        spans: toCodePoints(source, spans).map(({ start, end, type, score, rule }) => ({
          start,
          end,
          type,
          score,
          ...(options.explain ? { rule } : {}),
        })),
        text: applyActions(source, spans, treatment),
      });
    }
    return { exitCode: rejected > 0 ? 1 : 0, result: { ok: rejected === 0, records, rejected, types: counts } };
  },
};
