// Generated positives and near misses for types without outside data. Everything is synthetic: numbers are drawn, not taken from anybody.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Random } from '../../src/base/core/index.js';
import { base62, crc32 } from '../../src/stages/data/pii/checks/encodings.js';
import { recognizers } from '../../src/stages/data/pii/index.js';
import type { LabelledText } from './presidio.js';

interface Row {
  /** How people call it. */
  readonly label: string;
  /** `#` digit, `A` capital, `a` small letter, `x` hex digit, `*` letter or digit, `yy` `mm` `dd` parts of a date; `\` takes the next sign as it is. */
  readonly forms: readonly string[];
  /** Values that are none; default: drawn from `forms` and refused by the checksum, or put where nothing calls for them. */
  readonly misses?: readonly string[];
  readonly make?: (random: Random) => string;
}

const root = fileURLToPath(new URL('../..', import.meta.url));
const golden = JSON.parse(readFileSync(join(root, 'test/golden/pii/national-ids.json'), 'utf8')) as {
  types: Record<string, { valid: string[]; invalid: string[] }>;
};
const base58 = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
const sha = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest();
function bitcoin(random: Random): string {
  const payload = Buffer.from([0, ...Array.from({ length: 20 }, () => random.int(256))]);
  const bytes = Buffer.concat([payload, sha(sha(payload)).subarray(0, 4)]);
  let value = BigInt(`0x${bytes.toString('hex')}`);
  let text = '';
  for (; value > 0n; value /= 58n) text = base58[Number(value % 58n)] + text;
  return `1${text}`;
}
const signs = (random: Random, n: number): string =>
  Array.from(
    { length: n },
    () => 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'[random.int(62)],
  ).join('');
const github = (random: Random): string => {
  const body = signs(random, 30);
  return `ghp_${body}${base62(crc32(body), 6)}`;
};

