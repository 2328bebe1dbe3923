import type { Exchange, ExchangeServices } from './exchange.js';

function card({ models, embedders }: ExchangeServices, name: string, created: number) {
  const [model, embedder] = [models.get(name), embedders.get(name)];
  return {
    id: name,
    object: 'model',
    created,
    owned_by: 'abovo',
    max_model_len: model?.contextLength ?? embedder?.maxTokens,
    // What a chat page needs to know before it offers a chat.
    capabilities: {
      chat: model?.chatTemplate !== undefined,
      completion: model !== undefined,
      embeddings: embedder !== undefined,
    },
  };
}

/** `GET /v1/models` */
export function listModels(exchange: Exchange, started: number): Response {
  const { services } = exchange;
  const names = new Set([...services.models.keys(), ...services.embedders.keys()]);
  const data = [...names].map((name) => card(services, name, started));
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
  if (!exchange.services.embedders.has(id)) exchange.model(id);
  return exchange.c.json(card(exchange.services, id, started));
}
