import { Unavailable } from '../../../../base/core/index.js';
import { WorkerClient, workerEntry } from '../../../../base/worker/index.node.js';
import { type Limits, Unreadable } from '../limits.js';
import type { PdfText } from './read.js';

export type PdfMethods = {
  text: {
    argument: { readonly bytes: Uint8Array; readonly limits: Limits };
    result: { readonly result: PdfText } | { readonly problem: string };
  };
};

/** Heap of the thread: a page of many letters takes some megabytes, a hostile file all it can get. */
const memoryLimitMB = 1024;
/** Past the limit that is looked at between pages, the thread is ended in the middle of one. */
const graceMs = 5000;

let client: WorkerClient<PdfMethods> | undefined;
let last: Promise<unknown> = Promise.resolve();

/**
 * Text of a PDF file, read in a thread of its own: a file that never ends or takes all memory costs itself alone. Files
 * are read one after the other, so that each has its time.
 */
export async function isolatedPdfText(bytes: Uint8Array, limits: Limits, signal?: AbortSignal): Promise<PdfText> {
  const turn = last.then(async () => {
    client ??= new WorkerClient<PdfMethods>(
      workerEntry(import.meta.url, './pdf-worker.js'),
      { name: 'pdf', memoryLimitMB },
      true,
    );
    const timeLimitMs = limits.seconds * 1000 + graceMs;
    return client.call('text', { bytes, limits }, { timeLimitMs, signal }).catch((error: unknown) => {
      // The thread died of the file: it is the file that is left out.
      if (error instanceof Unavailable) throw new Unreadable(error.message);
      throw error;
    });
  });
  last = turn.catch(() => undefined);
  const answer = await turn;
  if ('problem' in answer) throw new Unreadable(answer.problem);
  return answer.result;
}
