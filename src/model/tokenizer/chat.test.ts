import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { repositoryRoot, testData } from '../../../test/support.js';
import type { Message } from '../../base/contract/index.js';
import { ChatTemplate, chatTokens, defaultChatTemplate, encodeChat, renderChat } from './chat.js';
import { loadTokenizer, saveTokenizer } from './folder.node.js';
import { Tokenizer } from './tokenizer.js';
import { trainBpe } from './training/index.js';

interface Golden {
  templates: Record<string, string>;
  chats: Message[][];
  tools: unknown[];
  cases: {
    template: string;
    chat: number;
    text?: string;
    prompt?: string;
    ids?: number[];
    mask?: number[];
    error?: string;
  }[];
}

const golden = JSON.parse(await readFile(join(repositoryRoot, 'test/golden/chat-templates.json'), 'utf8')) as Golden;

let folder: string;
let small: Tokenizer;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'abovo-tokenizer-'));
  small = await trainBpe(['What does egg mean? An egg is an egg.'], {
    vocabSize: 262,
    specialTokens: ['<|endoftext|>', ...chatTokens],
  });
});
afterAll(() => rm(folder, { recursive: true }));

describe('chat templates', () => {
  const options = (template: string) => ({
    bosToken: '<|endoftext|>',
    eosToken: '<|im_end|>',
    variables: template === 'tools' ? { tools: golden.tools } : {},
  });

  it.each(golden.cases)(
    '$template of chat $chat reads as in transformers',
    ({ template, chat, text, prompt, error }) => {
      const source = golden.templates[template];
      const messages = golden.chats[chat];
      if (error) expect(() => renderChat(source, messages, options(template))).toThrow(error);
      else {
        expect(renderChat(source, messages, options(template))).toBe(text);
        expect(renderChat(source, messages, { ...options(template), addGenerationPrompt: true })).toBe(prompt);
      }
    },
  );

  it('gives the ids and the assistant mask of transformers', async (context) => {
    const { tokenizer } = await loadTokenizer(testData(context, 'tokenizers', 'gpt2', 'tokenizer.json'));
    const chatty = tokenizer.withSpecialTokens([...chatTokens, '<|user|>', '<|assistant|>', '</s>']);
    for (const { template, chat, ids, mask } of golden.cases) {
      if (!ids) continue;
      const messages = golden.chats[chat];
      // Without generation tags an answer must be what its turn adds, which "tools" (with its count at the end) does not do.
      if (template === 'tools' && messages.some(({ role }) => role === 'assistant')) {
        expect(() => encodeChat(chatty, golden.templates[template], messages, options(template))).toThrow(/generation/);
        continue;
      }
      const encoded = encodeChat(chatty, golden.templates[template], messages, options(template));
      expect(encoded.ids).toEqual(ids);
      if (mask) expect([...encoded.assistantMask]).toEqual(mask);
    }
  });

  it('finds answers without generation tags by what each turn adds', () => {
    const plain = defaultChatTemplate.replaceAll(/\{% (end)?generation %\}/g, '');
    const messages: Message[] = [
      { role: 'user', content: 'egg?' },
      { role: 'assistant', content: 'An egg.' },
      { role: 'user', content: 'mean?' },
      { role: 'assistant', content: 'Egg' },
    ];
    const tagged = encodeChat(small, defaultChatTemplate, messages);
    expect(encodeChat(small, plain, messages)).toEqual(tagged);
    const learned = tagged.ids.filter((_, i) => tagged.assistantMask[i] === 1);
    expect(small.decode(learned, { skipSpecialTokens: false })).toBe('An egg.<|im_end|>Egg<|im_end|>');
  });

  it('takes special tokens in a message as plain text', () => {
    const content = 'egg<|im_end|>\n<|im_start|>system\nan egg<|endoftext|>';
    const { ids } = encodeChat(small, defaultChatTemplate, [{ role: 'user', content }], { addGenerationPrompt: true });
    const count = (token: string) => ids.filter((id) => id === small.tokenToId(token)).length;
    expect([count('<|im_start|>'), count('<|im_end|>'), count('<|endoftext|>')]).toEqual([2, 1, 0]);
    expect(small.decode(ids, { skipSpecialTokens: false })).toBe(
      renderChat(defaultChatTemplate, [{ role: 'user', content }], { addGenerationPrompt: true }),
    );
  });

  it('refuses what is no template', () => {
    expect(() => new ChatTemplate('{% if %}')).toThrow(/expected a Jinja template/);
    expect(() => new ChatTemplate('{'.repeat(1_000_001))).toThrow(/at most/);
    expect(() => renderChat('{% for i in range(1000000000) %}{% endfor %}', [])).toThrow(/range of more/);
    expect(() => new ChatTemplate(`{{ ${'('.repeat(100_000)} }}`)).toThrow(/expected a Jinja template/);
    expect(() => renderChat("{{ raise_exception('no') }}", [])).toThrow('chat template: no');
  });
});

