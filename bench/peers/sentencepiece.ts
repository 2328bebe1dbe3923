import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Tokenizer, fromSentencePiece } from '../../src/model/tokenizer/index.js';

/** A Unigram vocabulary by SentencePiece in Python (`ABOVO_PEER_PYTHON`, else `python3`), or the reason why there is none. */
export function trainSentencePiece(
  file: string,
  pieces: number,
): { readonly tokenizer: Tokenizer; readonly seconds: number } | { readonly reason: string } {
  const python = process.env.ABOVO_PEER_PYTHON ?? 'python3';
  const out = `${file}.model`;
  const script = fileURLToPath(new URL('./unigram.py', import.meta.url));
  const run = spawnSync(python, [script, file, out, String(pieces)], { encoding: 'utf8' });
  if (run.status !== 0) {
    const reason = run.error?.message ?? run.stderr.trim().split('\n').at(-1) ?? 'no output';
    return { reason: `${python}: ${reason} (set ABOVO_PEER_PYTHON to a Python with sentencepiece)` };
  }
  return { tokenizer: fromSentencePiece(readFileSync(out)), seconds: Number(run.stdout) };
}
