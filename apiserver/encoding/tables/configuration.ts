import type { ConfigMap, ResourceQuota, Secret, ServiceAccount } from '../../../shared/api/generated/core-v1.ts';
import type { ClusterRoleBinding, RoleBinding, Subject } from '../../../shared/api/generated/rbac-v1.ts';
import type { DeepReadonly } from '../../../shared/api/meta.ts';
import { since } from './human-duration.ts';
import { AGE, column, NAME, type Printer, printer, wide } from './printer.ts';

const bindings = printer<RoleBinding | ClusterRoleBinding>(
  [NAME, column('Role'), AGE, wide('Users'), wide('Groups'), wide('ServiceAccounts')],
  ({ metadata, roleRef, subjects }, now) => [
    metadata.name,
    `${roleRef.kind}/${roleRef.name}`,
    since(metadata.creationTimestamp, now),
    subjectsOf(subjects, 'User'),
    subjectsOf(subjects, 'Group'),
    subjectsOf(subjects, 'ServiceAccount'),
  ],
);

/** Printers of configuration, quotas and bindings. */
export const configuration: Readonly<Record<string, Printer>> = {
  configmaps: printer<ConfigMap>(
    [
      NAME,
      column('Data', {
        description:
          "Data contains the configuration data. Each key must consist of alphanumeric characters, '-', '_' or '.'. Values with non-UTF-8 byte sequences must use the BinaryData field. The keys stored in Data must not overlap with the keys in the BinaryData field, this is enforced during validation process.",
      }),
      AGE,
    ],
    ({ metadata, data, binaryData }, now) => [
      metadata.name,
      Object.keys(data ?? {}).length + Object.keys(binaryData ?? {}).length,
      since(metadata.creationTimestamp, now),
    ],
  ),
  secrets: printer<Secret>([NAME, column('Type'), column('Data'), AGE], ({ metadata, type, data }, now) => [
    metadata.name,
    type ?? '',
    Object.keys(data ?? {}).length,
    since(metadata.creationTimestamp, now),
  ]),
  serviceaccounts: printer<ServiceAccount>([NAME, column('Secrets'), AGE], ({ metadata, secrets }, now) => [
    metadata.name,
    secrets?.length ?? 0,
    since(metadata.creationTimestamp, now),
  ]),
  resourcequotas: printer<ResourceQuota>([NAME, column('Request'), column('Limit'), AGE], ({ metadata, status }, now) => {
    const entries = Object.entries(status?.hard ?? {})
      .map(([resource, hard]) => ({ resource, text: `${resource}: ${status?.used?.[resource] ?? '0'}/${hard}` }))
      .sort((a, b) => (a.resource < b.resource ? -1 : 1));
    const limits = entries.filter(({ resource }) => resource.startsWith('limits'));
    const requests = entries.filter(({ resource }) => !resource.startsWith('limits'));
    const joined = (list: typeof entries): string => list.map(({ text }) => text).join(', ');
    return [metadata.name, joined(requests), joined(limits), since(metadata.creationTimestamp, now)];
  }),
  rolebindings: bindings,
  clusterrolebindings: bindings,
};

function subjectsOf(subjects: DeepReadonly<Subject[]> | undefined, kind: string): string {
  return (subjects ?? [])
    .filter((subject) => subject.kind === kind)
    .map(({ namespace, name }) => (kind === 'ServiceAccount' ? `${namespace}/${name}` : name))
    .join(', ');
}
