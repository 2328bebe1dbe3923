import { isSupportedCountry, parsePhoneNumberFromString } from 'libphonenumber-js/min';
import type { CountryCode } from 'libphonenumber-js/min';
import { digitsOf, isTrivial } from '../checks/digits.js';
import type { Recognizer } from '../types.js';

const words = (
  'phone,telephone,tel,mobile,mob,cell,cellphone,fax,call,called,calling,dial,ring,reach,text,sms,whatsapp,signal,contact,desk,hotline,' +
  'helpline,answering,answer,messages,message,voicemail,landline,extension,my number,phone number,direct,office,registered,callback,' +
  'call back,ph,pager,telefon,handy,téléphone,teléfono,telefono,móvil,telefone,celular,numer,numéro'
).split(',');

/** Whether the numbering plan of the country code, or of one of these countries, knows the number (libphonenumber). */
export function isPhone(found: string, countries: readonly string[] = []): boolean {
  if (found.trim().startsWith('+') || /^00[1-9]/.test(found)) {
    return parsePhoneNumberFromString(found.replace(/^00/, '+'))?.isPossible() ?? false;
  }
  return countries.some(
    (country) => isSupportedCountry(country) && parsePhoneNumberFromString(found, country as CountryCode)?.isValid(),
  );
}

const extension = String.raw`(?: ?(?:x|ext\.?|extension|#) ?\d{1,6})?`;
const isDate = /^(?:\d{4}[-./]\d{1,2}[-./]\d{1,2}|\d{1,2}[-./]\d{1,2}[-./]\d{2,4})$/;

/** Phone and fax numbers: the international form by itself, national forms by shape or beside a word. */
export const phones: readonly Recognizer[] = [
  {
    type: 'PHONE_NUMBER',
    name: 'international number',
    family: 'contact',
    trigger: 'number',
    pattern: new RegExp(
      String.raw`(?<![\w+.\/]|\d-)(?:\+|00(?=[1-9]))[ ]?\d{1,3}(?:[ .\-/]{0,2}\(?\d{1,5}\)?){1,7}${extension}(?![\w]|[.\-]\d)`,
      'gi',
    ),
    score: 0.85,
    context: words,
    contextScore: 0.95,
    validate: (found) => {
      const digits = digitsOf(found.split(/x|ext|#/i)[0]).length;
      return digits >= 8 && digits <= 16 && (isPhone(found.replace('(0)', '')) || digits >= 10);
    },
    check: 'country code and length (libphonenumber)',
  },
  {
    type: 'PHONE_NUMBER',
    name: 'North American form',
    family: 'contact',
    trigger: 'number',
    pattern: new RegExp(
      String.raw`(?<![\w.\-\/(]|\d )(?:(?:\+?1|001)[ .\-]?)?(?:\([2-9]\d{2}\) ?|[2-9]\d{2}[ .\-])\d{3}[ .\-]\d{4}${extension}(?![\w]|[\-.]\d| \d{2})`,
      'gi',
    ),
    score: 0.7,
    context: words,
    contextScore: 0.95,
  },
  {
    type: 'PHONE_NUMBER',
    name: 'area code in brackets',
    family: 'contact',
    trigger: 'number',
    pattern: new RegExp(
      String.raw`(?<![\w.\-\/])\(0?\d{1,4}\) ?\d{2,5}(?:[ \-.]?\d{2,5}){0,3}${extension}(?![\w]|[\-.]\d)`,
      'gi',
    ),
    score: 0.6,
    context: words,
    contextScore: 0.9,
    validate: (found) => {
      const digits = digitsOf(found.split(/x|ext|#/i)[0]).length;
      return digits >= 7 && digits <= 13;
    },
    check: '7 to 13 digits',
  },
  {
    type: 'PHONE_NUMBER',
    name: 'national form with a leading zero',
    family: 'contact',
    trigger: 'number',
    pattern: new RegExp(
      String.raw`(?<![\w.\-\/]|\d )0\d{1,5}(?:[ \-.\/]\d{2,8}){1,4}${extension}(?![\w]|[\-.\/]\d| \d{2})`,
      'gi',
    ),
    score: 0.5,
    context: words,
    contextScore: 0.9,
    validate: (found) => {
      const digits = digitsOf(found).length;
      return digits >= 8 && digits <= 13 && !isDate.test(found);
    },
    check: '8 to 13 digits, not a date',
  },
  {
    type: 'PHONE_NUMBER',
    name: 'groups of digits',
    family: 'contact',
    trigger: 'number',
    pattern: new RegExp(
      String.raw`(?<![\w.\-\/#$€£]|\d )\d{2,5}(?:[ \-.]\d{2,5}){1,4}${extension}(?![\w%]|[\-.\/:,]\d| \d{2})`,
      'gi',
    ),
    score: 0.35,
    context: words,
    contextScore: 0.75,
    validate: (found) => {
      const digits = digitsOf(found);
      return (
        digits.length >= 7 &&
        digits.length <= 12 &&
        !isDate.test(found) &&
        !/^(?:1[5-9]|20)\d\d[ -](?:1[5-9]|20)\d\d$/.test(found)
      );
    },
    check: '7 to 12 digits, not a date nor a span of years',
  },
  {
    type: 'PHONE_NUMBER',
    name: 'digits in one piece',
    family: 'contact',
    trigger: 'number',
    pattern: /(?<![\w.\-/#$€£])\d{7,12}(?:x\d{1,6})?(?![\w%]|[-./:,]\d)/g,
    score: 0.1,
    context: words,
    contextScore: 0.7,
    validate: (found) => !isTrivial(digitsOf(found)),
    check: 'needs a context word',
  },
];
