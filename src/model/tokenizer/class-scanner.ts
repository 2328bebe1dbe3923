import type { Scanner } from './scanners.js';
import { classOf } from './unicode.js';

const RUN = 1;
const SINGLE = 2;
const DROP = 4;
/** Not looked up yet. */
const OPEN = 0xff;

/** Insides of character classes. Other characters make runs of their own. */
export interface ClassSpec {
  /** Runs of these are left out. */
  readonly drop?: string;
  /** Each of these is a piece. */
  readonly single?: string;
  /** Runs of these are pieces. */
  readonly run?: string;
}

/** Cuts a text into runs of characters of one class; the class of a character is looked up when it first comes. */
export function classScanner(spec: ClassSpec): Scanner {
  const younger = new RegExp(`[${classOf('after16')}]`, 'u');
  const tests = [
    [DROP, spec.drop],
    [SINGLE, spec.single],
    [RUN, spec.run],
  ].flatMap(([kind, inside]) =>
    inside === undefined ? [] : [[kind as number, new RegExp(`[${inside}]`, 'u')] as const],
  );
  const basic = new Uint8Array(65536).fill(OPEN);
  const astral = new Map<number, number>();
  const look = (point: number): number => {
    const char = String.fromCodePoint(point);
    const kind = younger.test(char) ? 0 : (tests.find(([, pattern]) => pattern.test(char))?.[0] ?? 0);
    if (point > 0xffff) astral.set(point, kind);
    // A high surrogate opens a pair, unless it is alone.
    else if (point < 0xd800 || point > 0xdbff) basic[point] = kind;
    return kind;
  };
  /** Kind of the symbol at `at`, where its code unit is not enough. */
  const wide = (text: string, at: number): number => {
    const point = text.codePointAt(at) as number;
    return (point > 0xffff ? astral.get(point) : undefined) ?? look(point);
  };
  return (text, start, end) => {
    let kind = basic[text.charCodeAt(start)];
    let at = start + 1;
    if (kind === OPEN) {
      kind = wide(text, start);
      if ((text.codePointAt(start) as number) > 0xffff) at++;
    }
    if (kind !== SINGLE) {
      while (at < end) {
        let next = basic[text.charCodeAt(at)];
        let width = 1;
        if (next === OPEN) {
          next = wide(text, at);
          if ((text.codePointAt(at) as number) > 0xffff) width = 2;
        }
        if (next !== kind) break;
        at += width;
      }
    }
    return kind === DROP ? ~at : at;
  };
}
