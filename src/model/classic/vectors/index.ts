/**
 * Static vectors of words: training (word2vec, GloVe), files, neighbours, analogies and similarities.
 *
 * @module
 * @example
 * ```ts no-run
 * const { vectors } = await trainWord2vec(['the egg and the hen', 'the hen and the egg'], { minCount: 1 });
 * vectors.vector('egg')?.length; // 100
 * ```
 */
export { buildCorpus, wordsOf } from './corpus.js';
export type { Corpus, CorpusOptions, Sentence, Sentences } from './corpus.js';
export { trainWord2vec } from './word2vec.js';
export type { TrainedVectors, Word2vecOptions } from './word2vec.js';
export { trainGlove } from './glove.js';
export type { GloveOptions } from './glove.js';
export type { SpillStore } from './cooccurrence.js';
export type { TrainingFigures } from './job.js';
export { WordVectors } from './word-vectors.js';
export { NearestIndex } from './nearest.js';
export type { Neighbour, SearchOptions } from './nearest.js';
export { readVectors } from './read.js';
export type { ReadVectorsOptions, VectorFormat } from './read.js';
export { writeVectors } from './write.js';
export type { WriteVectorsOptions } from './write.js';
export { parseAnalogies, scoreAnalogies } from './analogy.js';
export type { AnalogyOptions, AnalogyScore, AnalogySection } from './analogy.js';
export { correlations, cosine, parseSimilarities, scoreSimilarities } from './similarity.js';
export type { SimilarityPair, SimilarityScore } from './similarity.js';
export { embeddingsFor } from './embeddings-for.js';
export type { Coverage, EmbeddingsOptions, InitialEmbeddings, VectorSource } from './embeddings-for.js';
