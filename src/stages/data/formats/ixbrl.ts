import type { Json } from '../../../base/core/index.js';
import { wholeOf } from './bytes.js';
import { decodeText, utf8Input } from './encoding.js';
import { Unreadable } from './limits.js';
import { type MarkupHooks, markupText } from './markup.js';
import type { FormatReader, Found } from './reader.js';

/** A fact of an inline XBRL report. */
export interface Fact {
  /** Concept with its prefix: `us-gaap:Revenues`. */
  readonly concept: string;
  /** A decimal number, or the text of a fact that is not one. */
  readonly value: string;
  /** `2023-12-31`, or `2023-01-01/2023-12-31`. */
  readonly period?: string;
  /** `USD`, `shares`, `USD/shares`. */
  readonly unit?: string;
  readonly entity?: string;
  /** Axes and members that narrow the fact down. */
  readonly dimensions?: Readonly<Record<string, string>>;
}

const mostFacts = 20_000;
const mostFactText = 2000;

/** Moves the decimal point of a number in text: exact, where multiplying would round. */
export function shiftDecimal(digits: string, places: number): string {
  const [whole = '', fraction = ''] = digits.split('.');
  if (places === 0 || /^0*$/.test(whole + fraction)) return digits;
  const point = whole.length + places;
  const all = whole + fraction;
  const padded = point <= 0 ? '0'.repeat(1 - point) + all : all.padEnd(point, '0');
  const at = point <= 0 ? 1 : point;
  const result = `${padded.slice(0, at).replace(/^0+(?=\d)/, '')}.${padded.slice(at)}`;
  return result.replace(/\.0*$|(\.\d*?)0+$/, '$1');
}

