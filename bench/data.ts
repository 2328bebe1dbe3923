// npm run bench -- data [--gigabytes 0.2] [--rounds 3] [--only stream,steps] [--json]
// Streams a corpus through a pipeline with one and with two workers: MB/s, speed-up, memory of all processes together.
// The corpus repeats and shuffles paragraphs of WikiText-2, novels and stories. Each entry of `steps` is timed alone.
// With ABOVO_PEER_PYTHON set to a Python with datatrove, datatrove does the same job in turns.
import { spawn, spawnSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Random } from '../src/base/core/index.js';

const { values } = parseArgs({
  options: {
    gigabytes: { type: 'string', default: '0.2' },
    rounds: { type: 'string', default: '3' },
    only: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});
const root = fileURLToPath(new URL('..', import.meta.url));
const data = resolve(root, process.env.ABOVO_TEST_DATA ?? '../shared/data');
const rounds = Number(values.rounds);
const wanted = (part: string): boolean => !values.only || values.only.split(',').includes(part);
const machine = `${cpus()[0].model}, ${cpus().length} cores, Node ${process.versions.node}`;
const python = process.env.ABOVO_PEER_PYTHON;

/** Steps that are timed alone, each with its options as in abovo.yaml: a line makes another one. */
const steps: readonly (readonly [name: string, yaml: string])[] = [
  ['length', '[{ length: { minCharacters: 500, minWords: 50 } }]'],
  ['sample', '[{ sample: { share: 0.9 } }]'],
  ['normalize', '[normalize]'],
  ['language', '[language]'],
  ['gopherRepetition', '[gopherRepetition]'],
  ['gopherQuality', '[gopherQuality]'],
  ['c4Quality', '[c4Quality]'],
  ['finewebQuality', '[finewebQuality]'],
  ['pii', '[pii]'],
  ['exactDedup', '[exactDedup]'],
  ['minHashDedup', '[minHashDedup]'],
];
/** What streams through all of them, as the peer does it. */
const streamed = '[{ length: { minCharacters: 500, minWords: 50 } }]';

/** Documents of 300 to 6,300 characters made of real paragraphs, as two files of JSON lines. */
function writeCorpus(folder: string, bytes: number): void {
  mkdirSync(folder, { recursive: true });
  const names = [
    'wikitext-2/valid.txt',
    'novels/botchan.txt',
    'novels/wagahaiwa_nekodearu.txt',
    'tinystories/train-cased.txt',
  ];
  const paragraphs = names
    .flatMap((name) => readFileSync(join(data, 'pretrain', name), 'utf8').split(/\n\s*\n| = \n/))
    .map((text) => text.trim())
    .filter((text) => text.length > 40);
  const random = new Random(1);
  let id = 0;
  for (let file = 0; file < 2; file++) {
    const handle = openSync(join(folder, `${file}.jsonl`), 'w');
    for (let written = 0; written < bytes / 2; ) {
      let block = '';
      for (let i = 0; i < 200; i++) {
        const size = 300 + random.int(6000);
        let text = '';
        while (text.length < size) text += `${random.pick(paragraphs)}\n\n`;
        block += `${JSON.stringify({ id: `d${id}`, text: `${text}${id++}` })}\n`;
      }
      written += writeSync(handle, block);
    }
    closeSync(handle);
  }
}

const childrenOf = (pid: number): number[] => {
  try {
    const tasks = readdirSync(`/proc/${pid}/task`);
    const own = tasks.flatMap((task) =>
      readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean),
    );
    return own.map(Number).flatMap((child) => [child, ...childrenOf(child)]);
  } catch {
    return [];
  }
};
const residentMB = (pid: number): number => {
  try {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
};

interface Run {
  readonly seconds: number;
  readonly cpuSeconds: number;
  /** Resident memory of all processes together, shared pages counted in each. */
  readonly peakMemoryMB: number;
  readonly bytes: number;
  readonly documents: number;
  readonly times: Readonly<Record<string, number>>;
}

/** `abovo data run` in a process of its own, its memory and that of its workers watched. */
async function run(yaml: string, out: string, workers: number): Promise<Run> {
  rmSync(out, { recursive: true, force: true });
  const time = ['-f', '%U %S'];
  const timed = existsSync('/usr/bin/time');
  const args = [join(root, 'bin/abovo.js'), 'data', 'run', yaml, '--out', out, '--workers', String(workers), '--json'];
  const started = performance.now();
  const child = timed
    ? spawn('/usr/bin/time', [...time, process.execPath, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
    : spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let peak = 0;
  const watch = setInterval(() => {
    const all = [child.pid!, ...childrenOf(child.pid!)];
    peak = Math.max(
      peak,
      all.reduce((sum, pid) => sum + residentMB(pid), 0),
    );
  }, 100);
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (text) => (stdout += text));
  child.stderr.on('data', (text) => (stderr = `${stderr}${text}`.slice(-4000)));
  const code = await new Promise((done) => child.once('close', done));
  clearInterval(watch);
  if (code !== 0) throw new Error(`abovo data run ended with ${code}: ${stderr}`);
  const seconds = (performance.now() - started) / 1000;
  const result = JSON.parse(stdout.trimEnd().split('\n').at(-1)!) as {
    read: { bytes: number; documents: number };
    times: Record<string, number>;
  };
  const [user, system] = timed ? stderr.trimEnd().split('\n').at(-1)!.split(' ').map(Number) : [Number.NaN, 0];
  rmSync(out, { recursive: true, force: true });
  return { seconds, cpuSeconds: user + system, peakMemoryMB: peak, ...result.read, times: result.times };
}

function peer(
  corpus: string,
  out: string,
  workers: number,
): { version: string; seconds: number; cpuSeconds: number } | null {
  if (!python) return null;
  rmSync(out, { recursive: true, force: true });
  const done = spawnSync(python, [join(root, 'bench/peers/datatrove-stream.py'), corpus, out, String(workers)], {
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  rmSync(out, { recursive: true, force: true });
  if (done.status !== 0) throw new Error(`datatrove: ${done.error?.message ?? done.stderr.slice(-2000)}`);
  return JSON.parse(done.stdout.trimEnd().split('\n').at(-1)!) as never;
}

const median = (numbers: number[]): number => numbers.sort((a, b) => a - b)[numbers.length >> 1];
const round = (value: number): number => Number(value.toPrecision(3));
const folder = mkdtempSync(join(tmpdir(), 'abovo-bench-data-'));
const measurements: Record<string, unknown>[] = [];
const tell = (measurement: Record<string, unknown>): void => {
  measurements.push(measurement);
  console.log(
    values.json
      ? JSON.stringify(measurement)
      : Object.entries(measurement)
          .map(([key, value]) => `${key} ${JSON.stringify(value)}`)
          .join(', '),
  );
};
try {
  const corpus = join(folder, 'corpus');
  writeCorpus(corpus, Number(values.gigabytes) * 1e9);
  const pipeline = (name: string, list: string): string => {
    const path = join(folder, `${name}.yaml`);
    writeFileSync(path, `sources: [{ kind: files, files: [corpus], licence: CC-BY-SA-4.0 }]\nsteps: ${list}\n`);
    return path;
  };
  const out = join(folder, 'out');
  if (wanted('stream')) {
    const yaml = pipeline('stream', streamed);
    const [one, two]: [Run[], Run[]] = [[], []];
    const theirs: { version: string; seconds: number; cpuSeconds: number }[] = [];
    for (let i = 0; i < rounds; i++) {
      one.push(await run(yaml, out, 1));
      two.push(await run(yaml, out, 2));
      const other = peer(corpus, join(folder, 'peer'), 1);
      if (other) theirs.push(other);
    }
    const speed = (runs: Run[]): number => median(runs.map(({ bytes, seconds }) => bytes / 1e6 / seconds));
    const cpu = (runs: { cpuSeconds: number }[]): number => median(runs.map(({ cpuSeconds }) => cpuSeconds));
    const bytes = one[0].bytes;
    tell({
      bench: 'data: streaming, 1 worker',
      ours: round(speed(one)),
      unit: 'MB/s of text',
      peer:
        theirs.length > 0
          ? {
              name: 'datatrove',
              version: theirs[0].version,
              value: round(bytes / 1e6 / median(theirs.map(({ seconds }) => seconds))),
            }
          : null,
      ratio:
        theirs.length > 0 ? round(speed(one) / (bytes / 1e6 / median(theirs.map(({ seconds }) => seconds)))) : null,
      /** By processor time, which other programs on the machine disturb less. */
      cpuMBPerSecond: round(bytes / 1e6 / cpu(one)),
      cpuRatio: theirs.length > 0 ? round(cpu(theirs) / cpu(one)) : null,
      peakMemoryMB: round(Math.max(...one.map(({ peakMemoryMB }) => peakMemoryMB))),
      asked: '500 MB',
      bytes,
    });
    tell({
      bench: 'data: streaming, 2 workers',
      ours: round(speed(two)),
      unit: 'MB/s of text',
      peer: null,
      /** To one worker, on the clock; and what two free cores would give by processor time. */
      ratio: round(speed(two) / speed(one)),
      cpuRatio: round((2 * cpu(one)) / cpu(two)),
      peakMemoryMB: round(Math.max(...two.map(({ peakMemoryMB }) => peakMemoryMB))),
      asked: '1.7 times one worker, 800 MB',
    });
  }
  for (const [name, list] of wanted('steps') ? steps : []) {
    const { times, bytes, documents } = await run(pipeline(name, list), out, 1);
    const seconds = Object.values(times).reduce((sum, value) => sum + value, 0);
    tell({
      bench: `data: step ${name}`,
      ours: round(bytes / 1e6 / seconds),
      unit: 'MB/s per core',
      documentsPerSecond: round(documents / seconds),
      peer: null,
      ratio: null,
    });
  }
  const headline = measurements[0] ?? {};
  const peak = Math.max(0, ...measurements.map(({ peakMemoryMB }) => Number(peakMemoryMB ?? 0)));
  console.log(
    JSON.stringify({
      bench: 'data',
      ours: headline.ours,
      unit: headline.unit,
      peer: headline.peer ?? null,
      ratio: headline.ratio ?? null,
      bound: null,
      peakMemoryMB: peak,
      machine,
      measurements,
    }),
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
