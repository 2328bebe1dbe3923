// Packs abovo, installs the tarball into an empty folder with the documented command and uses it there as a stranger would.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build, root } from './setup.mjs';

build();
const folder = mkdtempSync(join(tmpdir(), 'abovo-tarball-'));
let failures = 0;

function call(command, args, cwd) {
  const result = spawnSync(command, args, { cwd, encoding: 'utf8', maxBuffer: 1 << 28, timeout: 300_000 });
  return { status: result.status, stdout: result.stdout ?? '', stderr: result.stderr ?? '' };
}

function check(name, ok, detail = '') {
  if (!ok) failures++;
  console.log(`${ok ? 'ok' : 'FAILED'}: ${name}${ok ? '' : `\n${detail.slice(-4000)}`}`);
}

const lastJson = (text) => {
  try {
    return JSON.parse(text.trim().split('\n').at(-1));
  } catch {
    return undefined;
  }
};

try {
  const packed = call('npm', ['pack', '--json', '--pack-destination', folder], root);
  const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz'));
  check('npm pack', packed.status === 0 && tarball, packed.stderr);
  writeFileSync(join(folder, 'package.json'), '{"name":"consumer","private":true}\n');
  const installed = call('npm', ['i', `./${tarball}`, '--onnxruntime-node-install=skip', '--no-audit'], folder);
  check('npm i abovo --onnxruntime-node-install=skip', installed.status === 0, installed.stderr);

  const abovo = (...args) => call('npx', ['--no-install', 'abovo', ...args], folder);
  const version = abovo('--version');
  check('abovo --version', version.status === 0 && /^\d+\.\d+\.\d+/.test(version.stdout.trim()), version.stderr);
  const made = abovo('new', 'demo');
  check(
    'abovo new demo',
    made.status === 0 && existsSync(join(folder, 'demo', 'abovo.yaml')),
    made.stdout + made.stderr,
  );
  const plan = abovo('plan', 'demo', '--json');
  check('abovo plan demo', plan.status === 0 && lastJson(plan.stdout) !== undefined, plan.stdout + plan.stderr);
  const run = abovo('run', 'demo', '--json');
  check(
    'abovo run demo (trains a tiny model)',
    run.status === 0 && lastJson(run.stdout)?.ok === true,
    run.stdout + run.stderr,
  );
  const prompt = ['--prompt', 'The egg', '--max-tokens', '12', '--temperature', '0', '--json'];
  const generated = abovo('generate', 'demo', ...prompt);
  check(
    'abovo generate demo on ONNX Runtime',
    generated.status === 0 && lastJson(generated.stdout)?.tokenIds?.length > 0,
    generated.stdout + generated.stderr,
  );

  const engine = join(folder, 'node_modules', 'onnxruntime-node');
  renameSync(engine, `${engine}-away`);
  const missing = abovo('generate', 'demo', ...prompt);
  check(
    'a missing engine names the command that installs it',
    missing.status === 1 && /onnxruntime-node-install=skip/.test(missing.stdout + missing.stderr),
    missing.stdout + missing.stderr,
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log(`tarball: ${failures} failed`);
process.exit(failures === 0 ? 0 : 1);
