import { badRequest, type FieldError, invalid } from '../../shared/machinery/api-error.ts';

/** The query of a list, watch or deletecollection. Empty strings: not given. */
export interface ListQuery {
  labelSelector: string;
  fieldSelector: string;
  watch: boolean;
  allowWatchBookmarks: boolean;
  sendInitialEvents: boolean | undefined;
  resourceVersion: string;
  resourceVersionMatch: string;
  timeoutSeconds: number | undefined;
  limit: number;
  continue: string;
}

const LIST_OPTIONS = { group: 'meta.k8s.io', plural: '', kind: 'ListOptions' };

/** Reads and checks a query as upstream does. Throws 400 on what is no number, 422 on what does not go together. */
export function parseListQuery(query: URLSearchParams): ListQuery {
  const text = (name: string): string => query.get(name) ?? '';
  const parsed: ListQuery = {
    labelSelector: text('labelSelector'),
    fieldSelector: text('fieldSelector'),
    watch: readBool(query, 'watch') ?? false,
    allowWatchBookmarks: readBool(query, 'allowWatchBookmarks') ?? false,
    sendInitialEvents: readBool(query, 'sendInitialEvents'),
    resourceVersion: text('resourceVersion'),
    resourceVersionMatch: text('resourceVersionMatch'),
    timeoutSeconds: readInteger(query, 'timeoutSeconds'),
    limit: readInteger(query, 'limit') ?? 0,
    continue: text('continue'),
  };
  const errors = checkListQuery(parsed);
  if (errors.length > 0) throw invalid(LIST_OPTIONS, '', errors);
  return parsed;
}

/** Present without a value means true; so does everything but `false` and `0`. Source: apimachinery Convert_Slice_string_To_bool. */
export function readBool(query: URLSearchParams, name: string): boolean | undefined {
  const value = query.get(name);
  return value === null ? undefined : value !== '0' && value.toLowerCase() !== 'false';
}

export function readInteger(query: URLSearchParams, name: string): number | undefined {
  const value = query.get(name);
  if (value === null || value === '') return undefined;
  if (!/^[+-]?\d+$/.test(value)) throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(value)}: invalid syntax`);
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(value)}: value out of range`);
  return number;
}

/** Source: apimachinery meta/internalversion/validation ValidateListOptions. */
function checkListQuery(query: ListQuery): FieldError[] {
  const match = query.resourceVersionMatch;
  const no = (field: string, why: string): FieldError => ({ type: 'FieldValueForbidden', field, message: `Forbidden: ${why}` });
  if (query.watch && query.sendInitialEvents !== undefined) {
    const errors: FieldError[] = [];
    if (match !== 'NotOlderThan')
      errors.push(no('resourceVersionMatch', 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan'));
    if (query.continue !== '') errors.push(no('resourceVersionMatch', 'resourceVersionMatch is forbidden when continue is provided'));
    return errors;
  }
  if (query.sendInitialEvents !== undefined) return [no('sendInitialEvents', 'sendInitialEvents is forbidden for list')];
  if (match === '') return [];
  if (query.watch) return [no('resourceVersionMatch', 'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided')];
  const errors: FieldError[] = [];
  if (query.resourceVersion === '')
    errors.push(no('resourceVersionMatch', 'resourceVersionMatch is forbidden unless resourceVersion is provided'));
  if (query.continue !== '') errors.push(no('resourceVersionMatch', 'resourceVersionMatch is forbidden when continue is provided'));
  if (match !== 'Exact' && match !== 'NotOlderThan') {
    const message = `Unsupported value: ${JSON.stringify(match)}: supported values: "Exact", "NotOlderThan", ""`;
    errors.push({ type: 'FieldValueNotSupported', field: 'resourceVersionMatch', message });
  }
  if (match === 'Exact' && query.resourceVersion === '0') {
    errors.push(no('resourceVersionMatch', 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'));
  }
  return errors;
}
