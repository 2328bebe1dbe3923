/** Digits of a text as numbers; everything else is skipped. */
export function digitsOf(text: string): number[] {
  const digits: number[] = [];
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i) - 48;
    if (code >= 0 && code <= 9) digits.push(code);
  }
  return digits;
}

/** Upper-case letters and digits of a text. */
export function alnumOf(text: string): string {
  return text.toUpperCase().replace(/[^A-Z0-9]/g, '');
}

/** Sum of digits times weights. */
export function weighted(digits: readonly number[], weights: readonly number[]): number {
  let sum = 0;
  for (let i = 0; i < weights.length; i++) sum += digits[i] * weights[i];
  return sum;
}

/** ISO/IEC 7812-1 Annex B: cards, IMEI, Canadian SIN, Swedish personnummer, NPI. */
export function luhn(digits: readonly number[]): boolean {
  let sum = 0;
  for (let i = digits.length - 1, odd = false; i >= 0; i--, odd = !odd) {
    let digit = digits[i];
    if (odd) {
      digit *= 2;
      if (digit > 9) digit -= 9;
    }
    sum += digit;
  }
  return digits.length > 0 && sum % 10 === 0;
}

/** ISO 7064 MOD 97-10 over letters (A = 10 … Z = 35) and digits: 1 for a valid IBAN turned round. */
export function mod97(text: string): number {
  let rest = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    const value = code <= 57 ? code - 48 : code - 55;
    rest = (value > 9 ? rest * 100 + value : rest * 10 + value) % 97;
  }
  return rest;
}

/** ISO 7064 MOD 11,10: German tax id, Croatian OIB. The last digit is the check digit. */
export function mod11_10(digits: readonly number[]): boolean {
  let product = 10;
  for (let i = 0; i < digits.length - 1; i++) {
    const sum = (digits[i] + product) % 10 || 10;
    product = (sum * 2) % 11;
  }
  return (11 - product) % 10 === digits[digits.length - 1];
}

/** ISO 7064 MOD 11-2 (Chinese resident id, ORCID): digits and a check sign 0–9 or X. */
export function mod11_2(text: string): boolean {
  let sum = 0;
  for (let i = 0; i < text.length - 1; i++) sum = (sum + Number(text[i])) * 2;
  const check = (12 - (sum % 11)) % 11;
  return text[text.length - 1].toUpperCase() === (check === 10 ? 'X' : String(check));
}

const dihedral = (a: number, b: number): number => {
  if (a < 5) return b < 5 ? (a + b) % 5 : ((a + b - 5) % 5) + 5;
  return b < 5 ? ((a - 5 - b + 5) % 5) + 5 : (a - b + 5) % 5;
};
const permutation = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4];
const permutations = Array.from({ length: 8 }, (_, i) =>
  Array.from({ length: 10 }, (_, digit) => {
    let value = digit;
    for (let k = 0; k < i; k++) value = permutation[value];
    return value;
  }),
);

/** Verhoeff's scheme over the dihedral group of order ten (1969): Aadhaar. The last digit is the check digit. */
export function verhoeff(digits: readonly number[]): boolean {
  let check = 0;
  for (let i = 0; i < digits.length; i++) {
    check = dihedral(check, permutations[i % 8][digits[digits.length - 1 - i]]);
  }
  return check === 0;
}

/** Weights 7, 3, 1 of ICAO Doc 9303 over letters (A = 10) and digits, modulo 10. */
export function mrzCheck(text: string): number {
  let sum = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    const value = code <= 57 ? code - 48 : code - 55;
    sum += value * [7, 3, 1][i % 3];
  }
  return sum % 10;
}

/** Whether this is a day of the Gregorian calendar. */
export function isDay(year: number, month: number, day: number): boolean {
  if (month < 1 || month > 12 || day < 1) return false;
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  return day <= [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1];
}

/** Month and day of a two-digit year: 29 February is let pass, the century being unknown. */
export function isMonthDay(month: number, day: number): boolean {
  return isDay(2000, month, day);
}

/** True where all digits are equal or they run up or down by one: never issued, often typed. */
export function isTrivial(digits: readonly number[]): boolean {
  const step = digits[1] - digits[0];
  if (Math.abs(step) > 1) return false;
  for (let i = 1; i < digits.length; i++) if (digits[i] - digits[i - 1] !== step) return false;
  return true;
}

/** Two digits at a place as a number. */
export function pair(digits: readonly number[], at: number): number {
  return digits[at] * 10 + digits[at + 1];
}
