/**
 * Serves models behind OpenAI's HTTP API: completions, chats, streaming, tokenizing, health, keys, limits, clean shutdown.
 *
 * @module
 * @example
 * ```ts
 * import { simulateModel } from 'abovo/generation/testing';
 * import { startServer } from 'abovo/serving';
 * const server = await startServer({ models: [simulateModel({ says: 'Hello.' })], port: 0 });
 * const answer = await fetch(`${server.url}/v1/models`).then((response) => response.json());
 * answer.data.length; // 1
 * await server.close();
 * ```
 */
export { ApiError } from './api-error.js';
export type { ApiErrorDetails, ApiErrorType } from './api-error.js';
export { createApp } from './app.js';
export type { App, AppOptions } from './app.js';
export { endpointTable } from './endpoint-table.js';
export { hashApiKey, isLoopback, keyOf } from './auth.js';
export type { ApiKey, Caller } from './auth.js';
export type { AdmitInfo } from './exchange.js';
export { defaultLimits } from './json-body.js';
export type { Limits } from './json-body.js';
export { Pages } from './pages.js';
export { probes, routes } from './routes.js';
export type { Route } from './routes.js';
export { servingSection } from './section.js';
export type { ServingConfig } from './section.js';
export { startServer } from './server.js';
export type { RunningServer, ServeOptions } from './server.js';
