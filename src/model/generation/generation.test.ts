import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { simulateModel } from './testing/index.js';
import type { Generation } from './index.js';

async function pieces(generation: Generation) {
  const out = [];
  for await (const piece of generation) out.push(piece);
  return { out, result: await generation.finished };
}

describe('generation', () => {
  it('streams whole characters only, whatever the tokens cut', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme', maxLength: 12 }), async (says) => {
        const { out, result } = await pieces(simulateModel({ says }).generate({ prompt: 'p' }));
        for (const piece of out) expect(() => encodeURIComponent(piece.text)).not.toThrow();
        expect(out.map((piece) => piece.text).join('')).toBe(result.text);
        expect(result.text).toBe(new TextDecoder().decode(new TextEncoder().encode(says)));
        expect(result.finishReason).toBe('stop');
      }),
      { numRuns: 60 },
    );
  });

  it('shows a replacement character, once, for a character that never ends', async () => {
    const model = simulateModel({ script: () => [0x61, 0xe2, 0x82] });
    expect((await model.generate({ prompt: 'p' }).complete()).text).toBe('a�');
  });

  it('cuts at a stop string across token borders, in text, tokens and log-probabilities', async () => {
    const model = simulateModel({ says: 'one two END three' });
    const { out, result } = await pieces(model.generate({ prompt: 'p', stop: ['END'], logprobs: 0 }));
    expect(result).toMatchObject({ text: 'one two ', finishReason: 'stop', stop: 'END' });
    expect(result.tokens.map((token) => token.token).join('')).toBe('one two ');
    expect(out.flatMap((piece) => piece.tokens)).toEqual(result.tokens);
    expect(out.every((piece) => !piece.text.includes('E'))).toBe(true);
    // The engine was told to stop: no more than a token beyond the match.
    expect(model.engine.generated).toBeLessThanOrEqual('one two END'.length + 1);
    expect(model.stats().running).toBe(0);
  });

  it('keeps pieces, text, tokens and offsets in step for any text, any stop strings, echoed or not', async () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'b', 'é', '😀'), minLength: 1, maxLength: 3 });
    const says = fc.string({ unit: fc.constantFrom('a', 'b', 'é', '😀'), maxLength: 10 });
    await fc.assert(
      fc.asyncProperty(says, fc.array(word, { maxLength: 2 }), fc.boolean(), async (text, stop, echo) => {
        const { out, result } = await pieces(
          simulateModel({ says: text }).generate({ prompt: 'b😀', stop, echo, logprobs: 0 }),
        );
        const at = stop.map((one) => text.indexOf(one)).filter((index) => index >= 0);
        const kept = at.length > 0 ? text.slice(0, Math.min(...at)) : text;
        expect(result.text).toBe((echo ? 'b😀' : '') + kept);
        expect(out.map((piece) => piece.text).join('')).toBe(result.text);
        expect(out.flatMap((piece) => piece.tokens)).toEqual(result.tokens);
        const bytes = result.tokens.filter((token) => token.tokenId < 256).flatMap((token) => token.bytes);
        expect(new TextDecoder().decode(Uint8Array.from(bytes))).toBe(result.text);
        const points = [...result.text];
        for (const { token, offset, tokenId } of result.tokens) {
          if (tokenId < 128) expect(points[offset]).toBe(token);
        }
      }),
      { numRuns: 80 },
    );
  });

  it('reports log-probabilities with offsets in code points, echo included', async () => {
    const model = simulateModel({ says: '𝄞é!' });
    const result = await model.generate({ prompt: '𝄞b', echo: true, logprobs: 2, maxTokens: 7 }).complete();
    expect(result.text).toBe('𝄞b𝄞é!');
    const [first, ...rest] = result.tokens;
    expect(first).toMatchObject({ logprob: null, offset: 0, top: [] });
    expect(rest.map((token) => token.offset)).toEqual([0, 0, 0, 0, 1, 2, 2, 2, 2, 3, 3, 4]);
    expect(rest.at(-1)?.top).toHaveLength(2);
    expect(rest[0]?.token).toBe('bytes:\\xf0');
  });

  it('echoes without writing for maxTokens 0', async () => {
    const model = simulateModel({ says: 'x' });
    const result = await model.generate({ prompt: 'abc', echo: true, logprobs: 1, maxTokens: 0 }).complete();
    expect(result).toMatchObject({ text: 'abc', finishReason: 'length', tokenIds: [] });
    expect(result.tokens).toHaveLength(4);
    expect(model.engine.generated).toBe(0);
  });

  it('scores a prompt the same while it writes one token as before it writes more', async () => {
    const model = simulateModel({ says: 'xyz' });
    const ask = (maxTokens: number) =>
      pieces(model.generate({ prompt: 'abc', echo: true, logprobs: 1, maxTokens })).then(({ result }) => result);
    const [one, two] = [await ask(1), await ask(2)];
    expect(one.text).toBe('abcx');
    expect(two.text).toBe('abcxy');
    expect(one.tokens).toEqual(two.tokens.slice(0, -1));
  });

  it('ends a chat at the end of the turn, which is not the end of text', async () => {
    const model = simulateModel({ says: 'Hello.<|end|>and more' });
    const result = await model.chat({ messages: [{ role: 'user', content: 'Hi' }] }).complete();
    expect(result).toMatchObject({ text: 'Hello.', finishReason: 'stop' });
    expect(result.usage).toEqual({ promptTokens: 5, completionTokens: 7 });
  });

  it('frees the slot at once when the reader leaves or the signal says so', async () => {
    const model = simulateModel({ says: 'abcdefghij', maxSequences: 1, interTokenLatency: 5 });
    for await (const piece of model.generate({ prompt: 'p' })) if (piece.text === 'c') break;
    expect(model.stats()).toMatchObject({ running: 0, waiting: 0 });
    expect(model.engine.generated).toBe(3);
    const abort = new AbortController();
    const stopped = model.generate({ prompt: 'p', signal: abort.signal });
    let text = '';
    for await (const piece of stopped) {
      text += piece.text;
      if (text === 'ab') abort.abort();
    }
    expect((await stopped.finished).finishReason).toBe('cancelled');
    expect(model.stats().running).toBe(0);
    expect(model.engine.generated).toBeLessThanOrEqual(6);
  });

  it('refuses what cannot be served before anything runs', () => {
    const model = simulateModel({ says: 'x', contextLength: 8, chat: false });
    expect(() => model.generate({ prompt: 'p', maxTokens: 7 })).toThrow(/at most 8 tokens/);
    expect(() => model.generate({ prompt: [1, 999] })).toThrow(/integers from 0 to 262, got 999/);
    expect(() => model.chat({ messages: [] })).toThrow(/chat template/);
    const encode = vi.spyOn(model.tokenizer, 'encode');
    expect(() => model.generate({ prompt: 'p'.repeat(1e6) })).toThrow(/at most 8 tokens/);
    expect(encode).not.toHaveBeenCalled();
  });
});
