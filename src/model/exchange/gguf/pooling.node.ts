import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { InvalidInput } from '../../../base/core/index.js';
import { writeFileAtomic } from '../../../base/core/index.node.js';

/** `pooling_type` of an encoder: how hidden states become the vector of a text. */
const poolingTypes = { mean: 1, cls: 2, last: 3 } as const;
export type GgufPooling = keyof typeof poolingTypes;

/** What sentence-transformers calls them. */
const keys: Readonly<Record<GgufPooling, string>> = {
  mean: 'pooling_mode_mean_tokens',
  cls: 'pooling_mode_cls_token',
  last: 'pooling_mode_lasttoken',
};
const names = Object.keys(poolingTypes) as GgufPooling[];

/** The number that a file writes. */
export const poolingNumber = (pooling: GgufPooling): number => poolingTypes[pooling];

/** The pooling of a number, where there is one. */
export const poolingOf = (type: number | undefined): GgufPooling | undefined =>
  names.find((name) => poolingTypes[name] === type);

/** The pooling that a folder says by sentence-transformers' `1_Pooling/config.json`; else the mean. */
export async function readPooling(folder: string): Promise<GgufPooling> {
  const path = join(folder, '1_Pooling', 'config.json');
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined) return 'mean';
  let json: Record<string, unknown>;
  try {
    json = JSON.parse(text) as Record<string, unknown>;
  } catch (cause) {
    throw new InvalidInput('export.pooling', `read ${path}: expected JSON`, { path }, cause);
  }
  const on = Object.keys(json).filter((key) => key.startsWith('pooling_mode_') && json[key] === true);
  const found = names.find((name) => on.length === 1 && keys[name] === on[0]);
  if (found) return found;
  throw new InvalidInput(
    'export.pooling',
    `read ${path}: expected one pooling mode of ${Object.values(keys).join(', ')}, got ${on.join(', ') || 'none'}`,
    { path },
  );
}

/** Writes a pooling as sentence-transformers does. */
export async function writePooling(folder: string, pooling: GgufPooling, width: number): Promise<void> {
  const kind = (type: string) => `sentence_transformers.models.${type}`;
  const modules = [
    { idx: 0, name: '0', path: '', type: kind('Transformer') },
    { idx: 1, name: '1', path: '1_Pooling', type: kind('Pooling') },
  ];
  const modes = Object.fromEntries(names.map((name) => [keys[name], name === pooling]));
  const json = (value: object) => `${JSON.stringify(value, undefined, 2)}\n`;
  await mkdir(join(folder, '1_Pooling'), { recursive: true });
  await writeFileAtomic(
    join(folder, '1_Pooling', 'config.json'),
    json({ word_embedding_dimension: width, ...modes, pooling_mode_max_tokens: false }),
  );
  await writeFileAtomic(join(folder, 'modules.json'), json(modules));
}
