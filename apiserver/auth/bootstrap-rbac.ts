import { isDeepStrictEqual } from 'node:util';
import type { ClusterRole, ClusterRoleBinding, PolicyRule, Role, RoleBinding, Subject } from '../../shared/api/generated/rbac-v1.ts';
import type { DeepReadonly, UntypedObject } from '../../shared/api/meta.ts';
import type { ResourceId } from '../../shared/api/scheme.ts';
import { isAlreadyExists } from '../../shared/machinery/api-error.ts';
import { bootstrapObjects } from './bootstrap-rbac-objects.ts';

/** How the default policy reaches the store. */
interface PolicyWriter {
  get(resource: ResourceId, namespace: string, name: string): DeepReadonly<UntypedObject> | undefined;
  create(resource: ResourceId, object: UntypedObject): Promise<unknown>;
  update(resource: ResourceId, object: UntypedObject): Promise<unknown>;
}

const AUTOUPDATE = 'rbac.authorization.kubernetes.io/autoupdate';

/**
 * Creates the default roles and bindings that are missing and adds what others have lost, unless their annotation
 * `rbac.authorization.kubernetes.io/autoupdate` is not "true". Never takes anything away. The namespace kube-system must exist.
 */
export async function ensureBootstrapPolicy(writer: PolicyWriter): Promise<void> {
  await Promise.all(bootstrapObjects().map(({ resource, object }) => ensure(writer, resource, object as unknown as UntypedObject)));
}

async function ensure(writer: PolicyWriter, resource: ResourceId, wanted: UntypedObject): Promise<void> {
  const { name, namespace = '' } = wanted.metadata;
  const current = writer.get(resource, namespace, name);
  if (current === undefined) {
    await writer.create(resource, wanted).catch((error: unknown) => {
      if (!isAlreadyExists(error)) throw error; // another server was faster
    });
    return;
  }
  if (current.metadata.annotations?.[AUTOUPDATE] !== 'true') return;
  const merged = withMissing(structuredClone(current) as UntypedObject, wanted);
  if (!isDeepStrictEqual(merged, current)) await writer.update(resource, merged);
}

type PolicyObject = Partial<Pick<ClusterRole, 'rules' | 'aggregationRule'> & Pick<ClusterRoleBinding, 'subjects'>> &
  Pick<Role | RoleBinding, 'metadata'>;

function withMissing(current: UntypedObject, wanted: UntypedObject): UntypedObject {
  const into = current as PolicyObject;
  const from = wanted as PolicyObject;
  into.metadata.labels = { ...from.metadata.labels, ...into.metadata.labels };
  into.metadata.annotations = { ...from.metadata.annotations, ...into.metadata.annotations };
  if (from.aggregationRule !== undefined) into.aggregationRule ??= from.aggregationRule;
  else if (from.rules !== undefined) into.rules = union<PolicyRule>(into.rules, from.rules);
  if (from.subjects !== undefined) into.subjects = union<Subject>(into.subjects, from.subjects);
  return current;
}

function union<T>(current: T[] | undefined, wanted: readonly T[]): T[] {
  return [...(current ?? []), ...wanted.filter((item) => !(current ?? []).some((other) => isDeepStrictEqual(other, item)))];
}
