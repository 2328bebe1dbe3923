import type { Context } from 'hono';
import { ApiError, invalid } from './api-error.js';

/** Bounds of what a client may send. */
export interface Limits {
  readonly maxBodyBytes: number;
  /** Nesting of arrays and objects. */
  readonly maxDepth: number;
  /** Prompts in one request. */
  readonly maxPrompts: number;
  /** Choices (`n`) per prompt. */
  readonly maxChoices: number;
  readonly maxMessages: number;
  readonly maxStops: number;
  readonly maxStopLength: number;
  readonly maxLogprobs: number;
}

export const defaultLimits: Limits = {
  maxBodyBytes: 4_000_000,
  maxDepth: 32,
  maxPrompts: 128,
  maxChoices: 16,
  maxMessages: 1000,
  maxStops: 16,
  maxStopLength: 256,
  maxLogprobs: 20,
};

const tooLarge = (limit: number) =>
  new ApiError(413, 'invalid_request_error', `request body: expected at most ${limit} bytes, got more`, {
    code: 'request_too_large',
    headers: { connection: 'close' },
  });

async function readBody(body: ReadableStream<Uint8Array> | null, limit: number): Promise<Uint8Array> {
  if (!body) return new Uint8Array();
  const parts: Uint8Array[] = [];
  let length = 0;
  const reader = body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    length += value.length;
    if (length > limit) {
      void reader.cancel().catch(() => undefined);
      throw tooLarge(limit);
    }
    parts.push(value);
  }
  return parts.length === 1 ? (parts[0] as Uint8Array) : Buffer.concat(parts);
}

/** Greatest nesting of JSON text, found without building it. */
function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (inString) {
      if (unit === 0x5c) i++;
      else if (unit === 0x22) inString = false;
    } else if (unit === 0x22) inString = true;
    else if (unit === 0x5b || unit === 0x7b) deepest = Math.max(deepest, ++depth);
    else if (unit === 0x5d || unit === 0x7d) depth--;
  }
  return deepest;
}

/** The request's JSON object, or a 4xx that says what is wrong with it. */
export async function readJson(c: Context, limits: Limits): Promise<Record<string, unknown>> {
  // Only this type makes browsers ask before they send across origins, so a foreign page cannot spend this machine's time.
  const type = c.req.header('content-type') ?? '';
  if (!/^application\/json\s*(?:;|$)/i.test(type)) {
    throw new ApiError(
      415,
      'invalid_request_error',
      `content-type: expected application/json, got ${type === '' ? 'none' : JSON.stringify(type.slice(0, 100))}`,
      { code: 'unsupported_content_type' },
    );
  }
  if (Number(c.req.header('content-length') ?? 0) > limits.maxBodyBytes) throw tooLarge(limits.maxBodyBytes);
  const bytes = await readBody(c.req.raw.body, limits.maxBodyBytes);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw invalid(undefined, 'request body: expected UTF-8, got other bytes', 'invalid_encoding');
  }
  const depth = depthOf(text);
  if (depth > limits.maxDepth) {
    throw invalid(undefined, `request body: expected at most ${limits.maxDepth} levels, got ${depth}`, 'json_too_deep');
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message.slice(0, 200) : '';
    throw invalid(undefined, `request body: expected JSON, got something else (${reason})`, 'invalid_json');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalid(undefined, 'request body: expected a JSON object', 'invalid_json');
  }
  return value as Record<string, unknown>;
}
