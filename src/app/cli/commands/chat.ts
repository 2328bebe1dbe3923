import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { Message } from '../../../base/contract/index.js';
import { openLanguageModel } from '../../../model/generation/index.node.js';
import { findModel } from '../../recipes/index.js';
import type { Command } from '../command.js';
import {
  type RuntimeOptions,
  runtimeOptions,
  samplingOf,
  type SamplingOptions,
  samplingOptions,
} from '../generation-options.js';

interface Options extends RuntimeOptions, SamplingOptions {
  readonly system?: string;
}

const help = `/new    forget what was said
/quit   leave (Ctrl-D does too)
Ctrl-C stops an answer.`;

export const command: Command<Options> = {
  name: 'chat',
  summary: 'Talk to a model in the terminal.',
  example: 'abovo chat demo --temperature 0.7',
  arguments: [{ name: '[folder]', description: 'project or model folder (default: here)' }],
  options: [{ flags: '--system <text>', description: 'system prompt' }, ...samplingOptions, ...runtimeOptions],
  async run({ args, options, cwd, json, signal, write, print, emit, note }) {
    const found = await findModel(resolve(cwd, args[0] ?? '.'), { ...(options.which ? { which: options.which } : {}) });
    const model = await openLanguageModel(found.folder, { ...options, maxSequences: 1 });
    const chats = model.chatTemplate !== undefined;
    const system: Message[] = options.system && chats ? [{ role: 'system', content: options.system }] : [];
    let messages = [...system];
    let turns = 0;
    let answering: AbortController | undefined;

    async function answer(text: string): Promise<void> {
      answering = new AbortController();
      const request = {
        sampling: samplingOf(options),
        ...(options.maxTokens === undefined ? {} : { maxTokens: options.maxTokens }),
        ...(options.stop ? { stop: options.stop } : {}),
        signal: AbortSignal.any([signal, answering.signal]),
      };
      const asked: Message[] = [...messages, { role: 'user', content: text }];
      const generation = chats
        ? model.chat({ messages: asked, ...request })
        : model.generate({ prompt: text, ...request, maxTokens: options.maxTokens ?? 100 });
      if (!chats && !json) write(text);
      for await (const piece of generation) if (!json) write(piece.text);
      const result = await generation.finished;
      if (!json) write('\n\n');
      else emit({ prompt: text, text: result.text, finishReason: result.finishReason, usage: result.usage });
      if (chats) messages = [...asked, { role: 'assistant', content: result.text }];
      turns++;
    }

    const terminal = process.stdin.isTTY === true && !json;
    const lines = createInterface({ input: process.stdin, output: terminal ? process.stdout : undefined, terminal });
    lines.setPrompt('› ');
    // A terminal in raw mode sends Ctrl-C here; it stops the answer first, and the program when there is none.
    lines.on('SIGINT', () => (answering ? answering.abort() : lines.close()));
    signal.addEventListener('abort', () => lines.close(), { once: true });
    if (terminal) {
      print(`${found.name} ${chats ? 'answers' : 'has not been tuned on chats; it writes on'}. /help lists commands.`);
      lines.prompt();
    }
    try {
      for await (const line of lines) {
        if (signal.aborted || line.trim() === '/quit') break;
        if (line.trim() === '/help') print(help);
        else if (line.trim() === '/new') messages = [...system];
        else if (line.trim() !== '') {
          try {
            await answer(line);
          } catch (error) {
            // A conversation that has outgrown the context is mended by /new; anything else ends the program.
            if (!terminal || (error as { code?: string }).code !== 'context_length_exceeded') throw error;
            note(`${(error as Error).message}\n/new begins again.`);
          } finally {
            answering = undefined;
          }
        }
        if (terminal) lines.prompt();
      }
    } finally {
      lines.close();
      await model.close();
    }
    return { result: { turns } };
  },
};
