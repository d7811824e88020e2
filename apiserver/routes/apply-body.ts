import type { UntypedObject } from '../../shared/api/meta.ts';
import { ApiError, badRequest } from '../../shared/machinery/api-error.ts';
import { goKind } from '../../shared/machinery/patch/json-patch.ts';
import { parseYaml } from '../encoding/yaml.ts';
import type { RequestContext } from '../registry/request-context.ts';
import { findDuplicateKeys } from '../schema/duplicate-keys.ts';
import { readBool } from './list-query.ts';
import type { RawBody } from './request-body.ts';

/** What is to be applied: YAML, so JSON too. Throws 400. Source: apiserver handlers/patch.go applyPatcher. */
export function readConfig({ bytes }: RawBody, context: RequestContext): UntypedObject {
  const text = bytes.toString();
  const value = parsed(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    const why = `json: cannot unmarshal ${goKind(value)} into Go value of type map[string]interface {}`;
    throw badRequest(`error decoding YAML: error unmarshaling JSON: while decoding JSON: ${why}`);
  }
  const duplicates = context.fieldValidation === 'Ignore' || !text.trimStart().startsWith('{') ? [] : findDuplicateKeys(text);
  if (duplicates.length > 0 && context.fieldValidation === 'Strict')
    throw badRequest(`error strict decoding YAML: ${duplicates.join(', ')}`);
  context.warnings.push(...duplicates);
  return value as UntypedObject;
}

/** Whether the request may take fields from others. */
export function isForced(query: URLSearchParams): boolean {
  return readBool(query, 'force') === true;
}

function parsed(text: string): unknown {
  try {
    return parseYaml(text);
  } catch (error) {
    throw error instanceof ApiError ? badRequest(`error decoding YAML: ${error.message}`) : error;
  }
}
