import { mkdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { InvalidInput, messageOf } from '../../base/core/index.js';
import { writeFileAtomic } from '../../base/core/index.node.js';
import { ChatTemplate } from './chat.js';
import { tokenizerOfBert, tokenizerOfGpt2 } from './older-files.js';
import { fromSentencePiece } from './sentencepiece/index.js';
import { Tokenizer } from './tokenizer.js';

/** A tokenizer with what its folder says about it. */
export interface LoadedTokenizer {
  readonly tokenizer: Tokenizer;
  readonly chatTemplate?: ChatTemplate;
  readonly bosToken?: string;
  readonly eosToken?: string;
  readonly padToken?: string;
  readonly unkToken?: string;
  readonly clsToken?: string;
  readonly sepToken?: string;
  readonly maskToken?: string;
  readonly bosTokenId?: number;
  readonly eosTokenId?: number;
  readonly padTokenId?: number;
  readonly maskTokenId?: number;
}

export interface SaveTokenizerOptions {
  readonly chatTemplate?: string | ChatTemplate;
  readonly bosToken?: string;
  readonly eosToken?: string;
  readonly padToken?: string;
  readonly unkToken?: string;
  readonly clsToken?: string;
  readonly sepToken?: string;
  readonly maskToken?: string;
  /** Longest text of the model, in tokens. */
  readonly contextLength?: number;
}

const largestFile = 512 * 1024 * 1024;
const roles = ['bos', 'eos', 'pad', 'unk', 'cls', 'sep', 'mask'] as const;

async function readBytes(path: string): Promise<Uint8Array | undefined> {
  try {
    const { size } = await stat(path);
    if (size > largestFile) {
      throw new InvalidInput('tokenizer.file', `read ${path}: expected at most ${largestFile} bytes, got ${size}`, {
        path,
      });
    }
    return await readFile(path);
  } catch (error) {
    if (error instanceof InvalidInput) throw error;
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new InvalidInput(
      'tokenizer.file',
      `read ${path}: expected a readable file: ${messageOf(error)}`,
      { path },
      error,
    );
  }
}

async function readText(path: string): Promise<string | undefined> {
  const bytes = await readBytes(path);
  if (!bytes) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw new InvalidInput('tokenizer.file', `read ${path}: expected UTF-8: ${messageOf(error)}`, { path }, error);
  }
}

async function readJson(path: string): Promise<Record<string, unknown> | undefined> {
  const text = await readText(path);
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch (error) {
    throw new InvalidInput('tokenizer.file', `read ${path}: expected JSON: ${messageOf(error)}`, { path }, error);
  }
  throw new InvalidInput('tokenizer.file', `read ${path}: expected a JSON object`, { path });
}

/** `"<s>"` or `{"content": "<s>", …}`. */
function tokenOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  const content = (value as { content?: unknown } | null | undefined)?.content;
  return typeof content === 'string' ? content : undefined;
}

/** A template, or the one named "default" of a list. */
function templateOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (!Array.isArray(value)) return undefined;
  const named = value as { name?: unknown; template?: unknown }[];
  const chosen = named.find((item) => item?.name === 'default') ?? named[0];
  return typeof chosen?.template === 'string' ? chosen.template : undefined;
}

/** A tokenizer of the files that came before tokenizer.json. */
async function fromOlderFiles(folder: string): Promise<Tokenizer | undefined> {
  const vocab = await readJson(join(folder, 'vocab.json'));
  const merges = await readText(join(folder, 'merges.txt'));
  if (vocab !== undefined && merges !== undefined) return tokenizerOfGpt2(vocab, merges);
  const config = (await readJson(join(folder, 'tokenizer_config.json'))) ?? {};
  const lines = await readText(join(folder, 'vocab.txt'));
  if (lines !== undefined) return tokenizerOfBert(lines, config);
  const model = (await readBytes(join(folder, 'spiece.model'))) ?? (await readBytes(join(folder, 'tokenizer.model')));
  if (!model) return undefined;
  // Llama's classes begin a text, T5's end it; a config that says so comes first.
  const named = typeof config.tokenizer_class === 'string' ? config.tokenizer_class : '';
  const flag = (name: string, fallback: boolean) =>
    typeof config[name] === 'boolean' ? (config[name] as boolean) : fallback;
  return fromSentencePiece(model, {
    addBos: flag('add_bos_token', /^(Llama|Gemma)/.test(named)),
    addEos: flag('add_eos_token', /^(T5|MT5)/.test(named)),
  });
}

