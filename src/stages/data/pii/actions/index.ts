/**
 * What is done with personal data that was found: redact, mask, hash, substitute, keep.
 *
 * @module
 */
import { InvalidInput } from '../../../../base/core/index.js';
import type { Span } from '../types.js';
import { keyedHash } from './keys.js';
import { surrogate } from './surrogates.js';

export { keyedHash, normalized } from './keys.js';

export const actions = ['redact', 'mask', 'hash', 'substitute', 'keep'] as const;
export type Action = (typeof actions)[number];

export interface ApplyOptions {
  /** Default `redact`. */
  readonly action?: Action;
  /** Other actions for single types. */
  readonly actionOf?: Readonly<Record<string, Action>>;
  /** Secret that hashes and stand-ins depend on; `hash` and `substitute` need one. */
  readonly key?: string;
}

/** Letters and digits become `*`; of numbers with eight signs or more the last four stay, of e-mails the domain. */
function mask(type: string, value: string): string {
  const hide = (text: string): string => text.replace(/[\p{L}\p{N}\p{M}]/gu, '*');
  if (type === 'EMAIL_ADDRESS') return hide(value.slice(0, value.indexOf('@'))) + value.slice(value.indexOf('@'));
  const keepsEnd =
    ['CREDIT_CARD', 'PHONE_NUMBER', 'IBAN_CODE', 'US_BANK_NUMBER', 'US_SSN'].includes(type) && value.length >= 8;
  return keepsEnd ? hide(value.slice(0, -4)) + value.slice(-4) : hide(value);
}

/** What stands for one span. */
export function replacement(type: string, value: string, action: Action, key: string | undefined): string {
  switch (action) {
    case 'redact':
      return `<${type}>`;
    case 'mask':
      return mask(type, value);
    case 'keep':
      return value;
    case 'hash':
    case 'substitute':
      if (!key) {
        throw new InvalidInput(
          'pii.key',
          `${action}: expected a secret key, got none; name the environment variable that holds it (--key-env NAME, keyEnv in abovo.yaml)`,
        );
      }
      return action === 'hash' ? `<${type}:${keyedHash(key, type, value)}>` : surrogate(type, value, key);
    default:
      return action satisfies never;
  }
}

/** The text with its spans (ascending, apart) dealt with. The same input and key give the same text. */
export function applyActions(
  text: string,
  spans: readonly Span[],
  { action = 'redact', actionOf = {}, key }: ApplyOptions = {},
): string {
  let out = '';
  let last = 0;
  for (const { start, end, type } of spans) {
    out += text.slice(last, start) + replacement(type, text.slice(start, end), actionOf[type] ?? action, key);
    last = end;
  }
  return out + text.slice(last);
}
