const encoder = new TextEncoder();

export interface SseOptions {
  /** Milliseconds of silence after which a comment keeps proxies from closing the connection. */
  readonly heartbeat?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Called once: after the last event, or when the client has gone (`gone`). */
  readonly onEnd: (gone: boolean) => void;
}

/** An event stream of `data:` lines that ends in `data: [DONE]`. Events are made only as fast as the client reads. */
export function sseResponse(events: AsyncGenerator<unknown, void>, options: SseOptions): Response {
  const heartbeat = options.heartbeat ?? 15_000;
  let timer: NodeJS.Timeout | undefined;
  let ended = false;
  const end = (gone: boolean) => {
    if (ended) return;
    ended = true;
    clearTimeout(timer);
    options.onEnd(gone);
  };
  const stream = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        // One timer for the whole stream, put off by every event: it goes off in silence only. The comment answers the
        // read that waits, and the event goes out when it comes; nothing is queued for a client that does not read.
        timer ??= setTimeout(function beat() {
          if (controller.desiredSize === 0) controller.enqueue(encoder.encode(': keep-alive\n\n'));
          timer = setTimeout(beat, heartbeat);
        }, heartbeat);
        let next: IteratorResult<unknown, void>;
        try {
          next = await events.next();
        } catch (error) {
          clearTimeout(timer);
          throw error;
        }
        if (ended) return;
        timer.refresh();
        if (next.done) {
          controller.enqueue(encoder.encode('data: [DONE]\n\n'));
          controller.close();
          end(false);
          return;
        }
        controller.enqueue(encoder.encode(`data: ${JSON.stringify(next.value)}\n\n`));
      },
      cancel() {
        end(true);
        void events.return(undefined).catch(() => undefined);
      },
    },
    { highWaterMark: 0 },
  );
  return new Response(stream, {
    headers: {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
      ...options.headers,
    },
  });
}

/** Interleaves several sources in the order in which their items arrive. Leaving early leaves every source. */
export async function* merge<T>(sources: readonly AsyncGenerator<T, unknown>[]): AsyncGenerator<readonly [number, T]> {
  const next = (index: number) => sources[index]!.next().then((result) => ({ index, result }));
  const open = new Map(sources.map((_, index) => [index, next(index)]));
  try {
    while (open.size > 0) {
      const { index, result } = await Promise.race(open.values());
      if (result.done) {
        open.delete(index);
        continue;
      }
      open.set(index, next(index));
      yield [index, result.value];
    }
  } finally {
    for (const promise of open.values()) promise.catch(() => undefined);
    await Promise.allSettled(sources.map((source) => source.return(undefined)));
  }
}
