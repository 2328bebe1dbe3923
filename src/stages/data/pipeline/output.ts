import { join } from 'node:path';
import { InvalidInput } from '../../../base/core/index.js';
import type { Document } from '../document.js';
import { unpacked } from './unpacked.js';
import { Layout, readState } from './layout.js';
import { fileLines } from './lines.js';
import type { PipelineReport } from './report.js';
import { parseDocument } from './verdicts.js';

/** Report of a finished run. Errors: `InvalidInput` where the folder holds none. */
export async function readReport(folder: string): Promise<PipelineReport> {
  const report = await readState<PipelineReport>(new Layout(folder, false).report);
  if (report) return report;
  throw new InvalidInput(
    'pipeline.folder',
    `open ${folder}: expected a finished run of a pipeline, found no report.json`,
    {
      folder,
    },
  );
}

/** Documents of a finished run, in the order of the corpus, streamed. */
export async function* readOutput(folder: string, report?: PipelineReport): AsyncGenerator<Document> {
  const { shards } = report ?? (await readReport(folder));
  for (const { file } of shards) {
    const path = join(folder, file);
    if (!path.endsWith('.gz')) {
      for (const { bytes } of fileLines(path, { limit: Number.POSITIVE_INFINITY })) yield parseDocument(bytes!, path);
      continue;
    }
    let rest: Buffer = Buffer.alloc(0);
    for await (const chunk of unpacked(path, Number.POSITIVE_INFINITY)) {
      const block: Buffer = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
      let from = 0;
      for (let stop = block.indexOf(10); stop >= 0; stop = block.indexOf(10, from)) {
        yield parseDocument(block.subarray(from, stop), path);
        from = stop + 1;
      }
      rest = block.subarray(from);
    }
  }
}
