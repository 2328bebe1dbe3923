/** Code points of the input that each code unit of a text came from: [starts[i], ends[i]). */
export interface Alignment {
  readonly starts: Int32Array;
  readonly ends: Int32Array;
}

/** A text on its way through the pipeline; `align` is kept only where offsets are asked for. */
export interface Span {
  readonly text: string;
  readonly align?: Alignment;
  /** Whether the span begins where the input begins. */
  readonly first: boolean;
}

/** One replacement of text[start, end); edits come in order and do not overlap. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
  /** Code unit of the text that each one of the replacement comes from (-1: from none); by default the last one replaced. */
  readonly from?: readonly number[];
}

/** Something that rewrites text: `apply` is the fast form, `edits` says the same with places. */
export interface EditingRewriter {
  apply(text: string): string;
  edits(text: string): Edit[];
}

/** One whose places follow rules of their own: `trace` gives the code unit of `text` that each unit of `apply(text)` comes from. */
export interface TracingRewriter {
  apply(text: string): string;
  trace(text: string): ArrayLike<number>;
}

export type Rewriter = EditingRewriter | TracingRewriter;

/** A span over the whole input. */
export function wholeSpan(text: string, aligned: boolean): Span {
  if (!aligned) return { text, first: true };
  const starts = new Int32Array(text.length);
  const ends = new Int32Array(text.length);
  let point = 0;
  for (let i = 0; i < text.length; i++, point++) {
    starts[i] = point;
    ends[i] = point + 1;
    if ((text.charCodeAt(i) & 0xfc00) === 0xd800 && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00) {
      i++;
      starts[i] = point;
      ends[i] = point + 1;
    }
  }
  return { text, align: { starts, ends }, first: true };
}

/** Part of a span. */
export function sliceSpan(span: Span, start: number, end: number): Span {
  if (start === 0 && end === span.text.length) return span;
  const align = span.align && {
    starts: span.align.starts.subarray(start, end),
    ends: span.align.ends.subarray(start, end),
  };
  return { text: span.text.slice(start, end), align, first: span.first && start === 0 };
}

/** A span after a rewriter, its alignment carried along. */
export function rewriteSpan(span: Span, rewriter: Rewriter): Span {
  if (!span.align) {
    const text = rewriter.apply(span.text);
    return text === span.text ? span : { text, first: span.first };
  }
  const { starts, ends } = span.align;
  if ('trace' in rewriter) {
    const text = rewriter.apply(span.text);
    if (text === span.text) return span;
    const from = rewriter.trace(span.text);
    const align = {
      starts: Int32Array.from(from, (unit) => starts[unit]),
      ends: Int32Array.from(from, (unit) => ends[unit]),
    };
    return { text, align, first: span.first };
  }
  const edits = rewriter.edits(span.text);
  if (edits.length === 0) return span;
  let text = '';
  const from: number[] = [];
  let at = 0;
  const copy = (to: number) => {
    text += span.text.slice(at, to);
    for (; at < to; at++) from.push(at);
  };
  for (const edit of edits) {
    copy(edit.start);
    text += edit.text;
    const last = Math.min(Math.max(edit.end - 1, edit.start), span.text.length - 1);
    for (let i = 0; i < edit.text.length; i++) from.push(edit.from?.[i] ?? last);
    at = edit.end;
  }
  copy(span.text.length);
  const align = {
    starts: Int32Array.from(from, (unit) => (unit < 0 ? 0 : starts[unit])),
    ends: Int32Array.from(from, (unit) => (unit < 0 ? 0 : ends[unit])),
  };
  return { text, align, first: span.first };
}
