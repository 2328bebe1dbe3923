import { contextIn } from './context.js';
import { resolveOverlaps } from './resolve.js';
import type { Recognizer, Span, Trigger } from './types.js';
import { zonesOf } from './zones.js';

/** Finds further spans in a text: names and places. */
export interface Finder {
  find(text: string): readonly Span[];
}

export interface EngineOptions {
  readonly recognizers: readonly Recognizer[];
  /** Least score of a span that is kept. Default 0.4. */
  readonly threshold?: number;
  /** Further words that count as context, by type. */
  readonly contextWords?: Readonly<Record<string, readonly string[]>>;
  readonly finders?: readonly Finder[];
}

interface Compiled {
  readonly recognizer: Recognizer;
  readonly context?: (text: string, start: number, end: number) => number;
}

/** Finds personal data by rules. Time is linear in the text: patterns are bounded, and most run only near digits. */
export class PiiEngine {
  readonly threshold: number;
  readonly #rules: ReadonlyMap<Trigger, readonly Compiled[]>;
  readonly #finders: readonly Finder[];

  constructor({ recognizers, threshold = 0.4, contextWords = {}, finders = [] }: EngineOptions) {
    this.threshold = threshold;
    this.#finders = finders;
    const compiled = recognizers.map((recognizer): Compiled => {
      const words = [...(recognizer.context ?? []), ...(contextWords[recognizer.type] ?? [])];
      return { recognizer, context: words.length > 0 ? contextIn(words) : undefined };
    });
    // Rules that reach the threshold in no case are not run.
    const possible = compiled.filter(
      ({ recognizer: { score, contextScore = 0.9 }, context }) =>
        Math.max(score, context ? contextScore : 0) >= threshold,
    );
    const rules = new Map<Trigger, Compiled[]>();
    for (const rule of possible) {
      const trigger = rule.recognizer.trigger ?? 'text';
      rules.set(trigger, [...(rules.get(trigger) ?? []), rule]);
    }
    this.#rules = rules;
  }

  /** Spans in order of place, not overlapping; offsets in UTF-16 units. */
  analyze(text: string): Span[] {
    const found: Span[] = [];
    for (const [trigger, rules] of this.#rules) {
      for (const [from, to] of zonesOf(text, trigger)) {
        const zone = from === 0 && to === text.length ? text : text.slice(from, to);
        for (const rule of rules) this.#run(rule, zone, from, text, found);
      }
    }
    for (const finder of this.#finders) {
      for (const span of finder.find(text)) if (span.score >= this.threshold) found.push(span);
    }
    return resolveOverlaps(found);
  }

  #run({ recognizer, context }: Compiled, zone: string, offset: number, text: string, found: Span[]): void {
    const { pattern, validate, type, name, score, contextScore = 0.9, most = 128 } = recognizer;
    pattern.lastIndex = 0;
    for (let match = pattern.exec(zone); match !== null; match = pattern.exec(zone)) {
      if (match[0].length === 0) {
        pattern.lastIndex++;
        continue;
      }
      const whole = match.groups?.v ?? match[0];
      const value = type === 'URL' ? trimUrl(whole) : whole;
      const start = offset + match.index + match[0].length - whole.length;
      const end = start + value.length;
      if (value.length === 0 || value.length > most || (validate && !validate(value, text, start))) continue;
      let rank = score;
      if (context && score < contextScore) {
        const distance = context(text, start, end);
        // The nearest word wins where several rules find the same digits.
        if (distance >= 0) rank = Math.max(score, contextScore - distance * 0.001);
      }
      if (rank >= this.threshold) found.push({ start, end, type, score: Math.round(rank * 1000) / 1000, rule: name });
    }
  }
}

/** Full stops and brackets that end the sentence, not the address. */
function trimUrl(url: string): string {
  let end = url.length;
  while (end > 0 && /[.,;:!?)\]'’”*_>]/.test(url[end - 1])) {
    if (url[end - 1] === ')' && url.slice(0, end).includes('(')) break;
    end--;
  }
  return url.slice(0, end);
}
