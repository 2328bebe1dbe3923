import { AbovoError, InternalError, InvalidInput, Unavailable, messageOf } from '../core/index.js';
import type { ErrorKind } from '../core/index.js';

/** An error as plain data: structured clone would drop the class and the fields. */
export interface WireError {
  readonly kind: ErrorKind;
  readonly code: string;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly stack?: string;
}

/** Turns anything thrown into plain data; what abovo did not throw on purpose becomes an internal error. */
export function toWire(error: unknown): WireError {
  if (error instanceof AbovoError) {
    const { kind, code, message, fields, stack } = error;
    return { kind, code, message, fields: JSON.parse(JSON.stringify(fields)), stack };
  }
  return {
    kind: 'internal',
    code: 'worker.failed',
    message: messageOf(error),
    fields: {},
    stack: error instanceof Error ? error.stack : undefined,
  };
}

/** The error of the class it had in the worker, with the worker's stack. */
export function fromWire(wire: WireError): AbovoError {
  const { code, message, fields } = wire;
  const error =
    wire.kind === 'caller'
      ? new InvalidInput(code, message, fields)
      : wire.kind === 'world'
        ? new Unavailable(code, message, fields)
        : new InternalError(code, message.replace(/^internal: /, ''), fields);
  if (wire.stack) error.stack = wire.stack;
  return error;
}
