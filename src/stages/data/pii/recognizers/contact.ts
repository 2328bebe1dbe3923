import type { Recognizer } from '../types.js';
import { topLevelDomains } from './domains.js';

const local = String.raw`[\p{L}\p{N}_+\-!#$%&'*/=?^{|}~]`;
const label = String.raw`[\p{L}\p{N}](?:[\p{L}\p{N}\-]{0,61}[\p{L}\p{N}])?`;

/** The last label is letters, known, or punycode: file names and versions are no domains. */
const isDomain = (domain: string): boolean => {
  const last = domain.slice(domain.lastIndexOf('.') + 1).toLowerCase();
  return topLevelDomains.has(last) || last.startsWith('xn--') || /[^\0-\x7f]/.test(last);
};
const hostOf = (url: string): string =>
  /^(?:[a-z][a-z0-9+.-]{1,20}:\/\/)?(?:[^\s/@]{1,100}@)?([^\s/:?#]{1,253})/i.exec(url)?.[1] ?? '';

/** E-mails, addresses of the web and handles. */
export const contact: readonly Recognizer[] = [
  {
    type: 'EMAIL_ADDRESS',
    name: 'e-mail',
    family: 'contact',
    trigger: '@',
    pattern: new RegExp(
      String.raw`(?<![\p{L}\p{N}_+.\-])${local}{1,64}(?:\.${local}{1,64}){0,8}@(?:${label}\.){1,8}[\p{L}][\p{L}\p{N}\-]{1,62}(?![\p{L}\p{N}])`,
      'gu',
    ),
    score: 0.95,
    most: 320,
    validate: (found) => found.indexOf('@') <= 64,
    check: 'lengths of RFC 5321',
  },
  {
    type: 'EMAIL_ADDRESS',
    name: 'e-mail spelled out',
    family: 'contact',
    pattern:
      /(?<![\w.])[a-z0-9][\w+-]{0,40}(?:\.[\w+-]{1,40}){0,4} ?(?:\(at\)|\[at\]|\{at\}) ?[a-z0-9-]{1,63}(?:(?:\.| ?(?:\(dot\)|\[dot\]|\{dot\}) ?)[a-z0-9-]{1,63}){1,4}(?!\w)/gi,
    score: 0.8,
  },
  {
    type: 'URL',
    name: 'address with a scheme',
    family: 'contact',
    trigger: '://',
    pattern: /(?<![A-Za-z0-9])(?:https?|ftps?|wss?|sftp|file):\/\/[^\s<>"'`\\^{|}\]]{1,2048}/giu,
    score: 0.95,
    most: 2100,
  },
  {
    type: 'URL',
    name: 'address without a scheme',
    family: 'contact',
    trigger: 'dot',
    pattern: new RegExp(
      String.raw`(?<![\p{L}\p{N}@._/\-])(?:${label}\.){1,6}[\p{L}]{2,24}(?![\p{L}\p{N}@_]|-[\p{L}\p{N}])(?::\d{1,5})?(?:\/[^\s<>"'\\^{|}\]]{0,2048})?`,
      'gu',
    ),
    score: 0.7,
    most: 2100,
    validate: (found, text, start) => {
      const host = hostOf(found);
      if (text[start - 1] === '@' || !isDomain(host)) return false;
      // "end.So" and "e.g" are slips of the writer; a capital after the last point needs www or a path.
      const last = host.slice(host.lastIndexOf('.') + 1);
      // README.md, main.rs, setup.py: file names, though countries have these domains.
      if (/^(?:md|py|rs|sh|so|cc|ps|mk|zip|mov)$/i.test(last) && host === found && !/^www\./i.test(host)) return false;
      return /^www\./i.test(host) || found.includes('/') || last === last.toLowerCase() || host === host.toUpperCase();
    },
    check: 'known top-level domain',
  },
  {
    type: 'USERNAME',
    name: 'handle',
    family: 'contact',
    trigger: '@',
    pattern: /(?<![\w@./])(?<v>@[A-Za-z_]\w{2,30})(?![\w@.]\w|[\w@])/g,
    score: 0.3,
    context: [
      'twitter',
      'instagram',
      'telegram',
      'github',
      'mastodon',
      'tiktok',
      'handle',
      'follow',
      'user',
      'username',
      'dm',
      'account',
    ],
    contextScore: 0.75,
  },
  {
    type: 'USERNAME',
    name: 'labelled user name',
    family: 'contact',
    pattern:
      /(?<![\p{L}\p{N}])(?:user ?name|user ?id|login(?: name)?|screen name|nickname|skype(?: id| name)?)\s{0,3}(?:is|:|=)?\s{0,3}["']?(?<v>[\p{L}\p{N}_][\p{L}\p{N}_.-]{1,39}[\p{L}\p{N}_])(?![\p{L}\p{N}@])/giu,
    score: 0.75,
    // Without a colon, only what looks like a name of this kind.
    validate: (found, text, start) =>
      /[\d_.]/.test(found) || /[:=]\s{0,3}["']?$/.test(text.slice(Math.max(0, start - 5), start)),
    check: 'label; a digit, a point or a colon before it',
  },
];
