import type { ChoiceQuestion } from '../../base/contract/index.js';
import { InvalidInput } from '../../base/core/index.js';
import { encodeAnswer, encodeText, type EncodingModel, type ScoredIds } from './encoding.js';
import { negativeLogLikelihood } from './likelihood.js';
import { scoreSequences, type ScoreOptions, type Scorer } from './scorer.js';
import { wilsonInterval, type Interval } from './statistics.js';

export interface ChoiceOptions extends ScoreOptions {
  /** Ask in the form of a chat (`messages`) instead of a text to go on from (`prompt`). */
  readonly chat?: boolean;
}

/** What a model chose. */
export interface ChoiceAnswer {
  readonly id: string;
  readonly chosen: number;
  readonly correct: boolean;
  /** Score of each choice in nats: ln p(choice | question), less ln p(choice | unconditional) where that is given. */
  readonly scores: readonly number[];
}

export interface ChoiceResult {
  readonly accuracy: Interval;
  readonly correct: number;
  readonly questions: number;
  /** Accuracy of guessing. */
  readonly chance: number;
  readonly answers: readonly ChoiceAnswer[];
}

/**
 * Answers multiple-choice questions by likelihood. A choice that is likely whatever is asked gains nothing from it where
 * a question has an unconditional context: the score is the pointwise mutual information of question and choice
 * (Brown et al. 2020, section 2.4; Holtzman et al. 2021).
 */
export async function answerChoices(
  scorer: Scorer,
  model: EncodingModel,
  questions: readonly ChoiceQuestion[],
  { chat = false, ...options }: ChoiceOptions = {},
): Promise<ChoiceResult> {
  if (questions.length === 0) throw new InvalidInput('evaluation.choice', 'evaluate: expected questions, got none');
  const sequences: ScoredIds[] = [];
  const known = new Map<string, number>();
  // A choice without its question is scored once, however many questions show it.
  const place = (key: string, encode: () => ScoredIds): number => {
    let index = known.get(key);
    if (index === undefined) {
      index = sequences.push(encode()) - 1;
      known.set(key, index);
    }
    return index;
  };
  const plan = questions.map((question) =>
    question.choices.map((choice) => {
      const { messages, unconditionalMessages, prompt, unconditional } = question;
      if (!chat) {
        return {
          given: place(`t\0${prompt}\0${choice}`, () => encodeText(model, choice, prompt)),
          alone:
            unconditional === undefined
              ? undefined
              : place(`t\0${unconditional}\0${choice}`, () => encodeText(model, choice, unconditional)),
        };
      }
      if (!messages) {
        throw new InvalidInput(
          'evaluation.choice',
          `evaluate: expected question ${question.id} to have messages, got a prompt only; ask it without chat`,
          { id: question.id },
        );
      }
      return {
        given: place(`c\0${JSON.stringify(messages)}\0${choice}`, () => encodeAnswer(model, messages, choice)),
        alone:
          unconditionalMessages === undefined
            ? undefined
            : place(`c\0${JSON.stringify(unconditionalMessages)}\0${choice}`, () =>
                encodeAnswer(model, unconditionalMessages, choice),
              ),
      };
    }),
  );
  const logprobs = await scoreSequences(
    scorer,
    sequences.map(({ ids }) => ids),
    options,
  );
  const totals = sequences.map(({ from }, i) => -negativeLogLikelihood(logprobs[i]!, from));
  const answers = questions.map(({ id, answer }, i): ChoiceAnswer => {
    const scores = plan[i]!.map(({ given, alone }) => totals[given]! - (alone === undefined ? 0 : totals[alone]!));
    const chosen = scores.indexOf(Math.max(...scores));
    return { id, chosen, correct: chosen === answer, scores };
  });
  const correct = answers.filter((answer) => answer.correct).length;
  return {
    accuracy: wilsonInterval(correct, questions.length),
    correct,
    questions: questions.length,
    chance: questions.reduce((sum, { choices }) => sum + 1 / choices.length, 0) / questions.length,
    answers,
  };
}
