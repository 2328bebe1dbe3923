// Checks every dependency in the lockfiles of the project and of the tests' peers: an allowed licence, and an `engines` range that holds our floor of Node.
import { existsSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { root } from './setup.mjs';

const allowed = new Set([
  'MIT', 'ISC', 'BSD-2-Clause', 'BSD-3-Clause', 'Apache-2.0', '0BSD', 'MPL-2.0', 'CC0-1.0', 'BlueOak-1.0.0',
  'Unlicense', 'Python-2.0', 'Zlib', 'BSD',
  'CC-BY-3.0', // spdx-exceptions: a list of names
]); // biome-ignore format: one list
/** Allowed only where the user chooses to install it: libvips beneath the optional peer sharp. */
const allowedInPeers = new Set([...allowed, 'LGPL-3.0-or-later']);
const floor = [20, 19, 0];

/** True when the SPDX expression allows a choice of allowed licences only. */
function licenceAllowed(expression, names) {
  return expression
    .replace(/[()]/g, ' ')
    .split(/\s+OR\s+/i)
    .some((side) =>
      side
        .trim()
        .split(/\s+AND\s+/i)
        .every((name) => names.has(name.trim())),
    );
}

const compare = (a, b) => a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
const parse = (text) => [0, 1, 2].map((i) => Number(text.split('.')[i] ?? 0) || 0);

/** Whether the floor satisfies one comparator set of a node semver range. */
function satisfies(set) {
  const parts = set
    .trim()
    .replace(/([<>=^~]+)\s+/g, '$1')
    .split(/\s+/)
    .filter(Boolean);
  return parts.every((part) => {
    const [, operator, version] = /^([<>=^~]*)v?(.*)$/.exec(part);
    if (version === '*' || version === 'x' || version === '') return true;
    const want = parse(version);
    const order = compare(floor, want);
    if (operator === '>=') return order >= 0;
    if (operator === '>') return order > 0;
    if (operator === '<=') return order <= 0 || floor[0] === want[0];
    if (operator === '<') return order < 0;
    if (operator === '^') return order >= 0 && floor[0] === want[0];
    if (operator === '~') return order >= 0 && floor[0] === want[0] && floor[1] === want[1];
    return floor[0] === want[0];
  });
}

/** What a lockfile names, judged: `folder` is where it and its packages lie. */
function check(folder, namesOf) {
  const lock = JSON.parse(readFileSync(join(folder, 'package-lock.json'), 'utf8'));
  let checked = 0;
  const problems = [];
  for (const [path, entry] of Object.entries(lock.packages)) {
    if (path === '' || entry.link) continue;
    checked++;
    if (entry.resolved) problems.push(`${path}: the lockfile names a download address`);
    const manifest = join(folder, path, 'package.json');
    const own = existsSync(manifest) ? JSON.parse(readFileSync(manifest, 'utf8')) : {};
    const licence = entry.license ?? own.license?.type ?? own.license ?? own.licenses?.[0]?.type;
    if (typeof licence !== 'string' || !licenceAllowed(licence, namesOf(entry)))
      problems.push(`${path}: licence ${licence}`);
    // Optional binaries of other platforms are never installed here; their engines repeat their parent's.
    const engines = entry.engines?.node;
    if (engines && !entry.optional && !engines.split('||').some(satisfies)) {
      problems.push(`${path}: needs node ${engines}, our floor is ${floor.join('.')}`);
    }
  }
  return { checked, problems };
}

// The programs that tests judge by are installed beside the project and never with it: what holds for peers holds for them.
const lockfiles = [
  [root, (entry) => (entry.dev || entry.devOptional ? allowedInPeers : allowed)],
  [join(root, 'test/peers'), () => allowedInPeers],
];
let failed = false;
for (const [folder, namesOf] of lockfiles) {
  const { checked, problems } = check(folder, namesOf);
  for (const problem of problems) console.error(problem);
  const where = relative(root, folder) || 'dependencies';
  console.log(`${where}: ${checked} packages, ${problems.length} problems`);
  failed ||= problems.length > 0;
}
process.exit(failed ? 1 : 0);
