import type { BatchSource, TokenBatch } from '../../base/contract/index.js';
import { InvalidInput, Random } from '../../base/core/index.js';
import type { TokenDocuments } from './token-documents.js';

/** One source of a mixture. */
export interface MixturePart {
  readonly name: string;
  readonly documents: TokenDocuments;
  /** Share of the mixture, relative to the other weights. Default: what the temperature gives. */
  readonly weight?: number;
  /** Passes over the source in one epoch of the mixture; fractions take a part of its documents. Instead of weights. */
  readonly epochs?: number;
}

export interface MixtureOptions {
  /** Shares go with tokens^(1/temperature): 1 (default) leaves sources as they are, more evens them out. */
  readonly temperature?: number;
  /** Tokens of one epoch of the mixture. Default: those of all parts. */
  readonly tokens?: number;
  readonly seed?: number;
}

/** Documents of several sources, some of them more than once, and how often. */
export interface Mixture extends TokenDocuments {
  readonly epochs: Readonly<Record<string, number>>;
  /** Part of a document of the mixture. */
  partOf(document: number): string;
  /** Number of a document of the mixture within its part. */
  indexOf(document: number): number;
}

function refuse(message: string): never {
  throw new InvalidInput('data.mix', `mix: ${message}`);
}

/** Passes over each part in one epoch of the mixture. */
function passes(parts: readonly MixturePart[], { temperature = 1, tokens }: MixtureOptions): number[] {
  if (!(temperature >= 1)) refuse(`expected a temperature of 1 or more, got ${temperature}`);
  const byEpochs = parts.some(({ epochs }) => epochs !== undefined);
  if (byEpochs && parts.some(({ weight }) => weight !== undefined)) refuse('expected weights or epochs, not both');
  for (const { name, weight, epochs } of parts) {
    for (const value of [weight, epochs]) {
      if (value !== undefined && !(value >= 0 && Number.isFinite(value)))
        refuse(`${name}: expected 0 or more, got ${value}`);
    }
  }
  if (byEpochs) return parts.map(({ epochs = 1 }) => epochs);
  const sizes = parts.map(({ documents }) => documents.tokens);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const named = parts.some(({ weight }) => weight !== undefined);
  // Of parts without a weight beside parts with one, nothing is asked.
  const shares = parts.map(({ weight }, i) =>
    named ? (weight ?? 0) : sizes[i] > 0 ? sizes[i] ** (1 / temperature) : 0,
  );
  const sum = shares.reduce((all, share, i) => all + (sizes[i] > 0 ? share : 0), 0);
  if (!(sum > 0)) refuse('expected a weight above 0 for a part with tokens');
  return shares.map((share, i) => (sizes[i] > 0 ? ((tokens ?? total) * share) / sum / sizes[i] : 0));
}

/**
 * A mixture of documents by weights, by temperature or by epochs of each source. Whole passes take every document of a source,
 * the fraction that is left takes documents in a seeded order until it has its tokens. A pure function of parts, options and seed;
 * 8 bytes of memory a document. Errors: `InvalidInput` `data.mix`.
 */
