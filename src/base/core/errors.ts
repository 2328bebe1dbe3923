/** Who has to act: the caller, abovo's authors, or the world outside. */
export type ErrorKind = 'caller' | 'internal' | 'world';

export type ErrorFields = Readonly<Record<string, unknown>>;

/** Base of every error abovo throws on purpose. `code` is stable, `fields` are structured, the message is for people. */
export class AbovoError extends Error {
  readonly code: string;
  readonly kind: ErrorKind;
  readonly fields: ErrorFields;

  constructor(kind: ErrorKind, code: string, message: string, fields: ErrorFields = {}, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = new.target.name;
    this.kind = kind;
    this.code = code;
    this.fields = fields;
  }

  /** Exit code of a command that ends with this error: 2 for the caller's mistake, else 1. */
  get exitCode(): 1 | 2 {
    return this.kind === 'caller' ? 2 : 1;
  }
}

/** The caller gave something unusable (HTTP 4xx, exit 2). Message: "operation: expected E, got G", then how to mend it. */
export class InvalidInput extends AbovoError {
  constructor(code: string, message: string, fields?: ErrorFields, cause?: unknown) {
    super('caller', code, message, fields, cause);
  }
}

/** A broken invariant: a bug in abovo. */
export class InternalError extends AbovoError {
  constructor(code: string, message: string, fields?: ErrorFields, cause?: unknown) {
    super('internal', code, `internal: ${message}`, fields, cause);
  }
}

/** Something outside failed and may work later or elsewhere (disk full, port taken, engine missing). */
export class Unavailable extends AbovoError {
  constructor(code: string, message: string, fields?: ErrorFields, cause?: unknown) {
    super('world', code, message, fields, cause);
  }
}

/** Throws an `InternalError` when an invariant does not hold. */
export function invariant(condition: unknown, message: string, fields?: ErrorFields): asserts condition {
  if (!condition) throw new InternalError('invariant', message, fields);
}

/** Message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
