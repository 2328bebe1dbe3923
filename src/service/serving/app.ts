import { randomUUID } from 'node:crypto';
import { Hono, type Context } from 'hono';
import type { TextEmbedder, TextModel } from '../../model/generation/index.js';
import type { RequestEvent } from '../telemetry/index.js';
import { Admission } from './admission.js';
import { ApiError, toApiError } from './api-error.js';
import { authenticate, type ApiKey, type Caller } from './auth.js';
import { type AdmitInfo, Exchange, type ExchangeServices } from './exchange.js';
import { defaultLimits, type Limits } from './json-body.js';
import type { Pages } from './pages.js';
import { type Route, routes } from './routes.js';

export interface AppOptions {
  /** Models by their names; the first is the default. */
  readonly models: readonly TextModel[];
  /** What makes vectors of texts at `/v1/embeddings`, by names that may also be a model's. */
  readonly embedders?: readonly TextEmbedder[];
  /** Keys that may use the API; none leaves it open. */
  readonly apiKeys?: readonly ApiKey[];
  /** Replaces the check against `apiKeys`: returns the caller or throws an `ApiError`. */
  readonly authenticate?: (headers: Headers) => Caller | Promise<Caller>;
  /** May refuse a request (quota, budget) by throwing an `ApiError`, before it takes a slot. */
  readonly admit?: (info: AdmitInfo) => void | Promise<void>;
  /** Given one event per request when it has ended. */
  readonly onEvent?: (event: RequestEvent) => void;
  /** Given failures that are ours, with the request's id. */
  readonly onError?: (requestId: string, error: unknown) => void;
  /** Puts prompts and answers into events. Off unless the operator has decided otherwise. */
  readonly logContent?: boolean;
  /** Sequences that may wait for a slot. Default 256. */
  readonly maxQueue?: number;
  readonly limits?: Partial<Limits>;
  /** Static pages served beside the API (the chat page). */
  readonly pages?: Pages;
  /** Names under which clients may call this server (the `Host` header); absent: any. Keeps foreign web pages out. */
  readonly allowedHosts?: readonly string[];
  /** Milliseconds of silence in a stream until a keep-alive comment. */
  readonly heartbeat?: number;
}

export interface App {
  readonly fetch: (request: Request, env?: unknown) => Response | Promise<Response>;
  readonly admission: Admission;
}

const hostName = (host: string): string => host.replace(/:\d+$/, '').toLowerCase();
const printable = /^[\x21-\x7e]{1,128}$/;

/** The request's own id when it has a sane one, so that a caller finds it in both logs. */
function requestIdOf(c: Context): string {
  const given = c.req.header('x-request-id');
  return given !== undefined && printable.test(given) ? given : `req_${randomUUID().replaceAll('-', '')}`;
}

/** The HTTP application: a `fetch` handler without a socket. */
export function createApp(options: AppOptions): App {
  const models = new Map(options.models.map((model) => [model.name, model]));
  const slots = options.models.reduce((sum, model) => sum + model.stats().maxSequences, 0);
  const admission = new Admission(slots + (options.maxQueue ?? 256));
  const started = Math.floor(Date.now() / 1000);
  const keys = options.apiKeys ?? [];
  const services: ExchangeServices = {
    models,
    embedders: new Map((options.embedders ?? []).map((embedder) => [embedder.name, embedder])),
    limits: { ...defaultLimits, ...options.limits },
    admission,
    admit: options.admit,
    onEvent: options.onEvent,
    onError:
      options.onError ??
      ((id, error) => {
        console.error(`request ${id} failed:`, error);
      }),
    logContent: options.logContent ?? false,
    heartbeat: options.heartbeat,
  };
  const app = new Hono({ strict: false });

  const failed = (c: Context, error: ApiError): Response =>
    c.json(error.body(), error.status as 400, { ...error.headers });

  app.use(async (c, next) => {
    const from = performance.now();
    const id = requestIdOf(c);
    c.set('requestId' as never, id as never);
    await next();
    c.header('x-request-id', id);
    c.header('openai-processing-ms', String(Math.round(performance.now() - from)));
    c.header('x-content-type-options', 'nosniff');
    if (admission.draining) c.header('connection', 'close');
  });

  if (options.allowedHosts) {
    const allowed = new Set(options.allowedHosts.map((host) => host.toLowerCase()));
    app.use(async (c, next) => {
      const host = hostName(c.req.header('host') ?? '');
      if (allowed.has(host)) return next();
      return failed(
        c,
        new ApiError(403, 'permission_error', `The host ${JSON.stringify(host)} is not a name of this server.`, {
          code: 'host_not_allowed',
        }),
      );
    });
  }

  const alive = (c: Context) => c.json({ status: 'ok' });
  app.get('/healthz', alive);
  app.get('/health', alive);
  app.get('/readyz', (c) => {
    const stats = options.models.map((model) => ({ model: model.name, ...model.stats() }));
    const body = { status: admission.draining ? 'draining' : 'ready', requests: admission.requests, models: stats };
    return c.json(body, admission.draining ? 503 : 200);
  });

  const endpoint = (route: Route) => async (c: Context) => {
    const requestId = c.get('requestId' as never) as unknown as string;
    const exchange = new Exchange(c, services, requestId);
    exchange.event.route = route.shown ?? route.path;
    exchange.event.operation = route.operation;
    try {
      exchange.onClose(admission.enterRequest());
      exchange.caller = await (options.authenticate ?? ((headers) => authenticate(keys, headers)))(c.req.raw.headers);
      const response = await route.handle(exchange, started);
      if (!exchange.streaming) {
        const gone = c.req.raw.signal.aborted;
        if (gone) exchange.event.cancelled = true;
        exchange.close(gone ? 499 : response.status);
      }
      return response;
    } catch (error) {
      const failure = exchange.failure(error);
      exchange.close(failure.status, failure);
      return failed(c, failure);
    }
  };
  for (const route of routes) app.on(route.method, route.path, endpoint(route));
  for (const route of routes) {
    app.all(route.path, (c) =>
      failed(
        c,
        new ApiError(405, 'invalid_request_error', `${c.req.path} takes ${route.method}, got ${c.req.method}.`, {
          code: 'method_not_allowed',
          headers: { allow: route.method },
        }),
      ),
    );
  }

  const { pages } = options;
  if (pages) app.get('*', (c, next) => pages.respond(c.req.path) ?? next());
  app.notFound((c) =>
    failed(
      c,
      new ApiError(404, 'not_found_error', `There is nothing at ${c.req.method} ${c.req.path.slice(0, 200)}.`, {
        code: 'unknown_url',
      }),
    ),
  );
  app.onError((error, c) => {
    services.onError(c.get('requestId' as never) as unknown as string, error);
    return failed(c, toApiError(error));
  });
  return { fetch: (request, env) => app.fetch(request, env as object), admission };
}
