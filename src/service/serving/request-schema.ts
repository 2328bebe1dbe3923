import { z } from 'zod';
import type { Message, SamplingParams } from '../../base/contract/index.js';
import { type ApiError, invalid } from './api-error.js';
import type { Limits } from './json-body.js';

/** Fields that OpenAI's clients send and that change nothing here. */
export const ignoredFields = [
  'metadata',
  'parallel_tool_calls',
  'prompt_cache_key',
  'prompt_cache_retention',
  'service_tier',
  'store',
] as const;

/** Fields of OpenAI's API that would change the answer and are refused unless empty or at their default. */
const refused: Readonly<Record<string, (value: unknown) => boolean>> = {
  suffix: (value) => value === '',
  best_of: (value) => value === 1,
  tools: (value) => Array.isArray(value) && value.length === 0,
  tool_choice: (value) => value === 'none' || value === 'auto',
  functions: (value) => Array.isArray(value) && value.length === 0,
  function_call: (value) => value === 'none' || value === 'auto',
  response_format: (value) => typeof value === 'object' && value !== null && 'type' in value && value.type === 'text',
  modalities: (value) => Array.isArray(value) && value.every((item) => item === 'text'),
  audio: () => false,
  prediction: () => false,
  reasoning_effort: () => false,
  verbosity: (value) => value === 'medium',
  web_search_options: () => false,
};

const token = z.int().min(0);
const range = (min: number, max: number) => z.number().min(min).max(max).nullish();

const sampling = (limits: Limits) => ({
  model: z.string().min(1).max(200).nullish(),
  max_tokens: z.int().min(0).max(1_000_000).nullish(),
  temperature: range(0, 2),
  top_p: z.number().gt(0).max(1).nullish(),
  top_k: z.int().min(-1).max(1_000_000).nullish(),
  min_p: range(0, 1),
  repetition_penalty: z.number().gt(0).max(10).nullish(),
  presence_penalty: range(-2, 2),
  frequency_penalty: range(-2, 2),
  logit_bias: z.record(z.string().regex(/^\d{1,9}$/), z.number().min(-100).max(100)).nullish(),
  seed: z.int().nullish(),
  n: z.int().min(1).max(limits.maxChoices).nullish(),
  stop: z
    .union([z.string().max(limits.maxStopLength), z.array(z.string().max(limits.maxStopLength)).max(limits.maxStops)])
    .nullish(),
  stop_token_ids: z.array(token).max(64).nullish(),
  ignore_eos: z.boolean().nullish(),
  stream: z.boolean().nullish(),
  stream_options: z.strictObject({ include_usage: z.boolean().nullish() }).nullish(),
  user: z.string().max(1000).nullish(),
  safety_identifier: z.string().max(1000).nullish(),
});

export const completionSchema = (limits: Limits) =>
  z.strictObject({
    ...sampling(limits),
    prompt: z.unknown().optional(),
    echo: z.boolean().nullish(),
    logprobs: z.int().min(0).max(limits.maxLogprobs).nullish(),
    add_special_tokens: z.boolean().nullish(),
  });

const textParts = z.array(z.strictObject({ type: z.literal('text'), text: z.string() })).max(1000);

const message = z.strictObject({
  role: z.enum(['system', 'developer', 'user', 'assistant', 'tool']),
  content: z.union([z.string(), textParts]),
  name: z.string().max(200).nullish(),
  // Fields of an answer, which clients send back as it came.
  refusal: z.null().optional(),
  audio: z.null().optional(),
  function_call: z.null().optional(),
  annotations: z.array(z.unknown()).max(0).nullish(),
  tool_calls: z.array(z.unknown()).max(0).nullish(),
});

export const chatSchema = (limits: Limits) =>
  z.strictObject({
    ...sampling(limits),
    messages: z.array(message).min(1).max(limits.maxMessages),
    max_completion_tokens: z.int().min(0).max(1_000_000).nullish(),
    logprobs: z.boolean().nullish(),
    top_logprobs: z.int().min(0).max(limits.maxLogprobs).nullish(),
    chat_template_kwargs: z.record(z.string().max(100), z.unknown()).nullish(),
  });

export const tokenizeSchema = (limits: Limits) =>
  z.strictObject({
    model: z.string().max(200).nullish(),
    prompt: z.string().nullish(),
    messages: z.array(message).min(1).max(limits.maxMessages).nullish(),
    add_special_tokens: z.boolean().nullish(),
    return_token_strs: z.boolean().nullish(),
  });

export const detokenizeSchema = z.strictObject({
  model: z.string().max(200).nullish(),
  tokens: z.array(token).max(1_000_000),
});

export type CompletionBody = z.infer<ReturnType<typeof completionSchema>>;
export type ChatBody = z.infer<ReturnType<typeof chatSchema>>;

