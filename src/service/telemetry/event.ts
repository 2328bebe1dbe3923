import { z } from 'zod';

const count = z.int().min(0);
const milliseconds = z.number().min(0);

/**
 * Everything known about one request when it ended, in one record. Optional fields are absent where they have no
 * meaning (a failed request has no usage). Prompts, answers, keys and addresses are not part of it; `content` is written
 * only where the operator turned it on.
 */
export const requestEventSchema = z.strictObject({
  schemaVersion: z.literal(1),
  type: z.literal('request'),
  /** Unique for ever: readers that see an event twice count it once. */
  id: z.string().min(1).max(100),
  /** When the request arrived, ISO 8601 in UTC. */
  time: z.iso.datetime(),
  requestId: z.string().max(200),
  method: z.string().max(10),
  /** The route's pattern, never the raw path. */
  route: z.string().max(200),
  status: z.int().min(100).max(599),
  operation: z.enum(['chat', 'text_completion', 'tokenize', 'detokenize', 'embeddings', 'models', 'other']),
  model: z.string().max(200).optional(),
  /** Name of the API key that was used, never the key. */
  keyName: z.string().max(200).optional(),
  /** The caller's own name for its end user (`user` or `safety_identifier` in the body), hashed. */
  endUser: z.string().max(200).optional(),
  stream: z.boolean().optional(),
  parameters: z
    .strictObject({
      maxTokens: count.optional(),
      temperature: z.number().optional(),
      topP: z.number().optional(),
      topK: count.optional(),
      minP: z.number().optional(),
      repetitionPenalty: z.number().optional(),
      presencePenalty: z.number().optional(),
      frequencyPenalty: z.number().optional(),
      seed: z.int().optional(),
      choices: count.optional(),
      prompts: count.optional(),
      stopStrings: count.optional(),
      logprobs: count.optional(),
      echo: z.boolean().optional(),
    })
    .optional(),
  promptTokens: count.optional(),
  completionTokens: count.optional(),
  finishReasons: z.array(z.string().max(40)).max(10_000).optional(),
  /** From arrival to the first token, tokenizing and waiting included. */
  timeToFirstTokenMs: milliseconds.optional(),
  durationMs: milliseconds,
  /** The client went away before the end. */
  cancelled: z.boolean().optional(),
  error: z.strictObject({ type: z.string().max(100), code: z.string().max(100).nullable() }).optional(),
  content: z.strictObject({ prompt: z.unknown(), answers: z.array(z.string()) }).optional(),
});

/** One request as it ended. Version 1. */
export type RequestEvent = z.infer<typeof requestEventSchema>;
