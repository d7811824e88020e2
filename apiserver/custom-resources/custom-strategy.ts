import { isDeepStrictEqual } from 'node:util';
import type { CustomResourceDefinitionVersion, CustomResourceSubresourceScale } from '../../shared/api/generated/apiextensions-v1.ts';
import type { DeepReadonly, UntypedObject } from '../../shared/api/meta.ts';
import type { FieldError } from '../../shared/machinery/api-error.ts';
import { readJsonPath } from '../encoding/tables/json-path.ts';
import { keepStatus } from '../registry/strategies/status.ts';
import type { Strategy } from '../registry/strategy.ts';
import { isRecord } from '../schema/record.ts';
import { ErrorList } from '../validation/error-list.ts';
import { qualifiedName } from '../validation/names.ts';
import type { CompiledSchema } from './compile-schema.ts';
import { sortKeys } from './sort-keys.ts';

/**
 * The strategy of one version of a custom resource. Source: apiextensions-apiserver pkg/registry/customresource.
 * Deviation: `x-kubernetes-validations` are kept and published, but not evaluated (docs/compatibility.md).
 */
export function customStrategy(version: DeepReadonly<CustomResourceDefinitionVersion>, schema: CompiledSchema): Strategy {
  const hasStatus = version.subresources?.status !== undefined;
  const scale = version.subresources?.scale;
  const fields = (version.selectableFields ?? []).map(({ jsonPath }) => ({ name: jsonPath.replace(/^\./, ''), jsonPath }));
  return {
    prepareForCreate: (object) => {
      if (hasStatus) delete object['status'];
    },
    validate: (object) => [...schema.validate(object), ...checkScale(object, scale, ['specReplicasPath', 'statusReplicasPath'])],
    prepareForUpdate: (object, old) => {
      if (hasStatus) keepStatus(object, old);
    },
    validateUpdate: (object, old) => [
      ...schema.validateUpdate(object, old),
      ...checkScale(object, scale, ['specReplicasPath', 'statusReplicasPath']),
    ],
    prepareForStatusUpdate: keepOnlyStatus,
    validateStatusUpdate: (object, old) => [
      ...schema.validateStatusUpdate(object, old),
      ...checkScale(object, scale, ['statusReplicasPath']),
    ],
    warnings: finalizerWarnings,
    allowUnconditionalUpdate: false,
    hasGeneration: true,
    countsAsChange: (object, old) => !isDeepStrictEqual(sortKeys(withoutMeta(object)), sortKeys(withoutMeta(old))),
    selectableFields: (object) =>
      Object.fromEntries(
        fields.map(({ name, jsonPath }) => {
          const [value] = readJsonPath(jsonPath, object);
          return [name, value === undefined || value === null ? '' : String(value)];
        }),
      ),
    ...(scale === undefined
      ? {}
      : {
          scale: {
            specReplicas: scale.specReplicasPath,
            statusReplicas: scale.statusReplicasPath,
            ...(scale.labelSelectorPath === undefined ? {} : { selector: scale.labelSelectorPath }),
          },
        }),
  };
}

/** A status write changes nothing else, not even labels. */
function keepOnlyStatus(object: UntypedObject, old: UntypedObject): void {
  const { status } = object;
  for (const field of Object.keys(object)) delete object[field];
  Object.assign(object, structuredClone(old));
  if (status === undefined) delete object['status'];
  else object['status'] = status;
}

function withoutMeta({ metadata: _, ...fields }: UntypedObject): object {
  return fields;
}

type ScalePath = 'specReplicasPath' | 'statusReplicasPath';
const MAX_REPLICAS = 2 ** 31 - 1;

function checkScale(
  object: UntypedObject,
  scale: DeepReadonly<CustomResourceSubresourceScale> | undefined,
  paths: readonly ScalePath[],
): FieldError[] {
  if (scale === undefined) return [];
  const errors = new ErrorList();
  for (const name of paths) {
    const path = scale[name];
    const value = valueAt(object, path);
    if (value === undefined) continue;
    if (typeof value !== 'number' || !Number.isInteger(value)) {
      errors.invalid(path, 0, `${path} accessor error: ${goValue(value)} is of the type ${goType(value)}, expected int64`);
    } else if (value < 0) errors.invalid(path, value, 'should be a non-negative integer');
    else if (value > MAX_REPLICAS) errors.invalid(path, value, `should be less than or equal to ${MAX_REPLICAS}`);
  }
  const selector = scale.labelSelectorPath;
  const value = selector === undefined ? undefined : valueAt(object, selector);
  if (selector !== undefined && value !== undefined && typeof value !== 'string')
    errors.invalid(selector, '', `${selector} accessor error: ${goValue(value)} is of the type ${goType(value)}, expected string`);
  return errors.items;
}

function valueAt(object: UntypedObject, path: string): unknown {
  const parts = path.replace(/^\./, '').split('.');
  return parts.reduce<unknown>((value, part) => (isRecord(value) && Object.hasOwn(value, part) ? value[part] : undefined), object);
}

function goType(value: unknown): string {
  if (value === null) return '<nil>';
  if (Array.isArray(value)) return '[]interface {}';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int64' : 'float64';
  return typeof value === 'boolean' ? 'bool' : typeof value === 'object' ? 'map[string]interface {}' : 'string';
}

function goValue(value: unknown): string {
  return value === null ? '<nil>' : typeof value === 'object' ? JSON.stringify(value) : String(value);
}

const STANDARD_FINALIZERS = new Set(['orphan', 'foregroundDeletion', 'kubernetes']);

/** Source: customresource validateKubeFinalizerName. */
function finalizerWarnings(object: UntypedObject, old?: UntypedObject): string[] {
  const before = new Set(old?.metadata.finalizers ?? []);
  const added = [...new Set(object.metadata.finalizers ?? [])].filter((name) => !before.has(name)).sort();
  return added.flatMap((name) => {
    const about = `metadata.finalizers: ${JSON.stringify(name)}: `;
    const texts = qualifiedName(name).map((problem) => about + problem);
    if (name.includes('/') || STANDARD_FINALIZERS.has(name)) return texts;
    const path = name.includes('.') ? ' including a path (/)' : '';
    return [...texts, `${about}prefer a domain-qualified finalizer name${path} to avoid accidental conflicts with other finalizer writers`];
  });
}
