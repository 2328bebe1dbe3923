import { stat } from 'node:fs/promises';
import { relative, resolve, sep } from 'node:path';
import { z } from 'zod';
import { InvalidInput, type Json, Unavailable } from '../../../base/core/index.js';
import { sha256File } from '../../../base/core/index.node.js';
import type { AccessClass, Document, Reject } from '../document.js';
import { type Source, type SourceTask, defineSource } from '../pipeline/index.js';
import { type Input, headOf, localInput } from './bytes.js';
import { compressionOf } from './decompress.js';
import { kindOf, sniffBytes } from './detect.js';
import { resolveFiles } from './files.js';
import { formatOptionsSchema, formatSchema } from './options.js';
import { type FoundIn, readInput } from './read-input.js';
import { type S3Environment, S3Store } from './s3.js';
import type { Mutable } from './record.js';
import { formats } from './table.js';

const placeId = ({ id, file, place }: FoundIn): string => id ?? (place === undefined ? file : `${file}:${place}`);

/** From the least to the most that must be kept. */
export const accessOrder: readonly AccessClass[] = ['public', 'internal', 'confidential', 'personal'];

/** The stricter of two access classes. */
export function strictest(a: AccessClass | undefined, b: AccessClass | undefined): AccessClass | undefined {
  if (!a || !b) return a ?? b;
  return accessOrder[Math.max(accessOrder.indexOf(a), accessOrder.indexOf(b))];
}

/** What is said of documents that do not say it themselves. */
export interface DocumentDefaults {
  readonly licence?: string;
  readonly access?: AccessClass;
  readonly language?: string;
}

/** A document without fields that are not known: it is written as JSON and compared. */
export function documentOf(found: FoundIn, id: string, { licence, access, language }: DocumentDefaults): Document {
  const document: Mutable<Document> = { id, text: found.text, source: found.file };
  const said = found.licence ?? licence;
  if (said !== undefined) document.licence = said;
  if (found.url !== undefined) document.url = found.url;
  if (found.title !== undefined) document.title = found.title;
  if (found.time !== undefined) document.time = found.time;
  const spoken = found.language ?? language;
  if (spoken !== undefined) document.language = spoken;
  const seen = strictest(found.access, access);
  if (seen !== undefined) document.access = seen;
  if (found.subject !== undefined) document.subject = found.subject;
  if (found.metadata !== undefined) document.metadata = found.metadata;
  return document;
}

export const filesOptionsSchema = formatOptionsSchema.extend({
  files: z
    .union([z.string().min(1), z.array(z.string().min(1)).min(1)])
    .describe('paths, folders, globs and s3://bucket/prefix, relative to the project'),
  format: formatSchema.default('auto').describe('auto tells it by content and name'),
  licence: z.string().min(1).optional().describe('SPDX expression of documents that name none themselves'),
  access: z
    .enum(['public', 'internal', 'confidential', 'personal'])
    .optional()
    .describe('who may see the documents; a stricter class in a record wins'),
  language: z.string().min(2).optional().describe('of documents that name none themselves'),
  taskBytes: z
    .int()
    .min(4096)
    .optional()
    .describe(
      'larger text and JSONL files are cut into parts of about so many bytes; default: a 256th of all, 4 to 64 MB',
    ),
});

export type FilesOptions = z.output<typeof filesOptionsSchema>;

const specSchema = z.object({
  name: z.string(),
  size: z.number(),
  path: z.string().optional(),
  object: z.object({ bucket: z.string(), key: z.string(), size: z.number(), etag: z.string() }).optional(),
  part: z.tuple([z.number(), z.number()]).optional(),
});
type Spec = z.infer<typeof specSchema>;

class FilesSource implements Source {
  #store: S3Store | undefined;

  constructor(
    private readonly options: FilesOptions,
    private readonly folder: string,
    private readonly env: S3Environment,
    private readonly pauseMs?: number,
  ) {}

  async tasks(signal?: AbortSignal): Promise<readonly SourceTask[]> {
    const { files } = this.options;
    const specs: Spec[] = [];
    const seen = new Set<string>();
    for (const pattern of typeof files === 'string' ? [files] : files) {
      for (const spec of await this.#resolve(pattern, signal)) {
        if (!seen.has(spec.name)) specs.push(spec);
        seen.add(spec.name);
      }
    }
    const tasks: SourceTask[] = [];
    // Small enough that all cores have work to the end, large enough that parts are worth their files.
    const total = specs.reduce((sum, { size }) => sum + size, 0);
    const taskBytes = this.options.taskBytes ?? Math.min(64e6, Math.max(4e6, Math.ceil(total / 256)));
    for (const spec of specs) {
      signal?.throwIfAborted();
      const parts = await this.#parts(spec, taskBytes);
      if (parts === 1) tasks.push({ id: spec.name, spec: spec as unknown as Json, bytes: spec.size });
      for (let i = 0; parts > 1 && i < parts; i++) {
        const part: [number, number] = [Math.floor((spec.size * i) / parts), Math.floor((spec.size * (i + 1)) / parts)];
        const id = `${spec.name}#${i + 1}/${parts}`;
        tasks.push({ id, spec: { ...spec, part } as unknown as Json, bytes: part[1] - part[0] });
      }
    }
    return tasks;
  }