const rows: Record<string, Row> = {
  US_PASSPORT: { label: 'US passport', forms: ['#########', 'A########'] },
  MX_RFC: { label: 'RFC', forms: ['AAAAyymmdd**#'.replace('**', 'A#')], misses: ['AAAA991399A##', 'AAAA00004#A##'] },
  UK_NINO: {
    label: 'national insurance number',
    forms: ['JK ## ## ## C', 'CE######D', 'WR ## ## ## B'],
    misses: ['GB ## ## ## C', 'DQ######B', 'JK ## ## ## Z'],
  },
  UK_DRIVER_LICENSE: {
    label: 'DVLA driving licence',
    forms: ['MORGA#mmdd#SM\\9IJ', 'SMITH#mmdd#JT\\9AB'],
    misses: ['MORGA#1799#SM\\9IJ', 'SMITH#mmdd#JT'],
  },
  DE_ID_CARD: {
    label: 'Personalausweis',
    forms: ['L#\\1X#\\0T#7', 'C\\0\\1X\\0\\0T##'],
    misses: ['B#######A', 'L#######'],
  },
  DE_SOCIAL_SECURITY: { label: 'Rentenversicherungsnummer', forms: ['##ddmmyyA###'] },
  IT_IDENTITY_CARD: { label: "carta d'identità", forms: ['CA#####AA', 'AA #######'], misses: ['C#####AA', 'CA###A'] },
  DK_CPR: { label: 'CPR number', forms: ['ddmmyy-####'], misses: ['dd99yy-####', '99mmyy-####'] },
  HU_TAJ: { label: 'TAJ', forms: ['### ### ###'] },
  RU_SNILS: { label: 'SNILS', forms: ['###-###-### ##'] },
  IN_VOTER: { label: 'voter card', forms: ['AAA#######'], misses: ['AA#######', 'AAA######'] },
  IN_PASSPORT: { label: 'Indian passport', forms: ['J8#####5', 'M2#####4'], misses: ['Q8#####5', 'J8#####'] },
  AU_MEDICARE: { label: 'Medicare card', forms: ['2### ##### #', '3### ##### #'] },
  SG_NRIC_FIN: { label: 'NRIC', forms: ['S#######A', 'T#######A', 'F#######A'] },
  HK_ID: { label: 'HKID', forms: ['A######(#)', 'Z######(#)'] },
  TW_ID: { label: 'Taiwan id', forms: ['A1########', 'F2########'] },
  JP_MY_NUMBER: { label: 'My Number', forms: ['#### #### ####'] },
  ID_NIK: { label: 'NIK', forms: ['3174\\0\\1ddmmyy####'], misses: ['3174\\0199mmyy####', '317401dd'] },
  AE_EMIRATES_ID: { label: 'Emirates ID', forms: ['784-19##-#######-#'] },
  NG_NIN: { label: 'NIN', forms: ['###########'] },
  AGE_LABEL: { label: '', forms: [] },
  US_ITIN: { label: 'ITIN', forms: [], misses: ['9##-93-####', '9##-19-####', '8##-71-####'] },
  KR_RRN: { label: 'RRN', forms: [], misses: ['yy13dd-2######', 'yymm32-1######', 'yymmdd-9######'] },
  MY_NRIC: { label: 'MyKad', forms: [], misses: ['yy99dd-14-####', 'yymmdd-00-####'] },
  MEDICAL_RECORD_NUMBER: { label: 'MRN', forms: ['########', 'M######', '##-##-##'] },
  HEALTH_PLAN_NUMBER: { label: 'member ID', forms: ['AAA#########', 'W########', '####-#####'] },
  US_MBI: {
    label: 'MBI',
    forms: ['1EG\\4-TE#-MK##', '3CD7-EF#-GH##'],
    misses: ['\\0EG4-TE#-MK##', '1SG4-TE#-MK##', '1EG4TE'],
  },
  US_NPI: { label: 'NPI', forms: ['1#########'] },
  MEDICAL_LICENSE: { label: 'DEA', forms: ['BS#######', 'FM#######'] },
  US_BANK_NUMBER: { label: 'checking account', forms: ['##########', '########', '############'] },
  ACCOUNT_NUMBER: { label: 'customer number', forms: ['C-######', '##-####-##', 'KD######'] },
  CARD_SECURITY_CODE: { label: 'CVV', forms: ['###', '####'] },
  ABA_ROUTING_NUMBER: { label: 'routing number', forms: ['02#######', '12#######'] },
  UK_SORT_CODE: { label: 'sort code', forms: ['##-##-##'] },
  IN_UPI_ID: {
    label: 'UPI',
    forms: [],
    make: (random) => `${draw('aaaaa##', random)}@${random.pick(['okaxis', 'ybl', 'paytm'])}`,
    misses: ['aaaaa@aaaa', 'aaaa at ybl'],
  },
  CRYPTO: {
    label: 'wallet',
    forms: [],
    make: bitcoin,
    misses: ['1**************************', '3Aaaaaaaaaaaaaaaaaaaaaaaaaaa#'],
  },
  CERTIFICATE_NUMBER: { label: 'nursing license', forms: ['RN######', '######', 'A-#####'] },
  PASSPORT: { label: 'passport', forms: ['A#######', '##AA#####', 'C\\1X\\0\\0T478'] },
  LICENSE_PLATE: {
    label: 'license plate',
    forms: ['AAA-####', 'AB## CDE', 'B-AA ####', 'AA-###-AA'],
    misses: ['A-1', '####-######'],
  },
  VEHICLE_VIN: { label: 'chassis', forms: ['1HGCM8#633A######', 'WVWZZZ1JZ#W######', 'JH4KA8#6\\0MC######'] },
  DEVICE_ID: { label: 'serial number', forms: ['SN-########', 'C\\02X####JG5J', '####-AAAA-####'] },
  IMSI: { label: 'IMSI', forms: ['26201##########', '310150#########'] },
  MAC_ADDRESS: {
    label: 'network card',
    forms: ['xx:xx:xx:xx:xx:xx', 'xx-xx-xx-xx-xx-xx'],
    misses: ['xx:xx:xx', 'gg:xx:xx:xx:xx:zz', 'ff:ff:ff:ff:ff:ff'],
  },
  BIOMETRIC_ID: { label: 'fingerprint ID', forms: ['FP-######', '########'] },
  UNIQUE_ID: { label: 'employee ID', forms: ['E######', '##-#####', 'EMP####'] },
  ORCID: { label: 'ORCID', forms: ['\\0\\0\\0\\0-\\0\\0\\02-####-###X'.replace('X', '#'), '0000-0003-####-####'] },
  USERNAME: { label: 'username', forms: ['aaaaa_aa##', 'aaaa.aaaa'], misses: ['##', '--'] },
  PASSWORD: { label: 'password', forms: ['aaAA##!a', 'a#A#a#A#', 'aaaaa-##-AA'], misses: ['aaaaaa', 'required'] },
  SECRET: {
    label: 'token',
    forms: [],
    make: github,
    misses: ['ghp_000000000000000000000000000000000000', 'aaaaaaaaaaaaaaaaaaaa', 'AKIA####'],
  },
};
delete rows.AGE_LABEL;
for (const [type, label] of Object.entries({
  US_EIN: 'EIN',
  CA_SIN: 'social insurance number',
  MX_CURP: 'CURP',
  BR_CPF: 'CPF',
  BR_CNPJ: 'CNPJ',
  AR_CUIT: 'CUIT',
  CL_RUT: 'RUT',
  CO_NIT: 'NIT',
  EC_CI: 'cédula',
  UK_NHS: 'NHS number',
  UK_UTR: 'UTR',
  IE_PPS: 'PPS number',
  DE_TAX_ID: 'Steuer-ID',
  FR_NIR: 'NIR',
  FR_TAX_ID: 'numéro fiscal',
  ES_NIF: 'DNI',
  ES_NIE: 'NIE',
  PT_NIF: 'NIF',
  IT_FISCAL_CODE: 'codice fiscale',
  IT_VAT_CODE: 'partita IVA',
  NL_BSN: 'BSN',
  BE_NRN: 'rijksregisternummer',
  AT_SVNR: 'SV-Nummer',
  CH_AHV: 'AHV',
  GR_AMKA: 'AMKA',
  SE_PERSONNUMMER: 'personnummer',
  NO_FODSELSNUMMER: 'fødselsnummer',
  FI_PERSONAL_IDENTITY_CODE: 'henkilötunnus',
  IS_KENNITALA: 'kennitala',
  PL_PESEL: 'PESEL',
  PL_NIP: 'NIP',
  CZ_BIRTH_NUMBER: 'rodné číslo',
  RO_CNP: 'CNP',
  BG_EGN: 'EGN',
  HR_OIB: 'OIB',
  EE_IK: 'isikukood',
  LT_AK: 'asmens kodas',
  LV_PK: 'personas kods',
  TR_TCKN: 'T.C. kimlik',
  UA_RNOKPP: 'RNOKPP',
  RU_INN: 'INN',
  IN_AADHAAR: 'Aadhaar',
  IN_PAN: 'PAN',
  IN_GSTIN: 'GSTIN',
  AU_TFN: 'TFN',
  AU_ABN: 'ABN',
  AU_ACN: 'ACN',
  NZ_IRD: 'IRD',
  CN_ID: 'resident identity',
  TH_TNIN: 'Thai ID',
  IL_ID: 'teudat zehut',
  ZA_ID: 'South African ID',
  IMEI: 'IMEI',
  SWIFT_BIC: 'BIC',
}))
  rows[type] = { label, forms: [] };

