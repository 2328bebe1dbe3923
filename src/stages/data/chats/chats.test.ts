import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { testData } from '../../../../test/support.js';
import {
  type ConvertedRecord,
  convertRecord,
  detectFormat,
  pairsOf,
  readRecords,
  splitByGroup,
  textOf,
} from './index.js';
import { Random } from '../../../base/core/index.js';
import { textSimilarity } from '../dedup/index.js';
import { madeUpWord } from '../dedup/testing.js';

const roles = (item: ConvertedRecord | undefined): string =>
  item && 'messages' in item ? item.messages.map(({ role }) => role[0]).join('') : '';
const only = (record: unknown): ConvertedRecord => {
  const converted = convertRecord(record);
  if ('reason' in converted) throw new Error(converted.reason);
  expect(converted.items.length).toBe(1);
  return converted.items[0]!;
};
const reason = (record: unknown): string => {
  const converted = convertRecord(record);
  return 'reason' in converted ? converted.reason : 'converted';
};
const user = (content: string) => ({ role: 'user', content });
const assistant = (content: string) => ({ role: 'assistant', content });

describe('chats', () => {
  it.each([
    ['messages', { messages: [user('q'), assistant('a')] }, 'ua'],
    ['messages', { system: 's', messages: [user('q'), assistant('a')] }, 'sua'],
    [
      'sharegpt',
      {
        conversations: [
          { from: 'human', value: 'q' },
          { from: 'gpt', value: 'a' },
        ],
      },
      'ua',
    ],
    [
      'sharegpt',
      {
        system: 's',
        conversation: [
          { role: 'User', content: 'q' },
          { role: 'Bot', content: 'a' },
        ],
      },
      'sua',
    ],
    ['alpaca', { instruction: 'q', input: 'i', output: 'a' }, 'ua'],
    ['alpaca', { instruction: 'q', output: 'a', system: 's', history: [['q0', 'a0']] }, 'suaua'],
    ['prompt-completion', { prompt: 'q', completion: ' a' }, 'ua'],
    ['prompt-completion', { question: 'q', answer: 'a' }, 'ua'],
    ['prompt-completion', { prompt: [user('q')], completion: [assistant('a')] }, 'ua'],
    ['transcript', { text: '\n\nHuman: q\n\nAssistant: a\n\nHuman: r\n\nAssistant: b' }, 'uaua'],
  ])('%s', (format, record, expected) => {
    expect(detectFormat(record)).toBe(format);
    const item = only(record);
    expect(item.kind).toBe('chat');
    expect(roles(item)).toBe(expected);
  });

  it('keep tools, calls and reasoning', () => {
    const call = { id: 'c', type: 'function', function: { name: 'add', arguments: '{"a":1}' } };
    const item = only({
      tools: '[{"name":"add"}]',
      messages: [
        user('q'),
        { role: 'assistant', content: null, tool_calls: [call] },
        { role: 'tool', content: '2', name: 'add' },
        {
          role: 'assistant',
          content: [
            { type: 'reasoning', value: 'hm' },
            { type: 'text', text: 'It is 2.' },
          ],
        },
      ],
    });
    expect(item).toMatchObject({ tools: [{ name: 'add' }] });
    expect(item.kind === 'chat' && item.messages.map(({ content }) => content)).toEqual([
      'q',
      '<tool_call>\n{"name":"add","arguments":"{\\"a\\":1}"}\n</tool_call>',
      '2',
      '<think>\nhm\n</think>\nIt is 2.',
    ]);
  });

  it.each([
    [{ messages: [assistant('a')] }, 'roles out of order: assistant after nothing'],
    [{ messages: [user('q'), user('r'), assistant('a')] }, 'roles out of order: user after user'],
    [
      { messages: [user('q'), { role: 'system', content: 's' }, assistant('a')] },
      'roles out of order: system after user',
    ],
    [{ messages: [user('q'), assistant('a'), user('r')] }, 'the last turn is not an answer'],
    [{ messages: [user('q'), assistant(' \n')] }, 'an empty answer'],
    [{ messages: [user(''), assistant('a')] }, 'an empty turn of the user'],
    [{ messages: [{ role: 'alien', content: 'q' }] }, 'unknown speaker "alien"'],
    [{ messages: [{ role: 'user', content: [{ type: 'image_url' }] }] }, 'a part of type "image_url" has no text'],
    [{ conversations: ['q', 'a'] }, 'a turn is no object'],
    [{ conversations: [] }, 'no turns'],
    [{ instruction: 'q', output: '' }, 'an empty answer'],
    [{ instruction: 'q', output: 'a', history: [['q']] }, 'a turn of the history is no pair of texts'],
    [{ title: 't' }, 'no known form (fields title)'],
    [{ prompt: 'q', completion: '\ud800' }, 'a lone surrogate in the text'],
    [[], 'not a JSON object'],
    [null, 'not a JSON object'],
  ])('%j are left out', (record, expected) => {
    expect(reason(record)).toBe(expected);
  });

  it('nested without end are left out', () => {
    const deep: unknown = JSON.parse(`${'['.repeat(200_000)}${']'.repeat(200_000)}`);
    const messages = [user('q'), assistant('a')];
    expect(reason({ messages, tools: deep })).toBe('nested too deeply');
    const call = { role: 'assistant', content: '', tool_calls: [{ function: deep }] };
    expect(reason({ messages: [user('q'), call] })).toBe('nested too deeply');
  });

  it('of a named form must have it', () => {
    const record = { instruction: 'q', output: 'a' };
    expect(convertRecord(record, { format: 'sharegpt' })).toEqual({ reason: 'not a record of sharegpt' });
    expect(() => convertRecord(record, { format: 'nothing' as never })).toThrow(/expected one of/);
  });
});

