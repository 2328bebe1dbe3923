import {
  alnumOf,
  digitsOf,
  isDay,
  isMonthDay,
  isTrivial,
  luhn,
  mod11_2,
  pair,
  verhoeff,
  weighted,
} from '../checks/digits.js';
import type { NationalId } from './national.js';

/** Asia, Oceania and Africa. */
export const asianIds: readonly NationalId[] = [
  {
    type: 'IN_AADHAAR',
    name: 'Aadhaar',
    country: 'IN',
    alone: 0.35,
    form: String.raw`[2-9]\d{3}[ -]\d{4}[ -]\d{4}|[2-9]\d{11}`,
    check: 'Verhoeff',
    context: ['aadhaar', 'aadhar', 'uidai', 'uid', 'आधार'],
    validate: (found) => verhoeff(digitsOf(found)) && !isTrivial(digitsOf(found)),
  },
  {
    type: 'IN_PAN',
    fewDigits: true,
    name: 'PAN',
    country: 'IN',
    alone: 0.65,
    form: String.raw`[A-Z]{3}[ABCFGHLJPTK][A-Z]\d{4}[A-Z]`,
    check: 'letter of the holder’s kind',
    context: ['pan', 'permanent account', 'income tax'],
    validate: (found) => found.slice(5, 9) !== '0000',
  },
  {
    type: 'IN_VOTER',
    name: 'EPIC',
    country: 'IN',
    alone: 0.1,
    form: String.raw`[A-Z]{3}\d{7}`,
    check: 'needs a context word',
    context: ['voter', 'epic', 'elector'],
  },
  {
    type: 'IN_PASSPORT',
    name: 'passport',
    country: 'IN',
    alone: 0.05,
    form: String.raw`[A-PR-WY][1-9]\d ?\d{4}[1-9]`,
    check: 'needs a context word',
    context: ['indian passport', 'india', 'indian'],
  },
  {
    type: 'IN_GSTIN',
    name: 'GSTIN',
    country: 'IN',
    alone: 0.9,
    form: String.raw`[0-3]\d[A-Z]{5}\d{4}[A-Z][1-9A-Z]Z[\dA-Z]`,
    check: 'sign modulo 36',
    context: ['gst', 'gstin'],
    validate: (found) => {
      const signs = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ';
      let sum = 0;
      for (let i = 0; i < 14; i++) {
        const product = signs.indexOf(found[i]) * (i % 2 === 0 ? 1 : 2);
        sum += Math.floor(product / 36) + (product % 36);
      }
      return signs[(36 - (sum % 36)) % 36] === found[14];
    },
  },
  {
    type: 'AU_TFN',
    name: 'tax file number',
    country: 'AU',
    form: String.raw`\d{3}[ -]?\d{3}[ -]?\d{3}`,
    check: 'weights 1 4 3 7 5 8 6 9 10 modulo 11',
    context: ['tfn', 'tax file'],
    validate: (found) =>
      weighted(digitsOf(found), [1, 4, 3, 7, 5, 8, 6, 9, 10]) % 11 === 0 && !isTrivial(digitsOf(found)),
  },
  {
    type: 'AU_ABN',
    name: 'ABN',
    country: 'AU',
    alone: 0.3,
    form: String.raw`[1-9]\d ?\d{3} ?\d{3} ?\d{3}`,
    check: 'weights 10 1 3 … 19 modulo 89',
    context: ['abn', 'australian business'],
    validate: (found) => {
      const d = digitsOf(found);
      d[0] -= 1;
      return weighted(d, [10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19]) % 89 === 0;
    },
  },
  {
    type: 'AU_ACN',
    name: 'ACN',
    country: 'AU',
    form: String.raw`\d{3} ?\d{3} ?\d{3}`,
    check: 'weights 8 … 1 modulo 10',
    context: ['acn', 'australian company'],
    validate: (found) => (10 - (weighted(digitsOf(found), [8, 7, 6, 5, 4, 3, 2, 1]) % 10)) % 10 === digitsOf(found)[8],
  },
  {
    type: 'AU_MEDICARE',
    name: 'Medicare card',
    country: 'AU',
    form: String.raw`[2-6]\d{3}[ -]?\d{5}[ -]?\d(?:[ /-]?\d)?`,
    check: 'weights 1 3 7 9 modulo 10',
    context: ['medicare', 'medicare card', 'medicare number'],
    validate: (found) => weighted(digitsOf(found), [1, 3, 7, 9, 1, 3, 7, 9]) % 10 === digitsOf(found)[8],
  },
  {
    type: 'NZ_IRD',
    name: 'IRD number',
    country: 'NZ',
    form: String.raw`\d{2,3}-?\d{3}-?\d{3}`,
    check: 'weights 3 2 7 6 5 4 3 2 modulo 11',
    context: ['ird', 'inland revenue'],
    validate: (found) => {
      const d = digitsOf(found);
      if (d.length === 8) d.unshift(0);
      if (Number(d.join('')) < 10_000_000 || Number(d.join('')) > 150_000_000) return false;
      const first = (11 - (weighted(d, [3, 2, 7, 6, 5, 4, 3, 2]) % 11)) % 11;
      const check = first === 10 ? (11 - (weighted(d, [7, 4, 3, 2, 5, 2, 7, 6]) % 11)) % 11 : first;
      return check === d[8];
    },
  },
  {
    type: 'SG_NRIC_FIN',
    name: 'NRIC or FIN',
    country: 'SG',
    alone: 0.85,
    anyCase: true,
    form: String.raw`[STFGM]\d{7}[A-Z]`,
    check: 'weights 2 7 6 5 4 3 2, letter modulo 11',
    context: ['nric', 'fin', 'singapore', 'ic number'],
    validate: (found) => {
      const text = found.toUpperCase();
      const kind = text[0];
      const sum =
        weighted(digitsOf(text), [2, 7, 6, 5, 4, 3, 2]) + (kind === 'T' || kind === 'G' ? 4 : kind === 'M' ? 3 : 0);
      const letters = kind === 'S' || kind === 'T' ? 'JZIHGFEDCBA' : kind === 'M' ? 'KLJNPQRTUWX' : 'XWUTRQPNMLK';
      const place = sum % 11;
      return letters[kind === 'M' ? 10 - place : place] === text[8];
    },
  },
  {
    type: 'CN_ID',
    name: 'resident identity number',
    country: 'CN',
    alone: 0.9,
    anyCase: true,
    form: String.raw`[1-8]\d{5}(?:19|20)\d{2}[01]\d[0-3]\d\d{3}[\dX]`,
    check: 'date, ISO 7064 MOD 11-2',
    context: ['身份证', '身份证号', 'resident identity', 'chinese id', 'id card'],
    validate: (found) =>
      mod11_2(found) && isDay(Number(found.slice(6, 10)), Number(found.slice(10, 12)), Number(found.slice(12, 14))),
  },
  {
    type: 'HK_ID',
    name: 'HKID',
    country: 'HK',
    alone: 0.75,
    form: String.raw`[A-Z]{1,2}\d{6}\([\dA]\)|[A-Z]{1,2}\d{6}[\dA]`,
    check: 'weights 9 … 1 modulo 11',
    context: ['hkid', 'hong kong', '香港'],
    validate: (found) => {
      const text = alnumOf(found).padStart(9, ' ');
      let sum = 0;
      for (let i = 0; i < 8; i++) {
        const code = text.charCodeAt(i);
        sum += (9 - i) * (code === 32 ? 36 : code <= 57 ? code - 48 : code - 55);
      }
      const check = (11 - (sum % 11)) % 11;
      return text[8] === (check === 10 ? 'A' : String(check));
    },
  },
  {
    type: 'TW_ID',
    name: 'national identification card',
    country: 'TW',
    alone: 0.6,
    form: String.raw`[A-Z][1289]\d{8}`,
    check: 'weights 1 9 8 … 1 1 modulo 10',
    context: ['taiwan', '身分證', '身分證字號'],
    validate: (found) => {
      const value = 'ABCDEFGHJKLMNPQRSTUVXYWZIO'.indexOf(found[0]) + 10;
      return (
        (Math.floor(value / 10) + (value % 10) * 9 + weighted(digitsOf(found), [8, 7, 6, 5, 4, 3, 2, 1, 1])) % 10 === 0
      );
    },
  },
  {
    type: 'JP_MY_NUMBER',
    name: 'My Number',
    country: 'JP',
    form: String.raw`\d{4}[ -]?\d{4}[ -]?\d{4}`,
    check: 'weights 6 5 4 3 2 7 6 5 4 3 2 modulo 11',
    context: ['my number', 'マイナンバー', '個人番号', 'individual number'],
    validate: (found) => {
      const rest = weighted(digitsOf(found), [6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11;
      return (rest <= 1 ? 0 : 11 - rest) === digitsOf(found)[11];
    },
  },
  {
    type: 'KR_RRN',
    name: 'resident registration number',
    country: 'KR',
    alone: 0.7,
    form: String.raw`\d{6}-[1-8]\d{6}`,
    check: 'date (numbers from October 2020 have no checksum)',
    context: ['rrn', 'resident registration', '주민등록번호', 'korea'],
    validate: (found) => isMonthDay(Number(found.slice(2, 4)), Number(found.slice(4, 6))),
  },
  {
    type: 'TH_TNIN',
    name: 'national id',
    country: 'TH',
    alone: 0.5,
    form: String.raw`[1-8][- ]?\d{4}[- ]?\d{5}[- ]?\d{2}[- ]?\d`,
    check: 'weights 13 … 2 modulo 11',
    context: ['thai', 'บัตรประชาชน', 'เลขประจำตัวประชาชน', 'citizen id'],
    validate: (found) =>
      (11 - (weighted(digitsOf(found), [13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11)) % 10 === digitsOf(found)[12],
  },
  {
    type: 'MY_NRIC',
    name: 'MyKad',
    country: 'MY',
    alone: 0.45,
    form: String.raw`\d{6}-\d{2}-\d{4}|\d{12}`,
    check: 'date, place of birth',
    context: ['mykad', 'nric', 'kad pengenalan', 'malaysia', 'ic number'],
    validate: (found) => {
      const d = digitsOf(found);
      const place = pair(d, 6);
      return (
        isMonthDay(pair(d, 2), pair(d, 4)) &&
        place > 0 &&
        place !== 17 &&
        place !== 18 &&
        place !== 19 &&
        place !== 20 &&
        (found.includes('-') || place < 60)
      );
    },
  },
  {
    type: 'ID_NIK',
    name: 'NIK',
    country: 'ID',
    form: String.raw`[1-9]\d{5}[0-7]\d[01]\d{3}\d{4}`,
    check: 'date (day + 40 for women)',
    context: ['nik', 'ktp', 'indonesia'],
    validate: (found) => isMonthDay(Number(found.slice(8, 10)), Number(found.slice(6, 8)) % 40),
  },
  {
    type: 'IL_ID',
    name: 'teudat zehut',
    country: 'IL',
    form: String.raw`\d{8}-?\d`,
    check: 'Luhn',
    context: ['teudat zehut', 'israeli id', 'ת.ז', 'תעודת זהות'],
    validate: (found) => luhn(digitsOf(found)) && !isTrivial(digitsOf(found)),
  },
  {
    type: 'AE_EMIRATES_ID',
    name: 'Emirates ID',
    country: 'AE',
    alone: 0.8,
    form: String.raw`784-?\d{4}-?\d{7}-?\d`,
    check: 'Luhn',
    context: ['emirates id', 'uae'],
    validate: (found) => luhn(digitsOf(found)),
  },
  {
    type: 'ZA_ID',
    name: 'identity number',
    country: 'ZA',
    alone: 0.5,
    form: String.raw`\d{6} ?\d{4} ?[012]\d{2}`,
    check: 'date, Luhn',
    context: ['south african', 'rsa id', 'sa id', 'identity document'],
    validate: (found) => luhn(digitsOf(found)) && isMonthDay(pair(digitsOf(found), 2), pair(digitsOf(found), 4)),
  },
  {
    type: 'NG_NIN',
    name: 'NIN',
    country: 'NG',
    alone: 0.1,
    form: String.raw`\d{11}`,
    check: 'needs a context word',
    context: ['nin', 'bvn', 'nigeria', 'nimc'],
  },
];
