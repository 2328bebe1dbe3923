import { invalid } from './api-error.js';
import type { Exchange } from './exchange.js';
import { detokenizeSchema, parseBody, tokenizeSchema, toMessages } from './request-schema.js';

/** `POST /tokenize`: text, or a chat through the model's template. */
export async function tokenize(exchange: Exchange): Promise<Response> {
  const body = parseBody(tokenizeSchema(exchange.services.limits), await exchange.json());
  const model = exchange.model(body.model);
  if ((body.prompt == null) === (body.messages == null)) {
    throw invalid('prompt', 'tokenize: expected either prompt or messages');
  }
  let tokens: number[];
  try {
    tokens = body.messages
      ? model.chatIds(toMessages(body.messages))
      : model.tokenize(body.prompt as string, { addSpecialTokens: body.add_special_tokens ?? true });
  } catch (error) {
    throw exchange.failure(error, body.messages ? 'messages' : 'prompt');
  }
  exchange.event.promptTokens = tokens.length;
  return exchange.c.json({
    count: tokens.length,
    max_model_len: model.contextLength,
    tokens,
    token_strs: body.return_token_strs ? tokens.map((id) => model.tokenString(id)) : null,
  });
}

/** `POST /detokenize` */
export async function detokenize(exchange: Exchange): Promise<Response> {
  const body = parseBody(detokenizeSchema, await exchange.json());
  const model = exchange.model(body.model);
  try {
    return exchange.c.json({ prompt: model.detokenize(body.tokens, { skipSpecialTokens: false }) });
  } catch (error) {
    throw exchange.failure(error, 'tokens');
  }
}

/** `GET /tokenizer_info`: what a client needs to build prompts in ids. */
export function tokenizerInfo(exchange: Exchange): Response {
  const model = exchange.model(exchange.c.req.query('model'));
  return exchange.c.json({
    model: model.name,
    vocab_size: model.vocabSize,
    model_max_length: model.contextLength,
    bos_token: model.bosToken ?? null,
    eos_token: model.eosToken ?? null,
    pad_token: null,
    chat_template: model.chatTemplate?.source ?? null,
  });
}
