import { badRequest, type FieldError, invalid } from '../../shared/machinery/api-error.ts';
import type { DeleteOptions, PropagationPolicy } from '../registry/plan-deletion.ts';
import { readBool, readInteger } from './list-query.ts';
import { parseBody, type RawBody } from './request-body.ts';

const SUBJECT = { group: 'meta.k8s.io', plural: '', kind: 'DeleteOptions' };
const POLICIES = ['Foreground', 'Background', 'Orphan'];

/** Options of a delete: from the body if there is one, else from the query. Throws 400 and 422. */
export function readDeleteOptions(query: URLSearchParams, body: RawBody | undefined): DeleteOptions & { dryRun?: string[] } {
  const options = body === undefined || body.bytes.length === 0 ? fromQuery(query) : fromBody(body);
  checkDeleteOptions(options);
  return options;
}

/** Throws 422 on options that contradict each other. */
export function checkDeleteOptions(options: DeleteOptions): void {
  const errors = check(options);
  if (errors.length > 0) throw invalid(SUBJECT, '', errors);
}

function fromQuery(query: URLSearchParams): DeleteOptions & { dryRun?: string[] } {
  const grace = readInteger(query, 'gracePeriodSeconds');
  const policy = query.get('propagationPolicy');
  const orphan = readBool(query, 'orphanDependents');
  return {
    ...(grace !== undefined && { gracePeriodSeconds: grace }),
    ...(policy !== null && policy !== '' && { propagationPolicy: policy as PropagationPolicy }),
    ...(orphan !== undefined && { orphanDependents: orphan }),
    dryRun: query.getAll('dryRun').filter((value) => value !== ''),
  };
}

function fromBody(body: RawBody): DeleteOptions & { dryRun?: string[] } {
  return deleteOptionsOf(parseBody(body).value);
}

/** Reads a DeleteOptions object; throws 400 on wrong types. */
export function deleteOptionsOf(value: unknown): DeleteOptions & { dryRun?: string[] } {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw badRequest('DeleteOptions must be an object');
  const { kind, gracePeriodSeconds, propagationPolicy, orphanDependents, preconditions, dryRun } = value as Record<string, unknown>;
  if (kind !== undefined && kind !== '' && kind !== 'DeleteOptions') {
    throw badRequest(`the object provided is unrecognized (must be of type DeleteOptions): kind ${JSON.stringify(kind)}`);
  }
  const of = <T>(name: string, field: unknown, type: 'number' | 'string' | 'boolean'): T | undefined => {
    if (field === undefined || field === null) return undefined;
    if (typeof field !== type || (type === 'number' && !Number.isSafeInteger(field))) {
      throw badRequest(`json: cannot unmarshal ${typeof field} into Go struct field DeleteOptions.${name}`);
    }
    return field as T;
  };
  const { uid, resourceVersion } = (typeof preconditions === 'object' && preconditions !== null ? preconditions : {}) as Record<
    string,
    unknown
  >;
  return present({
    gracePeriodSeconds: of<number>('gracePeriodSeconds', gracePeriodSeconds, 'number'),
    propagationPolicy: of<PropagationPolicy>('propagationPolicy', propagationPolicy, 'string'),
    orphanDependents: of<boolean>('orphanDependents', orphanDependents, 'boolean'),
    preconditions: present({
      uid: of<string>('preconditions.uid', uid, 'string'),
      resourceVersion: of<string>('preconditions.resourceVersion', resourceVersion, 'string'),
    }),
    dryRun: Array.isArray(dryRun) ? dryRun.map(String) : [],
  });
}

/** Drops what is undefined. */
function present<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, v]) => v !== undefined)) as { [K in keyof T]: Exclude<T[K], undefined> };
}

/** Source: apimachinery meta/v1/validation ValidateDeleteOptions. */
function check({ propagationPolicy: policy, orphanDependents, dryRun = [] }: DeleteOptions): FieldError[] {
  const errors: FieldError[] = [];
  if (policy !== undefined && orphanDependents !== undefined) {
    const message = `Invalid value: ${JSON.stringify(policy)}: orphanDependents and deletionPropagation cannot be both set`;
    errors.push({ type: 'FieldValueInvalid', field: 'propagationPolicy', message });
  }
  if (policy !== undefined && !POLICIES.includes(policy)) {
    const message = `Unsupported value: ${JSON.stringify(policy)}: supported values: "Foreground", "Background", "Orphan", "nil"`;
    errors.push({ type: 'FieldValueNotSupported', field: 'propagationPolicy', message });
  }
  return [...errors, ...checkDryRun(dryRun)];
}

/** `dryRun` may only be `All`. */
export function checkDryRun(values: readonly string[]): FieldError[] {
  return values
    .filter((value) => value !== 'All')
    .map((value) => ({
      type: 'FieldValueNotSupported',
      field: 'dryRun',
      message: `Unsupported value: ${JSON.stringify(value)}: supported values: "All"`,
    }));
}