export function mixDocuments(parts: readonly MixturePart[], options: MixtureOptions = {}): Mixture {
  const names = new Set(parts.map(({ name }) => name));
  if (parts.length === 0 || names.size < parts.length) refuse('expected parts of different names');
  const epochs = passes(parts, options);
  const random = new Random(options.seed ?? 0).fork('mixture');
  const chosen: { readonly part: number; readonly documents: Int32Array }[] = [];
  for (const [part, { name, documents }] of parts.entries()) {
    const whole = Math.floor(epochs[part]);
    const all = Int32Array.from({ length: documents.count }, (_, i) => i);
    for (let i = 0; i < whole; i++) chosen.push({ part, documents: all });
    const wanted = (epochs[part] - whole) * documents.tokens;
    if (wanted < 1) continue;
    const order = random.fork(name).shuffle(all.slice());
    let taken = 0;
    let count = 0;
    while (count < order.length && taken < wanted) taken += documents.lengthOf(order[count++]);
    chosen.push({ part, documents: order.subarray(0, count).sort() });
  }
  const count = chosen.reduce((sum, { documents }) => sum + documents.length, 0);
  const partOf = new Int32Array(count);
  const documentOf = new Int32Array(count);
  let at = 0;
  let tokens = 0;
  let bytes = 0;
  for (const { part, documents } of chosen) {
    partOf.fill(part, at, at + documents.length);
    documentOf.set(documents, at);
    at += documents.length;
    for (const document of documents) {
      tokens += parts[part].documents.lengthOf(document);
      bytes += parts[part].documents.bytesOf(document);
    }
  }
  const of = (document: number): TokenDocuments => parts[partOf[document]].documents;
  return {
    count,
    tokens,
    bytes,
    epochs: Object.fromEntries(parts.map(({ name }, i) => [name, epochs[i]])),
    partOf: (document) => parts[partOf[document]].name,
    indexOf: (document) => documentOf[document],
    lengthOf: (document) => of(document).lengthOf(documentOf[document]),
    bytesOf: (document) => of(document).bytesOf(documentOf[document]),
    copy: (document, from, to, target, offset) => of(document).copy(documentOf[document], from, to, target, offset),
  };
}

/** Some documents of others, in the order given. */
export function selectDocuments(documents: TokenDocuments, indexes: Int32Array): TokenDocuments {
  let tokens = 0;
  let bytes = 0;
  for (const index of indexes) {
    tokens += documents.lengthOf(index);
    bytes += documents.bytesOf(index);
  }
  return {
    count: indexes.length,
    tokens,
    bytes,
    lengthOf: (document) => documents.lengthOf(indexes[document]),
    bytesOf: (document) => documents.bytesOf(indexes[document]),
    copy: (document, from, to, target, at) => documents.copy(indexes[document], from, to, target, at),
  };
}

/**
 * A curriculum by score: documents in stages of equally many tokens, lowest scores first. Documents of one score stay in
 * their order; those whose score is no number come last.
 */
export function stagesByScore(documents: TokenDocuments, scores: ArrayLike<number>, count: number): TokenDocuments[] {
  if (scores.length !== documents.count) refuse(`expected ${documents.count} scores, got ${scores.length}`);
  if (!(Number.isInteger(count) && count >= 1)) refuse(`expected 1 stage or more, got ${count}`);
  const score = (index: number): number => (Number.isNaN(scores[index]) ? Number.POSITIVE_INFINITY : scores[index]);
  const order = Int32Array.from({ length: documents.count }, (_, i) => i).sort((a, b) => {
    const [x, y] = [score(a), score(b)];
    return x < y ? -1 : x > y ? 1 : a - b;
  });
  const stages: TokenDocuments[] = [];
  let from = 0;
  let tokens = 0;
  for (let i = 0; i < order.length; i++) {
    tokens += documents.lengthOf(order[i]);
    const last = i + 1 === order.length;
    if (!last && (stages.length === count - 1 || tokens < ((stages.length + 1) * documents.tokens) / count)) continue;
    stages.push(selectDocuments(documents, order.subarray(from, i + 1)));
    from = i + 1;
  }
  return stages;
}

/**
 * Batches of one stage after another, each for one of its epochs; the last one goes on. Which stage the n-th batch is of
 * depends on n alone, so a resumed run sees what an uninterrupted one would.
 */
export function sequenceBatches(stages: readonly BatchSource[]): BatchSource {
  const [first] = stages;
  if (!first) refuse('expected a stage at least');
  const { batchSize, sequenceLength } = first;
  if (stages.some((stage) => stage.batchSize !== batchSize || stage.sequenceLength !== sequenceLength)) {
    refuse(`expected stages of ${batchSize} x ${sequenceLength} tokens each`);
  }
  return {
    batchSize,
    sequenceLength,
    batchesPerEpoch: stages.reduce((sum, stage) => sum + stage.batchesPerEpoch, 0),
    batch(index): TokenBatch {
      let left = index;
      for (const stage of stages.slice(0, -1)) {
        if (left < stage.batchesPerEpoch) return stage.batch(left);
        left -= stage.batchesPerEpoch;
      }
      return stages[stages.length - 1].batch(left);
    },
  };
}
