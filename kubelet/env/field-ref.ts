import type { Pod } from '../../shared/api/generated/core-v1.ts';
import type { DeepReadonly } from '../../shared/api/meta.ts';

/** Where the pod lives, known only to the kubelet that runs it. */
export interface PodAddresses {
  podIPs: readonly string[];
  hostIPs: readonly string[];
}

/**
 * The value of a downward API path such as `metadata.labels['app']` or `status.podIP`; undefined for a path that does not exist.
 * Source: kubernetes pkg/fieldpath ExtractFieldPathAsString, kubelet_pods.go podFieldSelectorRuntimeValue.
 */
export function fieldRefValue(pod: DeepReadonly<Pod>, fieldPath: string, addresses: PodAddresses): string | undefined {
  const subscript = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(fieldPath);
  if (subscript !== null) return pod.metadata[subscript[1] as 'labels' | 'annotations']?.[subscript[2] ?? ''] ?? '';
  switch (fieldPath) {
    case 'metadata.name':
      return pod.metadata.name;
    case 'metadata.namespace':
      return pod.metadata.namespace ?? '';
    case 'metadata.uid':
      return pod.metadata.uid;
    case 'metadata.labels':
      return formatMap(pod.metadata.labels);
    case 'metadata.annotations':
      return formatMap(pod.metadata.annotations);
    case 'spec.nodeName':
      return pod.spec.nodeName ?? '';
    case 'spec.serviceAccountName':
      return pod.spec.serviceAccountName ?? '';
    case 'status.hostIP':
      return addresses.hostIPs[0] ?? '';
    case 'status.hostIPs':
      return addresses.hostIPs.join(',');
    case 'status.podIP':
      return addresses.podIPs[0] ?? '';
    case 'status.podIPs':
      return addresses.podIPs.join(',');
    default:
      return undefined;
  }
}

/** `key="value"` lines in key order. Source: kubernetes pkg/fieldpath FormatMap. */
function formatMap(map: Readonly<Record<string, string>> | undefined): string {
  return Object.entries(map ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .join('\n');
}
