import { AbovoError } from '../../base/core/index.js';

export type ApiErrorType =
  | 'invalid_request_error'
  | 'authentication_error'
  | 'permission_error'
  | 'not_found_error'
  | 'rate_limit_error'
  | 'insufficient_quota'
  | 'overloaded_error'
  | 'server_error';

export interface ApiErrorDetails {
  readonly code?: string;
  /** Name of the request field at fault, `messages.0.content`. */
  readonly param?: string;
  /** Seconds after which trying again makes sense; sent as `retry-after`. */
  readonly retryAfter?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An error as OpenAI's API writes it. Hooks (quota, authentication) throw it to refuse a request. */
export class ApiError extends Error {
  readonly status: number;
  readonly type: ApiErrorType;
  readonly code: string | null;
  readonly param: string | null;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, type: ApiErrorType, message: string, details: ApiErrorDetails = {}) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
    this.type = type;
    this.code = details.code ?? null;
    this.param = details.param ?? null;
    this.headers = {
      ...(details.retryAfter === undefined
        ? {}
        : { 'retry-after': String(Math.max(1, Math.ceil(details.retryAfter))) }),
      ...details.headers,
    };
  }

  body(): { error: { message: string; type: string; param: string | null; code: string | null } } {
    return { error: { message: this.message, type: this.type, param: this.param, code: this.code } };
  }
}

/** 400 for one field. */
export function invalid(param: string | undefined, message: string, code = 'invalid_value'): ApiError {
  return new ApiError(400, 'invalid_request_error', message, { code, ...(param === undefined ? {} : { param }) });
}

/** Whatever was thrown, as the client may see it. Details of bugs stay here. */
export function toApiError(error: unknown, param?: string): ApiError {
  if (error instanceof ApiError) return error;
  if (error instanceof AbovoError) {
    if (error.kind === 'caller') return invalid(param, error.message, error.code);
    if (error.kind === 'world') {
      return new ApiError(503, 'overloaded_error', error.message, { code: error.code, retryAfter: 5 });
    }
  }
  return new ApiError(
    500,
    'server_error',
    'The server failed on this request. Its log says more under the request id.',
    {
      code: 'internal_error',
    },
  );
}
