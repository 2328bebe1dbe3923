import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export interface TorchRun {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly losses: readonly number[];
  readonly peakMemoryMB: number;
}

/** A Python with torch: `ABOVO_PEER_PYTHON`, else `python3`; or the reason why there is none. */
export function findTorch(): { readonly python: string } | { readonly reason: string } {
  const python = process.env.ABOVO_PEER_PYTHON ?? 'python3';
  const probe = spawnSync(python, ['-c', 'import torch; print(torch.__version__)'], { encoding: 'utf8' });
  if (probe.status === 0) return { python };
  const reason = probe.error?.message ?? probe.stderr.trim().split('\n').at(-1) ?? 'no output';
  return { reason: `${python}: ${reason} (set ABOVO_PEER_PYTHON to a Python with torch)` };
}

/** PyTorch in a process of its own that trains when it is told to. */
export class Torch {
  readonly #child: ChildProcess;
  readonly #answers: AsyncIterator<string>;

  constructor(python: string, threads: number) {
    // Settings of the machine for other programs would choose slower kernels than the library's own detection does.
    const { OPENBLAS_CORETYPE: _core, OPENBLAS_L2_SIZE: _size, ...env } = process.env;
    this.#child = spawn(python, [fileURLToPath(new URL('./train.py', import.meta.url))], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...env, OMP_NUM_THREADS: String(threads), OPENBLAS_NUM_THREADS: String(threads) },
    });
    this.#answers = createInterface({ input: this.#child.stdout! })[Symbol.asyncIterator]();
  }

  open(options: Readonly<Record<string, unknown>>): Promise<{ version: string; optimizer: string }> {
    return this.#ask({ open: options });
  }

  run(first: number, steps: number): Promise<TorchRun> {
    return this.#ask({ run: { first, steps } });
  }

  async close(): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.stdin!.end();
    await ended;
  }

  async #ask<T>(request: object): Promise<T> {
    this.#child.stdin!.write(`${JSON.stringify(request)}\n`);
    const { value, done } = await this.#answers.next();
    if (done) throw new Error('torch: the process ended without an answer; its message stands above');
    return JSON.parse(value) as T;
  }
}
