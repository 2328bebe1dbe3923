import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type RequestEvent, requestEventSchema } from './event.js';

export interface ReadEventsOptions {
  /** Only events at or after this time. */
  readonly since?: Date;
  /** Told about every line that is not an event: a torn last line, or one that somebody damaged. */
  readonly onSkip?: (skipped: { segment: string; line: number; reason: string }) => void;
  /** A longer line is skipped without being kept in memory. Default 16 MB. */
  readonly maxLineBytes?: number;
}

interface Line {
  readonly number: number;
  readonly text: string | undefined;
  /** Whether a line break ended it; the last line of a killed writer has none. */
  readonly ended: boolean;
}

async function* linesOf(path: string, maxBytes: number): AsyncGenerator<Line> {
  let parts: Buffer[] = [];
  let length = 0;
  let number = 1;
  const line = (ended: boolean): Line => {
    const text = length > maxBytes ? undefined : Buffer.concat(parts).toString('utf8');
    parts = [];
    length = 0;
    return { number: number++, text, ended };
  };
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    let from = 0;
    for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, from)) {
      length += at - from;
      if (length <= maxBytes) parts.push(chunk.subarray(from, at));
      yield line(true);
      from = at + 1;
    }
    length += chunk.length - from;
    if (length <= maxBytes) parts.push(chunk.subarray(from));
    else parts = [];
  }
  if (length > 0) yield line(false);
}

/**
 * Reads every event of a log folder, segment by segment in the order in which they began. Memory is bounded by one line.
 * A folder that does not exist is an empty log.
 */
export async function* readEvents(folder: string, options: ReadEventsOptions = {}): AsyncGenerator<RequestEvent> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  for (const segment of names.filter((name) => name.endsWith('.jsonl')).sort()) {
    for await (const line of linesOf(join(folder, segment), options.maxLineBytes ?? 16_000_000)) {
      const skip = (reason: string) => options.onSkip?.({ segment, line: line.number, reason });
      if (line.text === undefined) {
        skip('longer than a line may be');
        continue;
      }
      let value: unknown;
      try {
        value = JSON.parse(line.text);
      } catch {
        skip(line.ended ? 'not JSON' : 'torn: the writer was killed in the middle of it');
        continue;
      }
      const event = requestEventSchema.safeParse(value);
      if (!event.success) {
        const issue = event.error.issues[0];
        skip(`not an event: ${issue?.path.join('.') || 'record'}: ${issue?.message}`);
        continue;
      }
      if (!options.since || new Date(event.data.time) >= options.since) yield event.data;
    }
  }
}
