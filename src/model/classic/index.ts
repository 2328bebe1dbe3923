/**
 * Models without a graph: n-gram language models, static vectors of words (word2vec, GloVe, fastText) and linear
 * classifiers of text.
 *
 * @module
 * @example
 * ```ts
 * import { NearestIndex, trainKneserNey, trainWord2vec } from 'abovo/classic';
 * const model = trainKneserNey([[0, 1, 2, 1, 2, 3]], { vocabSize: 4 });
 * Math.exp(model.logprobs([0, 1, 2])[1]); // p(2 | 0 1), the first token is only context
 *
 * const { vectors } = await trainWord2vec(['the egg and the hen', 'the hen and the egg'], { minCount: 2, dim: 8 });
 * const [nearest] = new NearestIndex(vectors).search([vectors.vector('egg')!], { top: 1 });
 * nearest?.[0]?.word; // 'egg'
 * ```
 */
export { KneserNey, trainKneserNey } from './ngram/index.js';
export type { Discounts, KneserNeyOptions } from './ngram/index.js';
export {
  NearestIndex,
  WordVectors,
  correlations,
  cosine,
  embeddingsFor,
  parseAnalogies,
  parseSimilarities,
  readVectors,
  scoreAnalogies,
  scoreSimilarities,
  trainGlove,
  trainWord2vec,
  writeVectors,
} from './vectors/index.js';
export type {
  AnalogyOptions,
  AnalogyScore,
  AnalogySection,
  Coverage,
  EmbeddingsOptions,
  GloveOptions,
  InitialEmbeddings,
  Neighbour,
  ReadVectorsOptions,
  SearchOptions,
  Sentence,
  Sentences,
  SimilarityPair,
  SimilarityScore,
  SpillStore,
  TrainedVectors,
  TrainingFigures,
  VectorFormat,
  VectorSource,
  Word2vecOptions,
  WriteVectorsOptions,
} from './vectors/index.js';
export {
  Dictionary,
  FastTextModel,
  readFastText,
  trainClassifier,
  trainFastText,
  writeFastText,
} from './fasttext/index.js';
export type {
  ClassifierOptions,
  DictionaryEntries,
  Example,
  FastTextOptions,
  FastTextSettings,
  LossKind,
  ModelKind,
  PredictOptions,
  Prediction,
  ReadFastTextOptions,
  TrainedFastText,
} from './fasttext/index.js';
