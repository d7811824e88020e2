import type { Pod, PodTemplateSpec } from '../../shared/api/generated/core-v1.ts';
import type { DeepPartial, DeepReadonly, KubeObject, OwnerReference } from '../../shared/api/meta.ts';

export interface Owner {
  readonly apiVersion: string;
  readonly kind: string;
}

/** A new pod of `owner`, to be created: name prefix, labels, annotations, finalizers and spec of the template, and its controller. */
export function podFromTemplate(
  template: DeepReadonly<PodTemplateSpec>,
  owner: DeepReadonly<KubeObject>,
  { apiVersion, kind }: Owner,
): DeepPartial<Pod> {
  const { labels, annotations, finalizers } = template.metadata ?? {};
  return {
    metadata: {
      namespace: owner.metadata.namespace,
      generateName: podNamePrefix(owner.metadata.name),
      ...(labels && { labels: { ...labels } }),
      ...(annotations && { annotations: { ...annotations } }),
      ...(finalizers && { finalizers: [...finalizers] }),
      ownerReferences: [controllerReference(owner, { apiVersion, kind })],
    },
    spec: template.spec,
  };
}

/** The reference that a dependent carries to the object that manages it. */
export function controllerReference(owner: DeepReadonly<KubeObject>, { apiVersion, kind }: Owner): OwnerReference {
  return { apiVersion, kind, name: owner.metadata.name, uid: owner.metadata.uid, controller: true, blockOwnerDeletion: true };
}

/** Upstream drops the dash where it would make the prefix an invalid pod name. */
function podNamePrefix(name: string): string {
  const prefix = `${name}-`;
  return prefix.length > 253 ? name : prefix;
}
