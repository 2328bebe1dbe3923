import type { Json } from '../../../base/core/index.js';
import type { Tensor } from '../../../compiler/ir/index.js';
import type { Attend } from '../../nn/index.js';
import type { Fields } from '../fields.js';
import type { Family, FlopsPerToken } from '../model.js';
import { countSpecs, weightFlops } from '../specs.js';
import type { ParameterSpecs } from '../specs.js';
import type { EncoderConfig, EncoderHead } from './config.js';

// B sequences, T tokens each, C hidden size, N rows. Activations lie as [B·T, C].

/** What a block computes with: weights, linear maps through the caller's hook, attention and dropout of this pass. */
export interface EncoderScope {
  readonly ids: Tensor;
  /** i32 [B, T], from 0 in each document. */
  readonly positions: Tensor;
  /** Segment embeddings to look up, i32 [B, T]; absent is 0 everywhere. */
  readonly typeIds: Tensor | undefined;
  get(name: string): Tensor;
  /** x [N, in] times `name`.weight [out, in], plus `name`.bias where `bias`, with the caller's hook around it. */
  linear(name: string, x: Tensor, bias: boolean): Tensor;
  /** Attention of layer `n`. */
  attend(n: number): Attend;
  /** Dropout at place `stream` of the model. */
  drop(x: Tensor, stream: number): Tensor;
}

/** A family of encoders: what every family is, its forward pass, and its heads. */
export interface EncoderFamily extends Family<EncoderConfig> {
  /** Hidden states [B·T, C] before the first block, normed. */
  embed(config: EncoderConfig, scope: EncoderScope): Tensor;
  /** Block `n`: x [B·T, C] → [B·T, C]. Dropout streams 2n + 1 and 2n + 2 are its own. */
  block(config: EncoderConfig, scope: EncoderScope, n: number, x: Tensor): Tensor;
  /** The norm after the last block. */
  finalNorm(config: EncoderConfig, scope: EncoderScope, x: Tensor): Tensor;
  /** What transformers calls the pooler's output, of the first tokens [B, C]; undefined where the head has no pooler. */
  pool(config: EncoderConfig, scope: EncoderScope, first: Tensor): Tensor | undefined;
  /** Logits [N, vocabSize] of hidden states [N, C]. */
  vocabulary(config: EncoderConfig, scope: EncoderScope, hidden: Tensor): Tensor;
  /** Logits [B, labels] of what texts are pooled to [B, C]: first tokens, or means. */
  classifySequences(config: EncoderConfig, scope: EncoderScope, pooled: Tensor): Tensor;
  /** Logits [N, labels] of hidden states [N, C]. */
  classifyTokens(config: EncoderConfig, scope: EncoderScope, hidden: Tensor): Tensor;
}

/** Operations of an encoder; the MLM head counts for every token, as when all are scored. */
export function encoderFlops(config: EncoderConfig, specs: ParameterSpecs, sequenceLength: number): FlopsPerToken {
  const head = config.head === 'mlm' && config.tieEmbeddings ? config.vocabSize * config.hiddenSize : 0;
  const { numLayers, globalEvery, numHeads, headSize } = config;
  const whole = Math.ceil(numLayers / globalEvery);
  const keys = whole * sequenceLength + (numLayers - whole) * Math.min(sequenceLength, 2 * config.localReach + 1);
  return weightFlops(countSpecs(specs).nonEmbedding + head, 4 * numHeads * headSize * keys);
}

/** Ends of the class names that transformers loads, by head. */
const classEnds: Readonly<Record<EncoderHead, string>> = {
  none: 'Model',
  mlm: 'ForMaskedLM',
  'sequence-classification': 'ForSequenceClassification',
  'token-classification': 'ForTokenClassification',
};

/** Head and labels of a config.json; a file of pretraining counts as one of its masked-LM part. */
export function readHead(json: Fields, start: string): Pick<EncoderConfig, 'head' | 'labels'> {
  const architectures = json.get('architectures');
  const name = Array.isArray(architectures) ? architectures[0] : undefined;
  const ends = Object.entries(classEnds) as [EncoderHead, string][];
  const head =
    name === undefined
      ? 'none'
      : name === `${start}ForPreTraining`
        ? 'mlm'
        : ends.find(([, end]) => name === `${start}${end}`)?.[0];
  if (head === undefined) {
    json.only('architectures', [...ends.map(([, end]) => `${start}${end}`), `${start}ForPreTraining`]);
    return { head: 'none', labels: [] };
  }
  if (!head.endsWith('classification')) return { head, labels: [] };
  const given = json.get('id2label');
  const names =
    typeof given === 'object' && given !== null && !Array.isArray(given)
      ? Object.entries(given).sort(([a], [b]) => Number(a) - Number(b))
      : Array.from({ length: json.number('num_labels', 2) }, (_, i) => [i, `LABEL_${i}`] as const);
  return { head, labels: names.map(([, label]) => String(label)) };
}

/** The fields of `readHead`, to write. */
export function writeHead({ head, labels }: EncoderConfig, start: string): Record<string, Json> {
  return {
    architectures: [`${start}${classEnds[head]}`],
    ...(labels.length > 0 && {
      id2label: Object.fromEntries(labels.map((label, i) => [String(i), label])),
      label2id: Object.fromEntries(labels.map((label, i) => [label, i])),
    }),
  };
}
