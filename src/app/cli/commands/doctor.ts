import { arch, cpus, freemem, platform, release, totalmem } from 'node:os';
import { existsSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { resolve } from 'node:path';
import { spawnSync } from 'node:child_process';
import { describeMachine } from '../../../base/artifact/index.node.js';
import { formatBytes, messageOf } from '../../../base/core/index.js';
import type { Command } from '../command.js';

interface Check {
  readonly name: string;
  readonly ok: boolean;
  /** Whether abovo cannot work without it. */
  readonly needed: boolean;
  readonly detail: string;
  readonly mend?: string;
}

function node(): Check {
  const [major, minor] = process.versions.node.split('.').map(Number);
  const ok = major > 20 || (major === 20 && minor >= 19);
  return {
    name: 'node',
    ok,
    needed: true,
    detail: process.versions.node,
    ...(ok ? {} : { mend: 'install Node.js 20.19 or newer' }),
  };
}

async function disk(folder: string): Promise<Check> {
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  const ok = free > 1e9;
  return {
    name: 'disk',
    ok,
    needed: true,
    detail: `${formatBytes(free)} free`,
    ...(ok ? {} : { mend: 'free 1 GB or more: a run writes checkpoints and shards' }),
  };
}

function memory(): Check {
  const ok = totalmem() >= 2e9;
  return {
    name: 'memory',
    ok,
    needed: false,
    detail: `${formatBytes(freemem())} free of ${formatBytes(totalmem())}`,
    ...(ok ? {} : { mend: 'training wants 2 GB or more; lower architecture.depth' }),
  };
}

function program(name: string, candidates: readonly string[], use: string): Check {
  const found = candidates.find((path) =>
    path.includes('/') ? existsSync(path) : spawnSync(path, ['--version'], { stdio: 'ignore' }).status === 0,
  );
  return {
    name,
    ok: found !== undefined,
    needed: false,
    detail: found ?? 'not found',
    ...(found ? {} : { mend: `install ${name}: ${use}` }),
  };
}

async function engine(device: 'cpu' | 'webgpu'): Promise<Check> {
  const name = device === 'cpu' ? 'engine' : 'webgpu';
  const version = describeMachine().onnxruntime;
  try {
    const { createOrtExecutor } = await import('../../../compiler/runtime/index.node.js');
    const executor = await createOrtExecutor({ device });
    await executor.close();
    return { name, ok: true, needed: device === 'cpu', detail: `onnxruntime-node ${version} on ${device}` };
  } catch (error) {
    const [detail] = messageOf(error).split('\n');
    const mend =
      device === 'cpu' ? 'npm install onnxruntime-node --ignore-scripts' : 'models run on the CPU all the same';
    return { name, ok: false, needed: device === 'cpu', detail, mend };
  }
}

export const command: Command = {
  name: 'doctor',
  summary: 'Check that this machine has what abovo needs.',
  example: 'abovo doctor',
  arguments: [{ name: '[project]', description: 'folder whose disk is checked (default: here)' }],
  async run({ args, cwd, print }) {
    const checks: Check[] = [
      node(),
      await engine('cpu'),
      await engine('webgpu'),
      await disk(resolve(cwd, args[0] ?? '.')),
      memory(),
      program('xz', ['xz'], 'the xz baseline of a run is computed with it'),
      program(
        'chromium',
        ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'],
        'only tests and WebGPU on a machine without a GPU use it',
      ),
    ];
    const machine = `${cpus()[0]?.model ?? 'unknown cpu'} × ${cpus().length}, ${platform()} ${release()} ${arch()}`;
    print(machine);
    for (const check of checks) {
      const mark = check.ok ? 'ok  ' : check.needed ? 'FAIL' : 'note';
      print(`${mark} ${check.name}: ${check.detail}${check.mend ? ` (${check.mend})` : ''}`);
    }
    const ok = checks.every((check) => check.ok || !check.needed);
    return { exitCode: ok ? 0 : 1, result: { ok, machine, checks } };
  },
};
