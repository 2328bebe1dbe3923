import { alnumOf, digitsOf, isTrivial, luhn, mod97, weighted } from '../checks/digits.js';
import type { Recognizer } from '../types.js';

/** 12 to 19 digits in groups or not. */
const cardNumber = /(?<![\d.,+-]|[A-Za-z])\d(?:[ -]?\d){11,18}(?![ -]?\d|[A-Za-z]|[.,]\d)/g;
const cardWords = [
  'card',
  'credit',
  'debit',
  'visa',
  'mastercard',
  'amex',
  'maestro',
  'discover',
  'cc',
  'carte',
  'karte',
  'tarjeta',
  'carta',
];

/** Digits of the account number in ISO 13616 (IBAN registry, release 99): whole length by country. */
export const ibanLengths: Readonly<Record<string, number>> = Object.fromEntries(
  (
    'AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20 EG29 ES24 FI18 FK18 FO18 FR27 ' +
    'GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 ' +
    'MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 PT25 QA29 RO24 RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 ' +
    'TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30'
  )
    .split(' ')
    .map((entry) => [entry.slice(0, 2), Number(entry.slice(2))]),
);

/** Ranges of issuer numbers with the lengths in use: first digits from, to, lengths. */
const issuers: ReadonlyArray<readonly [number, number, readonly number[]]> = [
  [4, 4, [13, 16, 18, 19]], // Visa
  [51, 55, [16]],
  [2221, 2720, [16]], // Mastercard
  [34, 34, [15]],
  [37, 37, [15]], // American Express
  [300, 305, [14, 16, 19]],
  [3095, 3095, [14, 16, 19]],
  [36, 36, [14, 15, 16, 17, 18, 19]],
  [38, 39, [14, 16, 19]], // Diners
  [6011, 6011, [16, 17, 18, 19]],
  [644, 659, [16, 17, 18, 19]],
  [60, 60, [16]],
  [65, 65, [16, 19]], // Discover, RuPay
  [3528, 3589, [15, 16, 17, 18, 19]],
  [2131, 2131, [15]],
  [1800, 1800, [15]], // JCB
  [62, 62, [16, 17, 18, 19]],
  [81, 81, [16]], // UnionPay, RuPay
  [50, 50, [12, 13, 14, 15, 16, 17, 18, 19]],
  [56, 58, [12, 13, 14, 15, 16, 17, 18, 19]],
  [63, 63, [12, 13, 14, 15, 16, 17, 18, 19]],
  [67, 67, [12, 13, 14, 15, 16, 17, 18, 19]], // Maestro
  [2200, 2204, [16, 17, 18, 19]], // Mir
  [9792, 9792, [16]], // Troy
];

/** Length and check digit of any card, whoever issued it. */
function isCardLike(found: string): boolean {
  const digits = digitsOf(found);
  return digits.length >= 12 && digits.length <= 19 && !isTrivial(digits) && luhn(digits);
}

/** Whether a number is one a card may bear: issuer range, length, Luhn. */
export function isCard(found: string): boolean {
  const digits = digitsOf(found);
  if (!isCardLike(found)) return false;
  return issuers.some(([from, to, lengths]) => {
    const head = Number(digits.slice(0, String(from).length).join(''));
    return head >= from && head <= to && lengths.includes(digits.length);
  });
}

export function isIban(found: string): boolean {
  const text = alnumOf(found);
  return ibanLengths[text.slice(0, 2)] === text.length && mod97(text.slice(4) + text.slice(0, 4)) === 1;
}

const countryCodes = new Set([
  ...Object.keys(ibanLengths),
  ...'US CA AU NZ JP CN HK SG IN KR TW TH MY ID PH VN ZA NG KE MA MX AR CL CO PE UY'.split(' '),
]);

/** Cards, accounts, transfers. */
export const finance: readonly Recognizer[] = [
  {
    type: 'CREDIT_CARD',
    name: 'card number',
    family: 'finance',
    trigger: 'number',
    pattern: cardNumber,
    score: 0.8,
    context: cardWords,
    contextScore: 1,
    validate: isCard,
    check: 'issuer ranges and lengths, Luhn',
  },
  {
    type: 'CREDIT_CARD',
    name: 'card number of another issuer',
    family: 'finance',
    trigger: 'number',
    pattern: cardNumber,
    score: 0.1,
    context: cardWords,
    contextScore: 0.85,
    validate: isCardLike,
    check: 'Luhn; needs a context word',
  },
  {
    type: 'CARD_SECURITY_CODE',
    name: 'labelled CVV',
    family: 'finance',
    trigger: 'digit',
    pattern:
      /(?<!\w)(?:cvv2?|cvc2?|csc|security code|card verification (?:code|value))\s{0,2}(?:is|:|=|#)?\s{0,2}(?<v>\d{3,4})(?!\d)/gi,
    score: 0.85,
  },
  {
    type: 'IBAN_CODE',
    name: 'IBAN',
    family: 'finance',
    trigger: 'number',
    pattern: /(?<![A-Za-z0-9])[A-Za-z]{2}\d{2}(?:[ -]?[A-Za-z0-9]{4}){2,7}(?:[ -]?[A-Za-z0-9]{1,3})?(?![A-Za-z0-9])/g,
    score: 1,
    validate: isIban,
    check: 'length of the country, mod 97',
  },
  {
    type: 'SWIFT_BIC',
    name: 'BIC',
    family: 'finance',
    pattern: /(?<![A-Za-z0-9])[A-Z]{4}[A-Z]{2}[A-Z0-9]{2}(?:[A-Z0-9]{3})?(?![A-Za-z0-9])/g,
    score: 0.2,
    context: ['bic', 'swift', 'swift code', 'swift-code', 'bank identifier'],
    validate: (found) => countryCodes.has(found.slice(4, 6)),
    check: 'country code; needs a context word',
  },
  {
    type: 'ABA_ROUTING_NUMBER',
    name: 'routing number',
    family: 'finance',
    country: 'US',
    trigger: 'number',
    pattern: /(?<![\w-])\d{9}(?![\w-])/g,
    score: 0.05,
    context: ['aba', 'routing', 'routing number', 'rtn', 'transit number'],
    validate: (found) =>
      /^(?:0\d|1[0-2]|2[1-9]|3[0-2]|6[1-9]|7[0-2]|80)/.test(found) &&
      weighted(digitsOf(found), [3, 7, 1, 3, 7, 1, 3, 7, 1]) % 10 === 0,
    check: 'Federal Reserve prefixes, weights 3 7 1',
  },
  {
    type: 'UK_SORT_CODE',
    name: 'sort code',
    family: 'finance',
    country: 'GB',
    trigger: 'number',
    pattern: /(?<![\w-])\d{2}[- ]?\d{2}[- ]?\d{2}(?![\w-])/g,
    score: 0.05,
    context: ['sort code', 'sort-code', 'sortcode', 'sc'],
    check: 'needs a context word',
  },
  {
    type: 'IN_UPI_ID',
    name: 'UPI address',
    family: 'finance',
    country: 'IN',
    pattern:
      /(?<![\w.@-])[a-z0-9][\w.-]{1,60}@(?:upi|paytm|ybl|ibl|axl|okaxis|okhdfcbank|okicici|oksbi|apl|sbi|icici|hdfcbank|axisbank)(?!\w|\.\w)/gi,
    score: 0.85,
    check: 'known handles',
  },
];