  async *read(
    task: SourceTask,
    { cursor, onReject, signal }: Parameters<Source['read']>[1],
  ): AsyncGenerator<{ document: Document; cursor?: Json }> {
    const spec = specSchema.parse(task.spec);
    await this.#unchanged(spec);
    const input = this.#input(spec, signal);
    const reject = ({ file, ...rest }: { file: string; line?: number; reason: string }): void =>
      onReject({ source: file, ...rest } satisfies Reject);
    let part: [number, number] | undefined;
    if (spec.part) {
      const format = await this.#format(input);
      const start = formats[format].partStart!.bind(formats[format]);
      part = [
        await start(input, spec.part[0], this.options),
        spec.part[1] >= spec.size ? spec.size : await start(input, spec.part[1], this.options),
      ];
    }
    const { format } = this.options;
    for await (const found of readInput(input, { options: this.options, format, cursor, part, reject, signal })) {
      const document = documentOf(found, placeId(found), this.options);
      yield { document, ...(found.cursor === undefined ? {} : { cursor: found.cursor }) };
    }
  }

  /** Hashes of local files, entity tags of objects: a file that changed is another data set. */
  async identity(signal?: AbortSignal): Promise<Json> {
    const seen = new Map<string, Json>();
    const { files } = this.options;
    for (const pattern of typeof files === 'string' ? [files] : files) {
      for (const { name, path, size, object } of await this.#resolve(pattern, signal)) {
        if (seen.has(name)) continue;
        const hash = path === undefined ? (object?.etag ?? null) : await sha256File(resolve(this.folder, path));
        seen.set(name, { name, size, hash });
      }
    }
    return [...seen.values()];
  }

  /** Refuses a file that is another one than when the tasks were listed. */
  async #unchanged({ name, path, size }: Spec): Promise<void> {
    if (path === undefined) return;
    const now = await stat(resolve(this.folder, path)).catch(() => undefined);
    if (now?.size === size) return;
    throw new Unavailable(
      'data.changed',
      `read ${name}: it had ${size} bytes when the run began, now ${now?.size ?? 'it is gone'}; start a new run`,
      { file: name },
    );
  }

  async #resolve(pattern: string, signal?: AbortSignal): Promise<Spec[]> {
    if (pattern.startsWith('s3://')) {
      const objects = await this.#s3().resolve(pattern, signal);
      return objects.map((object) => ({ name: `s3://${object.bucket}/${object.key}`, size: object.size, object }));
    }
    const specs: Spec[] = [];
    for (const path of await resolveFiles([pattern], this.folder)) {
      const name = relative(this.folder, path).split(sep).join('/');
      // The place on this machine is found again from the name: another one may keep the project elsewhere.
      specs.push({ name, size: (await stat(path)).size, path: name });
    }
    return specs;
  }

  #s3(): S3Store {
    this.#store ??= new S3Store(this.env, this.pauseMs === undefined ? {} : { pauseMs: this.pauseMs });
    return this.#store;
  }

  #input({ name, size, path, object }: Spec, signal?: AbortSignal): Input {
    if (object) return this.#s3().input(object, signal);
    return localInput(resolve(this.folder, path ?? name), size, name);
  }

  async #format(input: Input): Promise<keyof typeof formats> {
    if (this.options.format !== 'auto') return this.options.format;
    const kind = kindOf(input.name, await headOf(input, sniffBytes));
    return kind === 'zip' || kind === 'tar' ? 'text' : kind;
  }

  /** Parts of a file: only what can be read from any line or paragraph on, unpacked and in UTF-8. */
  async #parts(spec: Spec, taskBytes: number): Promise<number> {
    const { encoding, split } = this.options;
    if (spec.size < 1.5 * taskBytes || !/^utf-?8$/i.test(encoding)) return 1;
    const input = this.#input(spec);
    const head = await headOf(input, sniffBytes);
    const utf16 = (head[0] === 0xff && head[1] === 0xfe) || (head[0] === 0xfe && head[1] === 0xff);
    const kind = this.options.format === 'auto' ? kindOf(input.name, head) : this.options.format;
    if (utf16 || compressionOf(head) || kind === 'zip' || kind === 'tar' || !formats[kind].divisible) return 1;
    if (kind === 'text' && split === 'file') return 1;
    return Math.ceil(spec.size / taskBytes);
  }
}

/**
 * The source `files`. `env` stands in for the process's own where credentials of a store come from elsewhere; `pauseMs` is the pause before a
 * request to it is tried again (default 200, doubled each time).
 */
export function filesSource(
  options: z.input<typeof filesOptionsSchema>,
  {
    folder,
    env = process.env,
    pauseMs,
  }: { readonly folder: string; readonly env?: S3Environment; readonly pauseMs?: number },
): Source {
  const parsed = filesOptionsSchema.safeParse(options);
  if (!parsed.success) {
    throw new InvalidInput('data.files.options', `files: ${z.prettifyError(parsed.error)}`, {}, parsed.error);
  }
  return new FilesSource(parsed.data, folder, env, pauseMs);
}

export const files = defineSource<FilesOptions>({
  kind: 'files',
  summary:
    'Files of any format, packed or not, on disk or in an S3-compatible store: text, Markdown, JSON lines, CSV, Parquet, PDF, DOCX, EPUB, XLSX, iXBRL, JATS, HTML, archives of them.',
  version: 1,
  options: filesOptionsSchema as unknown as z.ZodType<FilesOptions>,
  create: (options, { folder }) => new FilesSource(options, folder, process.env),
});

/** Sources of this room, for the pipeline's table. */
export const sources = [files] as const;
