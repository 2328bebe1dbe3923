import type { Message } from '../../../base/contract/index.js';
import { instructionText } from './chat-formats.js';
import {
  type Fields,
  Unfit,
  checkChat,
  checkOrder,
  field,
  firstText,
  isRecord,
  isTranscript,
  messagesOf,
  transcriptTurns,
} from './messages.js';
import type { JudgedRecord, PreferenceFormat, PreferenceRecord, RankingRecord } from './types.js';

type Item =
  | Omit<PreferenceRecord, 'format' | 'id'>
  | Omit<RankingRecord, 'format' | 'id'>
  | Omit<JudgedRecord, 'format' | 'id'>;

interface Format {
  matches(record: Fields): boolean;
  convert(record: Fields): Item[];
}

interface Answer {
  readonly messages: readonly Message[];
  readonly score?: number;
}

const number = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isFinite(value)
    ? value
    : typeof value === 'string' && value.trim() !== '' && Number.isFinite(Number(value))
      ? Number(value)
      : undefined;

const same = (a: Message | undefined, b: Message | undefined): boolean =>
  a?.role === b?.role && a?.content === b?.content;

/** The turns before an answer: a list of turns, an instruction, or a prompt. */
function promptOf(record: Fields): Message[] {
  const turns = [field(record, 'conversations'), field(record, 'messages'), field(record, 'prompt')].find(
    Array.isArray,
  );
  if (turns) return messagesOf(turns);
  const system = firstText(record, 'system');
  const before: Message[] = system ? [{ role: 'system', content: system }] : [];
  const text = firstText(record, 'prompt', 'question', 'query') ?? instructionText(record);
  if (isTranscript(text))
    return [...before, ...transcriptTurns(text)].filter(({ content }, i, all) => content !== '' || i < all.length - 1);
  return text === '' ? before : [...before, { role: 'user', content: text }];
}

/** An answer as messages: a text, a turn, or a list of turns, which may begin with the prompt. */
function answerOf(value: unknown): Message[] {
  if (typeof value === 'string')
    return isTranscript(value) ? transcriptTurns(value) : [{ role: 'assistant', content: value.trim() }];
  // Answers such as 7 and true come without quotes.
  if (typeof value === 'number' || typeof value === 'boolean') return [{ role: 'assistant', content: String(value) }];
  return messagesOf(Array.isArray(value) ? value : [value]);
}

/** Throws where the prompt or an answer is none; all answers must be distinct. */
function checked(prompt: readonly Message[], answers: readonly Answer[]): void {
  if (prompt.length === 0) throw new Unfit('no prompt');
  for (const { messages } of answers) {
    if (messages.length === 0) throw new Unfit('an empty answer');
    if (messages[0]?.role !== 'assistant') throw new Unfit('the sides differ before the answer');
    checkChat([...prompt, ...messages]);
  }
}

function preference(prompt: readonly Message[], better: Answer, worse: Answer): [Item] {
  checked(prompt, [better, worse]);
  const text = ({ messages }: Answer): string => messages.map(({ content }) => content.trim()).join('\n');
  if (text(better) === text(worse)) throw new Unfit('both sides are equal');
  const margin = better.score !== undefined && worse.score !== undefined ? better.score - worse.score : undefined;
  if (margin === 0) throw new Unfit('both sides have the same score');
  const sides = { prompt, chosen: better.messages, rejected: worse.messages };
  return [{ kind: 'preference', ...sides, ...(margin === undefined ? {} : { margin }) }];
}

/** Takes what both sides begin with out of them: the prompt. */
function withoutPrompt(
  prompt: readonly Message[],
  sides: readonly Message[][],
): { prompt: Message[]; sides: Message[][] } {
  // Sides that hold the whole chat repeat the prompt; others begin with the answer.
  const repeats = sides.every((side) => side.length > 1 && side[0]?.role !== 'assistant');
  if (!repeats) return { prompt: [...prompt], sides: [...sides] };
  let shared = 0;
  while (sides.every((side) => shared < side.length - 1 && same(side[shared], sides[0]?.[shared]))) shared++;
  const system = prompt[0]?.role === 'system' && sides[0]?.[0]?.role !== 'system' ? [prompt[0]] : [];
  return { prompt: [...system, ...(sides[0] ?? []).slice(0, shared)], sides: sides.map((side) => side.slice(shared)) };
}

