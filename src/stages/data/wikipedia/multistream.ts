import { InvalidInput } from '../../../base/core/index.js';
import { dumpText } from './streams.js';

/**
 * Where the streams of a multistream dump begin, from its index (`offset:page id:title` lines): ascending, each once.
 * Errors: `InvalidInput` where a line has no offset.
 */
export async function streamOffsets(indexPath: string): Promise<number[]> {
  const offsets: number[] = [];
  let rest = '';
  let line = 0;
  const take = (text: string) => {
    line++;
    if (text === '') return;
    const end = text.indexOf(':');
    const offset = end < 0 ? Number.NaN : Number(text.slice(0, end));
    if (!Number.isSafeInteger(offset) || offset < 0) {
      throw new InvalidInput(
        'wikipedia.index',
        `read ${indexPath}:${line}: expected offset:page:title, got ${JSON.stringify(text.slice(0, 40))}; give the index that came with the dump`,
        { path: indexPath, line },
      );
    }
    const last = offsets[offsets.length - 1];
    if (last === undefined || offset > last) offsets.push(offset);
    else if (offset < last) {
      throw new InvalidInput(
        'wikipedia.index',
        `read ${indexPath}:${line}: expected ascending offsets, got ${offset} after ${last}`,
        {
          path: indexPath,
          line,
        },
      );
    }
  };
  for await (const part of dumpText(indexPath)) {
    const lines = (rest + part).split('\n');
    rest = lines.pop() as string;
    if (rest.length > 1 << 20)
      throw new InvalidInput('wikipedia.index', `read ${indexPath}: expected lines, got one of a megabyte`);
    for (const text of lines) take(text);
  }
  if (rest !== '') take(rest);
  return offsets;
}
