import { type Json, InvalidInput, Unavailable, canonicalJson } from '../core/index.js';
import { sha256 } from '../core/index.node.js';
import { z } from 'zod';

/** What an artifact is made from. Equal keys have equal addresses; nothing else decides what a stage computes. */
export interface StageKey {
  /** `tokenizer`, `base`, …: lower-case words joined by hyphens. */
  readonly kind: string;
  /** Version of the layout of the files. */
  readonly schemaVersion: number;
  /** Raised when the stage's code computes something else from the same input. */
  readonly stageVersion: number;
  readonly config: Json;
  /** Addresses of the artifacts that are read, by role. */
  readonly parents: Readonly<Record<string, string>>;
}

/** A source that went into an artifact, and its licence (SPDX identifier or `NOASSERTION`). */
export interface Licence {
  readonly source: string;
  readonly licence: string;
  readonly url?: string;
  readonly attribution?: string;
}

const json: z.ZodType<Json> = z.json() as unknown as z.ZodType<Json>;
const kindPattern = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
/** `<kind>-<128 bits of sha256 in hex>`. */
export const addressPattern: RegExp = /^[a-z][a-z0-9]*(-[a-z0-9]+)*-[0-9a-f]{32}$/;
const address = z.string().regex(addressPattern);
const filePath = z.string().refine((path) => isPlainPath(path), 'expected a relative path inside the artifact');

const licence = z.object({
  source: z.string(),
  licence: z.string(),
  url: z.string().optional(),
  attribution: z.string().optional(),
});

const machine = z.object({
  cpu: z.string(),
  cores: z.number(),
  memoryMB: z.number(),
  os: z.string(),
  node: z.string(),
  onnxruntime: z.string(),
});

const manifestSchema = z.object({
  format: z.literal(1),
  address,
  kind: z.string().regex(kindPattern),
  schemaVersion: z.number().int(),
  stageVersion: z.number().int(),
  config: json,
  parents: z.record(z.string(), address),
  files: z.record(filePath, z.object({ sha256: z.string().regex(/^[0-9a-f]{64}$/), bytes: z.number().int().min(0) })),
  metrics: z.record(z.string(), json),
  licences: z.array(licence),
  notes: z.array(z.string()),
  /** Circumstances: recorded, not part of the address. */
  recorded: z.object({
    version: z.string(),
    commit: z.string().optional(),
    machine,
    device: z.string(),
    startedAt: z.string(),
    seconds: z.number(),
    peakMemoryMB: z.number(),
    /** How often the stage was taken up again after an interruption. */
    resumed: z.number().int(),
  }),
});

export type Manifest = Readonly<z.infer<typeof manifestSchema>>;
export type Machine = Manifest['recorded']['machine'];

/** A published artifact: a folder that never changes again. */
export interface Artifact {
  readonly address: string;
  readonly folder: string;
  readonly manifest: Manifest;
}

/** Turns a manifest of format n into one of format n+1. */
export type Migration = (manifest: Record<string, unknown>) => Record<string, unknown>;
export const currentFormat = 1;
/** Migrations by the format they start from. The first one comes with format 2. */
export const migrations: Readonly<Record<number, Migration>> = {};
const maxManifestBytes = 64 * 1024 * 1024;

/** Address of what `key` describes: `<kind>-<hash>`. */
export function addressOf(key: StageKey): string {
  if (!kindPattern.test(key.kind)) {
    throw new InvalidInput(
      'artifact.kind',
      `address: expected a kind like "base-model", got ${JSON.stringify(key.kind)}`,
    );
  }
  for (const [role, parent] of Object.entries(key.parents)) {
    if (!addressPattern.test(parent)) {
      throw new InvalidInput(
        'artifact.parent',
        `address: parent ${role}: expected an address, got ${JSON.stringify(parent)}`,
      );
    }
  }
  const { kind, schemaVersion, stageVersion, config, parents } = key;
  return `${kind}-${sha256(canonicalJson({ kind, schemaVersion, stageVersion, config, parents })).slice(0, 32)}`;
}

/** Reads and checks a manifest; brings older formats up to date first. */
export function parseManifest(
  text: string,
  path: string,
  steps: Readonly<Record<number, Migration>> = migrations,
): Manifest {
  const corrupt = (why: string, cause?: unknown): Unavailable =>
    new Unavailable(
      'artifact.corrupt',
      `read ${path}: ${why}; move that folder away and run again to build it anew`,
      { path },
      cause,
    );
  if (text.length > maxManifestBytes) throw corrupt(`expected at most ${maxManifestBytes} bytes, got ${text.length}`);
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch (error) {
    throw corrupt('expected JSON', error);
  }
  if (data === null || typeof data !== 'object') throw corrupt('expected a JSON object');
  let manifest = data as Record<string, unknown>;
  for (let format = Number(manifest.format); format < currentFormat && steps[format]; format++) {
    manifest = { ...steps[format](manifest), format: format + 1 };
  }
  if (Number(manifest.format) > currentFormat) {
    throw corrupt(`its format ${manifest.format} is newer than this abovo's ${currentFormat}: update abovo`);
  }
  const checked = manifestSchema.safeParse(manifest);
  if (!checked.success) {
    const issue = checked.error.issues[0];
    throw corrupt(`${issue.path.join('.') || 'manifest'}: ${issue.message}`, checked.error);
  }
  const { kind, schemaVersion, stageVersion, config, parents } = checked.data;
  const expected = addressOf({ kind, schemaVersion, stageVersion, config, parents });
  if (expected !== checked.data.address)
    throw corrupt(`its content belongs to ${expected}, not to ${checked.data.address}`);
  return checked.data;
}

/** Whether `path` is relative, forward-slashed and stays below its folder. */
export function isPlainPath(path: string): boolean {
  return (
    path !== '' && !/[\\\0]/.test(path) && path.split('/').every((part) => part !== '' && part !== '.' && part !== '..')
  );
}

/** Union of licences, each source once, in order of first appearance. */
export function uniteLicences(lists: Iterable<readonly Licence[]>): Licence[] {
  const seen = new Map<string, Licence>();
  for (const list of lists) {
    for (const entry of list) {
      const id = canonicalJson(entry);
      if (!seen.has(id)) seen.set(id, entry);
    }
  }
  return [...seen.values()];
}
