import { join } from 'node:path';
import { InvalidInput } from '../../base/core/index.js';
import { createOrtExecutor, type OrtDevice } from '../../compiler/runtime/index.node.js';
import { type DecoderConfig, countParameters } from '../architecture/index.js';
import { loadModel, readJsonFile } from '../architecture/index.node.js';
import { Embedder } from './embedding/index.js';
import { Engine } from './engine.js';
import { DecoderSearch, searchDefaultsFromHf } from './search/index.js';
import type { SearchDefaults } from './search/index.js';
import { SequenceToSequence } from './sequence-to-sequence/index.js';

export interface OpenEngineOptions {
  readonly device?: OrtDevice;
  /** Threads of one operator; default: the cores of this machine. */
  readonly threads?: number;
  readonly maxSequences?: number;
  /** Shorter than the model's own, to save memory. */
  readonly contextLength?: number;
}

export interface OpenedEngine {
  readonly engine: Engine;
  readonly config: DecoderConfig;
  readonly parameterCount: number;
  /** Ends what runs, and the worker thread with it. */
  close(): Promise<void>;
}

/** Loads the model of a Hugging Face folder and opens an engine for it on ONNX Runtime. */
export async function openEngine(folder: string, options: OpenEngineOptions = {}): Promise<OpenedEngine> {
  const { device, threads, ...rest } = options;
  const { config, params } = await loadModel(folder, 'decoder');
  const executor = await createOrtExecutor({ ...(device ? { device } : {}), ...(threads ? { threads } : {}) });
  try {
    const engine = await Engine.open({ config, params, executor, ...rest });
    const close = async () => {
      await engine.close();
      await executor.close();
    };
    return { engine, config, parameterCount: countParameters(config).total, close };
  } catch (error) {
    await executor.close();
    throw error;
  }
}

export interface OpenedSearch {
  readonly model: SequenceToSequence | DecoderSearch;
  readonly kind: 'decoder' | 'encoder-decoder';
  readonly vocabSize: number;
  /** Most tokens of an answer where nobody asks for another number; a decoder's prompt takes its share of them. */
  readonly contextLength: number;
  /** What the folder asks for; of decoders only the stop tokens, for their settings are about sampling. */
  readonly defaults: SearchDefaults;
  readonly parameterCount: number;
  /** Ends the worker thread and the programs in it. */
  close(): Promise<void>;
}

/** What a folder's generation_config.json, or else its config.json, says about search. */
async function searchDefaults(folder: string): Promise<SearchDefaults> {
  for (const name of ['generation_config.json', 'config.json']) {
    const path = join(folder, name);
    const json = await readJsonFile(path);
    if (json) return searchDefaultsFromHf(json, path);
  }
  return {};
}

/** Loads an encoder-decoder or a decoder from a Hugging Face folder for search, on ONNX Runtime. */
export async function openSearch(
  folder: string,
  { device, threads }: Pick<OpenEngineOptions, 'device' | 'threads'> = {},
): Promise<OpenedSearch> {
  const { config, params } = await loadModel(folder);
  if (config.kind === 'encoder') {
    const got = `${config.family}, an encoder, which makes vectors`;
    throw new InvalidInput('model.kind', `load ${folder}: expected a model that writes, got ${got}`, { folder });
  }
  const { decoderStart, ...rest } = await searchDefaults(folder);
  const executor = await createOrtExecutor({ ...(device ? { device } : {}), ...(threads ? { threads } : {}) });
  try {
    const { kind, vocabSize, contextLength } = config;
    const common = { kind, vocabSize, contextLength, parameterCount: countParameters(config).total };
    const close = () => executor.close();
    if (kind === 'decoder') {
      const model = await DecoderSearch.open({ config, params, executor });
      const { stopTokenIds } = rest;
      return { ...common, model, defaults: stopTokenIds ? { stopTokenIds } : {}, close };
    }
    const started = decoderStart === undefined ? config : { ...config, decoderStart };
    const model = await SequenceToSequence.open({ config: started, params, executor });
    return { ...common, model, defaults: rest, close };
  } catch (error) {
    await executor.close();
    throw error;
  }
}

export interface OpenedEmbedder {
  readonly embedder: Embedder;
  readonly parameterCount: number;
  /** Unloads the programs, and ends the worker thread. */
  close(): Promise<void>;
}

/** Loads the model of a Hugging Face folder, of any kind, and opens an embedder for it on ONNX Runtime. */
export async function openEmbedder(
  folder: string,
  { device, threads }: Pick<OpenEngineOptions, 'device' | 'threads'> = {},
): Promise<OpenedEmbedder> {
  const { config, params } = await loadModel(folder);
  const executor = await createOrtExecutor({ ...(device ? { device } : {}), ...(threads ? { threads } : {}) });
  const close = () => executor.close();
  try {
    return {
      embedder: new Embedder({ config, params, executor }),
      parameterCount: countParameters(config).total,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
