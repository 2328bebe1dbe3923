import { InvalidInput } from '../../../base/core/index.js';
import type { ModelConfig } from '../../architecture/index.js';
import { bert } from './family-bert.js';
import { gemma, gemma2, gemma3 } from './family-gemma.js';
import { gpt2 } from './family-gpt2.js';
import { llama, qwen2, qwen3 } from './family-llama.js';
import type { GgufFamily } from './family.js';

/** Architectures that GGUF files hold here. */
export type GgufFamilyName = 'llama' | 'qwen2' | 'qwen3' | 'gemma' | 'gemma2' | 'gemma3' | 'gpt2' | 'bert';

/** The families that GGUF files hold here: one row each. */
export const ggufFamilies: Readonly<Record<GgufFamilyName, GgufFamily>> = {
  llama,
  qwen2,
  qwen3,
  gemma,
  gemma2,
  gemma3,
  gpt2,
  bert,
};

const known = Object.keys(ggufFamilies).join(', ');

function refuse(message: string, fields: Record<string, unknown>): never {
  throw new InvalidInput('gguf.family', `gguf: ${message}`, fields);
}

/** The family of a file, by its architecture. */
export function familyOfArchitecture(architecture: string): GgufFamily {
  if (Object.hasOwn(ggufFamilies, architecture)) return ggufFamilies[architecture as GgufFamilyName];
  return refuse(`expected general.architecture to be one of ${known}, got ${JSON.stringify(architecture)}`, {
    architecture,
  });
}

/** The family that a model is written as. */
export function familyOfConfig(config: ModelConfig): GgufFamily {
  const found = Object.values(ggufFamilies).find((family) => family.holds(config));
  if (found) return found;
  const name = config.kind === 'decoder' ? config.modelType : config.family;
  return refuse(`expected a model of family ${known}, got ${name}`, { family: name });
}