/** The number that a report shows, by its transformation (`ixt:num-dot-decimal`, …), scale and sign. */
export function factNumber(shown: string, format: string, scale: number, negative: boolean): string | undefined {
  const name = format
    .slice(format.indexOf(':') + 1)
    .replaceAll('-', '')
    .toLowerCase();
  const text = shown.trim();
  if (/^(zerodash|fixedzero|numdash)$/.test(name) || /^[-–—]$/.test(text)) return '0';
  const comma = /^num(eral)?comma/.test(name);
  const plain = (
    comma ? text.replace(/[.\s\u00a0]/g, '').replace(',', '.') : text.replace(/[,\s\u00a0']/g, '')
  ).replace(/^\((.*)\)$/, '$1');
  const digits = /^(?:\d+\.?\d*|\.\d+)$/.test(plain) ? plain : undefined;
  if (digits === undefined || Math.abs(scale) > 30) return undefined;
  const value = shiftDecimal(digits.startsWith('.') ? `0${digits}` : digits, scale);
  return negative && !/^0*(\.0*)?$/.test(value) ? `-${value}` : value;
}

interface OpenFact {
  readonly element: string;
  readonly attributes: Readonly<Record<string, string>>;
  text: string;
}

/** Collects contexts, units and facts while a report is rendered. */
function collector() {
  const contexts = new Map<string, { entity?: string; period?: string; dimensions: Record<string, string> }>();
  const units = new Map<string, string>();
  const open: OpenFact[] = [];
  const facts: OpenFact[] = [];
  const continuations = new Map<string, OpenFact>();
  let context: { entity?: string; start?: string; end?: string; instant?: string; dimensions: Record<string, string> };
  let unit: { measures: string[]; below: string[]; denominator: boolean } | undefined;
  let field = '';
  let value = '';
  let dimension = '';
  let id = '';
  const hooks: MarkupHooks = {
    open(name, attributes) {
      const bare = name.slice(name.indexOf(':') + 1);
      if (/^(nonfraction|nonnumeric|continuation)$/.test(bare) && name !== bare) {
        const fact = { element: bare, attributes, text: '' };
        open.push(fact);
        if (bare === 'continuation') continuations.set(attributes.id ?? '', fact);
      } else if (bare === 'context') {
        id = attributes.id ?? '';
        context = { dimensions: {} };
      } else if (bare === 'unit') {
        id = attributes.id ?? '';
        unit = { measures: [], below: [], denominator: false };
      } else if (bare === 'unitdenominator' && unit) unit.denominator = true;
      else if (/^(identifier|startdate|enddate|instant|measure|explicitmember)$/.test(bare)) {
        field = bare;
        value = '';
        dimension = attributes.dimension ?? '';
      }
    },
    text(text) {
      if (field) value += text;
      for (const fact of open) if (fact.text.length < 1 << 20) fact.text += text;
    },
    close(name) {
      const bare = name.slice(name.indexOf(':') + 1);
      if (/^(nonfraction|nonnumeric|continuation)$/.test(bare) && name !== bare) {
        const fact = open.pop();
        if (fact && fact.element !== 'continuation' && facts.length < mostFacts) facts.push(fact);
      } else if (field === bare) {
        const text = value.trim();
        if (bare === 'identifier') context.entity = text;
        else if (bare === 'startdate') context.start = text;
        else if (bare === 'enddate') context.end = text;
        else if (bare === 'instant') context.instant = text;
        else if (bare === 'explicitmember') context.dimensions[dimension] = text;
        else if (bare === 'measure' && unit) (unit.denominator ? unit.below : unit.measures).push(text);
        field = '';
      } else if (bare === 'context' && context) {
        const { entity, start, end, instant, dimensions } = context;
        contexts.set(id, { entity, period: instant ?? (start && end ? `${start}/${end}` : undefined), dimensions });
      } else if (bare === 'unit' && unit) {
        const names = (list: readonly string[]) => list.map((item) => item.replace(/^(iso4217|xbrli):/i, '')).join('*');
        units.set(id, unit.below.length > 0 ? `${names(unit.measures)}/${names(unit.below)}` : names(unit.measures));
        unit = undefined;
      }
    },
  };
  const resolve = (): Fact[] =>
    facts.flatMap(({ element, attributes, text }) => {
      let whole = text;
      const seen = new Set<string>();
      for (let next = attributes.continuedat ?? ''; next && !seen.has(next); ) {
        seen.add(next);
        const more = continuations.get(next);
        whole += more?.text ?? '';
        next = more?.attributes.continuedat ?? '';
      }
      const shown = whole.replace(/\s+/g, ' ').trim();
      const number = element === 'nonfraction';
      const value = number
        ? factNumber(shown, attributes.format ?? '', Number(attributes.scale ?? 0), attributes.sign === '-')
        : shown.slice(0, mostFactText);
      if (value === undefined || attributes.name === undefined) return [];
      const where = contexts.get(attributes.contextref ?? '');
      const measured = units.get(attributes.unitref ?? '');
      return {
        concept: attributes.name,
        value,
        ...(where?.period ? { period: where.period } : {}),
        ...(measured ? { unit: measured } : {}),
        ...(where?.entity ? { entity: where.entity } : {}),
        ...(where && Object.keys(where.dimensions).length > 0 ? { dimensions: where.dimensions } : {}),
      };
    });
  return { hooks, resolve };
}

export const ixbrl: FormatReader = {
  summary:
    'inline XBRL reports: the text with its tables, and `metadata.facts` (concept, value, period, unit, dimensions)',
  extensions: [],
  documents: 'one a report',
  cursor: 'none',
  async *read(file, { options, cursor }): AsyncGenerator<Found> {
    if (cursor !== undefined) return;
    const input = await utf8Input(file, options.encoding);
    const decoded = decodeText(await wholeOf(input, options.limits.fileBytes));
    if ('problem' in decoded) throw new Unreadable(decoded.problem);
    const { hooks, resolve } = collector();
    const text = markupText(decoded.text, {
      limits: options.limits,
      hooks,
      skip: new Set(['ix:header', 'ix:hidden']),
      xhtml: true,
    });
    const facts = resolve();
    const entity = facts.find((fact) => fact.entity)?.entity;
    const named = (suffix: string) => facts.find((fact) => fact.concept.endsWith(suffix))?.value;
    yield {
      text,
      title: /<title[^>]{0,200}>([^<]{1,300})/i.exec(decoded.text)?.[1]?.trim(),
      time: named(':DocumentPeriodEndDate'),
      metadata: {
        contentType: 'application/xhtml+xml;profile=ixbrl',
        facts: facts as unknown as Json,
        ...(entity ? { entity } : {}),
      },
      cursor: true,
    };
  },
};
