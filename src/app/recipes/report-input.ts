/** Forecast of a stage, made by the plan. */
export interface Forecast {
  readonly flops?: number;
  readonly seconds?: number;
  readonly peakMemoryMB?: number;
}

export interface StageView {
  readonly stage: string;
  readonly address: string;
  readonly parents: readonly string[];
  readonly seconds: number;
  readonly peakMemoryMB: number;
  readonly flops?: number;
  readonly predicted?: Forecast;
  readonly startedAt: string;
  readonly resumed: number;
  readonly bytes: number;
}

/** Points of `metrics.jsonl`, x is the optimizer step. */
export interface CurveView {
  readonly stage: string;
  readonly loss: ReadonlyArray<readonly [number, number]>;
  readonly validation: ReadonlyArray<readonly [number, number]>;
  readonly learningRate: ReadonlyArray<readonly [number, number]>;
  readonly gradientNorm: ReadonlyArray<readonly [number, number]>;
  readonly tokensPerSecond: ReadonlyArray<readonly [number, number]>;
}

export interface Interval {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** Everything the card shows, gathered from manifests and the files of the artifacts they describe. */
export interface ReportInput {
  readonly name: string;
  readonly charter?: {
    readonly purpose?: string;
    readonly users?: readonly string[];
    readonly outOfScope?: readonly string[];
    readonly dataClasses?: readonly string[];
    readonly risks?: ReadonlyArray<{ readonly risk: string; readonly mitigation?: string }>;
    readonly controls?: ReadonlyArray<{ readonly id: string; readonly title: string; readonly evidence: string }>;
  };
  readonly thresholds: ReadonlyArray<{
    readonly rule: string;
    readonly value: number | undefined;
    readonly met: boolean;
  }>;
  readonly overrides: ReadonlyArray<{ readonly reason: string; readonly at: string }>;
  readonly stages: readonly StageView[];
  readonly data: ReadonlyArray<readonly [name: string, value: string]>;
  readonly dataNotes: readonly string[];
  readonly licences: ReadonlyArray<{
    readonly source: string;
    readonly licence: string;
    readonly attribution?: string;
    readonly url?: string;
  }>;
  readonly tokenizer: ReadonlyArray<readonly [name: string, value: string]>;
  readonly model: ReadonlyArray<readonly [name: string, value: string]>;
  readonly curves: readonly CurveView[];
  readonly evaluation: {
    readonly base?: {
      readonly bitsPerByte?: number;
      readonly perplexity?: number;
      readonly choice?: Interval;
      readonly chrF?: number;
      /** What a model that is no decoder does: bits per token asked for, masked tokens guessed right. */
      readonly taskBitsPerToken?: number;
      readonly maskedAccuracy?: number;
    };
    readonly tuned?: { readonly bitsPerByte?: number; readonly choice?: Interval; readonly chrF?: number };
    readonly baselines: {
      readonly xz?: number;
      readonly kneserNey5?: number;
      readonly chance?: number;
      readonly chrF?: number;
      readonly chrFName?: string;
      readonly unigramBitsPerToken?: number;
      readonly commonestAccuracy?: number;
    };
    readonly paired?: { readonly wins: number; readonly losses: number; readonly pValue: number };
    readonly questions?: number;
    readonly heldOutBytes?: number;
    readonly heldOutDocuments?: number;
    readonly notes: readonly string[];
  };
  readonly samples: ReadonlyArray<{
    readonly title: string;
    readonly samples: ReadonlyArray<{ readonly prompt: string; readonly text: string; readonly reference?: string }>;
  }>;
  readonly machine: ReadonlyArray<readonly [name: string, value: string]>;
  readonly cost?: { readonly perHour: number; readonly currency: string };
  readonly version: string;
}
