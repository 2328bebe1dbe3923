import { createOrtExecutor, type OrtDevice } from '../../compiler/runtime/index.node.js';
import { type DecoderConfig, countParameters } from '../architecture/index.js';
import { loadModel } from '../architecture/index.node.js';
import { Embedder } from './embedding/index.js';
import { Engine } from './engine.js';

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
