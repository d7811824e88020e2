/** `metav1.Status` as the API answers it. */
export interface Status {
  kind: 'Status';
  apiVersion: 'v1';
  metadata: { resourceVersion?: string; continue?: string };
  status: 'Failure' | 'Success';
  message?: string;
  reason?: StatusReason;
  details?: StatusDetails;
  code: number;
}

export interface StatusDetails {
  name?: string;
  group?: string;
  kind?: string;
  uid?: string;
  causes?: StatusCause[];
  retryAfterSeconds?: number;
}

export interface StatusCause {
  reason?: string;
  message?: string;
  field?: string;
}

export type StatusReason =
  | 'Unauthorized'
  | 'Forbidden'
  | 'NotFound'
  | 'AlreadyExists'
  | 'Conflict'
  | 'Gone'
  | 'Invalid'
  | 'ServerTimeout'
  | 'StorageReadError'
  | 'Timeout'
  | 'TooManyRequests'
  | 'BadRequest'
  | 'MethodNotAllowed'
  | 'NotAcceptable'
  | 'RequestEntityTooLarge'
  | 'UnsupportedMediaType'
  | 'InternalError'
  | 'Expired'
  | 'ServiceUnavailable'
  | 'Unknown'
  | '';

/** A failed API call, on the server (thrown, answered as its Status) and on the client (rebuilt from the answer). */
export class ApiError extends Error {
  readonly status: Status;
  constructor(status: Status, options?: ErrorOptions) {
    super(status.message ?? status.reason ?? 'unknown', options);
    this.name = 'ApiError';
    this.status = status;
  }
  get code(): number {
    return this.status.code;
  }
  get reason(): StatusReason {
    return this.status.reason ?? '';
  }
}

/** What an error is about: the plural and group for lookups, the kind for validation. */
export interface Subject {
  group: string;
  plural: string;
  kind: string;
}

/** One failed rule of validation; `type` as in apimachinery's field.ErrorType. */
export interface FieldError {
  type:
    | 'FieldValueNotFound'
    | 'FieldValueRequired'
    | 'FieldValueDuplicate'
    | 'FieldValueInvalid'
    | 'FieldValueNotSupported'
    | 'FieldValueForbidden'
    | 'FieldValueTooLong'
    | 'FieldValueTooMany'
    | 'InternalError'
    | 'FieldValueTypeInvalid';
  field: string;
  /** The whole text after the field, such as `Invalid value: 0: must be greater than 0`. */
  message: string;
}

export function failure(code: number, reason: StatusReason, message: string, details?: StatusDetails): ApiError {
  return new ApiError({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    reason,
    ...(details === undefined ? {} : { details }),
    code,
  });
}

/** `pods`, `deployments.apps`. */
export const qualifiedName = ({ plural, group }: Subject): string => (group === '' ? plural : `${plural}.${group}`);
const about = ({ plural, group }: Subject, name: string): StatusDetails => ({
  ...(name === '' ? {} : { name }),
  ...(group === '' ? {} : { group }),
  kind: plural,
});

export const notFound = (on: Subject, name: string): ApiError =>
  failure(404, 'NotFound', `${qualifiedName(on)} ${quote(name)} not found`, about(on, name));
export const alreadyExists = (on: Subject, name: string): ApiError =>
  failure(409, 'AlreadyExists', `${qualifiedName(on)} ${quote(name)} already exists`, about(on, name));
export const conflict = (on: Subject, name: string, why: string): ApiError =>
  failure(409, 'Conflict', `Operation cannot be fulfilled on ${qualifiedName(on)} ${quote(name)}: ${why}`, about(on, name));
export const forbidden = (on: Subject, name: string, why: string): ApiError =>
  failure(
    403,
    'Forbidden',
    name === '' ? `${qualifiedName(on)} is forbidden: ${why}` : `${qualifiedName(on)} ${quote(name)} is forbidden: ${why}`,
    about(on, name),
  );
export const unauthorized = (): ApiError => failure(401, 'Unauthorized', 'Unauthorized');
export const badRequest = (message: string): ApiError => failure(400, 'BadRequest', message);
export const expired = (message: string): ApiError => failure(410, 'Expired', message);
export const methodNotAllowed = (message = 'the server does not allow this method on the requested resource'): ApiError =>
  failure(405, 'MethodNotAllowed', message, {});
export const pathNotFound = (): ApiError => failure(404, 'NotFound', 'the server could not find the requested resource', {});
export const unsupportedMediaType = (message: string): ApiError => failure(415, 'UnsupportedMediaType', message);
export const notAcceptable = (message: string): ApiError => failure(406, 'NotAcceptable', message);
export const tooLarge = (message: string): ApiError => failure(413, 'RequestEntityTooLarge', message);
export const tooManyRequests = (message: string, retryAfterSeconds: number, details: StatusDetails = {}): ApiError =>
  failure(429, 'TooManyRequests', message, { ...details, retryAfterSeconds });
export const internalError = (message: string): ApiError =>
  failure(500, 'InternalError', `Internal error occurred: ${message}`, { causes: [{ message }] });

/** 422 with one cause a failed rule; the message lists them as upstream does (brackets when there are several). */
export function invalid({ group, kind }: Subject, name: string, errors: readonly FieldError[]): ApiError {
  const unique = [...new Map(errors.map((e) => [`${e.field}: ${e.message}`, e])).entries()];
  const texts = unique.map(([text]) => text);
  const message = `${group === '' ? kind : `${kind}.${group}`} ${quote(name)} is invalid: ${texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`}`;
  const causes = errors.map(({ type, message: text, field }) => ({ reason: type, message: text, field }));
  return failure(422, 'Invalid', message, {
    ...(name === '' ? {} : { name }),
    ...(group === '' ? {} : { group }),
    ...(kind === '' ? {} : { kind }),
    causes,
  });
}

/** A string as Go's %q prints it. */
export function quote(text: string): string {
  return JSON.stringify(text);
}

const has = (error: unknown, reason: StatusReason): boolean => error instanceof ApiError && error.reason === reason;
export const isNotFound = (error: unknown): boolean => has(error, 'NotFound');
export const isConflict = (error: unknown): boolean => has(error, 'Conflict');
export const isAlreadyExists = (error: unknown): boolean => has(error, 'AlreadyExists');
export const isInvalid = (error: unknown): boolean => has(error, 'Invalid');
/** The history a list or watch asked for is gone: list again. */
export const isExpired = (error: unknown): boolean => has(error, 'Expired') || has(error, 'Gone');
/** The namespace is going away, so nothing can be made in it. */
export const isNamespaceTerminating = (error: unknown): boolean =>
  error instanceof ApiError && (error.status.details?.causes ?? []).some((c) => c.reason === 'NamespaceTerminating');
