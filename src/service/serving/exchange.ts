import { createHash, randomUUID } from 'node:crypto';
import type { Context } from 'hono';
import type { TextEmbedder, TextModel } from '../../model/generation/index.js';
import type { RequestEvent } from '../telemetry/index.js';
import type { Admission } from './admission.js';
import { ApiError, toApiError } from './api-error.js';
import type { Caller } from './auth.js';
import { type Limits, readJson } from './json-body.js';

/** What a hook learns about a request before it runs. */
export interface AdmitInfo {
  readonly caller: Caller;
  readonly route: string;
  readonly model: string;
  readonly promptTokens: number;
  /** Most tokens the request may write, over all its choices. */
  readonly maxCompletionTokens: number;
}

export interface ExchangeServices {
  readonly models: ReadonlyMap<string, TextModel>;
  readonly embedders: ReadonlyMap<string, TextEmbedder>;
  readonly limits: Limits;
  readonly admission: Admission;
  readonly admit: ((info: AdmitInfo) => void | Promise<void>) | undefined;
  readonly onEvent: ((event: RequestEvent) => void) | undefined;
  readonly onError: (requestId: string, error: unknown) => void;
  readonly logContent: boolean;
  readonly heartbeat: number | undefined;
}

type Draft = { -readonly [K in keyof RequestEvent]?: RequestEvent[K] };

/** One request on its way: its body, its caller, its abort signal and the event that will tell about it. */
export class Exchange {
  readonly c: Context;
  readonly services: ExchangeServices;
  readonly requestId: string;
  caller: Caller = {};
  /** Fields of the event, filled in as they become known. */
  readonly event: Draft = {};
  /** Aborted when the client goes away or the server must stop. */
  readonly abort = new AbortController();
  readonly #arrival = performance.now();
  readonly #time = new Date();
  readonly #cleanups: Array<() => void> = [];
  #closed = false;
  streaming = false;

  constructor(c: Context, services: ExchangeServices, requestId: string) {
    this.c = c;
    this.services = services;
    this.requestId = requestId;
    for (const signal of [c.req.raw.signal, services.admission.shutdownSignal]) {
      const onAbort = () => this.abort.abort();
      if (signal.aborted) onAbort();
      else signal.addEventListener('abort', onAbort, { once: true });
      this.onClose(() => signal.removeEventListener('abort', onAbort));
    }
  }

  /** Milliseconds since the request arrived. */
  get elapsed(): number {
    return performance.now() - this.#arrival;
  }

  get created(): number {
    return Math.floor(this.#time.getTime() / 1000);
  }

  json(): Promise<Record<string, unknown>> {
    return readJson(this.c, this.services.limits);
  }

  /** The model a body names; without a name the first one. */
  model(name: string | null | undefined): TextModel {
    return this.#named(name, this.services.models, this.services.embedders, 'makes vectors only; ask /v1/embeddings');
  }

  /** The same among what makes vectors of texts. */
  embedder(name: string | null | undefined): TextEmbedder {
    return this.#named(name, this.services.embedders, this.services.models, 'makes no vectors here');
  }

  #named<M extends { readonly name: string }>(
    name: string | null | undefined,
    some: ReadonlyMap<string, M>,
    others: ReadonlyMap<string, unknown>,
    butOther: string,
  ): M {
    const model = name == null ? some.values().next().value : some.get(name);
    if (!model) {
      const known = [...new Set([...some.keys(), ...others.keys()])].join(', ');
      const shown = name == null ? 'No model of this server' : `The model ${JSON.stringify(name)}`;
      const message =
        name != null && others.has(name)
          ? `${shown} ${butOther}.`
          : `${shown} does ${name == null ? 'that' : 'not exist here'}; this server has ${known}.`;
      throw new ApiError(404, 'not_found_error', message, { code: 'model_not_found', param: 'model' });
    }
    this.event.model = model.name;
    return model;
  }

  /** Stores a caller's name for its end user, hashed: enough to count by, no more. */
  endUser(name: string | null | undefined): void {
    if (name) this.event.endUser = createHash('sha256').update(name).digest('hex').slice(0, 32);
  }

  firstToken(): void {
    this.event.timeToFirstTokenMs ??= this.elapsed;
  }

  onClose(cleanup: () => void): void {
    this.#cleanups.push(cleanup);
  }

  /** Ends the exchange: gives back what it holds and writes its event. Only the first call counts. */
  close(status: number, error?: ApiError): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const cleanup of this.#cleanups.splice(0)) cleanup();
    const { onEvent } = this.services;
    if (!onEvent) return;
    const draft = this.event;
    onEvent({
      ...draft,
      schemaVersion: 1,
      type: 'request',
      id: randomUUID(),
      time: this.#time.toISOString(),
      requestId: this.requestId,
      method: this.c.req.method,
      route: draft.route ?? 'unknown',
      status,
      operation: draft.operation ?? 'other',
      durationMs: this.elapsed,
      ...(this.caller.name === undefined ? {} : { keyName: this.caller.name }),
      ...(error ? { error: { type: error.type, code: error.code } } : {}),
    });
  }

  /** What was thrown, as the client may see it; bugs go to the server's own log. */
  failure(error: unknown, param?: string): ApiError {
    const apiError = toApiError(error, param);
    if (apiError.status >= 500 && !(error instanceof ApiError)) this.services.onError(this.requestId, error);
    return apiError;
  }
}
