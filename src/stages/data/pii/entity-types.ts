import { recognizers } from './recognizers/index.js';
import type { EntityType } from './types.js';

const rows: ReadonlyArray<readonly [type: string, hipaa: string, summary: string]> = [
  ['PERSON', 'A', 'name of a person'],
  ['LOCATION', 'B', 'address, street, town, state, country'],
  ['ZIP_CODE', 'B', 'postcode by itself'],
  ['ORGANIZATION', '', 'company, authority, association'],
  ['NRP', '', 'nationality, people, religion, political group'],
  ['TITLE', '', 'honorific before a name; job on a line of its own'],
  ['DATE_TIME', 'C', 'date, year, weekday, time'],
  ['AGE', 'C', 'age of a person'],
  ['PHONE_NUMBER', 'D, E', 'phone or fax number'],
  ['EMAIL_ADDRESS', 'F', 'e-mail address'],
  ['US_SSN', 'G', 'US social security number'],
  ['MEDICAL_RECORD_NUMBER', 'H', 'medical record number'],
  ['HEALTH_PLAN_NUMBER', 'I', 'health plan beneficiary number'],
  ['US_MBI', 'I', 'US Medicare beneficiary identifier'],
  ['US_BANK_NUMBER', 'J', 'bank account number'],
  ['ACCOUNT_NUMBER', 'J', 'customer, loan or account number'],
  ['IBAN_CODE', 'J', 'international bank account number'],
  ['CREDIT_CARD', 'J', 'card number'],
  ['CARD_SECURITY_CODE', 'J', 'card security code'],
  ['ABA_ROUTING_NUMBER', 'J', 'US bank routing number'],
  ['UK_SORT_CODE', 'J', 'British sort code'],
  ['SWIFT_BIC', 'J', 'bank identifier code'],
  ['IN_UPI_ID', 'J', 'Indian payment address'],
  ['CRYPTO', 'J', 'address of a wallet'],
  ['CERTIFICATE_NUMBER', 'K', 'certificate or professional licence'],
  ['MEDICAL_LICENSE', 'K', 'US DEA number'],
  ['US_NPI', 'K', 'US provider identifier'],
  ['US_DRIVER_LICENSE', 'K', 'driver licence'],
  ['PASSPORT', 'K', 'passport or travel document'],
  ['LICENSE_PLATE', 'L', 'licence plate'],
  ['VEHICLE_VIN', 'L', 'vehicle identification number'],
  ['DEVICE_ID', 'M', 'serial number of a device'],
  ['IMEI', 'M', 'identity of a mobile device'],
  ['IMSI', 'M', 'identity of a SIM card'],
  ['MAC_ADDRESS', 'M', 'address of a network card'],
  ['URL', 'N', 'address of the web'],
  ['IP_ADDRESS', 'O', 'internet address'],
  ['BIOMETRIC_ID', 'P', 'identifier of a biometric record'],
  ['UNIQUE_ID', 'R', 'other number of a person: employee, student, case, booking'],
  ['USERNAME', 'R', 'handle or user name'],
  ['ORCID', 'R', 'identifier of a researcher'],
  ['PASSWORD', '', 'password'],
  ['SECRET', '', 'key or token'],
];

/**
 * Every type that can be found, with its HIPAA Safe Harbor class (45 CFR 164.514(b)(2)(i): A names … R any other unique number).
 * Class Q, full-face photographs, is not text.
 */
export const entityTypes: readonly EntityType[] = (() => {
  const named = new Set(rows.map(([type]) => type));
  const others = new Map<string, string>();
  for (const { type, name, country } of recognizers) {
    if (!named.has(type) && !others.has(type)) others.set(type, country ? `${name} (${country})` : name);
  }
  return [
    ...rows.map(([type, hipaa, summary]) => ({ type, summary, ...(hipaa === '' ? {} : { hipaa }) })),
    ...[...others].map(([type, summary]) => ({ type, summary, hipaa: 'R' })),
  ];
})();
