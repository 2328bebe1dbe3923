import type { BatchSource, OnProgress, TokenBatch } from '../../base/contract/index.js';
import type { Executor } from '../../compiler/runtime/index.js';
import type { HostTensor } from '../../compiler/tensor/index.js';
import type { ModelConfig, Params } from '../../model/architecture/index.js';
import type { TrainConfig } from './config.js';
import type { Objective } from './objectives/index.js';

export interface TrainOptions<Batch = TokenBatch> {
  readonly config: TrainConfig;
  readonly architecture: ModelConfig;
  /**
   * What is minimised over the batches of a source; default: next-token prediction, for decoders and batches of
   * tokens. Called for training and validation.
   */
  readonly objective?: (source: BatchSource<Batch>) => Objective<Batch>;
  /** Weights to start from. */
  readonly initial: Params<HostTensor>;
  /** Micro-batches of `config.microBatchSize` sequences. */
  readonly batches: BatchSource<Batch>;
  readonly validation?: BatchSource<Batch>;
  readonly executor: Executor;
  /** Where metrics.jsonl and checkpoints/ go; a run that was stopped here goes on from its newest valid checkpoint. */
  readonly folder: string;
  /** Shown as the stage of progress reports. */
  readonly name?: string;
  /** Measured peak of the machine, floating-point operations per second; progress then shows the share reached. */
  readonly peakFlops?: number;
  readonly onProgress?: OnProgress;
  readonly onWarning?: (message: string) => void;
  /** Stops at the next step boundary, after a checkpoint. */
  readonly signal?: AbortSignal;
}

export interface TrainResult {
  /** Weights of the step that `config.select` asks for. */
  readonly params: Params<HostTensor>;
  /** Step of these weights. */
  readonly selectedStep: number;
  readonly steps: number;
  /** Tokens seen, padding included. */
  readonly tokens: number;
  /** Loss of the last step, nats. */
  readonly loss: number;
  /** Last validation, nats per target token. */
  readonly validation: { readonly step: number; readonly loss: number; readonly bitsPerToken: number } | null;
  readonly bestValidation: { readonly step: number; readonly loss: number } | null;
  readonly metricsPath: string;
}
