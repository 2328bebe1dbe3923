import type { Random } from '../../../../base/core/index.js';
import { base58check, isBech32 } from '../checks/encodings.js';
import { digitsOf, luhn } from '../checks/digits.js';
import { randomFor } from './keys.js';

const list = (text: string): readonly string[] => text.split(' ');
const given = list(
  'Alder Briar Cedar Dale Ember Flint Glen Haven Indigo Juniper Kestrel Linden Marlow Nova Oakley Perrin Quill Rowan Sage Tamsin Umber Vesper Wren Yarrow Zephyr Aspen Bay Clover Drew Ellis Fern Gale Harper Ives Jules Kit Lark Merle Nico Onyx Pax Quincy Reed Sky Teal Uri Vale West',
);
const family = list(
  'Ashgrove Birchwell Coldbrook Dunmere Eastlake Farrowby Greywater Hollins Irondale Jesmere Kelbrook Larkfield Millbank Northwold Oakhurst Pinecroft Quarrington Ridgeway Stonefield Thornbury Underhill Valewood Westmarch Yardley Amberton Brookvale Copperfell Daleford Elmstead Fernhill Glenmoor Hartwell',
);
const town = list(
  'Amberfield Brookhaven Cresthill Dovemere Easterby Fairlake Glenport Hazelmoor Inverdale Juniperton Kingsmere Larchwood Mossgate Northbrook Oldbridge Pinehollow Quietwater Rosemead Silverbay Thornwick',
);
const firm = list(
  'Alpenglow Bluestem Cinderpath Driftline Evenfall Foxglove Greenmark Halfmoon Inkwell Jadeworks Keystonia Lanternlight Moonrise Nightjar Openfield Paperbark',
);

const pick = (random: Random, words: readonly string[]): string => random.pick(words);
const digits = (random: Random, n: number): string => Array.from({ length: n }, () => random.int(10)).join('');

/** As many digits and letters, in the same places and cases; other signs stay. */
function sameShape(random: Random, value: string): string {
  return value.replace(/\d|[A-Z]|[a-z]|\p{L}/gu, (sign) => {
    if (/\d/.test(sign)) return String(random.int(10));
    const letter = 'abcdefghijklmnopqrstuvwxyz'[random.int(26)];
    return sign === sign.toUpperCase() ? letter.toUpperCase() : letter;
  });
}

/** Same shape, until a checksum refuses it: nobody's number. At most 64 tries, then the last digit is moved on. */
function invalid(random: Random, value: string, valid: (text: string) => boolean): string {
  let text = value;
  for (let n = 0; n < 64; n++) {
    text = sameShape(random, value);
    if (!valid(text)) return text;
  }
  return text;
}

type Surrogate = (value: string, random: Random, key: string) => string;

/** Words of a name get one stand-in each, so that "Ada", "Lovelace" and "Ada Lovelace" stay the same person. */
const person: Surrogate = (value, _random, key) => {
  const words = value.split(/(\s+)/);
  const last = words.length - 1;
  return words
    .map((word, i) => {
      if (!/\p{L}/u.test(word)) return word;
      if (/^\p{L}\.?$/u.test(word))
        return word.replace(
          /\p{L}/u,
          pick(randomFor(key, 'INITIAL', word), list('A B C D E F G H J K L M N P R S T V W')),
        );
      const isLast = i === last && last > 0;
      const name = pick(randomFor(key, isLast ? 'FAMILY' : 'GIVEN', word), isLast ? family : given);
      return word === word.toLowerCase()
        ? name.toLowerCase()
        : word.length > 1 && word === word.toUpperCase()
          ? name.toUpperCase()
          : name;
    })
    .join('');
};

/** RFC 2606 names, RFC 5737 and 3849 addresses, 555-01xx, ranges never issued: stand-ins that belong to nobody. */
const surrogates: Readonly<Record<string, Surrogate>> = {
  PERSON: person,
  TITLE: (value) => value,
  EMAIL_ADDRESS: (_value, random) =>
    `${pick(random, given)}.${pick(random, family)}${digits(random, 2)}@example.${pick(random, ['com', 'org', 'net'])}`.toLowerCase(),
  PHONE_NUMBER: (value, random) =>
    value.startsWith('+') || value.startsWith('00')
      ? `+1 ${201 + random.int(700)} 555 01${digits(random, 2)}`
      : `${201 + random.int(700)}-555-01${digits(random, 2)}`,
  IP_ADDRESS: (value, random) =>
    value.includes(':')
      ? `2001:db8:${random.int(65536).toString(16)}:${random.int(65536).toString(16)}::${random.int(65535).toString(16)}`
      : `${pick(random, ['192.0.2', '198.51.100', '203.0.113'])}.${random.int(256)}`,
  // Locally administered, and from the range of documentation (RFC 7042).
  MAC_ADDRESS: (_value, random) => `00:00:5e:00:53:${random.int(256).toString(16).padStart(2, '0')}`,
  URL: (value, random) => `${/^[a-z]+:\/\//i.exec(value)?.[0] ?? ''}${pick(random, town).toLowerCase()}.example.com/`,
  // Area 900–999 with group 00 is neither a social security number nor a taxpayer's.
  US_SSN: (_value, random) => `9${digits(random, 2)}-00-${digits(random, 4)}`,
  CREDIT_CARD: (value, random) => invalid(random, value, (text) => luhn(digitsOf(text))),
  IBAN_CODE: (value, random) => `${value.slice(0, 2).toUpperCase()}00${sameShape(random, value.slice(4))}`,
  CRYPTO: (value, random) => invalid(random, value, (text) => base58check(text) !== undefined || isBech32(text)),
  LOCATION: (value, random) =>
    /\d/.test(value) ? `${1 + random.int(98)} ${pick(random, family)} Lane, ${pick(random, town)}` : pick(random, town),
  ZIP_CODE: (value, random) => `000${sameShape(random, value).slice(3)}`,
  ORGANIZATION: (_value, random) =>
    `${pick(random, firm)} ${pick(random, list('Group Works Partners Trading Studio'))}`,
  DATE_TIME: (value, random) => dateAway(value, random),
  AGE: (value, random) =>
    Number(value) >= 90 ? '90' : String(Math.max(1, Math.min(89, Number(value) + random.int(7) - 3))),
};

/** Digits that are no year move within what a day and month can be; years move by up to three. */
function dateAway(value: string, random: Random): string {
  const by = random.int(7) - 3;
  return value.replace(/\d+/g, (part) => {
    if (part.length === 4) return String(Number(part) + by);
    const number = 1 + random.int(12);
    return part.length === 1 ? String(1 + random.int(9)) : String(number).padStart(2, '0');
  });
}

/** A stand-in of the same form. The same value has the same one wherever the key is the same. */
export function surrogate(type: string, value: string, key: string): string {
  const random = randomFor(key, type, value);
  return (surrogates[type] ?? ((text: string, own: Random) => sameShape(own, text)))(value, random, key);
}
