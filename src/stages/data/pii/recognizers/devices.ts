import { digitsOf, isTrivial, luhn } from '../checks/digits.js';
import type { Recognizer } from '../types.js';

const vinValues = '0123456789.ABCDEFGH..JKLMN.P.R..STUVWXYZ';
/** 49 CFR 565.15: letters have values, the ninth place is the sum modulo 11. */
function isVin(found: string): boolean {
  const weights = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2];
  let sum = 0;
  for (let i = 0; i < 17; i++) sum += (vinValues.indexOf(found[i].toUpperCase()) % 10) * weights[i];
  return found[8].toUpperCase() === (sum % 11 === 10 ? 'X' : String(sum % 11));
}
const value = String.raw`(?:\s{0,2}(?:number|num|no|nr|id|code)\b\.?)?\s{0,2}(?:is|was|:|=|#)?\s{0,2}[:#]?\s{0,2}`;
const identifier = String.raw`(?<v>(?=[A-Z\d\-\/.:]{0,24}\d)[A-Z\d]{1,32}(?:[\-\/.:][A-Z\d]{1,16}){0,5})(?![\w])`;
const enough = (found: string): boolean => digitsOf(found).length >= 3 && found.length >= 5;
const plateWords =
  'plate,plates,license plate,licence plate,registration,reg,number plate,plate number,vehicle,car,tag,kennzeichen,immatriculation,matrícula,targa,registered'.split(
    ',',
  );

/** Vehicles and devices. */
export const devices: readonly Recognizer[] = [
  {
    type: 'VEHICLE_VIN',
    name: 'vehicle identification number',
    family: 'device',
    trigger: 'digit',
    pattern: /(?<![A-Za-z0-9])[A-HJ-NPR-Za-hj-npr-z0-9]{17}(?![A-Za-z0-9])/g,
    score: 0.5,
    context: ['vin', 'vehicle', 'chassis', 'car', 'truck', 'fahrgestellnummer', 'frame number'],
    contextScore: 0.95,
    validate: (found) => /\d{4}$/.test(found) && /[a-z]/i.test(found) && isVin(found),
    check: 'ninth place (49 CFR 565)',
  },
  {
    type: 'VEHICLE_VIN',
    name: 'labelled VIN',
    family: 'device',
    trigger: 'digit',
    pattern:
      /(?<![A-Za-z0-9])(?:vin|chassis (?:number|no\.?)|fahrgestellnummer)(?: number| no\.?| code)?\s{0,2}(?:is|:|=|#)?\s{0,2}(?<v>(?=[A-Z]{0,16}\d)[A-HJ-NPR-Z0-9]{17})(?![A-Za-z0-9])/gi,
    score: 0.9,
  },
  {
    type: 'LICENSE_PLATE',
    name: 'plate',
    family: 'device',
    trigger: 'digit',
    pattern:
      /(?<![\p{L}\p{N}-])(?:[A-ZÄÖÜ]{1,3}[- ][A-Z]{1,2}[- ]?\d{1,4}[EH]?|[A-Z]{2}\d{2} ?[A-Z]{3}|[A-Z]{2}[- ]\d{3}[- ][A-Z]{2}|\d{4}[ -]?[B-DF-HJ-NP-TV-Z]{3}|[A-Z]{3}[- ]?\d{3,4}|\d[A-Z]{3}\d{3}|[A-Z]{2}[- ]?\d{2}[- ]?[A-Z]{1,2}[- ]?\d{4}|[A-Z]{3}[ -]?\d[A-Z]\d{2}|\d{3}[- ]?[A-Z]{3}|[A-Z]{2}[ -]?\d{5}|\d{1,2}-[A-Z]{2,3}-\d{1,2}|[A-Z]{1,2}-\d{2,3}-[A-Z]{1,2})(?![\p{L}\p{N}]|-[\p{L}\p{N}])/gu,
    score: 0.15,
    context: plateWords,
    contextScore: 0.8,
    check: 'formats of fifteen countries; needs a context word',
  },
  {
    type: 'IMEI',
    name: 'IMEI',
    family: 'device',
    trigger: 'number',
    pattern: /(?<![\w-])(?:\d{15}|\d{2}[- ]\d{6}[- ]\d{6}[- ]\d)(?![\w-])/g,
    score: 0.2,
    context: ['imei', 'meid', 'handset', 'device', 'phone', 'mobile'],
    contextScore: 0.92,
    validate: (found) => !isTrivial(digitsOf(found)) && luhn(digitsOf(found)),
    check: 'Luhn',
  },
  {
    type: 'IMSI',
    name: 'labelled IMSI or ICCID',
    family: 'device',
    trigger: 'number',
    pattern:
      /(?<![A-Za-z0-9])(?:imsi|iccid|sim(?: card)?(?: number| no\.?| id)?)\s{0,2}(?:is|:|=|#)?\s{0,2}(?<v>\d{14,20})(?!\d)/gi,
    score: 0.9,
  },
  {
    type: 'DEVICE_ID',
    name: 'labelled device id',
    family: 'device',
    trigger: 'digit',
    pattern: new RegExp(
      String.raw`(?<![\p{L}\p{N}])(?:serial|s\/n|sn|device (?:id|identifier|serial)|implant(?: serial)?|pacemaker(?: serial)?|udi|udid|android id|advertising id|idfa|gaid|hardware id|machine id|asset tag|lot (?:number|no))(?![\p{L}])${value}${identifier}`,
      'giu',
    ),
    score: 0.8,
    validate: enough,
    check: 'label; three digits at least',
  },
  {
    type: 'DEVICE_ID',
    name: 'UDI with application identifiers',
    family: 'device',
    trigger: 'number',
    pattern: /(?<![\w(])\(01\)\d{14}(?:\((?:10|11|17|21)\)[A-Za-z0-9-]{1,20}){0,4}/g,
    score: 0.9,
    check: 'GS1 identifiers',
  },
];
