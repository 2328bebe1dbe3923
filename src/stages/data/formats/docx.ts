import { messageOf } from '../../../base/core/index.js';
import { type Limits, Unreadable } from './limits.js';
import { markupText } from './markup.js';
import type { FormatReader, Found } from './reader.js';
import { firstElement, innerText, parseXml, scanXml, xmlText } from './xml.js';
import { ZipArchive } from './zip.js';

/** Title, author, dates of an Office document (`docProps/core.xml`). */
export async function officeProperties(archive: ZipArchive, limits: Limits): Promise<Omit<Found, 'text'>> {
  const entry = archive.find('docProps/core.xml');
  if (!entry) return {};
  try {
    const core = parseXml(xmlText(await archive.read(entry, 1 << 20)), limits);
    const text = (name: string) => innerText(firstElement(core, name)) || undefined;
    const [author, subject, keywords] = [text('creator'), text('subject'), text('keywords')];
    return {
      title: text('title'),
      time: text('modified') ?? text('created'),
      language: text('language'),
      metadata: {
        ...(author ? { author } : {}),
        ...(subject ? { subject } : {}),
        ...(keywords ? { keywords } : {}),
      },
    };
  } catch {
    return {};
  }
}

const partName = (name: string) => name.replace(/^\/+/, '');

export const docx: FormatReader = {
  summary: 'Word documents: headings, lists, footnotes; tables as Markdown; tracked deletions left out',
  extensions: ['docx', 'docm', 'dotx'],
  documents: 'one a file',
  cursor: 'none',
  async *read(input, { options, cursor, reject }): AsyncGenerator<Found> {
    if (cursor !== undefined) return;
    const { limits } = options;
    const archive = await ZipArchive.open(input, limits);
    if (!archive.find('word/document.xml') && !archive.find('[Content_Types].xml')) {
      throw new Unreadable('a ZIP file without word/document.xml: not a DOCX file');
    }
    // Every part that the converter may ask for is unpacked here, within limits; it gets nothing else.
    const parts = new Map<string, Uint8Array>();
    let size = 0;
    for (const entry of archive.entries) {
      if (!/\.(xml|rels)$/i.test(entry.name)) continue;
      const bytes = await archive.read(entry, limits.fileBytes - size);
      size += bytes.length;
      try {
        // The converter walks trees by recursion, and its own parser takes quadratic time on what is not well-formed:
        // it gets only what was checked. Without styles, notes or properties there is still the text.
        scanXml(xmlText(bytes), {}, limits, true);
      } catch (error) {
        if (/^word\/document\.xml$|content_types/i.test(entry.name)) throw error;
        reject(`${entry.name}: ${messageOf(error)}; left out`);
        continue;
      }
      parts.set(partName(entry.name), bytes);
    }
    const file = {
      exists: (name: string) => parts.has(partName(name)),
      read: (name: string, encoding?: string) => {
        const bytes = parts.get(partName(name));
        if (!bytes) return Promise.reject(new Error(`no part ${name}`));
        return Promise.resolve(encoding === 'utf-8' ? new TextDecoder().decode(bytes) : Buffer.from(bytes));
      },
    };
    const { default: mammoth } = await import('mammoth');
    let html: string;
    try {
      const result = await mammoth.convertToHtml(
        { file } as never,
        {
          convertImage: mammoth.images.imgElement(() => Promise.resolve({ src: '' })),
          externalFileAccess: false,
        } as never,
      );
      html = result.value;
    } catch (error) {
      throw new Unreadable(`broken DOCX file: ${messageOf(error)}`);
    }
    const text = markupText(html, { limits }).replace(/[ \t]*↑(?=\n|$)/g, '');
    yield { text, ...(await officeProperties(archive, limits)), cursor: true };
  },
};
