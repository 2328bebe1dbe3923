import {
  alnumOf,
  digitsOf,
  isMonthDay,
  isTrivial,
  luhn,
  mod11_10,
  mrzCheck,
  pair,
  weighted,
} from '../checks/digits.js';
import type { NationalId } from './national.js';

const dniLetters = 'TRWAGMYFPDXBNJZSQVHLCKE';

/** Letters that stand for digits in a codice fiscale of namesakes (omocodia). */
const omocodia = (text: string): string => text.replace(/[LMNPQRSTUV]/g, (sign) => String('LMNPQRSTUV'.indexOf(sign)));
const oddValues = [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23];

/** Decreto ministeriale 12/03/1974: odd places by table, even places by value, letter modulo 26. */
function isCodiceFiscale(found: string): boolean {
  const text = found.toUpperCase();
  let sum = 0;
  for (let i = 0; i < 15; i++) {
    const code = text.charCodeAt(i);
    const value = code <= 57 ? code - 48 : code - 65;
    sum += i % 2 === 0 ? oddValues[value] : value;
  }
  const day = Number(omocodia(text.slice(9, 11)));
  return text.charCodeAt(15) - 65 === sum % 26 && day >= 1 && day <= 71 && day % 40 <= 31;
}

/** Western and southern Europe. */
export const westernIds: readonly NationalId[] = [
  {
    type: 'UK_NHS',
    name: 'NHS number',
    country: 'GB',
    form: String.raw`\d{3}[- ]\d{3}[- ]\d{4}|\d{10}`,
    check: 'weights 10 … 2 modulo 11',
    context: ['nhs', 'national health', 'health service', 'patient'],
    validate: (found) => {
      const d = digitsOf(found);
      const rest = (11 - (weighted(d, [10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11)) % 11;
      return rest === d[9] && !isTrivial(d);
    },
  },
  {
    type: 'UK_NINO',
    name: 'national insurance number',
    country: 'GB',
    alone: 0.75,
    anyCase: true,
    form: String.raw`(?!bg|gb|nk|kn|nt|tn|zz|BG|GB|NK|KN|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z][ -]?\d{2}[ -]?\d{2}[ -]?\d{2}[ -]?[A-D]`,
    check: 'letters of HMRC',
    context: ['national insurance', 'nino', 'ni number', 'insurance number'],
  },
  {
    type: 'UK_UTR',
    name: 'tax reference',
    country: 'GB',
    form: String.raw`\d{10}|\d{5} \d{5}`,
    check: 'weights 6 7 8 9 10 5 4 3 2 modulo 11',
    context: ['utr', 'unique taxpayer reference', 'tax reference', 'self assessment'],
    validate: (found) => {
      const d = digitsOf(found);
      return [2, 1, 9, 8, 7, 6, 5, 4, 3, 2, 1][weighted(d.slice(1), [6, 7, 8, 9, 10, 5, 4, 3, 2]) % 11] === d[0];
    },
  },
  {
    type: 'UK_DRIVER_LICENSE',
    name: 'driving licence',
    country: 'GB',
    alone: 0.75,
    anyCase: true,
    form: String.raw`[A-Z9]{5}\d[0156]\d[0-3]\d\d[A-Z9]{2}\d[A-Z]{2}(?:\d{2})?`,
    check: 'month and day',
    context: ['driving licence', 'dvla', 'licence'],
    validate: (found) =>
      isMonthDay(Number(found.slice(6, 8)) % 50, Number(found.slice(8, 10))) && /^[A-Z]{2}/i.test(found),
  },
  {
    type: 'IE_PPS',
    name: 'PPS number',
    country: 'IE',
    alone: 0.5,
    form: String.raw`\d{7}[A-W][A-ITWX]?`,
    check: 'weights 8 … 2, letter modulo 23',
    context: ['pps', 'ppsn', 'personal public service', 'ireland'],
    validate: (found) => {
      const second = found[8] && !'TWX'.includes(found[8]) ? found.charCodeAt(8) - 64 : 0;
      const rest = (weighted(digitsOf(found), [8, 7, 6, 5, 4, 3, 2]) + second * 9) % 23;
      return 'WABCDEFGHIJKLMNOPQRSTUV'[rest] === found[7];
    },
  },
  {
    type: 'DE_TAX_ID',
    name: 'Steuer-ID',
    country: 'DE',
    form: String.raw`[1-9]\d{10}|[1-9]\d \d{3} \d{3} \d{3}`,
    check: 'ISO 7064 MOD 11,10; one digit twice or thrice',
    context: [
      'steuer-id',
      'steuerid',
      'steueridentifikationsnummer',
      'identifikationsnummer',
      'steuerliche',
      'idnr',
      'steuernummer',
      'tin',
      'german tax',
    ],
    validate: (found) => {
      const d = digitsOf(found);
      const counts = Array.from({ length: 10 }, (_, digit) => d.slice(0, 10).filter((other) => other === digit).length);
      return mod11_10(d) && counts.filter((count) => count > 1).length === 1 && Math.max(...counts) <= 3;
    },
  },
  {
    type: 'DE_ID_CARD',
    name: 'Personalausweis or Reisepass',
    country: 'DE',
    form: String.raw`[CFGHJKLMNPRTVWXYZ][CFGHJKLMNPRTVWXYZ0-9]{8}\d?D?`,
    check: 'weights 7 3 1 where the check digit is given; needs a context word',
    context: [
      'personalausweis',
      'ausweisnummer',
      'ausweis',
      'personalausweisnummer',
      'reisepass',
      'reisepassnummer',
      'id card',
      'identity card',
      'german id',
      'perso',
    ],
    validate: (found) =>
      /\d/.test(found) && (found.replace(/D$/, '').length === 9 || mrzCheck(found.slice(0, 9)) === Number(found[9])),
  },
  {
    type: 'DE_SOCIAL_SECURITY',
    name: 'Rentenversicherungsnummer',
    country: 'DE',
    alone: 0.6,
    form: String.raw`\d{2} ?[0-3]\d[01]\d{3} ?[A-Z] ?\d{3}`,
    check: 'weights 2 1 2 5 7 1 2 1 2 1 2 1, cross sums',
    context: [
      'rentenversicherung',
      'rentenversicherungsnummer',
      'sozialversicherungsnummer',
      'sozialversicherung',
      'rvnr',
      'svnr',
      'versicherungsnummer',
    ],
    validate: (found) => {
      const text = alnumOf(found);
      const letter = String(text.charCodeAt(8) - 64).padStart(2, '0');
      const d = digitsOf(text.slice(0, 8) + letter + text.slice(9));
      const sum = [2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1].reduce((all, weight, i) => {
        const product = d[i] * weight;
        return all + Math.floor(product / 10) + (product % 10);
      }, 0);
      return sum % 10 === d[12];
    },
  },
  {
    type: 'FR_NIR',
    name: 'NIR',
    country: 'FR',
    alone: 0.85,
    form: String.raw`[1-478] ?\d{2} ?(?:0[1-9]|1[0-2]|[2-9]\d) ?(?:\d{2}|2[AB]) ?\d{3} ?\d{3} ?\d{2}`,
    check: '97 − number modulo 97; Corsica 2A, 2B',
    context: ['nir', 'sécurité sociale', 'securite sociale', 'numéro de sécu', 'insee', 'assuré', 'sécu'],
    validate: (found) => {
      const text = alnumOf(found).replace('2A', '19').replace('2B', '18');
      return 97n - (BigInt(text.slice(0, 13)) % 97n) === BigInt(text.slice(13));
    },
  },
  {
    type: 'FR_TAX_ID',
    name: 'numéro fiscal',
    country: 'FR',
    form: String.raw`[0-3]\d ?\d{2} ?\d{3} ?\d{3} ?\d{3}`,
    check: 'modulo 511',
    context: ['numéro fiscal', 'numero fiscal', 'spi', 'référence fiscale', 'impôts'],
    validate: (found) => {
      const text = digitsOf(found).join('');
      return Number(text.slice(0, 10)) % 511 === Number(text.slice(10));
    },
  },
  {
    type: 'ES_NIF',
    name: 'NIF',
    country: 'ES',
    alone: 0.6,
    anyCase: true,
    form: String.raw`\d{8}[- ]?[A-HJ-NP-TV-Z]|\d{2}\.\d{3}\.\d{3}-?[A-HJ-NP-TV-Z]`,
    check: 'letter modulo 23',
    context: ['nif', 'dni', 'documento nacional', 'identidad', 'identificación'],
    validate: (found) => dniLetters[Number(digitsOf(found).join('')) % 23] === alnumOf(found)[8],
  },
  {
    type: 'ES_NIE',
    name: 'NIE',
    country: 'ES',
    alone: 0.7,
    anyCase: true,
    form: String.raw`[XYZ][- ]?\d{7}[- ]?[A-HJ-NP-TV-Z]`,
    check: 'letter modulo 23',
    context: ['nie', 'extranjero', 'identificación de extranjero'],
    validate: (found) => {
      const text = alnumOf(found);
      return dniLetters[Number('XYZ'.indexOf(text[0]) + text.slice(1, 8)) % 23] === text[8];
    },
  },
  {
    type: 'PT_NIF',
    name: 'NIF',
    country: 'PT',
    form: String.raw`[1-9]\d{2} ?\d{3} ?\d{3}`,
    check: 'weights 9 … 2 modulo 11',
    context: ['nif', 'contribuinte', 'número de identificação fiscal', 'finanças'],
    validate: (found) => {
      const d = digitsOf(found);
      const rest = weighted(d, [9, 8, 7, 6, 5, 4, 3, 2]) % 11;
      return (rest < 2 ? 0 : 11 - rest) === d[8];
    },
  },
  {
    type: 'IT_FISCAL_CODE',
    name: 'codice fiscale',
    country: 'IT',
    alone: 0.95,
    anyCase: true,
    form: String.raw`[A-Z]{6}[\dLMNP-V]{2}[A-EHLMPRST][\dLMNP-V]{2}[A-Z][\dLMNP-V]{3}[A-Z]`,
    check: 'letter modulo 26, omocodia, day',
    context: ['codice fiscale', 'fiscal code', 'cf', 'c.f.'],
    validate: isCodiceFiscale,
  },
  {
    type: 'IT_VAT_CODE',
    name: 'partita IVA',
    country: 'IT',
    form: String.raw`(?:IT)?\d{11}`,
    check: 'Luhn',
    context: ['partita iva', 'p.iva', 'p. iva', 'piva', 'vat'],
    validate: (found) => luhn(digitsOf(found)) && !isTrivial(digitsOf(found)),
  },
  {
    type: 'IT_IDENTITY_CARD',
    name: 'carta d’identità',
    country: 'IT',
    alone: 0.1,
    anyCase: true,
    form: String.raw`[A-Z]{2}\d{5}[A-Z]{2}|[A-Z]{2} ?\d{7}`,
    check: 'needs a context word',
    context: ['carta d’identità', "carta d'identità", "carta d'identita", 'identity card', 'carta identità', 'cie'],
  },
  {
    type: 'NL_BSN',
    name: 'BSN',
    country: 'NL',
    form: String.raw`\d{9}|\d{4}[. ]\d{2}[. ]\d{3}`,
    check: 'weights 9 … 2, −1 modulo 11',
    context: ['bsn', 'burgerservicenummer', 'sofinummer', 'sofi', 'citizen service number'],
    validate: (found) =>
      weighted(digitsOf(found), [9, 8, 7, 6, 5, 4, 3, 2, -1]) % 11 === 0 && !isTrivial(digitsOf(found)),
  },
  {
    type: 'BE_NRN',
    name: 'rijksregisternummer',
    country: 'BE',
    alone: 0.4,
    form: String.raw`\d{2}[.-]?\d{2}[.-]?\d{2}[-. ]?\d{3}[-. ]?\d{2}`,
    check: '97 − number modulo 97, 2 before it from 2000',
    context: [
      'rijksregister',
      'rijksregisternummer',
      'registre national',
      'niss',
      'insz',
      'national register',
      'numéro national',
    ],
    validate: (found) => {
      const text = digitsOf(found).join('');
      const check = Number(text.slice(9));
      return (
        (97 - (Number(text.slice(0, 9)) % 97) === check ||
          (text < '4' && 97 - (Number(`2${text.slice(0, 9)}`) % 97) === check)) &&
        Number(text.slice(2, 4)) % 20 <= 12
      );
    },
  },
  {
    type: 'AT_SVNR',
    name: 'Sozialversicherungsnummer',
    country: 'AT',
    form: String.raw`[1-9]\d{3}[ /-]?[0-3]\d[01]\d\d{2}`,
    check: 'weights 3 7 9 5 8 4 2 1 6 modulo 11',
    context: ['sozialversicherungsnummer', 'sv-nummer', 'svnr', 'sv-nr', 'e-card', 'österreich'],
    validate: (found) => {
      const d = digitsOf(found);
      return weighted([...d.slice(0, 3), ...d.slice(4)], [3, 7, 9, 5, 8, 4, 2, 1, 6]) % 11 === d[3];
    },
  },
  {
    type: 'CH_AHV',
    name: 'AHV-Nummer',
    country: 'CH',
    alone: 0.85,
    form: String.raw`756\.?\d{4}\.?\d{4}\.?\d{2}`,
    check: 'EAN-13',
    context: ['ahv', 'avs', 'ahv-nummer', 'sozialversicherung', 'numéro avs'],
    validate: (found) => {
      const d = digitsOf(found);
      return (10 - (weighted(d, [1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3]) % 10)) % 10 === d[12];
    },
  },
  {
    type: 'GR_AMKA',
    name: 'AMKA',
    country: 'GR',
    form: String.raw`[0-3]\d[01]\d{8}`,
    check: 'date, Luhn',
    context: ['amka', 'αμκα'],
    validate: (found) => luhn(digitsOf(found)) && isMonthDay(pair(digitsOf(found), 2), pair(digitsOf(found), 0)),
  },
];
