import { ApiError, failure, type Status, type StatusReason } from '../machinery/api-error.ts';

const REASONS: Readonly<Record<number, StatusReason>> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  405: 'MethodNotAllowed',
  406: 'NotAcceptable',
  409: 'Conflict',
  410: 'Gone',
  413: 'RequestEntityTooLarge',
  415: 'UnsupportedMediaType',
  422: 'Invalid',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'ServiceUnavailable',
  504: 'Timeout',
};

/** The error that an answer with `code` >= 400 carries: its Status, or one made from the code where a proxy or health page answered. */
export function responseError(code: number, body: string, { method, path }: { method: string; path: string }): ApiError {
  const status = parseStatus(body);
  if (status !== undefined) return new ApiError({ ...status, code: status.code ?? code });
  const text = body.trim().slice(0, 512);
  return failure(code, REASONS[code] ?? 'Unknown', `${method} ${path} answered ${code}${text === '' ? '' : `: ${text}`}`);
}

function parseStatus(body: string): Status | undefined {
  if (!body.startsWith('{')) return undefined;
  try {
    const value = JSON.parse(body) as Partial<Status>;
    return value.kind === 'Status' ? (value as Status) : undefined;
  } catch {
    return undefined; // not a Status: the caller quotes the text
  }
}
