/**
 * One wide, typed event per request in an append-only log of JSONL segments, and a reader that survives torn lines.
 *
 * @module
 * @example
 * ```ts
 * import { mkdtemp } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { EventLog, readEvents } from 'abovo/telemetry';
 * const log = await EventLog.open(await mkdtemp(`${tmpdir()}/events-`));
 * await log.close();
 * for await (const event of readEvents(log.folder)) console.log(event.model, event.completionTokens);
 * ```
 */
export { requestEventSchema } from './event.js';
export type { RequestEvent } from './event.js';
export { EventLog } from './event-log.js';
export type { EventLogOptions } from './event-log.js';
export { readEvents } from './read-events.js';
export type { ReadEventsOptions } from './read-events.js';