describe('preferences', () => {
  const sides = { prompt: [user('q')], chosen: [assistant('a')], rejected: [assistant('b')] };

  it.each([
    [{ prompt: 'q', chosen: 'a', rejected: ' b ' }],
    [{ prompt: 'q', chosen: [user('q'), assistant('a')], rejected: [user('q'), assistant('b')] }],
    [
      {
        conversations: [{ from: 'human', value: 'q' }],
        chosen: { from: 'gpt', value: 'a' },
        rejected: { from: 'gpt', value: 'b' },
      },
    ],
    [{ instruction: 'q', input: '', output: 'x', chosen: 'a', rejected: 'b' }],
    [{ chosen: '\n\nHuman: q\n\nAssistant: a', rejected: '\n\nHuman: q\n\nAssistant: b' }],
    [{ instruction: 'q', response1: 'b', response2: 'a', annotator1: 2, annotator2: 2, annotator3: 1 }],
    [{ prompt: 'q', response_a: 'a', response_b: 'b', winner: 'model_a' }],
    [{ prompt: 'q', response_a: 'b', response_b: 'a', winner_model_a: 0, winner_model_b: 1 }],
    [{ conversation_a: [user('q'), assistant('a')], conversation_b: [user('q'), assistant('b')], winner: 'model_a' }],
  ])('%j', (record) => {
    expect(only(record)).toMatchObject({ kind: 'preference', ...sides });
  });

  it('take scores as a margin', () => {
    expect(only({ prompt: 'q', chosen: 'a', rejected: 'b', score_chosen: 8.5, score_rejected: 3 })).toMatchObject({
      margin: 5.5,
    });
  });

  it('of more than two answers are ranked, and make pairs', () => {
    const rated = (response: string, ...ratings: string[]) => ({
      response,
      annotations: Object.fromEntries(ratings.map((rating, i) => [`aspect${i}`, { Rating: rating, Rationale: 'so' }])),
    });
    const item = only({
      instruction: 'q',
      completions: [rated('low', '1', '2'), rated('best', '5', '5'), rated('mid', '3'), rated('mid 2', '3', 'N/A')],
    });
    if (item.kind !== 'ranking') throw new Error(item.kind);
    expect(item.answers.map(({ messages, rank, score }) => [messages[0]!.content, rank, score])).toEqual([
      ['best', 1, 5],
      ['mid', 2, 3],
      ['mid 2', 2, 3],
      ['low', 4, 1.5],
    ]);
    const pairs = pairsOf(item);
    expect(pairs.length).toBe(5);
    expect(pairs[0]).toMatchObject({ ...sides, chosen: [assistant('best')], rejected: [assistant('mid')], margin: 2 });
    expect(only({ prompt: 'q', responses: ['x', 'y', 'z'], ranks: [3, 1, 2] })).toMatchObject({
      answers: [{ messages: [assistant('y')] }, { messages: [assistant('z')] }, { messages: [assistant('x')] }],
    });
  });

  it('of one side are judged', () => {
    const record = { messages: [user('q'), assistant('a')], label: false };
    expect(only(record)).toMatchObject({ kind: 'judged', good: false, messages: record.messages });
    expect(only({ prompt: 'q', completion: 'a', label: true })).toMatchObject({ kind: 'judged', good: true });
  });

  it.each([
    [{ prompt: 'q', chosen: 'a', rejected: 'a ' }, 'both sides are equal'],
    [{ prompt: 'q', chosen: 'a', rejected: '' }, 'an empty answer'],
    [{ chosen: 'a', rejected: 'b' }, 'no prompt'],
    [{ chosen: '\n\nHuman: q\n\nAssistant: a', rejected: '\n\nHuman: r\n\nAssistant: b' }, 'no prompt'],
    [{ instruction: 'q', response1: 'a', response2: 'b', annotator1: 1, annotator2: 2 }, 'a tie'],
    [{ instruction: 'q', response1: 'a', response2: 'b' }, 'no verdict of which side is better'],
    [{ prompt: 'q', responses: ['a', 'b'], scores: [1, 1] }, 'all answers are ranked alike'],
    [{ prompt: 'q', responses: ['a', 'b'], scores: [1] }, 'as many scores as answers are expected'],
    [{ prompt: 'q', chosen: 'a', rejected: 'b', score_chosen: 1, score_rejected: 1 }, 'both sides have the same score'],
  ])('%j are left out', (record, expected) => {
    expect(reason(record)).toBe(expected);
  });
});

