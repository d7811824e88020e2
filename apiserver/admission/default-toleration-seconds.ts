import type { Pod, Toleration } from '../../shared/api/generated/core-v1.ts';
import type { AdmissionPlugin, AdmissionRequest } from './chain.ts';

/** Seconds. Source: kube-apiserver --default-not-ready-toleration-seconds, --default-unreachable-toleration-seconds. */
const TOLERATION_SECONDS = 300;
const TAINTS = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'];

/** Pods stay five minutes on a node that is in trouble, unless they say otherwise. */
export class DefaultTolerationSeconds implements AdmissionPlugin {
  readonly name = 'DefaultTolerationSeconds';

  mutate({ info, operation, subresource, object }: AdmissionRequest): void {
    if (info.id !== 'pods' || subresource !== '' || object === undefined) return;
    if (operation !== 'CREATE' && operation !== 'UPDATE') return;
    const { spec } = object as unknown as Pod;
    const own = spec.tolerations ?? [];
    const missing = TAINTS.filter((key) => !own.some((toleration) => covers(toleration, key)));
    if (missing.length === 0) return;
    const added = missing.map(
      (key): Toleration => ({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: TOLERATION_SECONDS }),
    );
    spec.tolerations = [...own, ...added];
  }
}

function covers({ key = '', effect }: Toleration, taint: string): boolean {
  return (key === taint || key === '') && (effect === undefined || effect === 'NoExecute');
}
