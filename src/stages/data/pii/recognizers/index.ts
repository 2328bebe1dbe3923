import type { Recognizer } from '../types.js';
import { accounts } from './accounts.js';
import { contact } from './contact.js';
import { crypto } from './crypto.js';
import { devices } from './devices.js';
import { finance } from './finance.js';
import { groups } from './groups.js';
import { health } from './health.js';
import { americanIds } from './ids-america.js';
import { asianIds } from './ids-asia-pacific.js';
import { northEasternIds } from './ids-north-east.js';
import { westernIds } from './ids-west.js';
import { nationalId } from './national.js';
import { network } from './network.js';
import { phones } from './phones.js';
import { secrets } from './secrets.js';
import { time } from './time.js';

/** Every rule with a pattern. Names, organizations and places are found by the tagger (`names`). */
export const recognizers: readonly Recognizer[] = [
  ...contact,
  ...phones,
  ...network,
  ...finance,
  ...crypto,
  ...time,
  ...health,
  ...devices,
  ...accounts,
  ...secrets,
  ...groups,
  ...[...americanIds, ...westernIds, ...northEasternIds, ...asianIds].map(nationalId),
];
