/** What a model learns, and its number in a file. */
export const models = { cbow: 1, skipgram: 2, supervised: 3 } as const;
/** Loss functions, and their numbers in a file. */
export const losses = { hierarchical: 1, negative: 2, softmax: 3, 'one-vs-all': 4 } as const;

export type ModelKind = keyof typeof models;
export type LossKind = keyof typeof losses;

/** How a model was trained, as its file says. */
export interface FastTextSettings {
  readonly model: ModelKind;
  readonly loss: LossKind;
  readonly dim: number;
  readonly window: number;
  readonly epochs: number;
  readonly minCount: number;
  readonly negative: number;
  /** Longest run of words that is a feature of its own; 1 for none. */
  readonly wordNgrams: number;
  readonly buckets: number;
  readonly minn: number;
  readonly maxn: number;
  /** Words after which the learning rate changes. */
  readonly rateEvery: number;
  /** Frequency above which words are left out at random. */
  readonly sample: number;
}

/** End of a line: a word like any other. */
export const endOfLine = '</s>';

/** Words of a line between the bytes that fastText takes as white space. */
export const tokensOf = (line: string): string[] => line.split(/[ \t\n\v\f\r\0]+/).filter((word) => word !== '');
