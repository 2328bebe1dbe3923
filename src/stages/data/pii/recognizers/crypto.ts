import { base58check, isBech32, isEthereumAddress } from '../checks/encodings.js';
import type { Recognizer } from '../types.js';

const words = [
  'wallet',
  'bitcoin',
  'btc',
  'eth',
  'ethereum',
  'crypto',
  'address',
  'litecoin',
  'dogecoin',
  'tron',
  'usdt',
  'send',
  'donate',
  'monero',
  'xmr',
  'solana',
  'sol',
];
const base58 = '[1-9A-HJ-NP-Za-km-z]';

/** Addresses of wallets. */
export const crypto: readonly Recognizer[] = [
  {
    type: 'CRYPTO',
    name: 'base58check address',
    family: 'crypto',
    trigger: 'long',
    pattern: new RegExp(`(?<![A-Za-z0-9])[13LMDAT9X]${base58}{25,34}(?![A-Za-z0-9])`, 'g'),
    score: 1,
    validate: (found) => base58check(found)?.length === 21,
    check: 'double SHA-256 (Bitcoin, Litecoin, Dogecoin, Dash, Tron)',
  },
  {
    type: 'CRYPTO',
    name: 'segwit address',
    family: 'crypto',
    trigger: 'long',
    pattern: /(?<![A-Za-z0-9])(?:bc1|BC1|tb1|TB1|ltc1|LTC1)[02-9ac-hj-np-zAC-HJ-NP-Z]{11,71}(?![A-Za-z0-9])/g,
    score: 1,
    validate: isBech32,
    check: 'bech32 and bech32m (BIP 173, 350)',
  },
  {
    type: 'CRYPTO',
    name: 'Cosmos and Cardano address',
    family: 'crypto',
    trigger: 'long',
    pattern: /(?<![A-Za-z0-9])(?:cosmos|osmo|addr|stake)1[02-9ac-hj-np-z]{38,103}(?![A-Za-z0-9])/g,
    score: 0.9,
  },
  {
    type: 'CRYPTO',
    name: 'Ethereum address',
    family: 'crypto',
    trigger: 'long',
    pattern: /(?<![A-Za-z0-9])0x[0-9a-fA-F]{40}(?![A-Za-z0-9])/g,
    score: 0.9,
    context: words,
    contextScore: 1,
    validate: isEthereumAddress,
    check: 'EIP-55 where the case is mixed',
  },
  {
    type: 'CRYPTO',
    name: 'Ripple address',
    family: 'crypto',
    trigger: 'long',
    pattern: new RegExp(`(?<![A-Za-z0-9])r${base58}{24,34}(?![A-Za-z0-9])`, 'g'),
    score: 0.1,
    context: ['xrp', 'ripple'],
  },
  {
    type: 'CRYPTO',
    name: 'Monero address',
    family: 'crypto',
    trigger: 'long',
    pattern: new RegExp(`(?<![A-Za-z0-9])[48][0-9AB]${base58}{93}(?![A-Za-z0-9])`, 'g'),
    score: 0.8,
  },
];
