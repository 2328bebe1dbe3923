import iconv from 'iconv-lite';

/** A one-byte encoding that UTF-8 is mistaken for. */
export interface Codec {
  readonly name: string;
  /** Gain a run must bring, in points of `oddness`: more for encodings that are mistaken less often. */
  readonly least: number;
  /** Byte of a UTF-16 unit, 0 for units that are no byte above 0x7F. */
  readonly bytes: Uint8Array;
}

const names: readonly (readonly [name: string, least: number])[] = [
  ['windows-1252', 2],
  ['windows-1251', 3],
  ['windows-1250', 2],
  ['windows-1254', 2],
  ['windows-1257', 2],
  ['windows-1253', 3],
  ['iso-8859-2', 3],
  ['macintosh', 2.5],
  ['cp437', 5],
];

function build([name, least]: readonly [string, number]): Codec {
  const bytes = new Uint8Array(0x10000);
  // Decoders let bytes without a character through as C1 controls, and Latin-1 has nothing else there.
  if (name.startsWith('windows') || name.startsWith('iso'))
    for (let byte = 0x80; byte < 0xa0; byte++) bytes[byte] = byte;
  const high = Buffer.from(Array.from({ length: 128 }, (_, i) => 0x80 + i));
  // Node's own windows-1252 is Latin-1.
  const all =
    name === 'cp437' || name === 'windows-1252' ? iconv.decode(high, name) : new TextDecoder(name).decode(high);
  for (let i = 0; i < 128; i++) {
    const unit = all.charCodeAt(i);
    if (unit !== 0xfffd && unit > 0x9f) bytes[unit] = 0x80 + i;
  }
  // The ohm sign of old tables is the letter by its looks.
  if (name === 'macintosh') bytes[0x2126] = bytes[0x3a9]!;
  return { name, least, bytes };
}

let built: readonly Codec[] | undefined;
/** Bit c of a unit: it can begin a sequence of UTF-8 in codec c; and continue one. */
let masks: { readonly leads: Uint16Array; readonly continues: Uint16Array } | undefined;

export function codecs(): readonly Codec[] {
  return (built ??= names.map(build));
}

/** Codecs in which some two neighbours of the text could be the first bytes of a character, as bits. */
export function possibleCodecs(text: string): number {
  if (!masks) {
    const leads = new Uint16Array(0x10000);
    const continues = new Uint16Array(0x10000);
    codecs().forEach(({ bytes }, c) => {
      for (let unit = 0x80; unit < 0x10000; unit++) {
        const byte = bytes[unit]!;
        if (byte >= 0xc2 && byte <= 0xf4) leads[unit]! |= 1 << c;
        else if (byte >= 0x80 && byte <= 0xbf) continues[unit]! |= 1 << c;
      }
    });
    // A lost byte, and the space that `Ã` of `à` stands before.
    continues[0xfffd] = (1 << codecs().length) - 1;
    continues[0x20] = 1;
    masks = { leads, continues };
  }
  const { leads, continues } = masks;
  let found = 0;
  let before = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (before !== 0) found |= before & continues[unit]!;
    before = unit < 0x80 ? 0 : leads[unit]!;
  }
  return found;
}

/** Characters that windows-1252 has where Latin-1 has C1 controls, from 0x80 on; empty where it has none. */
const c1 = '€\u0000‚ƒ„…†‡ˆ‰Š‹Œ\u0000Ž\u0000\u0000‘’“”•–—˜™š›œ\u0000žŸ';

/** Reads C1 controls as windows-1252: texts have no use for the controls. Those without a character there stay. */
export function readC1(text: string): string {
  if (!/[\u0080-\u009f]/.test(text)) return text;
  return text.replace(/[\u0080-\u009f]/g, (control) => {
    const character = c1[control.charCodeAt(0) - 0x80]!;
    return character === '\u0000' ? control : character;
  });
}
