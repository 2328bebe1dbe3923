import { open, stat } from 'node:fs/promises';
import { relative, resolve, sep } from 'node:path';
import { InvalidInput, messageOf } from '../../base/core/index.js';
import { sha256File } from '../../base/core/index.node.js';
import { hostTensor } from '../../compiler/tensor/index.js';
import type { HostTensor } from '../../compiler/tensor/index.js';
import { type ModelConfig, type Params, initialize, parameterSpecs } from '../../model/architecture/index.js';
import { type Coverage, embeddingsFor } from '../../model/classic/index.js';
import { loadVectors } from '../../model/classic/index.node.js';
import type { Tokenizer } from '../../model/tokenizer/index.js';
import type { Project } from './schema.js';

/** Static vectors that an embedding table starts from, found out before anything runs. */
export interface EmbeddingSource {
  readonly path: string;
  /** Path relative to the project, with forward slashes. */
  readonly name: string;
  /** Of the file; with `projection` part of the base model's address. */
  readonly sha256: string;
  readonly projection: 'none' | 'random' | 'pca';
}

const fastTextMagic = 793712314;

/** Numbers of a vector; of a fastText model only the beginning is read, of other files one word. */
async function widthOf(path: string): Promise<number> {
  if (!/\.gz$/i.test(path)) {
    const file = await open(path);
    try {
      const { buffer } = await file.read(Buffer.alloc(12), 0, 12, 0);
      if (buffer.readInt32LE(0) === fastTextMagic) return buffer.readInt32LE(8);
    } finally {
      await file.close();
    }
  }
  const loaded = await loadVectors(path, { limit: 1, brokenText: 'replace' });
  return loaded.kind === 'words' ? loaded.vectors.dim : loaded.model.dim;
}

/**
 * Looks at the vectors that `architecture.embeddings` names.
 *
 * @throws InvalidInput `project.embeddings` for a file that is missing, or vectors that do not fit `hiddenSize`.
 */
export async function inspectEmbeddings(
  folder: string,
  given: Project['architecture']['embeddings'],
  hiddenSize: number,
): Promise<EmbeddingSource | undefined> {
  if (!given) return undefined;
  const path = resolve(folder, given.from);
  const fail = (why: string): never => {
    throw new InvalidInput('project.embeddings', `architecture.embeddings: ${why}`, { path });
  };
  const info = await stat(path).catch((error: unknown) => fail(`read ${path}: ${messageOf(error)}`));
  if (!info.isFile()) fail(`expected a file of vectors, got the folder ${path}`);
  const width = await widthOf(path);
  const { projection = 'none' } = given;
  if (projection === 'none' && width !== hiddenSize) {
    fail(
      `expected vectors of ${hiddenSize} numbers (architecture.hiddenSize), ${given.from} has ${width}; set hiddenSize: ${width}, or projection: ${width > hiddenSize ? 'pca' : 'random'}`,
    );
  }
  if (projection === 'pca' && width < hiddenSize) {
    fail(
      `expected vectors of at least ${hiddenSize} numbers for projection: pca, ${given.from} has ${width}; take random`,
    );
  }
  const name = relative(folder, path).split(sep).join('/');
  return { path, name, sha256: await sha256File(path), projection };
}

/** What each token stands for, as `embeddingsFor` looks it up; empty for special tokens and parts of characters. */
export function tokenTexts(tokenizer: Tokenizer): string[] {
  const { decoder } = tokenizer.toJson() as { decoder?: unknown };
  const inBytes = JSON.stringify(decoder ?? null).includes('"ByteLevel"');
  const utf8 = new TextDecoder('utf-8', { fatal: true });
  return Array.from({ length: tokenizer.vocabSize }, (_, id) => {
    if (tokenizer.specialIds.has(id)) return '';
    if (!inBytes) return tokenizer.idToToken(id) ?? '';
    try {
      // A space at its beginning marks a word's start, as ▁ does.
      return utf8.decode(tokenizer.bytesOf(id)).replace(/^ /, '▁');
    } catch {
      return '';
    }
  });
}

/** Fresh weights, with the embedding table from static vectors where the project says so. */
export async function startingWeights(
  architecture: ModelConfig,
  tokenizer: Tokenizer,
  seed: number,
  source: EmbeddingSource | undefined,
  signal?: AbortSignal,
): Promise<{ readonly params: Params<HostTensor>; readonly coverage?: Coverage }> {
  const params = initialize(architecture, seed);
  if (!source) return { params };
  if ((await sha256File(source.path)) !== source.sha256) {
    throw new InvalidInput(
      'project.embeddings',
      `architecture.embeddings: expected ${source.path} as it was when the run began, it has changed; run again`,
    );
  }
  const loaded = await loadVectors(source.path, { brokenText: 'replace', ...(signal ? { signal } : {}) });
  const { vocabSize, hiddenSize } = architecture;
  // The first table of every family is that of its tokens; a tied head reads the same one.
  const [name, spec] = Object.entries(parameterSpecs(architecture)).find(([, { kind }]) => kind === 'embedding')!;
  const { data, coverage } = embeddingsFor(
    loaded.kind === 'words' ? loaded.vectors : loaded.model,
    tokenTexts(tokenizer),
    {
      hiddenSize,
      seed,
      std: 'normal' in spec.init ? spec.init.normal : architecture.initializerRange,
      ...(source.projection === 'none' ? {} : { projection: source.projection }),
    },
  );
  if (coverage.found === 0) {
    throw new InvalidInput(
      'project.embeddings',
      `architecture.embeddings: expected vectors of the tokenizer's words, ${source.name} has none of ${coverage.tokens}; check its language and case`,
    );
  }
  const table = params[name]!.data as Float32Array;
  table.set(data.subarray(0, Math.min(data.length, table.length)));
  return { params: { ...params, [name]: hostTensor('f32', [vocabSize, hiddenSize], table) }, coverage };
}
