import { join } from 'node:path';
import { InvalidInput, formatCount } from '../../base/core/index.js';
import { openLanguageModel, openRewriter, openTextEmbedder } from '../../model/generation/index.node.js';
import { readModelConfig } from '../../model/inference/index.node.js';
import {
  type ApiKey,
  hashApiKey,
  Pages,
  type ServingConfig,
  servingSection,
  startServer,
} from '../../service/serving/index.js';
import { EventLog } from '../../service/telemetry/index.js';
import { findModel, loadProject } from '../recipes/index.js';
import { chatPages } from '../studio/index.js';
import type { CommandContext } from './command.js';

export interface ServeModelOptions {
  readonly path: string;
  readonly host?: string;
  readonly port?: number;
  readonly device?: 'cpu' | 'webgpu';
  readonly threads?: number;
  readonly maxSequences?: number;
  readonly which?: 'tuned' | 'base';
  readonly override?: string;
  /** Names of environment variables that hold API keys. */
  readonly apiKeyEnv?: readonly string[];
  /** Folder of the event log; default: `.abovo/events` of a project, none for a model folder. */
  readonly events?: string;
}

function keyFromEnvironment(name: string, variable: string): ApiKey {
  const key = process.env[variable];
  if (!key || key.length < 8) {
    throw new InvalidInput(
      'serve.key',
      `serve: expected an API key of at least 8 characters in the environment variable ${variable}, got ${key ? 'a shorter one' : 'none'}`,
      { variable },
    );
  }
  return hashApiKey(name, key);
}

function apiKeys(config: ServingConfig, variables: readonly string[]): ApiKey[] {
  return [
    ...config.apiKeys.map((key) =>
      'sha256' in key ? { name: key.name, sha256: key.sha256 } : keyFromEnvironment(key.name, key.env),
    ),
    ...variables.map((variable) => keyFromEnvironment(variable, variable)),
  ];
}

/**
 * Serves the model of a project or folder until the signal says stop; resolves when everything has ended. A project whose
 * release thresholds are unmet is refused unless `override` gives a reason, which lineage records.
 */
export async function serveModel(
  options: ServeModelOptions,
  { signal, print, note, emit, json }: Pick<CommandContext, 'signal' | 'print' | 'note' | 'emit' | 'json'>,
): Promise<{ url: string; requests: number; finished: boolean }> {
  const found = await findModel(options.path, {
    gate: true,
    ...(options.which ? { which: options.which } : {}),
    ...(options.override === undefined ? {} : { override: options.override }),
  });
  const config = found.project ? (await loadProject(found.project)).project.serving : servingSection.parse({});
  const keys = apiKeys(config, options.apiKeyEnv ?? []);
  const threads = options.threads ?? config.threads;
  const runtime = {
    name: found.name,
    device: options.device ?? config.device,
    ...(threads === undefined ? {} : { threads }),
  };
  // Whatever reads can make vectors, for which the weights of a model that also writes are loaded a second time.
  const { kind } = await readModelConfig(found.folder);
  const writes = kind !== 'encoder';
  const maxSequences = options.maxSequences ?? config.maxSequences;
  const open = {
    decoder: () => openLanguageModel(found.folder, { ...runtime, maxSequences }),
    'encoder-decoder': () => openRewriter(found.folder, runtime),
    encoder: () => undefined,
  };
  const model = await open[kind]();
  const embedder = await openTextEmbedder(found.folder, { ...runtime, lazy: writes });
  const folder = options.events ?? (found.project ? join(found.project, '.abovo', 'events') : undefined);
  const log = folder === undefined ? undefined : await EventLog.open(folder, { ...config.log, onError: note });
  let requests = 0;
  try {
    const server = await startServer({
      models: model ? [model] : [],
      embedders: [embedder],
      host: options.host ?? config.host,
      port: options.port ?? config.port,
      apiKeys: keys,
      maxQueue: config.maxQueue,
      logContent: config.log.content,
      pages: new Pages(chatPages),
      onEvent: (event) => {
        requests++;
        void log?.append(event);
      },
      onError: (id, error) =>
        note(`request ${id} failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`),
    });
    const size = model?.parameterCount === undefined ? '' : `${formatCount(model.parameterCount)} parameters, `;
    const context = `context ${model?.contextLength ?? embedder.maxTokens}`;
    print(`${found.name} (${size}${context}) is served at ${server.url}`);
    if (kind === 'encoder-decoder')
      print('  completions POST /v1/completions (the prompt is read, another text is written)');
    else if (model) print(`  chat page   ${server.url}/`);
    else print('  vectors     POST /v1/embeddings (the model writes no text)');
    print(
      `  OpenAI API  ${server.url}/v1${keys.length > 0 ? `  (${keys.length} API ${keys.length === 1 ? 'key' : 'keys'})` : ''}`,
    );
    if (folder !== undefined) print(`  events      ${folder}`);
    print(`Ctrl-C stops it; requests in flight have ${config.graceSeconds} s to finish.`);
    if (json)
      emit({
        listening: true,
        url: server.url,
        host: server.host,
        port: server.port,
        model: found.name,
        pid: process.pid,
      });
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      else signal.addEventListener('abort', () => resolve(), { once: true });
    });
    print('Stopping: finishing what is in flight.');
    const finished = await server.close(config.graceSeconds);
    return { url: server.url, requests, finished };
  } finally {
    await log?.close();
    await model?.close();
    await embedder.close();
  }
}