/** In the order in which they are tried. */
export const preferenceFormats: Readonly<Record<PreferenceFormat, Format>> = {
  'chosen-rejected': {
    matches: (record) => field(record, 'chosen') !== undefined && field(record, 'rejected') !== undefined,
    convert(record) {
      const given = [field(record, 'chosen'), field(record, 'rejected')].map(answerOf);
      const whole = [field(record, 'chosen'), field(record, 'rejected')].some(isTranscript);
      const { prompt, sides } = withoutPrompt(whole ? [] : promptOf(record), given);
      const [better, worse] = sides as [Message[], Message[]];
      const chosenScore = number(field(record, 'score_chosen') ?? field(record, 'chosen_score'));
      const rejectedScore = number(field(record, 'score_rejected') ?? field(record, 'rejected_score'));
      return preference(prompt, { messages: better, score: chosenScore }, { messages: worse, score: rejectedScore });
    },
  },
  ranked: {
    matches: (record) =>
      (Array.isArray(field(record, 'completions')) && isRecord((field(record, 'completions') as unknown[])[0])) ||
      (Array.isArray(field(record, 'responses')) &&
        (Array.isArray(field(record, 'scores')) || Array.isArray(field(record, 'ranks')))),
    convert(record) {
      const prompt = promptOf(record);
      const answers = scoredAnswers(record);
      if (answers.length < 2) throw new Unfit('fewer than two answers');
      const order = answers.toSorted((a, b) => b.score - a.score);
      if (order[0]?.score === order.at(-1)?.score) throw new Unfit('all answers are ranked alike');
      if (order.length === 2) return preference(prompt, order[0] as Answer, order[1] as Answer);
      checked(prompt, order);
      let rank = 0;
      const ranked = order.map((answer, i) => {
        if (i === 0 || answer.score !== order[i - 1]?.score) rank = i + 1;
        return { ...answer, rank };
      });
      return [{ kind: 'ranking', prompt, answers: ranked }];
    },
  },
  pairwise: {
    matches: (record) => pairFields.some((names) => names.every((name) => field(record, name) !== undefined)),
    convert(record) {
      const names = pairFields.find((pair) => pair.every((name) => field(record, name) !== undefined)) as readonly [
        string,
        string,
      ];
      const winner = winnerOf(record);
      if (winner === undefined) throw new Unfit('no verdict of which side is better');
      if (winner === 0) throw new Unfit('a tie');
      const { prompt, sides } = withoutPrompt(
        promptOf(record),
        names.map((name) => answerOf(field(record, name))),
      );
      const [first, second] = sides.map((messages) => ({ messages })) as unknown as [Answer, Answer];
      return winner === 1 ? preference(prompt, first, second) : preference(prompt, second, first);
    },
  },
  judged: {
    matches: (record) =>
      ['label', 'kto_tag', 'good'].some((name) => typeof field(record, name) === 'boolean') && !('text' in record),
    convert(record) {
      const good = ['label', 'kto_tag', 'good']
        .map((name) => field(record, name))
        .find((value) => typeof value === 'boolean');
      const completion = field(record, 'completion') ?? field(record, 'response') ?? field(record, 'output');
      const messages = [...promptOf(record), ...(completion === undefined ? [] : answerOf(completion))];
      checkOrder(messages);
      checkChat(messages);
      return [{ kind: 'judged', messages, good: good as boolean }];
    },
  },
};

const pairFields: ReadonlyArray<readonly [string, string]> = [
  ['response1', 'response2'],
  ['response_1', 'response_2'],
  ['response_a', 'response_b'],
  ['answer_a', 'answer_b'],
  ['output_1', 'output_2'],
  ['conversation_a', 'conversation_b'],
];

/** 1 or 2 for the better side, 0 for a tie; votes of several people are counted. */
function winnerOf(record: Fields): 0 | 1 | 2 | undefined {
  const side = (value: unknown): 0 | 1 | 2 | undefined => {
    if (typeof value === 'object') return undefined;
    const text = String(value).trim().toLowerCase();
    if (/^(?:1|a|model_a|response_a|response1|first)$/.test(text)) return 1;
    if (/^(?:2|b|model_b|response_b|response2|second)$/.test(text)) return 2;
    return text === '0' || text.startsWith('tie') ? 0 : undefined;
  };
  for (const name of ['winner', 'preference', 'preferred', 'choice', 'verdict']) {
    const verdict = field(record, name) === undefined ? undefined : side(field(record, name));
    if (verdict !== undefined) return verdict;
  }
  if (number(field(record, 'winner_model_a')) === 1 || field(record, 'winner_model_a') === true) return 1;
  if (number(field(record, 'winner_model_b')) === 1 || field(record, 'winner_model_b') === true) return 2;
  const votes = Object.keys(record)
    .filter((name) => /^annotator_?\d+$/.test(name))
    .map((name) => side(record[name]));
  if (votes.length === 0) return undefined;
  const count = (wanted: number): number => votes.filter((vote) => vote === wanted).length;
  const [first, second] = [count(1), count(2)];
  // A side wins with more votes than the other one and than ties.
  if (first > second && first > count(0)) return 1;
  return second > first && second > count(0) ? 2 : 0;
}

function scoredAnswers(record: Fields): (Answer & { readonly score: number })[] {
  const completions = field(record, 'completions');
  if (Array.isArray(completions)) {
    return completions.flatMap((completion: unknown) => {
      if (!isRecord(completion)) throw new Unfit('a completion is no object');
      const score = ['overall_score', 'fine-grained_score', 'score', 'rating'].map((name) =>
        number(field(completion, name)),
      );
      const known = score.find((value) => value !== undefined) ?? meanRating(field(completion, 'annotations'));
      if (known === undefined) throw new Unfit('a completion without a score');
      const text = field(completion, 'response') ?? field(completion, 'text') ?? field(completion, 'content');
      return [{ messages: answerOf(text ?? ''), score: known }];
    });
  }
  const responses = field(record, 'responses') as unknown[];
  const scores = field(record, 'scores');
  const values = Array.isArray(scores) ? scores : (field(record, 'ranks') as unknown[]);
  if (values.length !== responses.length) throw new Unfit('as many scores as answers are expected');
  return responses.map((response, i) => {
    const value = number(values[i]);
    if (value === undefined) throw new Unfit('a score that is no number');
    return { messages: answerOf(response), score: Array.isArray(scores) ? value : -value };
  });
}

/** UltraFeedback's annotations: the mean of the ratings of its aspects. */
function meanRating(annotations: unknown): number | undefined {
  if (!isRecord(annotations)) return undefined;
  const ratings = Object.values(annotations).flatMap((aspect) => {
    const rating = isRecord(aspect) ? number(field(aspect, 'Rating') ?? field(aspect, 'rating')) : undefined;
    return rating === undefined ? [] : [rating];
  });
  return ratings.length > 0 ? ratings.reduce((sum, rating) => sum + rating, 0) / ratings.length : undefined;
}
