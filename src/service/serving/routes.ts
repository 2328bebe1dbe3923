import type { RequestEvent } from '../telemetry/index.js';
import { chatCompletions } from './chat.js';
import { completions } from './completions.js';
import { embeddings } from './embeddings.js';
import type { Exchange } from './exchange.js';
import { getModel, listModels } from './models.js';
import { detokenize, tokenize, tokenizerInfo } from './tokens.js';

/** One endpoint. The table below is what the server serves and what its documentation is made from. */
export interface Route {
  readonly method: 'GET' | 'POST';
  /** Pattern in the router's language. */
  readonly path: string;
  /** Pattern as people write it. */
  readonly shown?: string;
  readonly operation: RequestEvent['operation'];
  readonly summary: string;
  /** What of the endpoint's original is there. */
  readonly supports: string;
  readonly handle: (exchange: Exchange, started: number) => Response | Promise<Response>;
}

/** Endpoints that take an API key where keys are required. */
export const routes: readonly Route[] = [
  {
    method: 'GET',
    path: '/v1/models',
    operation: 'models',
    summary: 'The models this server has',
    supports: 'OpenAI, plus `max_model_len` and `capabilities`',
    handle: listModels,
  },
  {
    method: 'GET',
    path: '/v1/models/*',
    shown: '/v1/models/{id}',
    operation: 'models',
    summary: 'One model',
    supports: 'OpenAI; ids with slashes too',
    handle: getModel,
  },
  {
    method: 'POST',
    path: '/v1/chat/completions',
    operation: 'chat',
    summary: 'Answers a chat through the model’s chat template',
    supports:
      '`messages` (text), `max_tokens`, `max_completion_tokens`, `stop`, `n`, `seed`, `logprobs`, `top_logprobs`, `logit_bias`, penalties, `stream` with `include_usage`; also `top_k`, `min_p`, `repetition_penalty`, `stop_token_ids`, `ignore_eos`, `chat_template_kwargs`. Not: tools, images, audio, `response_format`',
    handle: chatCompletions,
  },
  {
    method: 'POST',
    path: '/v1/completions',
    operation: 'text_completion',
    summary: 'Writes on after prompts',
    supports:
      'text, token-id and batched prompts, `max_tokens` (0 too), `echo`, `logprobs`, `stop`, `n`, `seed`, `logit_bias`, penalties, `stream` with `include_usage`; also `top_k`, `min_p`, `repetition_penalty`, `stop_token_ids`, `ignore_eos`, `add_special_tokens`. Not: `suffix`, `best_of` above 1',
    handle: completions,
  },
  {
    method: 'POST',
    path: '/v1/embeddings',
    operation: 'embeddings',
    summary: 'Vectors of texts',
    supports:
      'text, token ids and lists of them (up to 2,048), `encoding_format` (`float`, `base64`), `user`. Not: `dimensions` other than the model’s',
    handle: embeddings,
  },
  {
    method: 'POST',
    path: '/tokenize',
    operation: 'tokenize',
    summary: 'Text or a chat to token ids',
    supports: '`prompt` or `messages`, `add_special_tokens`, `return_token_strs`',
    handle: tokenize,
  },
  {
    method: 'POST',
    path: '/detokenize',
    operation: 'detokenize',
    summary: 'Token ids to text',
    supports: '`tokens`; special tokens are written out',
    handle: detokenize,
  },
  {
    method: 'GET',
    path: '/tokenizer_info',
    operation: 'other',
    summary: 'Special tokens, chat template, vocabulary size',
    supports: '`bos_token`, `eos_token`, `pad_token`, `chat_template`, `vocab_size`, `model_max_length`',
    handle: tokenizerInfo,
  },
];

/** Endpoints that never take a key and are not counted. */
export const probes = [
  { method: 'GET', path: '/healthz', summary: 'The process lives', supports: '200 as long as it answers' },
  { method: 'GET', path: '/health', summary: 'The same under its other common name', supports: 'as `/healthz`' },
  {
    method: 'GET',
    path: '/readyz',
    summary: 'The server takes requests',
    supports: '200, or 503 while it drains before a shutdown; slots and queue in the body',
  },
  { method: 'GET', path: '/', summary: 'Chat page', supports: 'where pages were handed to the server' },
] as const;
