import { digitsOf } from '../checks/digits.js';
import type { Recognizer } from '../types.js';

const value = String.raw`(?:\s{0,2}(?:number|num|no|nr|id|code)\b\.?)?\s{0,2}(?:is|was|are|:|=|#)?\s{0,2}[:#]?\s{0,2}`;
const identifier = String.raw`(?<v>(?=[A-Z\d\-\/.]{0,24}\d)[A-Z\d]{1,24}(?:[\-\/.][A-Z\d]{1,16}){0,5})(?![\w])`;
const labelled = (labels: string): RegExp =>
  new RegExp(String.raw`(?<![\p{L}\p{N}])(?:${labels})(?![\p{L}])${value}${identifier}`, 'giu');
const least = (digits: number) => (found: string) => digitsOf(found).length >= digits && !/^(?:19|20)\d\d$/.test(found);

/** Numbers that only their label tells: accounts, licences, certificates, cases, passports. */
export const accounts: readonly Recognizer[] = [
  {
    type: 'US_BANK_NUMBER',
    name: 'labelled account number',
    family: 'account',
    trigger: 'number',
    pattern:
      /(?<![\p{L}\p{N}])(?:(?:bank |checking |savings? |my |deposit )?account(?: number| no\.?| num| #)?|acct\.?(?: no\.?| number| #)?|a\/c(?: no\.?)?|konto(?:nummer)?)\s{0,2}(?:is|:|=|#)?\s{0,2}(?<v>\d{4,17}|\d{2,6}(?:[ -]\d{2,6}){1,3})(?![\w-])/giu,
    score: 0.75,
    validate: (found) => digitsOf(found).length >= 6,
    check: 'label; six digits at least',
  },
  {
    type: 'ACCOUNT_NUMBER',
    name: 'labelled customer number',
    family: 'account',
    trigger: 'digit',
    pattern: labelled(
      'account (?:number|no|id|#)|acct (?:number|no|id|#)|customer (?:number|no|id|#)|client (?:number|no|id|#)|loan (?:number|no|id)|mortgage (?:number|no)|invoice (?:number|no|id|#)|billing id|user id|loyalty (?:number|card)|frequent flyer|kundennummer',
    ),
    score: 0.78,
    validate: least(3),
    check: 'label; three digits at least',
  },
  {
    type: 'US_DRIVER_LICENSE',
    name: 'labelled driver licence',
    family: 'account',
    country: 'US',
    trigger: 'digit',
    pattern: new RegExp(
      String.raw`(?<![\p{L}\p{N}])(?:driver(?:['’]?s|s['’])?[ -]licen[sc]e|driving[ -]licen[sc]e|drivers? lic\.?|dl|d\.l\.|dln|permis de conduire|führerschein(?:nummer)?|permiso de conducir|patente)(?![\p{L}])${value}${identifier}`,
      'giu',
    ),
    score: 0.85,
    validate: least(4),
    check: 'label; four digits at least',
  },
  {
    type: 'US_DRIVER_LICENSE',
    name: 'licence of a state’s form',
    family: 'account',
    country: 'US',
    trigger: 'number',
    pattern:
      /(?<![\w-])(?:[A-Z]\d{7,14}|[A-Z]{2}\d{6}[A-Z]?|[A-Z]\d{2}-\d{2}-\d{4}|[A-Z]\d{3}-\d{4}-\d{4}|\d{7,9}|\d{3}-\d{2}-\d{4}|\d{4}-\d{2}-\d{4}|[A-Z]\d{3}-\d{3}-\d{2}-\d{3}-\d)(?![\w-])/g,
    score: 0.05,
    context: [
      "driver's license",
      'driver license',
      'drivers license',
      'driving licence',
      'driving license',
      "driver's licence",
      'dmv',
      'licence number',
      'license number',
      'license',
      'licence',
      'driver’s license',
    ],
    contextScore: 0.72,
    check: 'forms of US states; needs a context word',
  },
  {
    type: 'CERTIFICATE_NUMBER',
    name: 'labelled certificate or licence',
    family: 'account',
    trigger: 'digit',
    pattern: labelled(
      '(?:birth |marriage |death |medical |nursing |pilot |teaching |professional |board )?certificate|certification|(?:medical |nursing |nurse |pharmacy |pilot |teaching |bar |professional |firearms? |fishing |state )licen[sc]e|bar (?:number|no)|permit|credential id|badge',
    ),
    score: 0.75,
    validate: least(3),
    check: 'label; three digits at least',
  },
  {
    type: 'PASSPORT',
    name: 'labelled passport',
    family: 'account',
    trigger: 'digit',
    pattern: labelled('passport|pasaporte|passeport|reisepass(?:nummer)?|passaporto|paszport|travel document'),
    score: 0.85,
    validate: (found) => found.length >= 6 && found.length <= 12 && digitsOf(found).length >= 5,
    check: 'label; 6 to 12 places',
  },
  {
    type: 'PASSPORT',
    name: 'machine-readable zone',
    family: 'account',
    trigger: 'number',
    pattern:
      /(?<![A-Z0-9<])P[A-Z<][A-Z]{3}[A-Z<]{39}(?![A-Z<])|(?<![A-Z0-9<])[A-Z0-9<]{9}\d[A-Z]{3}\d{7}[MF<]\d{7}[A-Z0-9<]{14}[\d<]\d(?![A-Z0-9<])/g,
    score: 0.95,
    check: 'ICAO Doc 9303',
  },
  {
    type: 'UNIQUE_ID',
    name: 'UUID',
    family: 'account',
    trigger: 'digit',
    pattern:
      /(?<![A-Za-z0-9-])[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}(?![A-Za-z0-9-])/gi,
    score: 0.3,
    context: [
      'user',
      'user id',
      'patient',
      'customer',
      'client',
      'subject',
      'person',
      'session',
      'device',
      'visitor',
      'account',
      'participant',
    ],
    contextScore: 0.8,
    check: 'version and variant of RFC 9562',
  },
  {
    type: 'UNIQUE_ID',
    name: 'labelled person’s number',
    family: 'account',
    trigger: 'digit',
    pattern: labelled(
      '(?:employee|staff|student|personnel|participant|subject|case|claim|ticket|booking|reservation|confirmation|order|tracking|docket|file|inmate|matriculation|payroll|voter|library card) (?:id|number|no|#|identifier)|case file|pnr|matrikelnummer|personalnummer',
    ),
    score: 0.7,
    validate: least(3),
    check: 'label; three digits at least',
  },
  {
    type: 'ORCID',
    name: 'ORCID',
    family: 'account',
    trigger: 'number',
    pattern: /(?<![\w-])\d{4}-\d{4}-\d{4}-\d{3}[\dX](?![\w-])/g,
    score: 0.4,
    context: ['orcid', 'orcid.org'],
    check: 'ISO 7064 MOD 11-2',
    validate: (found) => {
      const body = found.replace(/-/g, '');
      let sum = 0;
      for (const sign of body.slice(0, -1)) sum = (sum + Number(sign)) * 2;
      return (
        body.startsWith('0000') && ((12 - (sum % 11)) % 11 === 10 ? 'X' : String((12 - (sum % 11)) % 11)) === body[15]
      );
    },
  },
];
