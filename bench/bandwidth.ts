import { Worker } from 'node:worker_threads';

// memchr and memcmp are the plainest native loops that read memory: a byte that does not occur, two equal halves.
const worker = `
const { parentPort, workerData } = require('node:worker_threads');
const bytes = Buffer.alloc(workerData, 1);
const half = workerData >> 1;
const [a, b] = [bytes.subarray(0, half), bytes.subarray(half, 2 * half)];
parentPort.on('message', (how) => {
  how === 'find' ? bytes.indexOf(7) : a.equals(b);
  parentPort.postMessage('done');
});
parentPort.postMessage('ready');
`;

/**
 * Bytes per second that `threads` threads read together from memory, each its own part of a buffer of `size` bytes:
 * the best of several passes of the faster of two native loops.
 */
export async function readBandwidth(size: number, threads: number, passes = 10): Promise<number> {
  const part = Math.floor(size / threads);
  const workers = Array.from({ length: threads }, () => new Worker(worker, { eval: true, workerData: part }));
  const next = () => Promise.all(workers.map((w) => new Promise((resolve) => w.once('message', resolve))));
  await next();
  let best = 0;
  for (let pass = 0; pass < 2 * passes; pass++) {
    const start = performance.now();
    const done = next();
    for (const w of workers) w.postMessage(pass % 2 === 0 ? 'find' : 'compare');
    await done;
    best = Math.max(best, (part * threads) / ((performance.now() - start) / 1000));
  }
  await Promise.all(workers.map((w) => w.terminate()));
  return best;
}
