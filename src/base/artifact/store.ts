import { setMaxListeners } from 'node:events';
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { appendFile, mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { InvalidInput, type Json, Unavailable, messageOf } from '../core/index.js';
import { sha256File, syncFolder, writeFileAtomic } from '../core/index.node.js';
import { diskError, filesBelow, readState, sealFiles, type WorkState } from './folders.js';
import { type GarbageOptions, type GarbageReport, collectGarbage } from './garbage.js';
import { takeLock } from './lock.js';
import { describeCode, describeMachine, watchMemory } from './machine.js';
import {
  type Artifact,
  type Licence,
  type Manifest,
  type StageKey,
  addressOf,
  addressPattern,
  currentFormat,
  parseManifest,
  uniteLicences,
} from './manifest.js';

/** Where a stage works. Both folders survive a kill, so the stage can go on where it stopped. */
export interface StageWork {
  /** What is published: the stage's files. */
  readonly folder: string;
  /** Checkpoints and the like: dropped when the stage is done. */
  readonly scratch: string;
  readonly signal: AbortSignal;
}

/** What a stage says about its result, beside the files it wrote. */
export interface StageResult {
  readonly metrics?: Readonly<Record<string, Json>>;
  /** Licences of what this stage itself brought in; those of the parents are added. */
  readonly licences?: readonly Licence[];
  readonly notes?: readonly string[];
  readonly device?: string;
}

export interface VerifyFinding {
  readonly address: string;
  readonly ok: boolean;
  readonly problems: readonly string[];
}

/** A reason given for using an artifact although it missed a threshold. */
export interface Override {
  readonly address: string;
  readonly reason: string;
  readonly unmet: readonly string[];
  readonly at: string;
}

/** A signal nobody aborts; many may listen. */
function neverAborted(): AbortSignal {
  const { signal } = new AbortController();
  setMaxListeners(0, signal);
  return signal;
}

/** The artifacts of one project, in `.abovo` beside its `abovo.yaml`. */
export class ArtifactStore {
  /** The `.abovo` folder. */
  readonly folder: string;
  /** Builds under way in this process, by address: a second call for one waits for the first. */
  readonly #building = new Map<string, Promise<Artifact>>();
  #released: Promise<void> = Promise.resolve();
  #lock: { users: number; release: Promise<() => Promise<void>> } | undefined;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** Opens the store of a project. Nothing is written before something is produced. */
  static async open(projectFolder: string): Promise<ArtifactStore> {
    const folder = resolve(projectFolder);
    if (!(await stat(folder).catch(() => undefined))?.isDirectory()) {
      throw new InvalidInput('project.missing', `open store: expected a folder, found none at ${folder}`);
    }
    return new ArtifactStore(join(folder, '.abovo'));
  }

  address(key: StageKey): string {
    return addressOf(key);
  }

  folderOf(address: string): string {
    if (!addressPattern.test(address)) {
      throw new InvalidInput('artifact.address', `expected an address like base-0f3a…, got ${JSON.stringify(address)}`);
    }
    return join(this.folder, 'artifacts', address);
  }

  /** The artifact at an address, undefined where there is none; throws `Unavailable` where it is damaged. */
  find(address: string): Artifact | undefined {
    const folder = this.folderOf(address);
    const path = join(folder, 'manifest.json');
    let text: string;
    try {
      text = readFileSync(path, 'utf8');
    } catch (error) {
      if (!existsSync(folder)) return undefined;
      throw new Unavailable(
        'artifact.corrupt',
        `read ${path}: ${messageOf(error)}; move that folder away and run again to build it anew`,
        { address },
        error,
      );
    }
    const manifest = parseManifest(text, path);
    if (manifest.address !== address) {
      throw new Unavailable(
        'artifact.corrupt',
        `read ${path}: it describes ${manifest.address}; move that folder away`,
      );
    }
    for (const [file, { bytes }] of Object.entries(manifest.files)) {
      const size = statSync(join(folder, file), { throwIfNoEntry: false })?.size;
      if (size === bytes) continue;
      throw new Unavailable(
        'artifact.corrupt',
        `${address}: ${file}: expected ${bytes} bytes, ${size === undefined ? 'it is missing' : `got ${size}`}; ` +
          `move ${folder} away and run again to build it anew`,
        { address, file },
      );
    }
    return { address, folder, manifest };
  }

  /** The artifact at an address or at the only one that starts so. */
  get(prefix: string): Artifact {
    const all = this.addresses().filter((address) => address.startsWith(prefix));
    const exact = all.find((address) => address === prefix) ?? (all.length === 1 ? all[0] : undefined);
    const found = exact && this.find(exact);
    if (found) return found;
    const hint = all.length > 1 ? `${all.length} artifacts start so` : 'there is no such artifact';
    throw new InvalidInput('artifact.unknown', `find ${prefix}: ${hint}; see abovo artifacts list`, { prefix });
  }

  /** Addresses of everything published, damaged or not, sorted. */
  addresses(): string[] {
    const folder = join(this.folder, 'artifacts');
    if (!existsSync(folder)) return [];
    return readdirSync(folder)
      .filter((name) => addressPattern.test(name))
      .sort();
  }

  /** All sound artifacts, oldest first; damaged ones are left out (see `verify`). */
  list(): Artifact[] {
    const found: Artifact[] = [];
    for (const address of this.addresses()) {
      try {
        const artifact = this.find(address);
        if (artifact) found.push(artifact);
      } catch (error) {
        if (!(error instanceof Unavailable)) throw error;
      }
    }
    return found.sort((a, b) => (a.manifest.recorded.startedAt < b.manifest.recorded.startedAt ? -1 : 1));
  }

  /** Holds the project's lock while `work` runs; nested calls share it. */
  async locked<T>(work: () => Promise<T>): Promise<T> {
    const lock = (this.#lock ??= { users: 0, release: this.#takeLock() });
    lock.users++;
    try {
      await lock.release;
      return await work();
    } finally {
      if (--lock.users === 0) {
        this.#lock = undefined;
        this.#released = lock.release.then(
          (release) => release(),
          () => undefined,
        );
        await this.#released;
      }
    }
  }

  async #takeLock(): Promise<() => Promise<void>> {
    // This process may just be giving the lock back.
    await this.#released;
    try {
      await mkdir(this.folder, { recursive: true });
      return await takeLock(this.folder);
    } catch (error) {
      throw diskError(error, `prepare ${this.folder}`);
    }
  }

  /**
   * The artifact that `key` describes: the published one, else `build` makes it. `build` writes into `work.folder`;
   * what stands there when it returns is hashed and published by one rename. If it throws or the process dies, the
   * work folders stay and the next call hands them to `build` again.
   */
  async produce(
    key: StageKey,
    build: (work: StageWork) => Promise<StageResult>,
    options: { readonly signal?: AbortSignal } = {},
  ): Promise<Artifact> {
    const address = addressOf(key);
    const present = this.find(address);
    if (present) return present;
    const signal = options.signal ?? neverAborted();
    const underWay = this.#building.get(address);
    if (underWay) return underWay;
    const building = this.locked(async () => {
      signal.throwIfAborted();
      // Another process may have published it while this one waited.
      const done = this.find(address);
      if (done) return done;
      const parents = Object.values(key.parents).map((parent) => {
        const artifact = this.find(parent);
        if (!artifact) throw new InvalidInput('artifact.parent', `produce ${address}: its parent ${parent} is missing`);
        return artifact;
      });
      try {
        return await this.#build(key, address, parents, build, signal);
      } catch (error) {
        throw diskError(error, `produce ${address}`);
      }
    }).finally(() => this.#building.delete(address));
    this.#building.set(address, building);
    return building;
  }

  async #build(
    key: StageKey,
    address: string,
    parents: readonly Artifact[],
    build: (work: StageWork) => Promise<StageResult>,
    signal: AbortSignal,
  ): Promise<Artifact> {
    const work = this.workFolder(address);
    const files = join(work, 'files');
    const scratch = join(work, 'scratch');
    await mkdir(files, { recursive: true });
    await mkdir(scratch, { recursive: true });
    const statePath = join(work, 'state.json');
    const before = readState(statePath);
    const started = performance.now();
    const memory = watchMemory();
    const state = (peakMemoryMB: number): WorkState => ({
      startedAt: before?.startedAt ?? new Date().toISOString(),
      seconds: (before?.seconds ?? 0) + (performance.now() - started) / 1000,
      peakMemoryMB: Math.max(before?.peakMemoryMB ?? 0, peakMemoryMB),
      resumed: before ? before.resumed + 1 : 0,
    });
    const first = state(0);
    await writeFileAtomic(statePath, JSON.stringify(first));
    // Time spent before a kill counts too: it is noted every few seconds.
    const heartbeat = setInterval(() => {
      writeFile(statePath, JSON.stringify({ ...state(0), startedAt: first.startedAt })).catch(() => undefined);
    }, 5000);
    heartbeat.unref();
    let result: StageResult;
    let spent: WorkState;
    try {
      result = await build({ folder: files, scratch, signal });
    } finally {
      clearInterval(heartbeat);
      spent = { ...state(memory.stop()), startedAt: first.startedAt };
      await writeFileAtomic(statePath, JSON.stringify(spent)).catch(() => undefined);
    }
    signal.throwIfAborted();
    const manifest: Manifest = {
      format: currentFormat,
      address,
      kind: key.kind,
      schemaVersion: key.schemaVersion,
      stageVersion: key.stageVersion,
      config: key.config,
      parents: { ...key.parents },
      files: await sealFiles(files),
      metrics: { ...result.metrics },
      licences: uniteLicences([result.licences ?? [], ...parents.map((parent) => parent.manifest.licences)]),
      notes: [...(result.notes ?? [])],
      recorded: {
        ...describeCode(),
        machine: describeMachine(),
        device: result.device ?? 'cpu',
        startedAt: spent.startedAt,
        seconds: Math.round(spent.seconds * 1000) / 1000,
        peakMemoryMB: spent.peakMemoryMB,
        resumed: spent.resumed,
      },
    };
    const text = `${JSON.stringify(manifest, null, 2)}\n`;
    const path = join(files, 'manifest.json');
    parseManifest(text, path);
    await writeFileAtomic(path, text);
    const target = this.folderOf(address);
    await mkdir(join(this.folder, 'artifacts'), { recursive: true });
    await rename(files, target);
    await syncFolder(join(this.folder, 'artifacts'));
    await rm(work, { recursive: true, force: true });
    return { address, folder: target, manifest };
  }

  /** Folder in which an unfinished artifact is being built. */
  workFolder(address: string): string {
    return join(this.folder, 'work', address);
  }

  /** Hashes every file again and names whatever differs from its manifest. */
  async verify(only?: string, signal?: AbortSignal): Promise<VerifyFinding[]> {
    const findings: VerifyFinding[] = [];
    for (const address of only ? [only] : this.addresses()) {
      const problems: string[] = [];
      try {
        const artifact = this.find(address);
        if (!artifact) problems.push('there is no such artifact');
        else {
          for (const [file, { sha256 }] of Object.entries(artifact.manifest.files)) {
            signal?.throwIfAborted();
            const actual = await sha256File(join(artifact.folder, file));
            if (actual !== sha256) problems.push(`${file}: expected sha256 ${sha256}, got ${actual}`);
          }
          for (const file of await filesBelow(artifact.folder)) {
            if (file !== 'manifest.json' && !artifact.manifest.files[file])
              problems.push(`${file}: not in the manifest`);
          }
          for (const parent of Object.values(artifact.manifest.parents)) {
            if (!existsSync(this.folderOf(parent))) problems.push(`its parent ${parent} is missing`);
          }
        }
      } catch (error) {
        if (signal?.aborted) throw error;
        problems.push(messageOf(error));
      }
      findings.push({ address, ok: problems.length === 0, problems });
    }
    return findings;
  }

  /** Removes artifacts and unfinished work that none of `keep` is or descends from. Damaged artifacts stay. */
  async collectGarbage(options: GarbageOptions): Promise<GarbageReport> {
    return this.locked(() => collectGarbage(this, options));
  }

  /** Notes why an artifact is used although a threshold is unmet; lineage shows it. */
  async recordOverride(override: Omit<Override, 'at'>): Promise<Override> {
    const entry: Override = { ...override, at: new Date().toISOString() };
    await mkdir(this.folder, { recursive: true });
    await appendFile(join(this.folder, 'overrides.jsonl'), `${JSON.stringify(entry)}\n`);
    return entry;
  }

  /** Overrides recorded in this project, oldest first. */
  overrides(): Override[] {
    const path = join(this.folder, 'overrides.jsonl');
    if (!existsSync(path)) return [];
    return readFileSync(path, 'utf8')
      .split('\n')
      .flatMap((line) => {
        try {
          return line.trim() ? [JSON.parse(line) as Override] : [];
        } catch {
          return []; // The last line of a killed process.
        }
      });
  }
}
