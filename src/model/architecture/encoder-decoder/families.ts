import { bart } from './bart.js';
import type { EncoderDecoderConfig, EncoderDecoderFamilyName } from './config.js';
import { familyFlops } from './family.js';
import type { EncoderDecoderFamily, PairLengths, SequenceToSequenceFlops } from './family.js';
import { t5 } from './t5.js';

/** One row per family of encoder-decoders. */
export const encoderDecoders: Readonly<Record<EncoderDecoderFamilyName, EncoderDecoderFamily>> = { t5, bart };

/** Operations for a source of `sourceLength` tokens with a target of `targetLength`. */
export function sequenceToSequenceFlops(config: EncoderDecoderConfig, lengths: PairLengths): SequenceToSequenceFlops {
  return familyFlops(encoderDecoders[config.family], config, lengths);
}
