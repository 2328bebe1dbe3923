import type { Command } from '../command.js';
import { command as card } from '../data/card.js';
import { command as convert } from '../data/convert.js';
import { crawl } from '../data/crawl.js';
import { command as decontaminate } from '../data/decontaminate.js';
import { command as dedup } from '../data/dedup.js';
import { erase } from '../data/erase.js';
import { command as extract } from '../data/extract.js';
import { command as inspect } from '../data/inspect.js';
import { command as language } from '../data/language.js';
import { latex } from '../data/latex.js';
import { command as normalize } from '../data/normalize.js';
import { pii } from '../data/pii.js';
import { command as quality } from '../data/quality.js';
import { pdf, read } from '../data/read.js';
import { command as run } from '../data/run.js';
import { command as safety } from '../data/safety.js';
import { command as trainClassifier } from '../data/train-classifier.js';
import { warc } from '../data/warc.js';
import { wikitext } from '../data/wikitext.js';

/** Each verb is a file `../data/<verb>.ts`; what is heavy is imported inside its `run`. */
export const command: Command = {
  name: 'data',
  summary: 'Collect, clean, filter, deduplicate and inspect text; each step is a verb of its own.',
  example: 'abovo data language --input texts.jsonl --json',
  subcommands: [
    card,
    convert,
    crawl,
    decontaminate,
    dedup,
    erase,
    extract,
    inspect,
    language,
    latex,
    normalize,
    pdf,
    pii,
    quality,
    read,
    run,
    safety,
    trainClassifier,
    warc,
    wikitext,
  ] as readonly Command[],
};
