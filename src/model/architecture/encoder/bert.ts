import { add, layerNorm, multiplyDims, reshape, slice, tanh } from '../../../compiler/ir/index.js';
import type { Tensor } from '../../../compiler/ir/index.js';
import { activate, embedding, linear } from '../../nn/index.js';
import { hfActivation } from '../fields.js';
import type { Fields } from '../fields.js';
import { SpecBuilder } from '../specs.js';
import { encoderConfig } from './config.js';
import type { EncoderConfig, EncoderFamilyName } from './config.js';
import { encoderFlops, readHead, writeHead } from './family.js';
import type { EncoderFamily, EncoderScope } from './family.js';

/** What tells one family of BERT's shape from another. */
interface BertNames {
  readonly family: Extract<EncoderFamilyName, 'bert' | 'roberta'>;
  /** Beginning of transformers' class names. */
  readonly className: string;
  /** Norm, map and bias of the masked-LM head. */
  readonly transform: string;
  readonly transformNorm: string;
  readonly vocabularyBias: string;
  /** Position of the first token in the table. */
  positionOffset(config: EncoderConfig): number;
  /** A text's classes are read from the pooler, or from maps of their own. */
  readonly poolerClassifies: boolean;
}

/** The body's prefix: files of a model without a head have none. */
const prefixOf = ({ family, head }: EncoderConfig) => (head === 'none' ? '' : `${family}.`);

