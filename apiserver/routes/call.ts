import type { FastifyReply, FastifyRequest } from 'fastify';
import { type FieldError, invalid } from '../../shared/machinery/api-error.ts';
import { checkManagerName, managerName } from '../../shared/machinery/apply/manager-name.ts';
import type { UserInfo } from '../auth/user.ts';
import type { RequestContext } from '../registry/request-context.ts';
import { checkDryRun } from './delete-options.ts';
import { mediaTypeOf, type RawBody } from './request-body.ts';
import type { RequestInfo } from './request-info.ts';

/** One request to a resource, as the route handlers see it. */
export interface Call {
  info: RequestInfo;
  query: URLSearchParams;
  user: UserInfo;
  request: FastifyRequest;
  reply: FastifyReply;
}

export function bodyOf({ request }: Call): RawBody {
  const bytes = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
  return { bytes, contentType: request.headers['content-type'] };
}

const APPLY_PATCH = 'application/apply-patch+yaml';
const VALIDATIONS: readonly string[] = ['Ignore', 'Warn', 'Strict'];
const OPTION_KINDS: Readonly<Record<string, string>> = {
  POST: 'CreateOptions',
  PUT: 'UpdateOptions',
  PATCH: 'PatchOptions',
  DELETE: 'DeleteOptions',
};

/** Whether this is a server-side apply. */
export function isApply({ request }: Call): boolean {
  return mediaTypeOf(request.headers['content-type']) === APPLY_PATCH;
}

/** Reads the options that all writes share. Throws 422. */
export function contextOf(call: Call): RequestContext {
  const { request, query, user } = call;
  const dryRun = query.getAll('dryRun').filter((value) => value !== '');
  const fieldValidation = query.get('fieldValidation') ?? '';
  const fieldManager = query.get('fieldManager') ?? '';
  const errors: FieldError[] = [...checkApplyOptions(call), ...checkManagerName(fieldManager), ...checkDryRun(dryRun)];
  if (fieldValidation !== '' && !VALIDATIONS.includes(fieldValidation)) {
    const message = `Unsupported value: ${JSON.stringify(fieldValidation)}: supported values: "", "Ignore", "Strict", "Warn"`;
    errors.push({ type: 'FieldValueNotSupported', field: 'fieldValidation', message });
  }
  if (errors.length > 0)
    throw invalid({ group: 'meta.k8s.io', plural: '', kind: OPTION_KINDS[request.method] ?? 'ListOptions' }, '', errors);
  const cause = Number(request.headers['kubernetus-cause']);
  const component = request.headers['user-agent']?.split(/[/ ]/, 1)[0];
  return {
    user,
    ...(component !== undefined && component !== '' && { component }),
    manager: managerName(fieldManager, request.headers['user-agent'] ?? ''),
    ...(Number.isSafeInteger(cause) && cause > 0 && { cause }),
    dryRun: dryRun.length > 0,
    fieldValidation: fieldValidation === '' ? 'Warn' : (fieldValidation as RequestContext['fieldValidation']),
    warnings: [],
  };
}

/** Source: apimachinery validation ValidatePatchOptions. */
function checkApplyOptions(call: Call): FieldError[] {
  const { request, query } = call;
  if (request.method !== 'PATCH') return [];
  if (isApply(call)) {
    if ((query.get('fieldManager') ?? '') !== '') return [];
    return [{ type: 'FieldValueRequired', field: 'fieldManager', message: 'Required value: is required for apply patch' }];
  }
  if (query.get('force') === null) return [];
  return [{ type: 'FieldValueForbidden', field: 'force', message: 'Forbidden: may not be specified for non-apply patch' }];
}
