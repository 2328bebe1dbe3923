declare module 'spdx-expression-parse' {
  interface License {
    readonly license: string;
    readonly plus?: true;
    readonly exception?: string;
  }
  interface Conjunction {
    readonly left: License | Conjunction;
    readonly conjunction: 'and' | 'or';
    readonly right: License | Conjunction;
  }
  export default function parse(expression: string): License | Conjunction;
}
