import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { InvalidInput, messageOf } from '../../../base/core/index.js';
import { parseSimilarities } from '../../../model/classic/index.js';
import type { TextEmbedder } from '../../../model/generation/index.js';
import { openTextEmbedder } from '../../../model/generation/index.node.js';
import { poolings } from '../../../model/inference/index.js';
import type { Pooling } from '../../../model/inference/index.js';
import { scoreTextPairs } from '../../../stages/evaluation/index.js';
import { findModel } from '../../recipes/index.js';
import { type Command, type CommandContext, type CommandResult, integer, oneOf } from '../command.js';
import { type RuntimeOptions, runtimeOptions } from '../generation-options.js';

interface Options extends RuntimeOptions {
  readonly text?: readonly string[];
  readonly input?: string;
  readonly pairs?: string;
  readonly layer?: number;
  readonly pooling?: Pooling;
  readonly normalize: boolean;
  readonly truncate?: boolean;
}

/** Texts embedded together: records are read and written in pieces, whatever the length of the file. */
const piece = 256;
const longestLine = 64e6;

async function* textsOf(path: string): AsyncGenerator<string> {
  let number = 0;
  const input = path === '-' ? process.stdin : createReadStream(path);
  try {
    for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
      number++;
      if (line.trim() === '') continue;
      const fail = (why: string): never => {
        throw new InvalidInput('embed.record', `read ${path}:${number}: ${why}`, { path, line: number });
      };
      if (line.length > longestLine) fail(`expected a line of at most ${longestLine} characters, got ${line.length}`);
      let record: unknown;
      try {
        record = JSON.parse(line);
      } catch (error) {
        fail(`expected JSON: ${messageOf(error)}`);
      }
      const text = (record as { text?: unknown } | null)?.text;
      yield typeof text === 'string' ? text : fail('expected {"text": "…"}');
    }
  } catch (error) {
    if (error instanceof InvalidInput) throw error;
    throw new InvalidInput('embed.input', `read ${path}: ${messageOf(error)}`, { path }, error);
  }
}

/** How well cosines of a model's vectors go with people's judgement of pairs of words or sentences. */
async function similarity(
  embedder: TextEmbedder,
  file: string,
  { options, json, cwd, signal, emit, print, onProgress }: CommandContext<Options>,
): Promise<CommandResult> {
  let text: string;
  try {
    text = await readFile(resolve(cwd, file), 'utf8');
  } catch (error) {
    throw new InvalidInput('embed.input', `read ${file}: ${messageOf(error)}`, { path: file }, error);
  }
  const { pooling, layer, truncate = false } = options;
  const { cosines, ...score } = await scoreTextPairs(embedder, parseSimilarities(text), {
    truncate,
    signal,
    ...(layer === undefined ? {} : { layer }),
    ...(pooling === undefined ? {} : { pooling }),
    onProgress: (done, total) => onProgress({ stage: 'embed', done, total, unit: 'texts' }),
  });
  if (json) for (const cosine of cosines) emit({ cosine });
  const { spearman, pearson, pairs, unknown } = score;
  const leftOut = unknown === 0 ? '' : ` (${unknown} left out: texts too long for the model, or empty)`;
  print(`Spearman ${spearman.toFixed(4)}, Pearson ${pearson.toFixed(4)} over ${pairs} pairs${leftOut}`);
  return { result: { ok: true, ...score, dimensions: embedder.dimensions } };
}

export const command: Command<Options> = {
  name: 'embed',
  summary: 'Turn texts into vectors: hidden states of any layer, pooled; or measure them on judged pairs.',
  example: 'abovo embed minilm --text "An egg is an oval body." --json',
  arguments: [{ name: '[folder]', description: 'project or model folder (default: here)' }],
  options: [
    { flags: '--text <texts...>', description: 'texts to embed' },
    { flags: '--input <file>', description: 'JSONL with "text"; - reads standard input' },
    {
      flags: '--pairs <file>',
      description:
        'measure instead: two texts and a score a line, between tabs or as JSON (sentence1, sentence2, score)',
    },
    {
      flags: '--layer <number>',
      description: 'layer, 0 being the embedding and -1 the last (default: -1)',
      parse: integer(),
    },
    {
      flags: '--pooling <way>',
      description: `${poolings.join(', ')} (default: what the folder says, else last for decoders and mean for others)`,
      parse: oneOf(...poolings),
    },
    { flags: '--no-normalize', description: 'leave vectors at their own length' },
    { flags: '--truncate', description: 'cut texts that are too long instead of refusing them' },
    ...runtimeOptions,
  ],
  async run(context) {
    const { args, options, cwd, signal, emit, print, onProgress } = context;
    const given = [options.text, options.input, options.pairs].filter((value) => value !== undefined).length;
    if (given !== 1) throw new InvalidInput('embed.texts', 'embed: expected one of --text, --input and --pairs');
    const { pooling, layer, truncate = false } = options;
    const { folder } = await findModel(resolve(cwd, args[0] ?? '.'), options.which ? { which: options.which } : {});
    const embedder = await openTextEmbedder(folder, options);
    try {
      if (options.pairs !== undefined) return await similarity(embedder, options.pairs, context);
      let [texts, tokens] = [0, 0];
      const flush = async (batch: readonly string[]): Promise<void> => {
        const made = await embedder.embed(batch, {
          truncate,
          signal,
          ...(layer === undefined ? {} : { layer }),
          ...(pooling === undefined ? {} : { pooling }),
          ...(options.normalize ? {} : { normalize: false }),
        });
        for (const vector of made.vectors) emit({ embedding: Array.from(vector) });
        texts += batch.length;
        tokens += made.tokens;
        onProgress({ stage: 'embed', done: texts, total: texts, unit: 'texts' });
      };
      let batch: string[] = [];
      for await (const text of options.text ?? textsOf(options.input === '-' ? '-' : resolve(cwd, options.input!))) {
        batch.push(text);
        if (batch.length === piece) {
          await flush(batch);
          batch = [];
        }
      }
      if (batch.length > 0) await flush(batch);
      if (texts === 0) throw new InvalidInput('embed.empty', 'embed: expected texts, got none');
      print(`${texts} texts, ${tokens} tokens, vectors of ${embedder.dimensions} numbers`);
      return { result: { texts, tokens, dimensions: embedder.dimensions } };
    } finally {
      await embedder.close();
    }
  },
};
