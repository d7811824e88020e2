import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from '../shared/component/logging.ts';
import {
  ApiError,
  badRequest,
  expired,
  failure,
  internalError,
  type Status,
  tooLarge,
  unsupportedMediaType,
} from '../shared/machinery/api-error.ts';
import { isStorageError } from './storage/backend.ts';

/** Largest body that is read, bytes. Source: apiserver MaxRequestBodyBytes (3 MiB). */
export const MAX_BODY_BYTES = 3 * 1024 * 1024;

/** Turns everything that a handler throws into a Status; what nobody foresaw is logged and answered as 500. */
export function handleError(error: unknown, request: FastifyRequest, reply: FastifyReply, log: Logger): FastifyReply {
  const status = statusOf(error);
  if (status.code >= 500 && !(error instanceof ApiError))
    log.error({ err: error, method: request.method, path: request.url.split('?', 1)[0] }, 'request failed');
  return sendStatus(reply, status);
}

export function sendStatus(reply: FastifyReply, status: Status): FastifyReply {
  const retry = status.details?.retryAfterSeconds;
  if (retry !== undefined && retry > 0) reply.header('retry-after', String(retry));
  return reply
    .code(status.code)
    .header('content-type', 'application/json')
    .header('cache-control', 'no-cache, private')
    .send(Buffer.from(JSON.stringify(status)));
}

function statusOf(error: unknown): Status {
  if (error instanceof ApiError) return error.status;
  if (isStorageError(error, 'COMPACTED')) return expired('The provided resource version is too old.').status;
  if (isStorageError(error, 'FUTURE_REVISION')) return failure(504, 'Timeout', error.message, { retryAfterSeconds: 1 }).status;
  if (isStorageError(error, 'CLOSED')) return failure(503, 'ServiceUnavailable', 'the server is stopping', { retryAfterSeconds: 1 }).status;
  if (error instanceof URIError) return badRequest('the path has a malformed escape').status;
  const { code, statusCode, message } = error as Partial<FastifyError>;
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') return tooLarge(`Request entity too large: limit is ${MAX_BODY_BYTES}`).status;
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') return unsupportedMediaType(UNKNOWN_FORMAT).status;
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) return badRequest(message ?? 'bad request').status;
  return internalError('the request could not be handled').status;
}

const UNKNOWN_FORMAT =
  'the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf';
