import type { ChatExample, Message } from '../../../base/contract/index.js';
import type { Json } from '../../../base/core/index.js';

/** Forms that records of chats come in. */
export type ChatFormat =
  | 'messages'
  | 'sharegpt'
  | 'alpaca'
  | 'self-instruct'
  | 'prompt-completion'
  | 'transcript'
  | 'text';

/** Forms that records of preferences come in. */
export type PreferenceFormat = 'judged' | 'chosen-rejected' | 'ranked' | 'pairwise';

export type RecordFormat = ChatFormat | PreferenceFormat;

interface Origin {
  /** Form that was found. */
  readonly format: RecordFormat;
  readonly id?: string;
}

/** A chat to be tuned on. */
export interface ChatRecord extends ChatExample, Origin {
  readonly kind: 'chat';
  /** Definitions of the tools that the assistant may call, as they came. */
  readonly tools?: Json;
}

/** Text to be pretrained on. */
export interface TextRecord extends Origin {
  readonly kind: 'text';
  readonly text: string;
}

/** Two ways to go on after a prompt, the better one first. */
export interface PreferenceRecord extends Origin {
  readonly kind: 'preference';
  readonly prompt: readonly Message[];
  readonly chosen: readonly Message[];
  readonly rejected: readonly Message[];
  /** Difference of the two scores, where the source has any. */
  readonly margin?: number;
}

/** More than two ways to go on, the best first. */
export interface RankingRecord extends Origin {
  readonly kind: 'ranking';
  readonly prompt: readonly Message[];
  readonly answers: ReadonlyArray<{
    readonly messages: readonly Message[];
    /** 1 is best; answers alike share a rank. */
    readonly rank: number;
    readonly score?: number;
  }>;
}

/** A chat that somebody found good or not (KTO). */
export interface JudgedRecord extends ChatExample, Origin {
  readonly kind: 'judged';
  readonly good: boolean;
}

export type ConvertedRecord = ChatRecord | TextRecord | PreferenceRecord | RankingRecord | JudgedRecord;

/** Pairs of a ranking, each better answer with each worse one (K (K - 1) / 2 of them, as InstructGPT's reward model). */
export function pairsOf({ prompt, answers, format, id }: RankingRecord): PreferenceRecord[] {
  return answers.flatMap((better, i) =>
    answers.slice(i + 1).flatMap((worse): PreferenceRecord[] => {
      if (worse.rank === better.rank) return [];
      const margin = better.score !== undefined && worse.score !== undefined ? better.score - worse.score : undefined;
      return [{ kind: 'preference', format, id, prompt, chosen: better.messages, rejected: worse.messages, margin }];
    }),
  );
}
