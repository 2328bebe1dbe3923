import { existsSync } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { basename, join, relative, resolve, sep } from 'node:path';
import { stringify } from 'yaml';
import { InvalidInput } from '../../base/core/index.js';
import { loadProject, projectFileName } from './project-file.js';
import { projectJsonSchema } from './schema.js';

export interface NewProject {
  readonly folder: string;
  readonly files: readonly string[];
}

/** Where editors find the schema: inside the project, so that the link holds wherever abovo is installed. */
const schemaPath = join('.abovo', 'abovo.schema.json');

/**
 * Makes a project: `abovo.yaml` for the user's own files, or, without `data`, a small demonstration with its own text.
 * Nothing that exists is overwritten.
 */
export async function newProject(
  folder: string,
  options: { readonly data?: readonly string[]; readonly cwd?: string } = {},
): Promise<NewProject> {
  const root = resolve(options.cwd ?? '.', folder);
  const path = join(root, projectFileName);
  if (existsSync(path)) {
    throw new InvalidInput('project.exists', `new: ${path} exists already; choose another name or delete it`, { path });
  }
  if (existsSync(root) && (await readdir(root)).length > 0 && !options.data) {
    throw new InvalidInput('project.exists', `new: ${root} is not empty; choose another name`, { path: root });
  }
  const data = options.data?.map((file) => {
    const absolute = resolve(options.cwd ?? '.', file);
    if (!/[*?{]/.test(file) && !existsSync(absolute)) {
      throw new InvalidInput('data.missing', `new: ${file}: there is no such file`, { file });
    }
    const path = relative(root, absolute).split(sep).join('/');
    return path.startsWith('../../../') ? absolute : path;
  });
  await mkdir(join(root, '.abovo'), { recursive: true });
  const files = [projectFileName];
  if (!data) {
    await writeFile(join(root, 'text.txt'), demoText(), { flag: 'wx' });
    files.push('text.txt');
  }
  await writeFile(path, data ? ownText(basename(root), data) : demo(basename(root)), { flag: 'wx' });
  await refreshSchema(root);
  await loadProject(root);
  return { folder: root, files };
}

/** Writes the schema that the first line of `abovo.yaml` points to. */
export async function refreshSchema(root: string): Promise<void> {
  await mkdir(join(root, '.abovo'), { recursive: true });
  await writeFile(join(root, schemaPath), `${JSON.stringify(projectJsonSchema(), null, 2)}\n`);
}

const heading = `# yaml-language-server: $schema=${schemaPath.split(sep).join('/')}\n`;

function nameOf(folder: string): string {
  return folder.replace(/[^\w.-]+/g, '-').replace(/^[^a-z0-9]+/i, '') || 'model';
}

function ownText(folder: string, files: readonly string[]): string {
  return `${heading}# A language model trained on your own text. "abovo plan" shows every setting that follows from this file;
# all of them can be set here.
name: ${nameOf(folder)}

charter:
  purpose: To continue text in the manner of the files below.
  intendedUsers: [myself]
  outOfScopeUses: [decisions about people]
  dataClasses: [internal] # public, internal, confidential, personal, special, health, children
  risks:
    - risk: Rare passages are reproduced word for word.
      kind: memorisation
      mitigation: The model is used only by those who may read the files.

data:
${stringify({ files }, { lineWidth: 0 })
  .trimEnd()
  .split('\n')
  .map((line) => `  ${line}`)
  .join('\n')}
  licence: NOASSERTION # SPDX identifier of your text

training:
  minutes: 4 # turned once into a number of steps; more minutes also give a larger model
`;
}

function demo(folder: string): string {
  return `${heading}# A tiny model that learns to count in words within a minute: "abovo run ${folder}" and look at the report.
name: ${nameOf(folder)}

charter:
  purpose: To show the life of a model from text to service in one minute.
  intendedUsers: [newcomers]
  outOfScopeUses: [anything else]
  dataClasses: [public]
  releaseThresholds: [base.bitsPerByte <= 3.0]

data:
  files: [text.txt]
  licence: CC0-1.0
  heldOutShare: 0.1

tokenizer:
  vocabSize: 320

architecture:
  depth: 2
  contextLength: 64

training:
  steps: 120 # or minutes: they are turned into steps once, when the plan is made
`;
}

const units =
  'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen'.split(
    ' ',
  );
const tens = 'twenty thirty forty fifty sixty seventy eighty ninety'.split(' ');

function inWords(n: number): string {
  if (n < 20) return units[n];
  if (n < 100) return tens[Math.floor(n / 10) - 2] + (n % 10 ? `-${units[n % 10]}` : '');
  const rest = n % 100;
  return `${units[Math.floor(n / 100)]} hundred${rest ? ` and ${inWords(rest)}` : ''}`;
}

/** A few thousand sentences about numbers: enough for a tiny model to learn something that can be checked. */
function demoText(): string {
  const paragraphs: string[] = [];
  for (let n = 0; n < 900; n++) {
    const sum = n + (n % 7);
    paragraphs.push(
      `After ${inWords(n)} comes ${inWords(n + 1)}. ${capital(inWords(n))} and ${inWords(n % 7)} make ${inWords(sum)}. ` +
        `${capital(inWords(n))} is an ${n % 2 === 0 ? 'even' : 'odd'} number.`,
    );
  }
  return `${paragraphs.join('\n\n')}\n`;
}

const capital = (text: string): string => text[0].toUpperCase() + text.slice(1);
