import type { Recognizer } from '../types.js';

/** RFC 4291 section 2.2: eight groups, or fewer and one `::`; the last two may be written as IPv4. */
function isIpv6(text: string): boolean {
  let body = text.split(/[%/]/)[0];
  const mapped = /^(.*:)(\d{1,3}(?:\.\d{1,3}){3})$/.exec(body);
  if (mapped) {
    if (!isIpv4(mapped[2])) return false;
    body = `${mapped[1]}0:0`;
  }
  const halves = body.split('::');
  if (halves.length > 2) return false;
  const groups = halves.flatMap((half) => (half === '' ? [] : half.split(':')));
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return false;
  return halves.length === 2 ? groups.length <= 7 : groups.length === 8;
}
const isIpv4 = (text: string): boolean =>
  text
    .split('/')[0]
    .split('.')
    .every((part) => Number(part) <= 255 && (part.length === 1 || part[0] !== '0'));

/** Addresses of machines. */
export const network: readonly Recognizer[] = [
  {
    type: 'IP_ADDRESS',
    name: 'IPv4',
    family: 'network',
    trigger: 'digit',
    pattern: /(?<![\d.]|[A-Za-z0-9]-)\d{1,3}(?:\.\d{1,3}){3}(?:\/(?:3[0-2]|[12]?\d)(?!\d))?(?![\d]|\.\d)/g,
    score: 0.85,
    validate: (found, text, start) =>
      isIpv4(found) && !/\b(?:version|ver|v|release|firmware)\.? ?$/i.test(text.slice(Math.max(0, start - 10), start)),
    check: 'each part at most 255; not after "version"',
  },
  {
    type: 'IP_ADDRESS',
    name: 'IPv6',
    family: 'network',
    trigger: 'digit',
    pattern:
      /(?<![\w:.])(?:[0-9A-Fa-f]{1,4}:|::)(?:[0-9A-Fa-f]{0,4}:){1,7}(?:[0-9A-Fa-f]{1,4}|\d{1,3}(?:\.\d{1,3}){3})?(?:%\w{1,15})?(?:\/\d{1,3})?(?![\w:])/g,
    score: 0.9,
    validate: (found) =>
      isIpv6(found) && (found.match(/:/g) as string[]).length >= 2 && /[0-9a-f]{1,4}.*[0-9a-f]/i.test(found),
    check: 'groups of RFC 4291',
  },
  {
    type: 'MAC_ADDRESS',
    name: 'MAC',
    family: 'network',
    trigger: 'digit',
    pattern:
      /(?<![\w:.-])(?:[0-9A-Fa-f]{2}(?:(?::[0-9A-Fa-f]{2}){5}|(?:-[0-9A-Fa-f]{2}){5})|[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4})(?![\w:.-][0-9A-Fa-f]|\w)/g,
    score: 0.85,
    validate: (found) => {
      const hex = found.replace(/[^0-9a-f]/gi, '').toLowerCase();
      return hex !== '000000000000' && hex !== 'ffffffffffff';
    },
    check: 'not all zeros nor broadcast',
  },
];
