import { alnumOf, digitsOf, isMonthDay, luhn, mod11_10, pair, weighted } from '../checks/digits.js';
import type { NationalId } from './national.js';

/** Baltic personal code: weights 1 … 9, 1, then 3 … 9, 1, 2, 3 where the first rest is ten. */
function isBaltic(found: string): boolean {
  const d = digitsOf(found);
  let rest = weighted(d, [1, 2, 3, 4, 5, 6, 7, 8, 9, 1]) % 11;
  if (rest === 10) rest = (weighted(d, [3, 4, 5, 6, 7, 8, 9, 1, 2, 3]) % 11) % 10;
  return rest === d[10] && d[0] > 0 && isMonthDay(pair(d, 3), pair(d, 5));
}

/** Northern and eastern Europe. */
export const northEasternIds: readonly NationalId[] = [
  {
    type: 'SE_PERSONNUMMER',
    name: 'personnummer',
    country: 'SE',
    alone: 0.5,
    form: String.raw`(?:19|20)?\d{6}[-+]?\d{4}`,
    check: 'date (day + 60 for coordination numbers), Luhn',
    context: [
      'personnummer',
      'pnr',
      'samordningsnummer',
      'swedish personal',
      'person nr',
      'personal identity number',
      'personal number',
    ],
    validate: (found) => {
      const d = digitsOf(found).slice(-10);
      return luhn(d) && isMonthDay(pair(d, 2), pair(d, 4) > 60 ? pair(d, 4) - 60 : pair(d, 4));
    },
  },
  {
    type: 'NO_FODSELSNUMMER',
    name: 'fødselsnummer',
    country: 'NO',
    alone: 0.45,
    form: String.raw`[0-7]\d[0-9]\d{3} ?\d{5}`,
    check: 'date, two digits modulo 11',
    context: ['fødselsnummer', 'fodselsnummer', 'personnummer', 'd-nummer', 'norwegian'],
    validate: (found) => {
      const d = digitsOf(found);
      const first = (11 - (weighted(d, [3, 7, 6, 1, 8, 9, 4, 5, 2]) % 11)) % 11;
      const second = (11 - (weighted(d, [5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11)) % 11;
      return first === d[9] && second === d[10] && isMonthDay(pair(d, 2) % 40, pair(d, 0) % 40);
    },
  },
  {
    type: 'DK_CPR',
    name: 'CPR-nummer',
    country: 'DK',
    alone: 0.3,
    form: String.raw`[0-3]\d[01]\d{3}[- ]?\d{4}`,
    check: 'date; needs a context word',
    context: ['cpr', 'cpr-nummer', 'cpr-nr', 'personnummer', 'danish'],
    validate: (found) => isMonthDay(pair(digitsOf(found), 2), pair(digitsOf(found), 0)),
  },
  {
    type: 'FI_PERSONAL_IDENTITY_CODE',
    name: 'henkilötunnus',
    country: 'FI',
    alone: 0.9,
    form: String.raw`[0-3]\d[01]\d{3}[-+A-FU-Y]\d{3}[0-9A-FHJ-NPR-Y]`,
    check: 'date, sign modulo 31',
    context: ['henkilötunnus', 'hetu', 'personbeteckning', 'finnish'],
    validate: (found) =>
      '0123456789ABCDEFHJKLMNPRSTUVWXY'[Number(found.slice(0, 6) + found.slice(7, 10)) % 31] === found[10] &&
      isMonthDay(Number(found.slice(2, 4)), Number(found.slice(0, 2))),
  },
  {
    type: 'IS_KENNITALA',
    name: 'kennitala',
    country: 'IS',
    form: String.raw`[0-7]\d[01]\d{3}-?\d{3}[09]`,
    check: 'date, weights 3 2 7 6 5 4 3 2 modulo 11',
    context: ['kennitala', 'kt', 'icelandic'],
    validate: (found) => {
      const d = digitsOf(found);
      return (
        (11 - (weighted(d, [3, 2, 7, 6, 5, 4, 3, 2]) % 11)) % 11 === d[8] && isMonthDay(pair(d, 2), pair(d, 0) % 40)
      );
    },
  },
  {
    type: 'PL_PESEL',
    name: 'PESEL',
    country: 'PL',
    form: String.raw`\d{11}`,
    check: 'date with its century, weights 1 3 7 9 modulo 10',
    context: ['pesel', 'polish', 'ewidencyjny'],
    validate: (found) => {
      const d = digitsOf(found);
      return weighted(d, [1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1]) % 10 === 0 && isMonthDay(pair(d, 2) % 20, pair(d, 4));
    },
  },
  {
    type: 'PL_NIP',
    name: 'NIP',
    country: 'PL',
    form: String.raw`\d{3}-\d{3}-\d{2}-\d{2}|\d{3}-\d{2}-\d{2}-\d{3}|\d{10}`,
    check: 'weights 6 5 7 2 3 4 5 6 7 modulo 11',
    context: ['nip', 'vat', 'podatkowej'],
    validate: (found) => weighted(digitsOf(found), [6, 5, 7, 2, 3, 4, 5, 6, 7]) % 11 === digitsOf(found)[9],
  },
  {
    type: 'CZ_BIRTH_NUMBER',
    name: 'rodné číslo',
    country: 'CZ',
    alone: 0.45,
    form: String.raw`\d{2}[0-35-8]\d[0-3]\d\/\d{3,4}`,
    check: 'date, divisible by 11',
    context: ['rodné číslo', 'rodne cislo', 'r.č.', 'rč', 'birth number'],
    validate: (found) => {
      const d = digitsOf(found);
      return (
        (d.length === 9 ||
          Number(d.join('')) % 11 === 0 ||
          (Number(d.slice(0, 9).join('')) % 11 === 10 && d[9] === 0)) &&
        isMonthDay(pair(d, 2) % 50 > 12 ? (pair(d, 2) % 50) - 20 : pair(d, 2) % 50, pair(d, 4))
      );
    },
  },
  {
    type: 'RO_CNP',
    name: 'CNP',
    country: 'RO',
    alone: 0.45,
    form: String.raw`[1-9]\d{12}`,
    check: 'date, weights 2 7 9 1 4 6 3 5 8 2 7 9 modulo 11',
    context: ['cnp', 'cod numeric personal'],
    validate: (found) => {
      const d = digitsOf(found);
      const rest = weighted(d, [2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9]) % 11;
      return (rest === 10 ? 1 : rest) === d[12] && isMonthDay(pair(d, 3), pair(d, 5));
    },
  },
  {
    type: 'BG_EGN',
    name: 'EGN',
    country: 'BG',
    form: String.raw`\d{10}`,
    check: 'date, weights 2 4 8 5 10 9 7 3 6 modulo 11',
    context: ['egn', 'егн'],
    validate: (found) => {
      const d = digitsOf(found);
      return (weighted(d, [2, 4, 8, 5, 10, 9, 7, 3, 6]) % 11) % 10 === d[9] && isMonthDay(pair(d, 2) % 20, pair(d, 4));
    },
  },
  {
    type: 'HR_OIB',
    name: 'OIB',
    country: 'HR',
    form: String.raw`\d{11}`,
    check: 'ISO 7064 MOD 11,10',
    context: ['oib', 'osobni identifikacijski'],
    validate: (found) => mod11_10(digitsOf(found)),
  },
  {
    type: 'HU_TAJ',
    name: 'TAJ szám',
    country: 'HU',
    form: String.raw`\d{3}[ -]?\d{3}[ -]?\d{3}`,
    check: 'weights 3 7 modulo 10',
    context: ['taj', 'taj szám', 'társadalombiztosítási'],
    validate: (found) => weighted(digitsOf(found), [3, 7, 3, 7, 3, 7, 3, 7]) % 10 === digitsOf(found)[8],
  },
  {
    type: 'EE_IK',
    name: 'isikukood',
    country: 'EE',
    form: String.raw`[1-8]\d{10}`,
    check: 'date, two rows of weights',
    context: ['isikukood', 'estonian'],
    validate: isBaltic,
  },
  {
    type: 'LT_AK',
    name: 'asmens kodas',
    country: 'LT',
    form: String.raw`[1-8]\d{10}`,
    check: 'date, two rows of weights',
    context: ['asmens kodas', 'lithuanian'],
    validate: isBaltic,
  },
  {
    type: 'LV_PK',
    name: 'personas kods',
    country: 'LV',
    alone: 0.45,
    form: String.raw`[0-3]\d[01]\d{3}-[0-2]\d{4}`,
    check: 'date, weights modulo 11',
    context: ['personas kods', 'latvian'],
    validate: (found) => {
      const d = digitsOf(found);
      return (
        ((1 + weighted(d, [10, 5, 8, 4, 2, 1, 6, 3, 7, 9])) % 11) % 10 === d[10] && isMonthDay(pair(d, 2), pair(d, 0))
      );
    },
  },
  {
    type: 'TR_TCKN',
    name: 'T.C. kimlik no',
    country: 'TR',
    form: String.raw`[1-9]\d{10}`,
    check: 'two sums modulo 10',
    context: ['tckn', 'tc kimlik', 't.c. kimlik', 'kimlik'],
    validate: (found) => {
      const d = digitsOf(found);
      const odd = d[0] + d[2] + d[4] + d[6] + d[8];
      const even = d[1] + d[3] + d[5] + d[7];
      return (((odd * 7 - even) % 10) + 10) % 10 === d[9] && (odd + even + d[9]) % 10 === d[10];
    },
  },
  {
    type: 'UA_RNOKPP',
    name: 'RNOKPP',
    country: 'UA',
    form: String.raw`\d{10}`,
    check: 'weights −1 5 7 9 4 6 10 5 7 modulo 11',
    context: ['рнокпп', 'rnokpp', 'ідентифікаційний', 'іпн'],
    validate: (found) =>
      (((weighted(digitsOf(found), [-1, 5, 7, 9, 4, 6, 10, 5, 7]) % 11) + 11) % 11) % 10 === digitsOf(found)[9],
  },
  {
    type: 'RU_INN',
    name: 'ИНН',
    country: 'RU',
    form: String.raw`\d{12}`,
    check: 'two digits modulo 11',
    context: ['инн', 'inn'],
    validate: (found) => {
      const d = digitsOf(found);
      return (
        (weighted(d, [7, 2, 4, 10, 3, 5, 9, 4, 6, 8]) % 11) % 10 === d[10] &&
        (weighted(d, [3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8]) % 11) % 10 === d[11]
      );
    },
  },
  {
    type: 'RU_SNILS',
    name: 'СНИЛС',
    country: 'RU',
    alone: 0.6,
    form: String.raw`\d{3}-\d{3}-\d{3}[- ]\d{2}`,
    check: 'weights 9 … 1 modulo 101',
    context: ['снилс', 'snils'],
    validate: (found) =>
      (weighted(digitsOf(found), [9, 8, 7, 6, 5, 4, 3, 2, 1]) % 101) % 100 === Number(alnumOf(found).slice(9)),
  },
];
