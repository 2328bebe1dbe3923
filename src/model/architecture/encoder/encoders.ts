import { bert, roberta } from './bert.js';
import type { EncoderFamilyName } from './config.js';
import type { EncoderFamily } from './family.js';
import { modernbert } from './modernbert.js';

/** One row per family of encoders. */
export const encoders: Readonly<Record<EncoderFamilyName, EncoderFamily>> = { bert, roberta, modernbert };
