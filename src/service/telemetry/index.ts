/**
 * One wide, typed event per request in an append-only log of JSONL segments, and a reader that survives torn lines.
 *
 * @module
 * @example
 * ```ts
 * import { EventLog, readEvents } from 'abovo/telemetry';
 * const log = await EventLog.open('.abovo/events');
 * await log.close();
 * for await (const event of readEvents('.abovo/events')) console.log(event.model, event.completionTokens);
 * ```
 */
export { requestEventSchema } from './event.js';
export type { RequestEvent } from './event.js';
export { EventLog } from './event-log.js';
export type { EventLogOptions } from './event-log.js';
export { readEvents } from './read-events.js';
export type { ReadEventsOptions } from './read-events.js';
