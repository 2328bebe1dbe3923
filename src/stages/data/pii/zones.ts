import type { Trigger } from './types.js';

type Zone = readonly [from: number, to: number];

const tokenSigns = new Uint8Array(128);
for (const sign of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-+/=.')
  tokenSigns[sign.charCodeAt(0)] = 1;
const isDigit = (code: number): boolean => code >= 48 && code <= 57;
const isAlnum = (code: number): boolean =>
  isDigit(code) || (code >= 65 && code <= 90) || (code >= 97 && code <= 122) || code > 127;

/** Gathers places into stretches: so many characters before and after each, widened to white space. */
class Zones {
  readonly zones: Zone[] = [];
  #from = -1;
  #last = -1;
  constructor(
    readonly text: string,
    readonly before: number,
    readonly after: number,
    /** Most characters that a border moves to reach white space. */
    readonly widen: number,
  ) {}

  add(start: number, end: number): void {
    if (this.#from >= 0 && start - this.#last <= this.before + this.after + 2 * this.widen) {
      this.#last = end;
      return;
    }
    this.close();
    let from = Math.max(0, start - this.before);
    for (let n = 0; n < this.widen && from > 0 && this.text.charCodeAt(from - 1) > 32; n++) from--;
    this.#from = from;
    this.#last = end;
  }

  close(): readonly Zone[] {
    if (this.#from >= 0) {
      let to = Math.min(this.text.length, this.#last + this.after);
      for (let n = 0; n < this.widen && to < this.text.length && this.text.charCodeAt(to) > 32; n++) to++;
      this.zones.push([this.#from, to]);
      this.#from = -1;
    }
    return this.zones;
  }
}

/** Stretches of a text in which a rule with this trigger can match: ascending, apart from one another. */
export function zonesOf(text: string, trigger: Trigger): readonly Zone[] {
  if (trigger === 'text') return [[0, text.length]];
  if (trigger === 'digit') {
    const zones = new Zones(text, 48, 40, 64);
    for (let i = 0; i < text.length; i++) if (isDigit(text.charCodeAt(i))) zones.add(i, i + 1);
    return zones.close();
  }
  if (trigger === 'number') {
    const zones = new Zones(text, 48, 40, 64);
    let first = -1;
    let last = -9;
    let count = 0;
    for (let i = 0; i <= text.length; i++) {
      const end = i === text.length;
      if (!end && !isDigit(text.charCodeAt(i))) continue;
      if (end || i - last > 3) {
        if (count >= 5) zones.add(first, last + 1);
        first = i;
        count = 0;
      }
      count++;
      last = i;
    }
    return zones.close();
  }
  if (trigger === 'long') {
    const zones = new Zones(text, 64, 2, 32);
    for (let i = 0; i < text.length; ) {
      const start = i;
      while (i < text.length && tokenSigns[text.charCodeAt(i)] === 1) i++;
      if (i - start >= 16) zones.add(start, i);
      i++;
    }
    return zones.close();
  }
  const zones =
    trigger === '://' ? new Zones(text, 24, 64, 2100) : new Zones(text, 64, 64, trigger === '@' ? 256 : 2100);
  const sign = trigger === 'dot' ? '.' : trigger;
  for (let i = text.indexOf(sign); i >= 0; i = text.indexOf(sign, i + 1)) {
    if (trigger !== 'dot' || (isAlnum(text.charCodeAt(i - 1)) && isAlnum(text.charCodeAt(i + 1))))
      zones.add(i, i + sign.length);
  }
  return zones.close();
}
