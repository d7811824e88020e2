import type { UntypedObject } from '../../shared/api/meta.ts';
import type { FieldError } from '../../shared/machinery/api-error.ts';
import type { UpdateOptions } from '../registry/object-store.ts';

type Rules = Pick<UpdateOptions, 'prepare' | 'validate' | 'keepGeneration'>;

/** Subresources that change one part of the stored object, by `resource/subresource`; `status` is the strategies'. */
const RULES: Readonly<Record<string, Rules>> = {
  'namespaces/finalize': { prepare: (object, old) => keepBut(object, old, { spec: object.spec }), validate: () => [] },
  'certificatesigningrequests/approval': {
    prepare: (object, old) => {
      const { conditions } = (object.status ?? {}) as { conditions?: unknown };
      keepBut(object, old, { status: { ...(old.status as object | undefined), ...(conditions !== undefined && { conditions }) } });
    },
    validate: () => [],
  },
  'pods/ephemeralcontainers': {
    prepare: (object, old) => keepBut(object, old, { spec: { ...specOf(old), ephemeralContainers: specOf(object).ephemeralContainers } }),
    validate: checkEphemeralContainers,
  },
  'pods/resize': {
    prepare: (object, old) => keepBut(object, old, { spec: { ...specOf(old), containers: resized(specOf(object), specOf(old)) } }),
    validate: () => [],
  },
};

export function subresourceRules(resource: string, subresource: string): Rules {
  const path = `${resource}/${subresource}`;
  return Object.hasOwn(RULES, path) ? (RULES[path] ?? {}) : {};
}

interface Container {
  name: string;
  resources?: object;
  resizePolicy?: object;
}
interface PodSpec {
  containers?: Container[];
  ephemeralContainers?: Container[];
}

function specOf(pod: UntypedObject): PodSpec {
  return (pod.spec ?? {}) as PodSpec;
}

/** Makes `object` the old one, in the same order of fields, but for some fields; its metadata stays. */
function keepBut(object: UntypedObject, old: UntypedObject, changed: Record<string, unknown>): void {
  const { metadata } = object;
  for (const field of Object.keys(object)) delete object[field];
  for (const [field, value] of Object.entries(old)) object[field] = Object.hasOwn(changed, field) ? changed[field] : value;
  for (const [field, value] of Object.entries(changed)) if (value !== undefined) object[field] = value;
  object.metadata = metadata;
}

function resized(wanted: PodSpec, old: PodSpec): Container[] {
  const byName = new Map((wanted.containers ?? []).map((container) => [container.name, container]));
  return (old.containers ?? []).map((container) => {
    const { resources, resizePolicy } = byName.get(container.name) ?? container;
    return { ...container, ...(resources && { resources }), ...(resizePolicy && { resizePolicy }) };
  });
}

/** Source: kubernetes pkg/apis/core/validation ValidatePodEphemeralContainersUpdate. */
function checkEphemeralContainers(object: UntypedObject, old: UntypedObject): FieldError[] {
  const now = new Map((specOf(object).ephemeralContainers ?? []).map((container) => [container.name, container]));
  const errors: FieldError[] = [];
  for (const before of specOf(old).ephemeralContainers ?? []) {
    const after = now.get(before.name);
    const field = 'spec.ephemeralContainers';
    if (after === undefined) {
      errors.push({
        type: 'FieldValueForbidden',
        field,
        message: `Forbidden: existing ephemeral containers ${JSON.stringify(before.name)} may not be removed\n`,
      });
    } else if (JSON.stringify(after) !== JSON.stringify(before)) {
      errors.push({
        type: 'FieldValueForbidden',
        field,
        message: `Forbidden: existing ephemeral containers ${JSON.stringify(before.name)} may not be changed\n`,
      });
    }
  }
  return errors;
}
