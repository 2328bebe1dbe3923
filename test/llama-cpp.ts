import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import type { TestContext } from 'vitest';
import { peer } from './support.js';

/** What llama.cpp is asked to do with a file. */
export interface LlamaRequest {
  readonly model: string;
  /** Texts to encode, without the tokens put around a text. */
  readonly tokenize?: readonly string[];
  /** Ids to go on from, greedily and without stopping at an end of text. */
  readonly evaluate?: readonly { readonly ids: readonly number[]; readonly steps: number }[];
  /** Texts to turn into vectors, with the tokens put around a text. */
  readonly embed?: readonly string[];
}

export interface LlamaAnswer {
  /** Release of llama.cpp. */
  readonly llamaCpp: string;
  readonly vocabulary: string;
  readonly bos: number | null;
  readonly eos: number | null;
  readonly tokens: number[][];
  readonly continuations: number[][];
  readonly vectors: number[][];
}

/** llama.cpp's answers, from a process of its own. Skips the running test where the peer is not installed; fails in CI. */
export async function llamaCpp(
  context: Pick<TestContext, 'skip'>,
  requests: readonly LlamaRequest[],
): Promise<LlamaAnswer[]> {
  const script = peer(context, 'llama-cpp.mjs', 'node-llama-cpp', '@node-llama-cpp/linux-x64');
  const child = spawn(process.execPath, [script], { stdio: ['pipe', 'pipe', 'pipe'] });
  child.stdin.end(JSON.stringify(requests));
  const closed = new Promise<number | null>((resolve) => child.on('close', resolve));
  const [out, err, code] = await Promise.all([text(child.stdout), text(child.stderr), closed]);
  if (code !== 0) throw new Error(`llama.cpp ended with ${code}: ${err.slice(-2000)}`);
  return JSON.parse(out) as LlamaAnswer[];
}