/** The deepest first issue of a failed parse: inside a union the branch that came furthest says what is wrong. */
function deepest(issue: z.core.$ZodIssue, base: PropertyKey[] = []): { path: PropertyKey[]; issue: z.core.$ZodIssue } {
  const path = [...base, ...issue.path];
  if (issue.code !== 'invalid_union') return { path, issue };
  const inner = issue.errors
    .flatMap((branch) => (branch[0] ? [deepest(branch[0], path)] : []))
    .sort((a, b) => b.path.length - a.path.length)[0];
  return inner && inner.path.length > path.length ? inner : { path, issue };
}

function toError(error: z.ZodError): ApiError {
  const { path, issue } = deepest(error.issues[0] as z.core.$ZodIssue);
  if (issue.code === 'unrecognized_keys') {
    const param = [...path, issue.keys[0] as string].join('.').slice(0, 200);
    return invalid(param, `Unrecognized request argument supplied: ${param}`, 'unknown_parameter');
  }
  const param = path.join('.');
  return invalid(param, `${param || 'request body'}: ${issue.message}`);
}

/** Checks a body against its schema; throws a 400 that names the field. */
export function parseBody<T>(schema: z.ZodType<T>, body: Record<string, unknown>): T {
  const rest: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(body)) {
    if ((ignoredFields as readonly string[]).includes(key)) continue;
    const isDefault = Object.hasOwn(refused, key) ? refused[key] : undefined;
    if (isDefault) {
      if (value !== null && !isDefault(value)) {
        throw invalid(key, `${key} is not supported by this server`, 'unsupported_parameter');
      }
      continue;
    }
    rest[key] = value;
  }
  const parsed = schema.safeParse(rest);
  if (!parsed.success) throw toError(parsed.error);
  return parsed.data;
}

export const embeddingsSchema = z.strictObject({
  model: z.string().max(200).nullish(),
  input: z.unknown(),
  encoding_format: z.enum(['float', 'base64']).nullish(),
  dimensions: z.int().min(1).max(1_000_000).nullish(),
  user: z.string().max(1000).nullish(),
});

/** Most texts of one call of `/v1/embeddings`, as at OpenAI. */
const mostInputs = 2048;

/** Texts of `/v1/embeddings`: text, ids, or an array of either. */
export function parseInputs(value: unknown, limits: Limits): Array<string | number[]> {
  if (value === undefined || value === null) throw invalid('input', 'input: expected texts, got none');
  return parseTexts('input', value, Math.max(mostInputs, limits.maxPrompts));
}

/** Prompts of `/v1/completions`: text, ids, or an array of either. */
export function parsePrompts(value: unknown, limits: Limits): Array<string | number[]> {
  return value === undefined || value === null ? [''] : parseTexts('prompt', value, limits.maxPrompts);
}

function parseTexts(param: string, value: unknown, most: number): Array<string | number[]> {
  if (typeof value === 'string') return [value];
  const isIds = (item: unknown): item is number[] =>
    Array.isArray(item) && item.every((id) => Number.isInteger(id) && (id as number) >= 0);
  if (Array.isArray(value) && value.length > 0) {
    if (isIds(value)) return [value];
    if (value.length > most) throw invalid(param, `${param}: expected at most ${most} texts, got ${value.length}`);
    if (value.every((item) => typeof item === 'string')) return value;
    if (value.every((item) => isIds(item) && item.length > 0)) return value as number[][];
  }
  throw invalid(param, `${param}: expected a string, token ids, or a list of one of them, not empty`);
}

/** OpenAI's messages as the chat template wants them. */
export function toMessages(messages: ChatBody['messages']): Message[] {
  return messages.map(({ role, content, name }) => ({
    role: role === 'developer' ? 'system' : role,
    content: typeof content === 'string' ? content : content.map((part) => part.text).join(''),
    ...(name ? { name } : {}),
  }));
}

/** Sampling of one choice: choices of one request differ in their seed alone. */
export function toSampling(body: CompletionBody | ChatBody, choice: number): SamplingParams {
  const bias = body.logit_bias ? Object.entries(body.logit_bias).map(([id, value]) => [Number(id), value]) : undefined;
  const topK = body.top_k ?? 0;
  return {
    temperature: body.temperature ?? 1,
    ...(topK > 0 ? { topK } : {}),
    ...(body.top_p == null ? {} : { topP: body.top_p }),
    ...(body.min_p == null ? {} : { minP: body.min_p }),
    ...(body.repetition_penalty == null ? {} : { repetitionPenalty: body.repetition_penalty }),
    ...(body.presence_penalty == null ? {} : { presencePenalty: body.presence_penalty }),
    ...(body.frequency_penalty == null ? {} : { frequencyPenalty: body.frequency_penalty }),
    ...(bias ? { logitBias: Object.fromEntries(bias) as Record<number, number> } : {}),
    ...(body.seed == null ? {} : { seed: body.seed + choice }),
  };
}

/** Stop strings as a list. */
export function toStops(stop: CompletionBody['stop']): string[] {
  const list = typeof stop === 'string' ? [stop] : (stop ?? []);
  return list.filter((text) => text !== '');
}
