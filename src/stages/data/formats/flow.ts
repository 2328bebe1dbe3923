/** Text that is put together as a browser would show it: white space collapses, blocks stand apart. */
export class Flow {
  readonly #parts: string[] = [];
  #breaks = 0;
  #space = false;
  #prefix = '';
  #started = false;
  /** Characters so far. */
  length = 0;

  /** Running text: white space collapses to one space. */
  text(text: string): void {
    const collapsed = text.replace(/[ \t\n\r\f]+/g, ' ');
    if (collapsed === '') return;
    if (collapsed === ' ') {
      this.#space = true;
      return;
    }
    const leading = collapsed.startsWith(' ');
    const trailing = collapsed.endsWith(' ');
    if (leading) this.#space = true;
    this.#flush();
    this.#push(collapsed.slice(leading ? 1 : 0, trailing ? -1 : undefined));
    this.#space = trailing;
  }

  /** Text whose white space counts. */
  raw(text: string): void {
    if (text === '') return;
    this.#flush();
    this.#push(text);
  }

  /** Ends the line (1) or the paragraph (2). */
  break(lines: 1 | 2): void {
    this.#breaks = Math.max(this.#breaks, lines);
    this.#space = false;
  }

  /** Stands before the next text: a bullet, the mark of a heading. */
  prefix(mark: string): void {
    this.#prefix = mark;
  }

  /** Forgets a prefix that no text followed. */
  dropPrefix(): void {
    this.#prefix = '';
  }

  toString(): string {
    return this.#parts.join('');
  }

  #flush(): void {
    if (this.#started && this.#breaks > 0) this.#push('\n'.repeat(this.#breaks));
    else if (this.#started && this.#space) this.#push(' ');
    this.#breaks = 0;
    this.#space = false;
    this.#started = true;
    if (this.#prefix) this.#push(this.#prefix);
    this.#prefix = '';
  }

  #push(text: string): void {
    this.#parts.push(text);
    this.length += text.length;
  }
}
