import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { Gold } from './figures.js';

export interface LabelledText {
  readonly text: string;
  readonly template: string;
  readonly spans: readonly Gold[];
}

/** Presidio's own names for the types of the data set. */
const names: Readonly<Record<string, string>> = { GPE: 'LOCATION', STREET_ADDRESS: 'LOCATION', DOMAIN_NAME: 'URL' };
/** Types that are compared as one: a postcode is a place, an address is made of places. */
export const comparedTypes =
  'PERSON LOCATION ORGANIZATION CREDIT_CARD DATE_TIME TITLE PHONE_NUMBER AGE NRP URL ZIP_CODE EMAIL_ADDRESS IBAN_CODE IP_ADDRESS US_SSN US_DRIVER_LICENSE'.split(
    ' ',
  );

/** Reads Presidio-research's sentences. Their offsets are code points; those given back are UTF-16 units. */
export function readPresidio(path: string): LabelledText[] {
  const records = JSON.parse(gunzipSync(readFileSync(path)).toString('utf8')) as Array<{
    full_text: string;
    template_id: number;
    spans: Array<{ entity_type: string; start_position: number; end_position: number }>;
  }>;
  return records.map(({ full_text: text, spans }) => {
    const units: number[] = [];
    let at = 0;
    for (const sign of text) {
      units.push(at);
      at += sign.length;
    }
    units.push(at);
    const ordered = [...spans].sort((a, b) => a.start_position - b.start_position);
    let template = '';
    let last = 0;
    for (const { entity_type: type, start_position: start, end_position: end } of ordered) {
      template += `${text.slice(units[last], units[start])}{${type}}`;
      last = end;
    }
    return {
      text,
      template: (template + text.slice(units[last])).toLowerCase(),
      spans: ordered.map((span) => ({
        start: units[span.start_position],
        end: units[span.end_position],
        type: names[span.entity_type] ?? span.entity_type,
      })),
    };
  });
}