/** Sentences around a labelled value: none of this wording is in the rules. */
const frames = [
  'For the paperwork, her {L} is {V} and nothing has changed since.',
  'Please note {L} {V} in the margin.',
  'He wrote down his {L}: {V}, then left.',
  '{L} = {V}',
  'On page two you will see {L} {V}.',
  'We could not match {L} {V} with our books.',
  '"{L}: {V}" was all the note said.',
  'Applicant, {L} {V}, second attempt',
  '- {L}: {V}\n- status: open',
  'Thanks! My {L} is {V}.',
];
/** The same values where they are something else. */
const elsewhere = [
  'The part {V} is out of stock.',
  'Figure {V} shows the trend.',
  'Model {V} came out last spring.',
  'They scored {V} in the final.',
  'See equation {V} of the appendix.',
  'Lot {V} went under the hammer.',
  'The bolt is a {V} by design.',
  'Chapter {V} starts slowly.',
];

function draw(form: string, random: Random): string {
  const two = (n: number): string => String(n).padStart(2, '0');
  const parts: Record<string, string> = {
    yy: two(40 + random.int(60)),
    mm: two(1 + random.int(12)),
    dd: two(1 + random.int(28)),
  };
  let out = '';
  for (let i = 0; i < form.length; i++) {
    const part = parts[form.slice(i, i + 2)];
    if (part) {
      out += part;
      i++;
    } else if (form[i] === '\\') out += form[++i] ?? '';
    else if (form[i] === '#') out += random.int(10);
    else if (form[i] === 'x') out += '0123456789abcdef'[random.int(16)];
    else if (form[i] === '*') out += base58[random.int(58)];
    else if (form[i] === 'A' && /A/.test(form)) out += 'ABCDEFGHJKLMNPRSTVWXYZ'[random.int(22)];
    else if (form[i] === 'a') out += 'abcdefghijklmnopqrstuvwxyz'[random.int(26)];
    else out += form[i];
  }
  return out;
}

