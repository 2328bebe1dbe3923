import { Moved, serveWorker } from '../../base/worker/index.node.js';
import { InternalError } from '../../base/core/index.js';
import type { HostTensor } from '../tensor/index.js';
import type { RunCall } from './executor.js';
import type { OrtMethods } from './ort-protocol.node.js';
import { Runner } from './ort-runner.node.js';

// Entry of the compute worker. One call at a time: `session.run` holds the thread anyway, but the steps around it
// yield, and a swap must not come between a run and its stores.
let runner: Runner | undefined;
let last: Promise<unknown> = Promise.resolve();

function inOrder<T>(action: () => Promise<T> | T): Promise<T> {
  const next = last.then(action);
  last = next.catch(() => undefined);
  return next;
}

function opened(): Runner {
  if (!runner) throw new InternalError('engine.closed', 'the compute worker was called before open');
  return runner;
}

function moved(tensors: Record<string, HostTensor>): Moved<Record<string, HostTensor>> {
  return new Moved(
    tensors,
    Object.values(tensors).map(({ data }) => data.buffer as ArrayBuffer),
  );
}

const bindings = new Map<number, RunCall['bind']>();

/** The value of a binding, kept under its number where it has one. */
function binding(value: RunCall['bind'], id: number | undefined): RunCall['bind'] {
  if (id === undefined) return value;
  if (value) bindings.set(id, value);
  return bindings.get(id);
}

serveWorker<OrtMethods>(() => ({
  open: (settings) =>
    inOrder(async () => {
      runner = await Runner.open(settings);
      return { version: runner.version, block: runner.block };
    }),
  load: (source) => inOrder(() => opened().load(source)),
  unload: (program) => inOrder(() => opened().unload(program)),
  allocate: (buffers) => inOrder(() => opened().allocate(buffers)),
  write: (buffers) => inOrder(() => opened().write(buffers)),
  read: (names) => inOrder(async () => moved(await opened().read(names))),
  swap: (pairs) => inOrder(() => opened().swap(pairs)),
  copy: ({ from, to, length }) => inOrder(() => opened().copy(from, to, length)),
  free: (names) => inOrder(() => opened().free(names)),
  run: ({ bindId, intoId, ...call }) => {
    const bound = { bind: binding(call.bind, bindId), into: binding(call.into, intoId) };
    return inOrder(async () => moved(await opened().run({ ...call, ...bound })));
  },
  forget: (id) => void bindings.delete(id),
  profile: (program) => inOrder(() => opened().profile(program)),
}));