/**
 * Loads a tokenizer.json, or a folder with it and, where they are, tokenizer_config.json, special_tokens_map.json and
 * chat_template.jinja. A folder without tokenizer.json may have GPT-2's vocab.json and
 * merges.txt instead, BERT's vocab.txt, or SentencePiece's spiece.model or tokenizer.model. Errors: `InvalidInput` where a file is missing or not what it should be.
 */
export async function loadTokenizer(path: string): Promise<LoadedTokenizer> {
  const info = await stat(path).catch(() => undefined);
  const folder = info?.isDirectory() ? path : undefined;
  const file = folder ? join(folder, 'tokenizer.json') : path;
  const text = await readText(file);
  const older = text === undefined && folder ? await fromOlderFiles(folder) : undefined;
  if (text === undefined && older === undefined) {
    throw new InvalidInput('tokenizer.missing', `load tokenizer: expected a file ${file}, got none; check the path`, {
      path: file,
    });
  }
  const tokenizer = older ?? Tokenizer.fromJson(text);
  if (!folder) return { tokenizer };
  const config = (await readJson(join(folder, 'tokenizer_config.json'))) ?? {};
  const map = (await readJson(join(folder, 'special_tokens_map.json'))) ?? {};
  const out: Record<string, unknown> = { tokenizer };
  for (const role of roles) {
    const token = tokenOf(config[`${role}_token`]) ?? tokenOf(map[`${role}_token`]);
    if (token === undefined) continue;
    out[`${role}Token`] = token;
    const id = tokenizer.tokenToId(token);
    if (id !== undefined) out[`${role}TokenId`] = id;
  }
  const source = (await readText(join(folder, 'chat_template.jinja'))) ?? templateOf(config.chat_template);
  const names = { bosToken: out.bosToken as string | undefined, eosToken: out.eosToken as string | undefined };
  if (source !== undefined) out.chatTemplate = new ChatTemplate(source, names);
  return out as unknown as LoadedTokenizer;
}

/** Writes the tokenizer files of a Hugging Face folder. Errors: `InvalidInput` where a named token is not in the vocabulary. */
export async function saveTokenizer(
  folder: string,
  tokenizer: Tokenizer,
  options: SaveTokenizerOptions = {},
): Promise<void> {
  const tokens: Record<string, string> = {};
  for (const role of roles) {
    const token = options[`${role}Token`];
    if (token === undefined) continue;
    if (tokenizer.tokenToId(token) === undefined) {
      throw new InvalidInput(
        'tokenizer.token',
        `save tokenizer: ${role}Token: expected a token of the vocabulary, got ${JSON.stringify(token)}`,
        { token },
      );
    }
    tokens[`${role}_token`] = token;
  }
  const template = typeof options.chatTemplate === 'string' ? options.chatTemplate : options.chatTemplate?.source;
  const config = {
    tokenizer_class: 'PreTrainedTokenizerFast',
    clean_up_tokenization_spaces: false,
    ...(options.contextLength !== undefined && { model_max_length: options.contextLength }),
    ...tokens,
    ...(template !== undefined && { chat_template: template }),
    added_tokens_decoder: Object.fromEntries(
      tokenizer.addedTokens.map((token) => [
        String(token.id),
        {
          content: token.content,
          lstrip: token.lstrip,
          normalized: token.normalized,
          rstrip: token.rstrip,
          single_word: token.singleWord,
          special: token.special,
        },
      ]),
    ),
  };
  await mkdir(folder, { recursive: true });
  const json = (value: unknown) => `${JSON.stringify(value, undefined, 2)}\n`;
  await writeFileAtomic(join(folder, 'tokenizer.json'), json(tokenizer.toJson()));
  await writeFileAtomic(join(folder, 'tokenizer_config.json'), json(config));
  await writeFileAtomic(join(folder, 'special_tokens_map.json'), json(tokens));
  if (template !== undefined) await writeFileAtomic(join(folder, 'chat_template.jinja'), template);
}
