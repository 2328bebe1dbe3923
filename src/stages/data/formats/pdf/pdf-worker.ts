import { messageOf } from '../../../../base/core/index.js';
import { serveWorker } from '../../../../base/worker/index.node.js';
import type { PdfMethods } from './isolated.js';
import { pdfText } from './read.js';

serveWorker<PdfMethods>(() => ({
  text: ({ bytes, limits }, signal) =>
    pdfText(bytes, { limits, signal }).then(
      (result) => ({ result }),
      (error: unknown) => ({ problem: messageOf(error) }),
    ),
}));
