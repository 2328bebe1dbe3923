import { createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { InvalidInput, messageOf } from '../../base/core/index.js';

/** Records of a JSONL file, each checked; throws `InvalidInput` with file and line. An absent file has none. */
export async function readJsonLines<T>(
  path: string,
  schema: z.ZodType<T>,
  limit = Number.POSITIVE_INFINITY,
): Promise<T[]> {
  const records: T[] = [];
  let number = 0;
  try {
    for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY })) {
      number++;
      if (line.trim() === '') continue;
      if (records.length >= limit) break;
      const fail = (why: string): never => {
        throw new InvalidInput('data.record', `read ${path}:${number}: ${why}`, { path, line: number });
      };
      let data: unknown;
      try {
        data = JSON.parse(line);
      } catch (error) {
        fail(`expected JSON: ${messageOf(error)}`);
      }
      const checked = schema.safeParse(data);
      if (checked.success) records.push(checked.data);
      else fail(`${checked.error.issues[0].path.join('.')}: ${checked.error.issues[0].message}`);
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  return records;
}

const message = z.object({
  role: z.enum(['system', 'user', 'assistant', 'tool']),
  content: z.string(),
  name: z.string().optional(),
});

/** Lines of the files of a corpus. */
export const lineSchemas = {
  document: z.object({ id: z.string(), text: z.string(), context: z.string().optional() }),
  chat: z.object({ messages: z.array(message).min(1) }),
  pair: z.object({ messages: z.array(message).min(1), chosen: z.string(), rejected: z.string() }),
  choice: z
    .object({
      id: z.string(),
      prompt: z.string(),
      choices: z.array(z.string()).min(2),
      answer: z.int().min(0),
      unconditional: z.string().optional(),
      messages: z.array(message).optional(),
      unconditionalMessages: z.array(message).optional(),
    })
    .refine(({ answer, choices }) => answer < choices.length, 'answer: expected an index into choices'),
  writing: z.object({
    id: z.string(),
    messages: z.array(message).min(1),
    references: z.array(z.string()).min(1),
    baseline: z.string().optional(),
  }),
  prompt: z.object({ prompt: z.string().optional(), messages: z.array(message).optional() }),
} as const;

/** Writes JSONL, buffered. */
export class JsonLinesWriter {
  readonly #file: FileHandle;
  #pending: string[] = [];
  #size = 0;
  lines = 0;

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  static async create(path: string): Promise<JsonLinesWriter> {
    return new JsonLinesWriter(await open(path, 'w'));
  }

  async add(record: object): Promise<void> {
    const line = `${JSON.stringify(record)}\n`;
    this.#pending.push(line);
    this.#size += line.length;
    this.lines++;
    if (this.#size > 1 << 20) await this.#flush();
  }

  async #flush(): Promise<void> {
    await this.#file.writeFile(this.#pending.join(''));
    this.#pending = [];
    this.#size = 0;
  }

  async close(): Promise<void> {
    try {
      await this.#flush();
    } finally {
      await this.#file.close();
    }
  }
}
