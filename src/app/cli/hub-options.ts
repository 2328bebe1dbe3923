import type { HubOptions } from '../../model/exchange/index.node.js';
import type { CommandOption } from './command.js';

export interface HubCommandOptions {
  readonly hub?: string;
}

export const hubOptions: readonly CommandOption[] = [
  { flags: '--hub <url>', description: 'address of the hub (default: HF_ENDPOINT, else the public one)' },
];

/** Address and token. The token comes from the environment alone, so that it stands in no history of commands. */
export function hubOf({ hub = process.env.HF_ENDPOINT }: HubCommandOptions): HubOptions {
  const token = process.env.HF_TOKEN;
  return { ...(hub ? { hub } : {}), ...(token ? { token } : {}) };
}
