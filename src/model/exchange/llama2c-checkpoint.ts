import { InvalidInput } from '../../base/core/index.js';
import { hostTensor, numElements } from '../../compiler/tensor/index.js';
import type { HostTensor } from '../../compiler/tensor/index.js';
import { decoderConfig } from '../architecture/index.js';
import type { DecoderConfig, Params } from '../architecture/index.js';
import { pairsToHalves } from './rotary.js';

// llama2.c's checkpoint: 7 little-endian int32 (dim, hidden_dim, n_layers, n_heads, n_kv_heads, vocab_size — negative
// when the classifier is not shared — and seq_len), then float32 tensors, each kind stacked over the layers.

const headerBytes = 28;

function refuse(message: string, fields: Record<string, unknown> = {}): never {
  throw new InvalidInput('llama2c.checkpoint', `llama2.c checkpoint: ${message}`, fields);
}

function readHeader(view: DataView): DecoderConfig {
  const names = ['dim', 'hidden_dim', 'n_layers', 'n_heads', 'n_kv_heads', 'vocab_size', 'seq_len'];
  const header = names.map((_, i) => view.getInt32(4 * i, true)) as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const limits = [2 ** 16, 2 ** 18, 2 ** 10, 2 ** 10, 2 ** 10, 2 ** 22, 2 ** 20];
  header.forEach((value, i) => {
    const magnitude = i === 5 ? Math.abs(value) : value;
    if (magnitude < 1 || magnitude > (limits[i] as number)) {
      refuse(`expected ${names[i]} from 1 to ${limits[i]}, got ${value} (is this a version 0 file of llama2.c?)`, {
        field: names[i],
        got: value,
      });
    }
  });
  const [dim, hiddenDim, numLayers, numHeads, numKvHeads, vocabSize, contextLength] = header;
  if (dim % numHeads !== 0) refuse(`expected dim (${dim}) to be a multiple of n_heads (${numHeads})`);
  const tokens = Math.abs(vocabSize);
  return decoderConfig({
    family: 'llama',
    vocabSize: tokens,
    contextLength,
    hiddenSize: dim,
    intermediateSize: hiddenDim,
    numLayers,
    numHeads,
    numKvHeads,
    tieEmbeddings: vocabSize > 0,
    normEpsilon: 1e-5,
    bos: tokens > 2 ? 1 : null,
    eos: tokens > 2 ? 2 : null,
  });
}

/**
 * Reads a llama2.c checkpoint (version 0, float32) into a llama-shaped decoder with Hugging Face's names and layout.
 * The stored rotary tables are skipped: theta is 10,000 in this format.
 *
 * @throws InvalidInput `llama2c.checkpoint` for a header out of bounds, a size that does not match it, or weights that
 * are not finite.
 */
export function parseLlama2cCheckpoint(bytes: Uint8Array): { config: DecoderConfig; params: Params<HostTensor> } {
  if (bytes.byteLength < headerBytes) refuse(`expected a header of ${headerBytes} bytes, got ${bytes.byteLength}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const config = readHeader(view);
  const { hiddenSize: C, intermediateSize: F, numLayers: L, numHeads: H, numKvHeads: G, headSize: K } = config;
  const V = config.vocabSize;
  const layer = (suffix: string) => (n: number) => `model.layers.${n}.${suffix}.weight`;
  const rotary = config.contextLength * (K / 2);
  // In the order of the file. `copies` is the number of layers for a stacked kind; `turned` marks rows that rotary positions turn.
  const kinds: { name?: (n: number) => string; shape: number[]; copies: number; turned?: boolean }[] = [
    { name: () => 'model.embed_tokens.weight', shape: [V, C], copies: 1 },
    { name: layer('input_layernorm'), shape: [C], copies: L },
    { name: layer('self_attn.q_proj'), shape: [H * K, C], copies: L, turned: true },
    { name: layer('self_attn.k_proj'), shape: [G * K, C], copies: L, turned: true },
    { name: layer('self_attn.v_proj'), shape: [G * K, C], copies: L },
    { name: layer('self_attn.o_proj'), shape: [C, H * K], copies: L },
    { name: layer('post_attention_layernorm'), shape: [C], copies: L },
    { name: layer('mlp.gate_proj'), shape: [F, C], copies: L },
    { name: layer('mlp.down_proj'), shape: [C, F], copies: L },
    { name: layer('mlp.up_proj'), shape: [F, C], copies: L },
    { name: () => 'model.norm.weight', shape: [C], copies: 1 },
    { shape: [rotary], copies: 2 },
    ...(config.tieEmbeddings ? [] : [{ name: () => 'lm_head.weight', shape: [V, C], copies: 1 }]),
  ];
  const expected = headerBytes + 4 * kinds.reduce((sum, kind) => sum + kind.copies * numElements(kind.shape), 0);
  if (bytes.byteLength !== expected) {
    refuse(`expected ${expected} bytes by its header, got ${bytes.byteLength} (truncated, or another version)`, {
      expected,
      got: bytes.byteLength,
    });
  }
  const params: Record<string, HostTensor> = {};
  let offset = headerBytes;
  for (const { name, shape, copies, turned } of kinds) {
    const length = numElements(shape);
    for (let n = 0; n < copies; n++, offset += 4 * length) {
      if (!name) continue;
      const data = new Float32Array(length);
      for (let i = 0; i < length; i++) data[i] = view.getFloat32(offset + 4 * i, true);
      const bad = data.findIndex((value) => !Number.isFinite(value));
      if (bad >= 0) refuse(`expected finite weights, got ${data[bad]} in ${name(n)} at ${bad}`, { name: name(n) });
      params[name(n)] = hostTensor('f32', shape, turned ? pairsToHalves(data, K, C) : data);
    }
  }
  return { config, params };
}
