import { gather, trace } from '../../../compiler/ir/index.js';
import type { Graph, Tensor, ValueType } from '../../../compiler/ir/index.js';
import {
  decoderHidden,
  encodeSource,
  encoderForward,
  maskedLanguageLogits,
  meanOverTokens,
  parameterSpecs,
  sequenceLogits,
  tokenLogits,
} from '../../architecture/index.js';
import type { EncoderInput, ModelConfig, Params } from '../../architecture/index.js';

// B sequences, T tokens each, C hidden size, R rows chosen from B·T.

const tokenType: ValueType = { dtype: 'i32', shape: ['B', 'T'] };

/** Whether a model adds segment embeddings that its input chooses. */
export const takesTypes = (config: ModelConfig): boolean => config.kind === 'encoder' && config.typeVocabSize > 1;

function inputTypes(config: ModelConfig, more: Readonly<Record<string, ValueType>>): Record<string, ValueType> {
  const inputs: Record<string, ValueType> = { ids: tokenType, positions: tokenType, mask: tokenType, ...more };
  if (takesTypes(config)) inputs.typeIds = tokenType;
  for (const [name, { shape }] of Object.entries(parameterSpecs(config))) inputs[name] = { dtype: 'f32', shape };
  return inputs;
}

const inputOf = (t: Readonly<Record<string, Tensor>>): EncoderInput => ({
  ids: t.ids as Tensor,
  positions: t.positions as Tensor,
  segments: t.mask as Tensor,
  ...(t.typeIds ? { typeIds: t.typeIds } : {}),
});

/** The embedding and the result of each block, the last one normed: numLayers + 1 of [B·T, C]. */
function layersOf(config: ModelConfig, params: Params<Tensor>, input: EncoderInput): readonly Tensor[] {
  switch (config.kind) {
    case 'encoder':
      return encoderForward(config, params, input).layers;
    case 'decoder':
      // Padding stands on the right, where causal attention does not look.
      return decoderHidden(config, params, { ids: input.ids, positions: input.positions }).layers;
    case 'encoder-decoder':
      return encodeSource(config, params, { ids: input.ids, mask: input.segments as Tensor }).layers;
    default:
      return config satisfies never;
  }
}

/**
 * Hidden states of one layer (0 is the embedding): `hidden` [B·T, C], and what texts are pooled to, each [B, C]: `mean`
 * over the tokens of the mask, `first` and `last` by the rows i32 [B] of their tokens.
 */
export function hiddenGraph(config: ModelConfig, layer: number): Graph {
  const row: ValueType = { dtype: 'i32', shape: ['B'] };
  return trace('hidden', inputTypes(config, { firstRows: row, lastRows: row }), (t) => {
    const input = inputOf(t);
    const hidden = layersOf(config, t, input)[layer] as Tensor;
    return {
      hidden,
      mean: meanOverTokens(hidden, input),
      first: gather(hidden, t.firstRows as Tensor),
      last: gather(hidden, t.lastRows as Tensor),
    };
  });
}

/** Logits of an encoder's head: of texts [B, labels], of tokens [B·T, labels], or of the vocabulary at rows i32 [R]. */
export function headGraph(config: ModelConfig): Graph | undefined {
  if (config.kind !== 'encoder' || config.head === 'none') return undefined;
  const rows: Record<string, ValueType> = config.head === 'mlm' ? { rows: { dtype: 'i32', shape: ['R'] } } : {};
  return trace('head', inputTypes(config, rows), (t) => {
    const input = inputOf(t);
    switch (config.head) {
      case 'mlm':
        return { logits: maskedLanguageLogits(config, t, { ...input, rows: t.rows as Tensor }) };
      case 'sequence-classification':
        return { logits: sequenceLogits(config, t, input) };
      default:
        return { logits: tokenLogits(config, t, input) };
    }
  });
}