/** Records, kinds and reasons of a real file. */
async function counts(path: string) {
  const out: Record<string, number> = {};
  for (const { value } of await readRecords(path)) {
    const converted = convertRecord(value);
    const names =
      'items' in converted ? converted.items.map(({ kind, format }) => `${kind} ${format}`) : [converted.reason];
    for (const name of names) out[name] = (out[name] ?? 0) + 1;
  }
  return out;
}

describe('real data sets', () => {
  it.for<[string, Record<string, number>]>([
    ['sft/alpaca/alpaca_4500.json', { 'chat alpaca': 4499, 'an empty answer': 1 }],
    ['sft/alpaca/seed_tasks.jsonl', { 'chat self-instruct': 175 }],
    ['sft/llama-factory-demo/alpaca_zh_demo.json', { 'chat alpaca': 1000 }],
    ['sft/llama-factory-demo/glaive_toolcall_en_demo.json', { 'chat sharegpt': 300 }],
    ['sft/llama-factory-demo/reason_tool_use_demo_50.jsonl', { 'chat messages': 50 }],
    ['preference/llama-factory-demo/dpo_en_demo.json', { 'preference chosen-rejected': 300 }],
    ['preference/llama-factory-demo/kto_en_demo.json', { 'judged judged': 300 }],
    [
      'preference/llms-from-scratch/instruction-data-with-preference.json',
      { 'preference chosen-rejected': 944, 'both sides are equal': 6 },
    ],
    ['preference/pandalm/testset-v1-1-800.json', { 'preference pairwise': 673, 'a tie': 105, 'an empty answer': 22 }],
    [
      'preference/hh-rlhf/harmless-base-test-1-1900.jsonl.gz',
      {
        'preference chosen-rejected': 1890,
        'an empty answer': 4,
        'roles out of order: assistant after assistant': 6,
      },
    ],
    ['benchmarks/gsm8k/test-1-900.jsonl', { 'chat prompt-completion': 900 }],
  ])('%s', { timeout: 20_000 }, async ([file, expected], context) => {
    expect(await counts(testData(context, file))).toEqual(expected);
  });
});

