// Talks to the server this page came from.

/** An error the server explained. */
export class ServerError extends Error {
  constructor(status, message, code) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

const headers = (key) => (key ? { authorization: `Bearer ${key}` } : {});

async function failure(response) {
  const body = await response.json().catch(() => undefined);
  return new ServerError(
    response.status,
    body?.error?.message ?? `The server answered ${response.status}.`,
    body?.error?.code,
  );
}

export async function listModels(key) {
  const response = await fetch('/v1/models', { headers: headers(key) });
  if (!response.ok) throw await failure(response);
  return (await response.json()).data;
}

/** Tokens of a prompt or of messages, as the model sees them, and how many its context holds. */
export async function countTokens(body, key) {
  const response = await fetch('/tokenize', {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers(key) },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw await failure(response);
  const { count, max_model_len: contextLength } = await response.json();
  return { count, contextLength };
}

/** Events of a streamed answer, parsed; ends at [DONE]. */
export async function* stream(path, body, { key, signal }) {
  const response = await fetch(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers(key) },
    body: JSON.stringify({ ...body, stream: true, stream_options: { include_usage: true } }),
    signal,
  });
  if (!response.ok) throw await failure(response);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let buffer = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) throw new ServerError(0, 'The connection broke before the answer was complete.');
    buffer += value;
    for (let at = buffer.indexOf('\n\n'); at >= 0; at = buffer.indexOf('\n\n')) {
      const event = buffer.slice(0, at);
      buffer = buffer.slice(at + 2);
      if (!event.startsWith('data: ')) continue;
      if (event === 'data: [DONE]') return;
      const data = JSON.parse(event.slice(6));
      if (data.error) throw new ServerError(0, data.error.message, data.error.code);
      yield data;
    }
  }
}
