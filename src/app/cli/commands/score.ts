import { createReadStream } from 'node:fs';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { InvalidInput, messageOf } from '../../../base/core/index.js';
import { openLanguageModel } from '../../../model/generation/index.node.js';
import {
  encodeText,
  type Likelihood,
  likelihoodOf,
  type ScoredText,
  scoreSequences,
  totalLikelihood,
} from '../../../stages/evaluation/index.js';
import { findModel } from '../../recipes/index.js';
import { type Command, integer } from '../command.js';
import { type RuntimeOptions, runtimeOptions } from '../generation-options.js';

interface Options extends RuntimeOptions {
  readonly input: string;
  readonly stride?: number;
}

const recordSchema = z.union([z.object({ text: z.string() }), z.object({ tokenIds: z.array(z.int().min(0)) })]);
type ScoredRecord = z.infer<typeof recordSchema>;

/** Longest line taken: a text of this size is a mistake, and would not fit in memory many times over. */
const maxLine = 64e6;
/** Tokens scored together: records are read and written in pieces, whatever the length of the file. */
const pieceTokens = 1 << 16;

async function* recordsOf(path: string): AsyncGenerator<ScoredRecord> {
  let number = 0;
  const input = path === '-' ? process.stdin : createReadStream(path);
  const failed = new Promise<never>((_, reject) => {
    input.on('error', (error: Error) =>
      reject(new InvalidInput('score.input', `read ${path}: ${messageOf(error)}`, { path }, error)),
    );
  });
  failed.catch(() => undefined);
  const lines = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })[Symbol.asyncIterator]();
  for (;;) {
    const next = await Promise.race([lines.next(), failed]);
    if (next.done) return;
    const line = next.value;
    number++;
    if (line.trim() === '') continue;
    const fail = (why: string): never => {
      throw new InvalidInput('score.record', `read ${path}:${number}: ${why}`, { path, line: number });
    };
    if (line.length > maxLine) fail(`expected a line of at most ${maxLine} characters, got ${line.length}`);
    let data: unknown;
    try {
      data = JSON.parse(line);
    } catch (error) {
      fail(`expected JSON: ${messageOf(error)}`);
    }
    const record = recordSchema.safeParse(data);
    if (record.success) yield record.data;
    else fail('expected {"text": "…"} or {"tokenIds": [numbers]}');
  }
}

export const command: Command<Options> = {
  name: 'score',
  summary: 'Say how likely a model finds texts: nats per record, bits per byte and perplexity in all.',
  example: 'abovo score demo --input texts.jsonl --json',
  arguments: [{ name: '[folder]', description: 'project or model folder (default: here)' }],
  options: [
    { flags: '--input <file>', description: 'JSONL with "text" or "tokenIds"; - reads standard input', required: true },
    {
      flags: '--stride <tokens>',
      description: 'new tokens per window of a text longer than the context (default: half the context)',
      parse: integer(1),
    },
    ...runtimeOptions,
  ],
  async run({ args, options, cwd, signal, emit, print, onProgress }) {
    const { folder } = await findModel(resolve(cwd, args[0] ?? '.'), options.which ? { which: options.which } : {});
    const path = options.input === '-' ? '-' : resolve(cwd, options.input);
    const model = await openLanguageModel(folder, { ...options, maxSequences: 1 });
    try {
      const all: Likelihood[] = [];
      let piece: ScoredText[] = [];
      let tokens = 0;
      const flush = async (): Promise<void> => {
        const logprobs = await scoreSequences(
          model.engine,
          piece.map(({ ids }) => ids),
          { signal, ...(options.stride === undefined ? {} : { stride: options.stride }) },
        );
        piece.forEach(({ ids, from, bytes }, i) => {
          const likelihood = likelihoodOf(ids, from, logprobs[i]!, bytes);
          all.push(likelihood);
          emit(likelihood);
        });
        piece = [];
        tokens = 0;
        onProgress({ stage: 'score', done: all.length, total: all.length, unit: 'records' });
      };
      for await (const record of recordsOf(path)) {
        if ('text' in record) {
          piece.push(encodeText(model, record.text));
        } else {
          // Ids are scored as they stand: the first one is given, and what the others spell is counted.
          for (const id of record.tokenIds) {
            if (id >= model.vocabSize) {
              throw new InvalidInput('score.token', `score: expected token ids below ${model.vocabSize}, got ${id}`, {
                id,
              });
            }
          }
          const bytes = model.tokenizer.decodeBytes(record.tokenIds.slice(1)).length;
          piece.push({ ids: record.tokenIds, from: 1, bytes });
        }
        tokens += piece.at(-1)!.ids.length;
        if (tokens >= pieceTokens) await flush();
      }
      if (piece.length > 0) await flush();
      if (all.length === 0)
        throw new InvalidInput('score.empty', `score: ${path}: expected records, got none`, { path });
      const { documents, ...total } = totalLikelihood(all);
      print(
        `${documents} records, ${total.tokens} tokens, ${total.bytes} bytes: ${total.bitsPerByte.toFixed(4)} bits per byte, perplexity ${total.perplexity.toFixed(3)}`,
      );
      return { result: { records: documents, ...total } };
    } finally {
      await model.close();
    }
  },
};