describe('any JSON', () => {
  it('is converted or left out with a reason', () => {
    const names = [
      'messages',
      'conversations',
      'instruction',
      'output',
      'chosen',
      'rejected',
      'prompt',
      'completions',
      'text',
      'label',
      'scores',
      'responses',
      'history',
      'instances',
      'response1',
      'response2',
      'winner',
      'role',
      'content',
      'from',
      'value',
      '__proto__',
    ];
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { depthSize: 'small' },
        fc.constantFrom('user', 'assistant', '', 'x', '\n\nHuman: q\n\nAssistant: a', null, true, 3, 'model_a'),
        fc.array(tie('value'), { maxLength: 4 }),
        fc.dictionary(fc.constantFrom(...names), tie('value'), { maxKeys: 5 }),
      ),
    }));
    fc.assert(
      fc.property(value, (record) => {
        const converted = convertRecord(record);
        if ('reason' in converted) {
          expect(converted.reason).not.toBe('');
          return;
        }
        for (const item of converted.items) {
          expect(textOf(item).trim()).not.toBe('');
          if (item.kind === 'chat') expect(item.messages.at(-1)!.role).toBe('assistant');
          if (item.kind === 'preference') expect(item.chosen).not.toEqual(item.rejected);
        }
      }),
      { numRuns: 1500 },
    );
  });
});

describe('splits', () => {
  const random = new Random(4);
  const texts = Array.from({ length: 120 }, (_, i) => {
    const words = Array.from({ length: 30 }, () => madeUpWord(random.int(400)));
    return { group: i, words };
  }).flatMap(({ group, words }) =>
    Array.from({ length: 1 + (group % 3) }, (_, copy) => {
      const changed = words.slice();
      if (copy > 0) changed[copy * 7] = `changed${'ab'[copy - 1]}`;
      return changed.join(' ');
    }),
  );

  it('keep near-duplicates together, whatever the order', () => {
    const split = splitByGroup(texts, { shares: { heldOut: 0.2, validation: 0.1 }, seed: 1 });
    const share = (name: string) => split.filter((other) => other === name).length / texts.length;
    expect(share('heldOut')).toBeCloseTo(0.2, 1);
    expect(share('validation')).toBeCloseTo(0.1, 1);
    expect(share('train')).toBeGreaterThan(0.6);
    for (let i = 0; i < texts.length; i++) {
      for (let j = 0; j < i; j++) {
        if (split[i] !== split[j]) expect(textSimilarity(texts[i]!, texts[j]!)).toBeLessThan(0.5);
      }
    }
    const reversed = splitByGroup(texts.toReversed(), { shares: { heldOut: 0.2, validation: 0.1 }, seed: 1 });
    expect(reversed.toReversed()).toEqual(split);
    expect(splitByGroup(texts, { shares: { heldOut: 0.2, validation: 0.1 }, seed: 2 })).not.toEqual(split);
  });

  it('keep records with one key together', () => {
    const keys = texts.map((_, i) => (i % 4 === 0 ? undefined : `k${i % 40}`));
    const split = splitByGroup(texts, { shares: { heldOut: 0.3 }, seed: 1, keys, nearDuplicates: false });
    expect(new Set(split)).toEqual(new Set(['train', 'heldOut']));
    for (const key of new Set(keys)) {
      if (key !== undefined) expect(new Set(split.filter((_, i) => keys[i] === key)).size, key).toBe(1);
    }
  });

  it('refuse shares that leave nothing', () => {
    expect(() => splitByGroup(['a'], { shares: { heldOut: 1 }, seed: 1 })).toThrow(/expected shares/);
    expect(splitByGroup([], { shares: { heldOut: 0.5 }, seed: 1 })).toEqual([]);
  });
});
