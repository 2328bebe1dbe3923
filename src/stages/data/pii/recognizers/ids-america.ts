import { alnumOf, digitsOf, isMonthDay, isTrivial, luhn, pair, weighted } from '../checks/digits.js';
import type { NationalId } from './national.js';

const mod11 = (digits: readonly number[], weights: readonly number[]): number =>
  ((weighted(digits, weights) * 10) % 11) % 10;

/** Social Security Administration: no area 000, 666 or 9xx, no group 00, no serial 0000; numbers from advertisements. */
function isSsn(found: string): boolean {
  const text = digitsOf(found).join('');
  return (
    !/^(?:000|666|9)/.test(text) &&
    text.slice(3, 5) !== '00' &&
    !text.endsWith('0000') &&
    text !== '078051120' &&
    text !== '219099999' &&
    !isTrivial(digitsOf(found))
  );
}

/** North and South America. */
export const americanIds: readonly NationalId[] = [
  {
    type: 'US_SSN',
    name: 'social security number',
    country: 'US',
    form: String.raw`\d{3}-\d{2}-\d{4}`,
    alone: 0.7,
    check: 'no area 000, 666, 9xx; no group 00; no serial 0000',
    validate: isSsn,
    context: ['ssn', 'social security', 'social', 'ss#', 'ssns', 'sin'],
  },
  {
    type: 'US_SSN',
    name: 'social security number, spaced or plain',
    country: 'US',
    form: String.raw`\d{3}[ .]\d{2}[ .]\d{4}|\d{9}`,
    alone: 0.1,
    check: 'as above; needs a context word',
    validate: isSsn,
    context: ['ssn', 'social security', 'social', 'ss#', 'ssns'],
  },
  {
    type: 'US_ITIN',
    name: 'taxpayer number',
    country: 'US',
    form: String.raw`9\d{2}[- ]?(?:5\d|6[0-5]|7\d|8[0-8]|9[0-24-9])[- ]?\d{4}`,
    alone: 0.3,
    check: 'area 9xx, groups 50–65, 70–88, 90–92, 94–99',
    context: ['itin', 'taxpayer', 'individual taxpayer', 'tax', 'tin'],
  },
  {
    type: 'US_EIN',
    name: 'employer number',
    country: 'US',
    form: String.raw`(?:0[1-6]|1[0-6]|2[0-7]|3[0-9]|4[0-8]|5[0-9]|6[0-8]|7[1-7]|8[0-8]|9[0-589])-\d{7}`,
    alone: 0.25,
    check: 'prefixes of the IRS',
    context: ['ein', 'employer identification', 'fein', 'tax id'],
  },
  {
    type: 'US_PASSPORT',
    name: 'passport',
    country: 'US',
    form: String.raw`[A-Z]\d{8}|\d{9}`,
    alone: 0.05,
    check: 'needs a context word',
    context: ['us passport', 'u.s. passport', 'american passport', 'united states passport'],
  },
  {
    type: 'CA_SIN',
    name: 'social insurance number',
    country: 'CA',
    form: String.raw`[1-79]\d{2}[- ]?\d{3}[- ]?\d{3}`,
    check: 'Luhn, no leading 0 or 8',
    validate: (found) => luhn(digitsOf(found)) && !isTrivial(digitsOf(found)),
    context: ['sin', 'social insurance', 'nas', 'assurance sociale', 'canada'],
  },
  {
    type: 'MX_CURP',
    name: 'CURP',
    country: 'MX',
    alone: 0.9,
    form: String.raw`[A-Z]{4}\d{6}[HMX][A-Z]{5}[A-Z\d]\d`,
    check: 'date, weights 18 … 2 modulo 10',
    context: ['curp'],
    validate: (found) => {
      const signs = '0123456789ABCDEFGHIJKLMNÑOPQRSTUVWXYZ';
      let sum = 0;
      for (let i = 0; i < 17; i++) sum += signs.indexOf(found[i]) * (18 - i);
      return (
        (10 - (sum % 10)) % 10 === Number(found[17]) &&
        isMonthDay(Number(found.slice(6, 8)), Number(found.slice(8, 10)))
      );
    },
  },
  {
    type: 'MX_RFC',
    name: 'RFC',
    country: 'MX',
    alone: 0.3,
    form: String.raw`[A-ZÑ&]{3,4}\d{6}[A-Z\d]{2}[A\d]`,
    check: 'date',
    context: ['rfc', 'registro federal', 'contribuyentes'],
    validate: (found) => isMonthDay(Number(found.slice(-7, -5)), Number(found.slice(-5, -3))),
  },
  {
    type: 'BR_CPF',
    name: 'CPF',
    country: 'BR',
    form: String.raw`\d{3}\.\d{3}\.\d{3}-\d{2}|\d{9}-\d{2}|\d{11}`,
    check: 'two digits modulo 11',
    context: ['cpf', 'cadastro', 'contribuinte'],
    validate: (found) => {
      const d = digitsOf(found);
      return (
        !isTrivial(d) &&
        mod11(d, [10, 9, 8, 7, 6, 5, 4, 3, 2]) === d[9] &&
        mod11(d, [11, 10, 9, 8, 7, 6, 5, 4, 3, 2]) === d[10]
      );
    },
  },
  {
    type: 'BR_CNPJ',
    name: 'CNPJ',
    country: 'BR',
    alone: 0.5,
    form: String.raw`\d{2}\.\d{3}\.\d{3}/\d{4}-\d{2}|\d{14}`,
    check: 'two digits modulo 11',
    context: ['cnpj', 'empresa'],
    validate: (found) => {
      const d = digitsOf(found);
      return (
        !isTrivial(d) &&
        mod11(d, [5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2]) === d[12] &&
        mod11(d, [6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2]) === d[13]
      );
    },
  },
  {
    type: 'AR_CUIT',
    name: 'CUIT',
    country: 'AR',
    alone: 0.3,
    form: String.raw`(?:20|23|24|27|30|33|34)-?\d{8}-?\d`,
    check: 'weights 5 4 3 2 7 6 5 4 3 2 modulo 11',
    context: ['cuit', 'cuil'],
    validate: (found) => {
      const d = digitsOf(found);
      const check = (11 - (weighted(d, [5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11)) % 11;
      return (check === 10 ? 9 : check) === d[10];
    },
  },
  {
    type: 'CL_RUT',
    name: 'RUT',
    country: 'CL',
    alone: 0.45,
    anyCase: true,
    form: String.raw`\d{1,2}\.\d{3}\.\d{3}-[\dK]|\d{7,8}-[\dK]`,
    check: 'weights 2 … 7 modulo 11',
    context: ['rut', 'run', 'rol único'],
    validate: (found) => {
      const text = alnumOf(found);
      let sum = 0;
      for (let i = text.length - 2, weight = 2; i >= 0; i--, weight = weight === 7 ? 2 : weight + 1)
        sum += Number(text[i]) * weight;
      const check = 11 - (sum % 11);
      return text.at(-1) === (check === 11 ? '0' : check === 10 ? 'K' : String(check));
    },
  },
  {
    type: 'CO_NIT',
    name: 'NIT',
    country: 'CO',
    form: String.raw`\d{3}\.?\d{3}\.?\d{3}-\d`,
    check: 'primes modulo 11',
    context: ['nit', 'cédula'],
    validate: (found) => {
      const d = digitsOf(found);
      const rest = weighted(d.slice(0, 9), [41, 37, 29, 23, 19, 17, 13, 7, 3]) % 11;
      return (rest > 1 ? 11 - rest : rest) === d[9];
    },
  },
  {
    type: 'EC_CI',
    name: 'cédula',
    country: 'EC',
    form: String.raw`\d{9}-?\d`,
    check: 'province, Luhn',
    context: ['cédula', 'cedula', 'ecuador'],
    validate: (found) =>
      pair(digitsOf(found), 0) >= 1 &&
      pair(digitsOf(found), 0) <= 24 &&
      digitsOf(found)[2] < 6 &&
      luhn(digitsOf(found)),
  },
];
