import { readFile, stat } from 'node:fs/promises';
import { InvalidInput, messageOf } from '../../base/core/index.js';

/** Larger JSON is hostile: the index of a model of 100,000 tensors has about 10 MB. */
const largestJson = 64 * 1024 * 1024;

/** The object in a JSON file; `undefined` where there is no such file. Errors: `InvalidInput` code `model.file`. */
export async function readJsonFile(path: string): Promise<Record<string, unknown> | undefined> {
  let text: string;
  try {
    const { size } = await stat(path);
    if (size > largestJson) {
      throw new InvalidInput('model.file', `read ${path}: expected at most ${largestJson} bytes, got ${size}`, {
        path,
      });
    }
    text = await readFile(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch (error) {
    throw new InvalidInput('model.file', `read ${path}: expected JSON, got ${messageOf(error)}`, { path }, error);
  }
  throw new InvalidInput('model.file', `read ${path}: expected a JSON object`, { path });
}
