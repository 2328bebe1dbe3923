import { parentPort, workerData } from 'node:worker_threads';
import { InternalError, InvalidInput } from '../core/index.js';
import { toWire } from './errors.js';
import { Moved } from './protocol.js';
import type { Request, Response, WorkerMethods } from './protocol.js';

export type Handlers<M extends WorkerMethods> = {
  readonly [K in keyof M]: (
    argument: M[K]['argument'],
    signal: AbortSignal,
  ) => M[K]['result'] | Moved<M[K]['result']> | Promise<M[K]['result'] | Moved<M[K]['result']>>;
};

/**
 * Called once by a worker's entry module: answers calls with `handlers`. Calls run in the order they come in; an
 * asynchronous handler lets the next one start. `signal` aborts when the caller cancels, for handlers that yield.
 */
export function serveWorker<M extends WorkerMethods>(create: (data: unknown) => Handlers<M>): void {
  const port = parentPort;
  if (!port) throw new InternalError('worker.main', 'serveWorker was called outside a worker thread');
  const handlers = create(workerData);
  const running = new Map<number, AbortController>();
  const post = (response: Response, buffers: readonly unknown[] = []) => port.postMessage(response, buffers as never);

  const answer = async (request: Request & { type: 'call' }) => {
    const { id, method, argument } = request;
    const controller = new AbortController();
    running.set(id, controller);
    try {
      if (!Object.hasOwn(handlers, method)) {
        throw new InvalidInput('worker.method', `worker: expected one of ${Object.keys(handlers)}, got ${method}`);
      }
      const result = await (handlers[method] as Handlers<WorkerMethods>[string])(argument, controller.signal);
      if (result instanceof Moved) post({ type: 'result', id, value: result.value }, result.buffers);
      else post({ type: 'result', id, value: result });
    } catch (error) {
      post({ type: 'error', id, error: toWire(error) });
    } finally {
      running.delete(id);
    }
  };
  port.on('message', (request: Request) => {
    if (request.type === 'cancel') running.get(request.id)?.abort();
    else void answer(request);
  });
  post({ type: 'ready' });
}
