/** A big number with its label; `note` stands below in small type. */
export interface Figure {
  readonly label: string;
  readonly value: string;
  readonly note?: string;
  /** Colours the value: `good` met a threshold or beats its baseline, `bad` did not. */
  readonly tone?: 'good' | 'bad';
}

export interface Column {
  readonly label: string;
  /** Numbers go right. */
  readonly align?: 'left' | 'right';
}

/** A table cell: text, or text with a tone or in monospace type. */
export type Cell =
  | string
  | { readonly text: string; readonly tone?: 'good' | 'bad' | 'muted'; readonly code?: boolean };

/** One curve; points with a gap (`null`) break the line. */
export interface Series {
  readonly name: string;
  readonly points: ReadonlyArray<readonly [x: number, y: number | null]>;
  /** Draw dots instead of (`dots`) or on (`both`) the line. */
  readonly style?: 'line' | 'dots' | 'both' | 'faint';
}

export interface LineChart {
  readonly kind: 'lines';
  readonly title: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly series: readonly Series[];
  readonly yScale?: 'linear' | 'log';
  /** Horizontal lines for baselines. */
  readonly rules?: ReadonlyArray<{ readonly label: string; readonly value: number }>;
}

export interface Bar {
  readonly label: string;
  readonly value: number;
  /** Interval drawn as a whisker. */
  readonly low?: number;
  readonly high?: number;
  /** Baselines are drawn in grey. */
  readonly baseline?: boolean;
}

export interface BarChart {
  readonly kind: 'bars';
  readonly title: string;
  readonly xLabel: string;
  readonly bars: readonly Bar[];
  readonly rules?: ReadonlyArray<{ readonly label: string; readonly value: number }>;
}

export type Chart = LineChart | BarChart;

/** A node of a lineage drawing; `level` counts from the roots. */
export interface FlowNode {
  readonly id: string;
  readonly label: string;
  readonly detail?: string;
  readonly parents: readonly string[];
}

export type Block =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'notice'; readonly tone: 'good' | 'bad'; readonly text: string }
  | { readonly kind: 'figures'; readonly figures: readonly Figure[] }
  | {
      readonly kind: 'table';
      readonly caption?: string;
      readonly columns: readonly Column[];
      readonly rows: ReadonlyArray<readonly Cell[]>;
    }
  | { readonly kind: 'facts'; readonly facts: ReadonlyArray<readonly [name: string, value: Cell]> }
  | { readonly kind: 'charts'; readonly charts: readonly Chart[] }
  | {
      readonly kind: 'samples';
      readonly samples: ReadonlyArray<{
        readonly prompt: string;
        readonly text: string;
        readonly reference?: string;
        readonly note?: string;
      }>;
    }
  | {
      readonly kind: 'changes';
      readonly title: string;
      readonly note?: string;
      readonly tone?: 'good' | 'bad';
      /** Stretches of a text in order: what stayed, what was taken out, what came in. */
      readonly changes: ReadonlyArray<{ readonly kind: 'same' | 'removed' | 'added'; readonly text: string }>;
    }
  | { readonly kind: 'flow'; readonly nodes: readonly FlowNode[] }
  | { readonly kind: 'details'; readonly summary: string; readonly blocks: readonly Block[] };

export interface Section {
  /** Anchor in the page, lower-case letters and dashes. */
  readonly id: string;
  readonly title: string;
  readonly lead?: string;
  readonly blocks: readonly Block[];
}

export interface Report {
  readonly title: string;
  readonly subtitle?: string;
  /** A short verdict at the top, e.g. whether the release thresholds are met. */
  readonly verdict?: { readonly tone: 'good' | 'bad' | 'neutral'; readonly text: string };
  readonly sections: readonly Section[];
  readonly footer?: string;
}
