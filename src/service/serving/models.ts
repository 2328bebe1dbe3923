import type { TextModel } from '../../model/generation/index.js';
import type { Exchange } from './exchange.js';

const card = (model: TextModel, created: number) => ({
  id: model.name,
  object: 'model',
  created,
  owned_by: 'abovo',
  max_model_len: model.contextLength,
  // What a chat page needs to know before it offers a chat.
  capabilities: { chat: model.chatTemplate !== undefined, completion: true },
});

/** `GET /v1/models` */
export function listModels(exchange: Exchange, started: number): Response {
  const data = [...exchange.services.models.values()].map((model) => card(model, started));
  return exchange.c.json({ object: 'list', data });
}

/** `GET /v1/models/{id}`; ids may contain slashes. */
export function getModel(exchange: Exchange, started: number): Response {
  const raw = new URL(exchange.c.req.url).pathname.slice('/v1/models/'.length);
  let id = raw;
  try {
    id = decodeURIComponent(raw);
  } catch {
    // A stray percent sign: no model has such a name, and the answer below says so.
  }
  return exchange.c.json(card(exchange.model(id), started));
}
