import { type PipelineOptions, runPipeline } from './run.js';

/** Entry of a process that runs a pipeline, for tests that kill it: options as JSON in the first argument. */
const options = JSON.parse(process.argv[2]) as PipelineOptions;
const { report } = await runPipeline(options);
process.stdout.write(`${JSON.stringify({ documents: report.documents })}\n`);
