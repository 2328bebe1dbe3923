import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { arch, cpus, platform, release, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Machine } from './manifest.js';

const packageRoot = fileURLToPath(new URL('../../../', import.meta.url));

let machine: Machine | undefined;

/** What this process runs on. */
export function describeMachine(): Machine {
  machine ??= {
    cpu: cpus()[0]?.model.trim() || 'unknown',
    cores: cpus().length,
    memoryMB: Math.round(totalmem() / 1e6),
    os: `${platform()} ${release()} ${arch()}`,
    node: process.versions.node,
    onnxruntime: engineVersion(),
  };
  return machine;
}

function engineVersion(): string {
  try {
    const entry = createRequire(import.meta.url).resolve('onnxruntime-node');
    for (let folder = dirname(entry); folder !== dirname(folder); folder = dirname(folder)) {
      const path = join(folder, 'package.json');
      if (!existsSync(path)) continue;
      const { name, version } = JSON.parse(readFileSync(path, 'utf8')) as { name?: string; version?: string };
      if (name === 'onnxruntime-node') return version ?? 'unknown';
    }
  } catch {
    // Recorded as missing: artifacts of text-only stages are made without the engine.
  }
  return 'missing';
}

let code: { version: string; commit?: string } | undefined;

/** Version of abovo, and the commit where it runs from a checkout. */
export function describeCode(): { version: string; commit?: string } {
  if (code) return code;
  const { version } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as { version: string };
  code = { version };
  if (existsSync(join(packageRoot, '.git'))) {
    try {
      const commit = execFileSync('git', ['describe', '--always', '--dirty', '--exclude', '*'], {
        cwd: packageRoot,
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
        timeout: 10_000,
      }).trim();
      code = { version, commit };
    } catch {
      // A checkout without git: the version alone is recorded.
    }
  }
  return code;
}

/** Watches resident memory until `stop`, which returns the peak in MB. */
export function watchMemory(intervalMs = 100): { stop(): number } {
  // Linux: writing 5 resets the high-water mark, so that each stage has its own.
  let exact = false;
  if (process.platform === 'linux') {
    try {
      writeFileSync('/proc/self/clear_refs', '5');
      exact = true;
    } catch {
      // Not allowed in some sandboxes: sampling remains.
    }
  }
  let peak = process.memoryUsage.rss();
  const timer = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage.rss());
  }, intervalMs);
  timer.unref();
  return {
    stop() {
      clearInterval(timer);
      peak = Math.max(peak, process.memoryUsage.rss());
      if (exact) {
        const mark = /VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'));
        if (mark) peak = Math.max(peak, Number(mark[1]) * 1024);
      }
      return Math.round(peak / 1e5) / 10;
    },
  };
}