const fill = (frame: string, label: string, value: string): { text: string; start: number } => {
  const text = frame.replace('{L}', () => label);
  const start = text.indexOf('{V}');
  return { text: text.replace('{V}', () => value), start };
};

export interface SyntheticClass {
  readonly type: string;
  readonly positives: readonly LabelledText[];
  readonly misses: readonly LabelledText[];
}

/** For each type without outside data, so many texts with a value and so many with one that nearly is. */
export function synthetic(count = 200, seed = 11): SyntheticClass[] {
  return Object.entries(rows).map(([type, { label, forms, misses, make }]) => {
    const random = new Random(seed).fork(type);
    const rules = recognizers.filter((rule) => rule.type === type && rule.validate);
    const accepted = (text: string): boolean =>
      rules.length === 0 || rules.some(({ validate }) => validate?.(text, text, 0));
    const known = golden.types[type];
    const value = (): string => {
      if (known) return random.pick(known.valid);
      if (make) return make(random);
      for (let n = 0; n < 3000; n++) {
        const text = draw(random.pick(forms), random);
        if (accepted(text)) return text;
      }
      throw new Error(`${type}: no value found`);
    };
    const positives = Array.from({ length: count }, (): LabelledText => {
      const found = value();
      const { text, start } = fill(random.pick(frames), label, found);
      return { text, template: type, spans: [{ start, end: start + found.length, type }] };
    });
    const miss = (): LabelledText => {
      const broken = misses
        ? draw(random.pick(misses), random)
        : known?.invalid.length
          ? random.pick(known.invalid)
          : undefined;
      if (broken !== undefined)
        return { text: fill(random.pick(frames), label, broken).text, template: type, spans: [] };
      if (rules.length > 0 && forms.length > 0) {
        for (let k = 0; k < 200; k++) {
          const text = draw(random.pick(forms), random);
          if (!accepted(text)) return { text: fill(random.pick(frames), label, text).text, template: type, spans: [] };
        }
      }
      return { text: fill(random.pick(elsewhere), '', value()).text, template: type, spans: [] };
    };
    return { type, positives, misses: Array.from({ length: count }, () => miss()) };
  });
}
