import { type ArcHeader, arcRecord, parseArcHeader } from './arc.js';
import { parseHttp } from './http-message.js';
import { Pieces } from './look-ahead.js';
import { piecesOf } from './pieces.js';
import {
  type Damage,
  type Place,
  type WarcRecord,
  headerRecord,
  headerText,
  parseHeaderLines,
  unbracketed,
  withoutSpaces,
} from './record.js';

export interface ReadWarcOptions {
  /** Where to start: the offset of the source's first byte in the file, and records to leave out of its first member. */
  readonly from?: Place;
  /** Longer blocks are left out without being held. Default 64 MiB. */
  readonly maxRecordBytes?: number;
  /** Told of all that is damaged; each costs at most its own record. */
  readonly onDamage?: (damage: Damage) => void;
  readonly signal?: AbortSignal;
}

/** Longest header of a record. */
const mostHeader = 256 << 10;
const mostArcHeader = 20_000;
const headerEnd = [Buffer.from('\r\n\r\n'), Buffer.from('\n\n')];
const lineEnd = Buffer.from('\n');

/**
 * Records of a WARC or ARC file, packed or not, in their order. Survives: members cut off or broken, records over several members and
 * several in one, wrong lengths (both ways), garbage between records, line ends without CR, bombs.
 */
export async function* readWarc(
  source: AsyncIterable<Uint8Array>,
  options: ReadWarcOptions = {},
): AsyncGenerator<WarcRecord> {
  const { from = { offset: 0, index: 0 }, maxRecordBytes = 64 << 20, onDamage = () => undefined, signal } = options;
  const input = new Pieces(piecesOf(source, from.offset));
  let arcVersion = 1;
  let isArc = false;
  let lost = false;
  try {
    for (;;) {
      signal?.throwIfAborted();
      if (!(await input.skipBlank())) {
        if (!input.failure) return;
        const { offset, reason } = input.failure;
        if (!lost) onDamage({ offset, reason });
        input.failure = undefined;
        continue;
      }
      const place = input.begin();
      /** Records before the place to start from are read, as only they tell where the next one is, but not told. */
      const told = place.offset !== from.offset || place.index >= from.index;
      const damage = (reason: string, url?: string) => {
        if (told && !lost) onDamage({ offset: place.offset, reason, url });
      };
      const resync = async (reason: string) => {
        damage(input.failure?.reason ?? reason);
        input.failure = undefined;
        lost = true;
        await (isArc ? input.toNextLine() : input.toRecord());
      };
      let warc: Header | undefined;
      let arc: ArcHeader | undefined;
      let length: number;
      if (input.startsRecord()) {
        const end = await input.find(headerEnd, mostHeader);
        if (end < 0) {
          await resync('expected an empty line after the header of a record');
          continue;
        }
        warc = headerOf(headerText(input.take(end)));
        const declared = warc.headers['content-length'];
        if (declared === undefined || !/^\d{1,15}$/.test(declared)) {
          await resync(`expected Content-Length, got ${JSON.stringify(declared?.slice(0, 40) ?? null)}`);
          continue;
        }
        isArc = false;
        length = Number(declared);
      } else {
        const end = await input.find([lineEnd], mostArcHeader);
        arc = end > 0 ? parseArcHeader(headerText(input.peek(end)).trimEnd(), arcVersion) : undefined;
        if (!arc) {
          await resync('expected the header of a record, got other bytes');
          continue;
        }
        isArc = true;
        if (arc.reason) {
          lost = false;
          damage(arc.reason, arc.url);
          lost = true;
          await input.toNextLine();
          continue;
        }
        input.take(end);
        length = arc.length;
      }
      lost = false;
      const url = warc ? warc.url : arc?.url;
      if (length > maxRecordBytes) {
        damage(`a record of ${length} bytes, more than ${maxRecordBytes}`, url);
        await input.pass(length);
        continue;
      }
      let whole = await input.holdBlock(length);
      if (!whole && isArc && !input.failure && isWholeResponse(input.peek(length))) {
        // Line ends were changed after the length was counted; what HTTP counts is all there.
        length = input.held();
        whole = true;
      }
      if (!whole || (await input.intrusionAfter(length))) {
        const cut =
          input.failure?.reason ?? `cut off, or its length of ${length} bytes is wrong: ${input.held()} follow`;
        damage(whole ? `Content-Length says ${length} bytes, but other bytes follow` : cut, url);
        if (!whole) input.failure = undefined;
        lost = true;
        await (isArc ? input.toNextLine() : input.toRecord());
        continue;
      }
      const block = input.take(length);
      input.dropBlank();
      if (arc?.url.startsWith('filedesc:')) arcVersion = Number(headerText(block).trimStart()[0]) === 2 ? 2 : 1;
      if (!told) continue;
      const where = { block, offset: place.offset, index: place.index, next: input.place() };
      if (arc) yield { format: 'arc', version: String(arcVersion), ...arcRecord(arc, block), ...where };
      else yield { format: 'warc', ...warc!, ...where };
    }
  } finally {
    await input.close();
  }
}

/** Whether the last record of a file is a response whose own Content-Length is met. */
function isWholeResponse(block: Uint8Array): boolean {
  const http = parseHttp(block);
  const length = Number(http?.headers['content-length'] ?? Number.NaN);
  return http !== undefined && http.payload.length >= length && http.payload.length <= length + 4;
}

type Header = Pick<WarcRecord, 'version' | 'type' | 'headers' | 'id' | 'url' | 'date' | 'contentType'>;

function headerOf(text: string): Header {
  const first = text.indexOf('\n');
  const headers = headerRecord(parseHeaderLines(text.slice(first + 1)));
  const url = headers['warc-target-uri'];
  return {
    version: text.slice(5, first).trim(),
    type: (headers['warc-type'] ?? '').toLowerCase(),
    headers,
    id: unbracketed(headers['warc-record-id'] ?? ''),
    url: url === undefined ? undefined : withoutSpaces(unbracketed(url)),
    date: headers['warc-date'],
    contentType: headers['content-type'],
  };
}
