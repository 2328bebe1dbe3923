import { InvalidInput } from '../core/index.js';
import { Moved, serveWorker } from './index.node.js';

/** Methods of the worker that this room's tests drive. */
export type TestingMethods = {
  sum: { argument: readonly number[]; result: number };
  fill: { argument: { length: number; value: number }; result: Float32Array };
  refuse: { argument: string; result: never };
  spin: { argument: null; result: never };
  wait: { argument: null; result: string };
  exhaust: { argument: null; result: number };
  exit: { argument: null; result: never };
  data: { argument: null; result: unknown };
};

serveWorker<TestingMethods>((data) => ({
  sum: (values) => values.reduce((a, b) => a + b, 0),
  fill: ({ length, value }) => {
    const filled = new Float32Array(length).fill(value);
    return new Moved(filled, [filled.buffer]);
  },
  refuse: (got) => {
    throw new InvalidInput('testing.refused', `refuse: expected nothing, got ${got}`, { got });
  },
  spin: () => {
    for (;;);
  },
  wait: (_, signal) => new Promise((resolve) => signal.addEventListener('abort', () => resolve('aborted'))),
  exhaust: () => {
    const kept: string[][] = [];
    for (;;) kept.push(Array.from({ length: 100_000 }, (_, i) => `${i}`));
  },
  exit: () => process.exit(3),
  data: () => data,
}));
