import { invalid } from './api-error.js';
import type { Exchange } from './exchange.js';
import { embeddingsSchema, parseBody, parseInputs } from './request-schema.js';

/** Little-endian 32-bit floats in base64, as OpenAI's clients ask for them. */
function toBase64(vector: Float32Array): string {
  const bytes = Buffer.alloc(4 * vector.length);
  vector.forEach((value, i) => bytes.writeFloatLE(value, 4 * i));
  return bytes.toString('base64');
}

/** `POST /v1/embeddings`: one vector per text. */
export async function embeddings(exchange: Exchange): Promise<Response> {
  const { limits } = exchange.services;
  const body = parseBody(embeddingsSchema, await exchange.json());
  const embedder = exchange.embedder(body.model);
  const inputs = parseInputs(body.input, limits);
  if (body.dimensions != null && body.dimensions !== embedder.dimensions) {
    throw invalid('dimensions', `dimensions: expected ${embedder.dimensions}, got ${body.dimensions}`);
  }
  exchange.endUser(body.user);
  exchange.event.parameters = { prompts: inputs.length };
  const embed = () => embedder.embed(inputs, { signal: exchange.abort.signal });
  const { vectors, tokens } = await embed().catch((error: unknown) => {
    throw exchange.failure(error, 'input');
  });
  exchange.event.promptTokens = tokens;
  return exchange.c.json({
    object: 'list',
    data: vectors.map((vector, index) => ({
      object: 'embedding',
      index,
      embedding: body.encoding_format === 'base64' ? toBase64(vector) : Array.from(vector),
    })),
    model: embedder.name,
    usage: { prompt_tokens: tokens, total_tokens: tokens },
  });
}