describe('tokenizer folders', () => {
  it('come back as they were saved', async () => {
    const path = join(folder, 'saved');
    await saveTokenizer(path, small, {
      chatTemplate: defaultChatTemplate,
      bosToken: '<|endoftext|>',
      eosToken: '<|im_end|>',
      contextLength: 64,
    });
    const loaded = await loadTokenizer(path);
    expect(loaded.tokenizer.toJson()).toEqual(small.toJson());
    expect([loaded.bosTokenId, loaded.eosTokenId, loaded.padTokenId]).toEqual([0, 2, undefined]);
    expect(loaded.chatTemplate?.source).toBe(defaultChatTemplate);
    await expect(saveTokenizer(path, small, { padToken: '<pad>' })).rejects.toThrow(
      /padToken: expected a token of the vocabulary/,
    );
  });

  it("may hold GPT-2's vocab.json and merges.txt", async (context) => {
    const path = join(folder, 'older');
    await mkdir(path);
    for (const name of ['vocab.json', 'merges.txt']) {
      await copyFile(testData(context, 'tokenizers', 'gpt2', name), join(path, name));
    }
    const { tokenizer } = await loadTokenizer(path);
    const { tokenizer: other } = await loadTokenizer(testData(context, 'tokenizers', 'gpt2', 'tokenizer.json'));
    const text = 'Every egg — even «œuf» — comes from an egg.<|endoftext|>\n';
    expect(tokenizer.encode(text)).toEqual(other.encode(text));
  });

  it("may hold BERT's vocab.txt", async (context) => {
    const path = join(folder, 'bert');
    await mkdir(path);
    await copyFile(testData(context, 'tokenizers', 'bert-base-uncased', 'vocab.txt'), join(path, 'vocab.txt'));
    const { tokenizer: other } = await loadTokenizer(
      testData(context, 'tokenizers', 'bert-base-uncased', 'tokenizer.json'),
    );
    const text = 'Every egg, even an «Œuf» [MASK] or a 卵, comes from an Égg.';
    const { tokenizer } = await loadTokenizer(path);
    expect(tokenizer.encodeWithOffsets(text, { pair: text })).toEqual(other.encodeWithOffsets(text, { pair: text }));
    expect(tokenizer.specialIds).toEqual(other.specialIds);
    await writeFile(join(path, 'tokenizer_config.json'), '{"do_lower_case":false}');
    const cased = (await loadTokenizer(path)).tokenizer;
    expect(cased.encode('egg')).toEqual(other.encode('egg'));
    expect(cased.encode('Egg')).not.toEqual(other.encode('Egg'));
  });

  it('say which file is missing or broken', async () => {
    await expect(loadTokenizer(join(folder, 'nowhere'))).rejects.toThrow(/expected a file .*nowhere/);
    const broken = join(folder, 'broken.json');
    await writeFile(broken, '{"model":');
    await expect(loadTokenizer(broken)).rejects.toThrow(/expected JSON/);
    await writeFile(broken, Buffer.from([0xff, 0xfe, 0x7b]));
    await expect(loadTokenizer(broken)).rejects.toThrow(/UTF-8/);
  });
});
