/** Tokenized documents that can be read in any order. */
export interface TokenDocuments {
  readonly count: number;
  /** Tokens in all. */
  readonly tokens: number;
  /** UTF-8 bytes of the raw texts in all. */
  readonly bytes: number;
  /** Tokens of a document. */
  lengthOf(document: number): number;
  /** UTF-8 bytes of a document's raw text. */
  bytesOf(document: number): number;
  /** Tokens [from, to) of a document into `target` at `at`. */
  copy(document: number, from: number, to: number, target: Int32Array, at: number): void;
}

/** Documents that are already in memory. */
export function documentsInMemory(
  documents: readonly { readonly ids: ArrayLike<number>; readonly bytes?: number }[],
): TokenDocuments {
  return {
    count: documents.length,
    tokens: documents.reduce((sum, { ids }) => sum + ids.length, 0),
    bytes: documents.reduce((sum, { bytes = 0 }) => sum + bytes, 0),
    lengthOf: (document) => documents[document].ids.length,
    bytesOf: (document) => documents[document].bytes ?? 0,
    copy(document, from, to, target, at) {
      const { ids } = documents[document];
      for (let i = from; i < to; i++) target[at + i - from] = ids[i];
    },
  };
}
