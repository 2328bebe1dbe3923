import { readFile, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { Parser } from 'htmlparser2';

const captionKeys = ['caption', 'text', 'alt', 'title', 'description'];
const mostBytes = 1 << 20;

/** What is said of a picture: its text, and whatever else the file beside it holds. */
export interface Caption {
  readonly text: string;
  readonly licence?: string;
  readonly url?: string;
  readonly language?: string;
}

async function small(path: string): Promise<string | undefined> {
  const info = await stat(path).catch(() => undefined);
  if (!info?.isFile() || info.size > mostBytes) return undefined;
  return readFile(path, 'utf8');
}

/** The caption in `x.txt` or `x.json` beside `x.jpg` (or `x.jpg.txt`), as image-text data sets are laid out. */
export async function sidecarCaption(path: string): Promise<Caption | undefined> {
  const bare = path.replace(/\.[^./\\]+$/, '');
  for (const base of [path, bare]) {
    const text = await small(`${base}.txt`);
    if (text?.trim()) return { text: text.trim() };
    const json = await small(`${base}.json`);
    if (json === undefined) continue;
    try {
      const record = JSON.parse(json) as Record<string, unknown>;
      const field = (name: string) => (typeof record[name] === 'string' ? (record[name] as string).trim() : undefined);
      const found = captionKeys.map(field).find(Boolean);
      if (!found) continue;
      return {
        text: found,
        licence: field('licence') ?? field('license'),
        url: field('url'),
        language: field('language'),
      };
    } catch {
      // Not JSON: no caption.
    }
  }
  return undefined;
}

/** Alternative texts of the pictures on a page, by the local path that it shows them under. */
export async function altTexts(page: string): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  const text = await readFile(page, 'utf8');
  const parser = new Parser({
    onopentag(name, { src, alt }) {
      if (name !== 'img' || !src || !alt?.trim() || /^[a-z][a-z0-9+.-]*:|^\/\//i.test(src)) return;
      let path = src.split(/[?#]/)[0]!;
      try {
        path = decodeURIComponent(path);
      } catch {
        // A stray per cent sign: the name is taken as it stands.
      }
      found.set(resolve(dirname(page), path.replace(/^\/+/, '')), alt.replace(/\s+/g, ' ').trim());
    },
  });
  parser.end(text.slice(0, 16 * mostBytes));
  return found;
}
