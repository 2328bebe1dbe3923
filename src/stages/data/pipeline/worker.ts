import { toWire } from '../../../base/worker/index.node.js';
import { decide } from './decide.js';
import type { FromWorker, ToWorker, WorkerSettings } from './protocol.js';
import { SlotWriter } from './slot.js';
import { Works } from './work.js';

// Entry of a worker process. It ends with its parent, whatever became of that one.
const beatMs = 200;
let settings: WorkerSettings | undefined;
let works: Works | undefined;
let slot: SlotWriter | undefined;

const post = (message: FromWorker): void => {
  // A parent that is gone cannot be told anything.
  if (process.connected) process.send!(message, undefined, undefined, () => undefined);
};

process.on('disconnect', () => process.exit(1));
// Ctrl-C reaches the whole group of processes: the parent decides what becomes of its workers.
process.on('SIGINT', () => undefined);

process.on('message', (message: ToWorker) => {
  if (message.type === 'start') {
    settings = message.settings;
    if (message.slot) slot = new SlotWriter(message.slot);
    works = new Works(settings, {
      part: (marker) => post({ type: 'part', marker }),
      progress: (progress) => post({ type: 'progress', progress }),
      position: (ordinal, step, task, exact) => slot?.write(ordinal, step, task, exact),
    });
    const beat = (): void => slot?.beat(works!.ordinal, works!.step, works!.task, works!.exact);
    setInterval(beat, beatMs).unref();
    post({ type: 'ready' });
    return;
  }
  if (message.type === 'close') {
    const leave = (): never => process.exit(0);
    void (works?.close() ?? Promise.resolve()).then(leave, leave);
    return;
  }
  const { job } = message;
  const running =
    job.kind === 'decide'
      ? decide(settings!, job, (progress) => post({ type: 'deciding', progress }))
      : works!.work(job);
  running.then(
    () => post({ type: 'done' }),
    (error: unknown) => post({ type: 'failed', error: toWire(error) }),
  );
});
