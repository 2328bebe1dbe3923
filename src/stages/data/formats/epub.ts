import { type Limits, Unreadable, endsTask } from './limits.js';
import { markupText } from './markup.js';
import type { FormatContext, FormatReader, Found } from './reader.js';
import { allElements, firstElement, innerText, parseXml, xmlText, type XmlElement } from './xml.js';
import { ZipArchive } from './zip.js';

/** A path inside the archive, relative to the folder of another one. */
function resolvePath(folder: string, href: string): string {
  let path = href.split('#')[0]!;
  try {
    path = decodeURIComponent(path);
  } catch {
    // A stray per cent sign: the name is taken as it stands.
  }
  const names: string[] = [];
  for (const name of `${folder}/${path}`.split('/')) {
    if (name === '..') names.pop();
    else if (name && name !== '.') names.push(name);
  }
  return names.join('/');
}

/** Fonts may be scrambled so that they cannot be lifted out; chapters that are encrypted are a lock. */
const fontScramblers = ['http://www.idpf.org/2008/embedding', 'http://ns.adobe.com/pdf/enc#RC'];

async function lockedFiles(archive: ZipArchive, limits: Limits): Promise<Set<string>> {
  const entry = archive.find('META-INF/encryption.xml');
  if (!entry) return new Set();
  const encryption = parseXml(xmlText(await archive.read(entry, 1 << 22)), limits);
  return new Set(
    allElements(encryption, 'EncryptedData')
      .filter((data) => !fontScramblers.includes(firstElement(data, 'EncryptionMethod')?.attributes.Algorithm ?? ''))
      .map((data) => resolvePath('', firstElement(data, 'CipherReference')?.attributes.URI ?? '')),
  );
}

function metadataOf(opf: XmlElement): Omit<Found, 'text'> {
  const texts = (name: string) => allElements(opf, name).map(innerText).filter(Boolean);
  const [authors, identifiers, rights, publisher] = ['creator', 'identifier', 'rights', 'publisher'].map(texts);
  return {
    title: texts('title')[0],
    language: texts('language')[0],
    time: texts('date')[0],
    metadata: {
      ...(authors!.length > 0 ? { authors: authors! } : {}),
      ...(identifiers![0] ? { identifier: identifiers![0] } : {}),
      ...(rights![0] ? { rights: rights![0] } : {}),
      ...(publisher![0] ? { publisher: publisher![0] } : {}),
    },
  };
}

export const epub: FormatReader = {
  summary: 'books, chapters in the order of the spine; navigation left out, tables as Markdown',
  extensions: ['epub'],
  documents: 'one a book',
  cursor: 'none',
  async *read(input, context): AsyncGenerator<Found> {
    if (context.cursor !== undefined) return;
    const { limits } = context.options;
    const archive = await ZipArchive.open(input, limits);
    const container = archive.find('META-INF/container.xml');
    if (!container) throw new Unreadable('a ZIP file without META-INF/container.xml: not an EPUB file');
    const root = firstElement(parseXml(xmlText(await archive.read(container, 1 << 20)), limits), 'rootfile');
    const opfName = resolvePath('', root?.attributes['full-path'] ?? '');
    const opfEntry = archive.find(opfName);
    if (!opfEntry) throw new Unreadable(`no package file at ${JSON.stringify(opfName)}`);
    const opf = parseXml(xmlText(await archive.read(opfEntry, 1 << 24)), limits);
    const folder = opfName.split('/').slice(0, -1).join('/');
    const items = new Map(allElements(opf, 'item').map((item) => [item.attributes.id, item.attributes]));
    const locked = await lockedFiles(archive, limits);
    const chapters: string[] = [];
    let size = 0;
    for (const { attributes } of allElements(opf, 'itemref')) {
      context.signal?.throwIfAborted();
      const item = items.get(attributes.idref);
      if (!item?.href || /\bnav\b/.test(item.properties ?? '')) continue;
      if (attributes.linear === 'no' && items.size > 1) continue;
      const name = resolvePath(folder, item.href);
      const chapter = await chapterText(archive, name, locked, limits.fileBytes - size, context);
      if (chapter === undefined) continue;
      size += chapter.length;
      if (chapter !== '') chapters.push(chapter);
    }
    if (chapters.length === 0) throw new Unreadable('no chapter with text');
    yield { text: chapters.join('\n\n'), ...metadataOf(opf), cursor: true };
  },
};

async function chapterText(
  archive: ZipArchive,
  name: string,
  locked: ReadonlySet<string>,
  most: number,
  { options, reject }: FormatContext,
): Promise<string | undefined> {
  if (locked.has(name)) throw new Unreadable('protected by DRM: its chapters are encrypted');
  const entry = archive.find(name);
  if (!entry) {
    reject(`chapter ${name}: not in the archive`);
    return undefined;
  }
  try {
    const source = new TextDecoder('utf-8', { fatal: true }).decode(await archive.read(entry, most));
    return markupText(source, { limits: options.limits, xhtml: true });
  } catch (error) {
    if (endsTask(error)) throw error;
    reject(`chapter ${name}: ${error instanceof TypeError ? 'not UTF-8 text' : (error as Error).message}`);
    return undefined;
  }
}