/** BERT (Devlin et al. 2019) and its descendants: learned positions, LayerNorm after each sum. */
function bertFamily(names: BertNames): EncoderFamily {
  const hasPooler = ({ head, pooler }: EncoderConfig) =>
    (head === 'none' && pooler) || (head === 'sequence-classification' && names.poolerClassifies);
  const norm = ({ normEpsilon: epsilon }: EncoderConfig, { get }: EncoderScope, name: string, x: Tensor) =>
    layerNorm(x, get(`${name}.weight`), get(`${name}.bias`), { epsilon }).y;
  const layerPrefix = (config: EncoderConfig, n: number) => `${prefixOf(config)}encoder.layer.${n}`;
  const embeddings = (config: EncoderConfig) => `${prefixOf(config)}embeddings`;

  const family: EncoderFamily = {
    kind: 'encoder',
    modelTypes: [names.family],

    fromHf(json: Fields) {
      json.only('is_decoder', [false]);
      json.only('add_cross_attention', [false]);
      json.only('position_embedding_type', ['absolute']);
      const vocabSize = json.number('vocab_size');
      const pad = json.tokenId('pad_token_id', vocabSize) ?? undefined;
      const rows = json.number('max_position_embeddings', 512);
      const offset = names.positionOffset({ pad: pad ?? 1 } as EncoderConfig);
      return encoderConfig({
        family: names.family,
        ...readHead(json, names.className),
        vocabSize,
        contextLength: rows - offset,
        hiddenSize: json.number('hidden_size'),
        intermediateSize: json.number('intermediate_size'),
        numLayers: json.number('num_hidden_layers'),
        numHeads: json.number('num_attention_heads'),
        normEpsilon: json.number('layer_norm_eps', 1e-12),
        activation: json.activation('hidden_act', 'gelu'),
        tieEmbeddings: json.boolean('tie_word_embeddings', true),
        initializerRange: json.number('initializer_range', 0.02),
        bos: json.tokenId('bos_token_id', vocabSize),
        eos: json.tokenId('eos_token_id', vocabSize),
        ...(pad === undefined ? {} : { pad }),
        typeVocabSize: json.number('type_vocab_size', 2),
        // transformers takes it as an argument of its own and ignores it here.
        pooler: json.boolean('add_pooling_layer', true),
      });
    },

    toHf(config) {
      return {
        ...writeHead(config, names.className),
        model_type: names.family,
        attention_probs_dropout_prob: 0,
        bos_token_id: config.bos,
        eos_token_id: config.eos,
        pad_token_id: config.pad,
        hidden_act: hfActivation[config.activation],
        hidden_dropout_prob: 0,
        hidden_size: config.hiddenSize,
        initializer_range: config.initializerRange,
        intermediate_size: config.intermediateSize,
        layer_norm_eps: config.normEpsilon,
        max_position_embeddings: config.contextLength + names.positionOffset(config),
        num_attention_heads: config.numHeads,
        num_hidden_layers: config.numLayers,
        position_embedding_type: 'absolute',
        ...(config.pooler ? {} : { add_pooling_layer: false }),
        tie_word_embeddings: config.tieEmbeddings,
        torch_dtype: 'float32',
        type_vocab_size: config.typeVocabSize,
        vocab_size: config.vocabSize,
      };
    },

    parameterSpecs(config) {
      const { hiddenSize: C, intermediateSize: F, vocabSize: V } = config;
      const b = new SpecBuilder(config.initializerRange);
      const map = (name: string, out: number, inputs: number) => {
        b.matrix(`${name}.weight`, [out, inputs]);
        b.vector(`${name}.bias`, out, 0);
      };
      const norms = (name: string) => {
        b.vector(`${name}.weight`, C, 1);
        b.vector(`${name}.bias`, C, 0);
      };
      const prefix = embeddings(config);
      b.table(`${prefix}.word_embeddings.weight`, [V, C]);
      b.table(`${prefix}.position_embeddings.weight`, [config.contextLength + names.positionOffset(config), C]);
      b.table(`${prefix}.token_type_embeddings.weight`, [config.typeVocabSize, C]);
      norms(`${prefix}.LayerNorm`);
      for (let n = 0; n < config.numLayers; n++) {
        const layer = layerPrefix(config, n);
        for (const name of ['query', 'key', 'value']) map(`${layer}.attention.self.${name}`, C, C);
        map(`${layer}.attention.output.dense`, C, C);
        norms(`${layer}.attention.output.LayerNorm`);
        map(`${layer}.intermediate.dense`, F, C);
        map(`${layer}.output.dense`, C, F);
        norms(`${layer}.output.LayerNorm`);
      }
      if (hasPooler(config)) map(`${prefixOf(config)}pooler.dense`, C, C);
      if (config.head === 'mlm') {
        map(names.transform, C, C);
        norms(names.transformNorm);
        if (!config.tieEmbeddings) b.head(vocabularyName(names), [V, C]);
        b.vector(names.vocabularyBias, V, 0);
      } else if (config.head === 'token-classification' || (config.head !== 'none' && names.poolerClassifies)) {
        map('classifier', config.labels.length, C);
      } else if (config.head === 'sequence-classification') {
        map('classifier.dense', C, C);
        map('classifier.out_proj', config.labels.length, C);
      }
      return b.specs;
    },

    alias(stored, config) {
      const { family: start } = config;
      // TensorFlow's names of norms, in the first files of all.
      const name = stored
        .replace(/LayerNorm\.gamma$/, 'LayerNorm.weight')
        .replace(/LayerNorm\.beta$/, 'LayerNorm.bias');
      if (config.head === 'none') return name.startsWith(`${start}.`) ? name.slice(start.length + 1) : name;
      return /^(?:embeddings|encoder|pooler)\./.test(name) ? `${start}.${name}` : name;
    },
    // Numbered positions, copies of the tied head, and the parts of pretraining that the head here does not have.
    isExtra: (stored, config) =>
      stored.endsWith('embeddings.position_ids') ||
      stored.endsWith('embeddings.token_type_ids') ||
      /(?:predictions\.decoder|lm_head\.decoder)\.(?:weight|bias)$/.test(stored) ||
      stored.startsWith('cls.seq_relationship.') ||
      (!hasPooler(config) && /(?:^|\.)pooler\.dense\./.test(stored)) ||
      (config.head === 'none' && /^(?:cls|lm_head)\./.test(stored)),
    flopsPerToken: (config, length) => encoderFlops(config, family.parameterSpecs(config), length),

    embed(config, scope) {
      const { get, ids, positions, typeIds } = scope;
      const prefix = embeddings(config);
      const offset = names.positionOffset(config);
      const words = embedding(get(`${prefix}.word_embeddings.weight`), ids);
      const places = embedding(
        get(`${prefix}.position_embeddings.weight`),
        offset === 0 ? positions : add(positions, offset),
      );
      const types = get(`${prefix}.token_type_embeddings.weight`);
      const kinds = typeIds ? embedding(types, typeIds) : slice(types, 0, 0, 1);
      const sum_BTC = add(add(words, places), kinds);
      const rows = multiplyDims(...scope.ids.shape);
      return scope.drop(norm(config, scope, `${prefix}.LayerNorm`, reshape(sum_BTC, [rows, config.hiddenSize])), 0);
    },

    block(config, scope, n, x) {
      const layer = layerPrefix(config, n);
      const head = (name: string) => scope.linear(`${layer}.attention.self.${name}`, x, true);
      const attended = scope.attend(n)(head('query'), head('key'), head('value'));
      const written = scope.linear(`${layer}.attention.output.dense`, attended, true);
      const y = norm(config, scope, `${layer}.attention.output.LayerNorm`, add(x, scope.drop(written, 2 * n + 1)));
      const inner = activate(config.activation, scope.linear(`${layer}.intermediate.dense`, y, true));
      const fed = scope.drop(scope.linear(`${layer}.output.dense`, inner, true), 2 * n + 2);
      return norm(config, scope, `${layer}.output.LayerNorm`, add(y, fed));
    },

    finalNorm: (_config, _scope, x) => x,

    pool: (config, scope, first) =>
      hasPooler(config) ? tanh(scope.linear(`${prefixOf(config)}pooler.dense`, first, true)) : undefined,

    vocabulary(config, scope, hidden) {
      const inner = activate(config.activation, scope.linear(names.transform, hidden, true));
      const y = norm(config, scope, names.transformNorm, inner);
      const table = config.tieEmbeddings ? `${embeddings(config)}.word_embeddings.weight` : vocabularyName(names);
      return add(linear(y, scope.get(table), 'outIn'), scope.get(names.vocabularyBias));
    },

    classifySequences(config, scope, pooled) {
      if (names.poolerClassifies) {
        return scope.linear('classifier', family.pool(config, scope, pooled) as Tensor, true);
      }
      return scope.linear('classifier.out_proj', tanh(scope.linear('classifier.dense', pooled, true)), true);
    },

    classifyTokens: (_, scope, hidden) => scope.linear('classifier', hidden, true),
  };
  return family;
}

const vocabularyName = ({ vocabularyBias }: BertNames) => `${vocabularyBias.slice(0, -'bias'.length)}decoder.weight`;

export const bert = bertFamily({
  family: 'bert',
  className: 'Bert',
  transform: 'cls.predictions.transform.dense',
  transformNorm: 'cls.predictions.transform.LayerNorm',
  vocabularyBias: 'cls.predictions.bias',
  positionOffset: () => 0,
  poolerClassifies: true,
});

/** RoBERTa (Liu et al. 2019): positions start behind the padding token's, classes have maps of their own. */
export const roberta = bertFamily({
  family: 'roberta',
  className: 'Roberta',
  transform: 'lm_head.dense',
  transformNorm: 'lm_head.layer_norm',
  vocabularyBias: 'lm_head.bias',
  positionOffset: ({ pad }) => (pad as number) + 1,
  poolerClassifies: false,
});
